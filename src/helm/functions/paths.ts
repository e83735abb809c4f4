// Go's path functions (base, dir, clean, ext, isAbs), under their plain and their os… names: on Linux they are the same.
import { BOOL, STRING } from '#gotemplate/index';
import type { FunctionTable } from './conversion.ts';

/** path.Clean: the shortest name of the same place, by text alone. */
export function cleanPath(path: string): string {
  const rooted = path.startsWith('/');
  const kept: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') kept.push(part);
    else if (kept.length > 0 && kept.at(-1) !== '..') kept.pop();
    else if (!rooted) kept.push(part);
  }
  const cleaned = (rooted ? '/' : '') + kept.join('/');
  return cleaned === '' ? '.' : cleaned;
}

function base(path: string): string {
  if (path === '') return '.';
  let end = path.length;
  while (path.charAt(end - 1) === '/') end--;
  return end === 0 ? '/' : path.slice(path.lastIndexOf('/', end - 1) + 1, end);
}

function extension(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const dot = name.lastIndexOf('.');
  return dot < 0 ? '' : name.slice(dot);
}

const onPath = (fn: (path: string) => string): FunctionTable[string] => ({ params: [STRING], result: STRING, fn });
const clean = onPath(cleanPath);
const dir = onPath((path) => cleanPath(path.slice(0, path.lastIndexOf('/') + 1)));
const isAbs = { params: [STRING], result: BOOL, fn: (path: string) => path.startsWith('/') };

export const pathFunctions: FunctionTable = {
  base: onPath(base),
  osBase: onPath(base),
  dir,
  osDir: dir,
  clean,
  osClean: clean,
  ext: onPath(extension),
  osExt: onPath(extension),
  isAbs,
  osIsAbs: isAbs,
};
