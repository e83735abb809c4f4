// What a build reads: an interface, and the errors that Go's os package words.
import path from 'node:path';
import { KustomizeError } from '../errors.ts';

/** A path with its links resolved: a directory, and the file in it (empty when the path is a directory). */
export interface Located {
  readonly dir: string;
  readonly file: string;
}

/** Absolute paths only, `/` separated. All calls are synchronous: a build is one piece of work in a worker. */
export interface FileSystem {
  /** The absolute path of one that may be relative. */
  absolute(path: string): string;
  /** Resolves links; fails when the path does not exist. `shown` is the path as the message names it. */
  locate(path: string, shown?: string): Located;
  isDirectory(path: string): boolean;
  read(path: string): Buffer;
  /** Names in a directory, in order. */
  list(path: string): readonly DirectoryEntry[];
}

export interface DirectoryEntry {
  readonly name: string;
  readonly kind: 'file' | 'directory' | 'other';
}

const TEXTS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  ENOTDIR: 'not a directory',
  EISDIR: 'is a directory',
  EACCES: 'permission denied',
  ELOOP: 'too many levels of symbolic links',
  ENAMETOOLONG: 'file name too long',
  EINVAL: 'invalid argument',
};

/** `lstat /a/b: no such file or directory`. */
export function pathError(operation: string, name: string, code: string | undefined): KustomizeError {
  return new KustomizeError(`${operation} ${name}: ${TEXTS[code ?? ''] ?? code ?? 'input/output error'}`);
}

export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

export function locateError(shown: string, cause: KustomizeError): KustomizeError {
  return new KustomizeError(`evalsymlink failure on '${shown}' : ${cause.message}`, { cause });
}

/** Is `name` the directory `root` or below it? */
export function isInOrBelow(name: string, root: string): boolean {
  return root === '/' || name === root || name.startsWith(`${root}/`);
}

/** filepath.Join: cleaned, without a slash at the end. */
export function joinPath(...parts: readonly string[]): string {
  const joined = path.posix.join(...parts);
  return joined.length > 1 && joined.endsWith('/') ? joined.slice(0, -1) : joined;
}
