// The scripts below a folder, by the ending of their names.
import { readdir } from 'node:fs/promises';
import path from 'node:path';

export async function scriptsIn(folder: string, ending: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  return names
    .filter((name) => name.endsWith(ending))
    .toSorted()
    .map((name) => path.join(folder, name));
}
