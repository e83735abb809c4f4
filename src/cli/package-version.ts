// The version in package.json. Read, not imported: an import would put a copy into dist/, whose "imports" then point nowhere.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '#dev/package-root';

export function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(path.join(packageRoot(), 'package.json'), 'utf8')) as { version: string };
  return version;
}
