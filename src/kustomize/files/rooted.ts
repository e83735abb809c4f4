// A file system within a directory: nothing outside of it can be read, whatever links say. Files may be laid over it.
import { KustomizeError } from '../errors.ts';
import { isInOrBelow, type DirectoryEntry, type FileSystem, type Located } from './file-system.ts';

export class RootedFiles implements FileSystem {
  readonly root: string;
  readonly #inner: FileSystem;
  readonly #overlay = new Map<string, Buffer>();

  /** @param root absolute, links resolved */
  constructor(inner: FileSystem, root: string) {
    this.#inner = inner;
    this.root = inner.locate(root).dir;
  }

  /** Lays a file over what is there. The directory must exist. */
  overlay(path: string, content: Buffer): void {
    this.#overlay.set(path, content);
  }

  absolute(path: string): string {
    return path.startsWith('/') ? this.#inner.absolute(path) : this.#inner.absolute(`${this.root}/${path}`);
  }

  locate(path: string, shown = path): Located {
    const absolute = this.absolute(path);
    if (this.#overlay.has(absolute)) {
      const slash = absolute.lastIndexOf('/');
      return { dir: absolute.slice(0, slash) || '/', file: absolute.slice(slash + 1) };
    }
    const located = this.#inner.locate(absolute, shown);
    if (!isInOrBelow(located.dir, this.root)) throw this.#outside('abs', path);
    return located;
  }

  isDirectory(path: string): boolean {
    try {
      return this.locate(path).file === '';
    } catch {
      return false;
    }
  }

  read(path: string): Buffer {
    const absolute = this.absolute(path);
    const laid = this.#overlay.get(absolute);
    if (laid !== undefined) return laid;
    // A path that does not exist is reported by the read itself.
    let located: Located | undefined;
    try {
      located = this.#inner.locate(absolute);
    } catch {
      if (!isInOrBelow(absolute, this.root)) throw this.#outside('open', path);
    }
    if (located !== undefined && !isInOrBelow(located.dir, this.root)) throw this.#outside('open', path);
    return this.#inner.read(absolute);
  }

  list(path: string): readonly DirectoryEntry[] {
    const located = this.locate(path);
    return this.#inner.list(located.dir);
  }

  #outside(operation: string, path: string): KustomizeError {
    return new KustomizeError(
      `fs-security-constraint ${operation} ${path}: path '${path}' is not in or below '${this.root}'`,
    );
  }
}
