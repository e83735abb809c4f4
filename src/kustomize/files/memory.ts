// A file system in memory: archives, tests, and files laid over another file system.
import path from 'node:path';
import type { KustomizeError } from '../errors.ts';
import { locateError, pathError, type DirectoryEntry, type FileSystem, type Located } from './file-system.ts';

export class MemoryFiles implements FileSystem {
  readonly #files = new Map<string, Buffer>();
  readonly #directories = new Map<string, Map<string, 'file' | 'directory'>>([['/', new Map()]]);

  constructor(files: Iterable<readonly [string, string | Buffer]> = []) {
    for (const [name, content] of files) this.write(name, content);
  }

  write(name: string, content: string | Buffer): void {
    const absolute = this.absolute(name);
    this.#files.set(absolute, typeof content === 'string' ? Buffer.from(content) : content);
    let child = absolute;
    let kind: 'file' | 'directory' = 'file';
    while (child !== '/') {
      const parent = path.posix.dirname(child);
      let names = this.#directories.get(parent);
      if (names === undefined) this.#directories.set(parent, (names = new Map()));
      names.set(path.posix.basename(child), kind);
      child = parent;
      kind = 'directory';
    }
  }

  has(name: string): boolean {
    return this.#files.has(this.absolute(name));
  }

  absolute(name: string): string {
    return path.posix.resolve('/', name);
  }

  locate(name: string, shown = name): Located {
    const absolute = this.absolute(name);
    if (this.#directories.has(absolute)) return { dir: absolute, file: '' };
    if (this.#files.has(absolute)) return { dir: path.posix.dirname(absolute), file: path.posix.basename(absolute) };
    throw locateError(shown, this.#missing(absolute));
  }

  isDirectory(name: string): boolean {
    return this.#directories.has(this.absolute(name));
  }

  read(name: string): Buffer {
    const absolute = this.absolute(name);
    const content = this.#files.get(absolute);
    if (content !== undefined) return content;
    throw this.isDirectory(name) ? pathError('read', name, 'EISDIR') : pathError('open', name, 'ENOENT');
  }

  list(name: string): readonly DirectoryEntry[] {
    const names = this.#directories.get(this.absolute(name));
    if (names === undefined) throw pathError('open', name, 'ENOENT');
    return [...names].map(([entry, kind]) => ({ name: entry, kind })).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Names the first part of the path that is not there, as lstat along the path would. */
  #missing(absolute: string): KustomizeError {
    let at = '/';
    for (const part of absolute.split('/').filter((piece) => piece !== '')) {
      const next = path.posix.join(at, part);
      if (this.#files.has(at)) return pathError('lstat', next, 'ENOTDIR');
      if (!this.#files.has(next) && !this.#directories.has(next)) return pathError('lstat', next, 'ENOENT');
      at = next;
    }
    return pathError('lstat', absolute, 'ENOENT');
  }
}
