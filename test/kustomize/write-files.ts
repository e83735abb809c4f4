// Writes the files of a case.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Returns the directory to build, relative to `root`. */
export function writeFiles(root: string, files: Readonly<Record<string, string | Buffer>>): string {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(root, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  return 'overlay/kustomization.yaml' in files ? 'overlay' : '.';
}
