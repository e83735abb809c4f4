// The file system of the machine.
import { lstatSync, readFileSync, readdirSync, readlinkSync, statSync, type Stats } from 'node:fs';
import path from 'node:path';
import { limitError } from '../errors.ts';
import {
  errorCode,
  locateError,
  pathError,
  type DirectoryEntry,
  type FileSystem,
  type Located,
} from './file-system.ts';
import { KustomizeError } from '../errors.ts';

const MAX_LINKS = 255;

/** Remembers which directories are none but directories: an overlay asks for the same ones again and again. */
export class DiskFiles implements FileSystem {
  readonly #workingDirectory: string;
  readonly #fileBytes: number;
  readonly #directories = new Set<string>(['/']);

  constructor(options: { readonly workingDirectory: string; readonly fileBytes: number }) {
    this.#workingDirectory = options.workingDirectory;
    this.#fileBytes = options.fileBytes;
  }

  absolute(name: string): string {
    return path.posix.resolve(this.#workingDirectory, name);
  }

  locate(name: string, shown = name): Located {
    const absolute = this.absolute(name);
    let resolved: string;
    try {
      resolved = this.#resolve(absolute);
    } catch (error) {
      if (error instanceof KustomizeError) throw locateError(shown, error);
      throw error;
    }
    if (this.isDirectory(resolved)) return { dir: resolved, file: '' };
    return { dir: path.posix.dirname(resolved), file: path.posix.basename(resolved) };
  }

  isDirectory(name: string): boolean {
    if (this.#directories.has(name)) return true;
    try {
      return statSync(name).isDirectory();
    } catch {
      return false;
    }
  }

  read(name: string): Buffer {
    try {
      const { size } = statSync(name);
      if (size > this.#fileBytes) throw limitError(`file '${name}' is larger than ${this.#fileBytes} bytes`);
      return readFileSync(name);
    } catch (error) {
      if (error instanceof KustomizeError) throw error;
      const code = errorCode(error);
      throw pathError(code === 'EISDIR' ? 'read' : 'open', name, code);
    }
  }

  list(name: string): readonly DirectoryEntry[] {
    try {
      return readdirSync(name, { withFileTypes: true })
        .map((entry) => ({
          name: entry.name,
          kind: entry.isDirectory() ? ('directory' as const) : entry.isFile() ? ('file' as const) : ('other' as const),
        }))
        .toSorted((a, b) => (a.name < b.name ? -1 : 1));
    } catch (error) {
      throw pathError('open', name, errorCode(error));
    }
  }

  /** filepath.EvalSymlinks. */
  #resolve(absolute: string): string {
    const rest = absolute
      .split('/')
      .filter((part) => part !== '')
      .toReversed();
    let at = '/';
    let links = 0;
    for (let part = rest.pop(); part !== undefined; part = rest.pop()) {
      if (part === '..') {
        at = path.posix.dirname(at);
        continue;
      }
      const next = at === '/' ? `/${part}` : `${at}/${part}`;
      if (this.#directories.has(next)) {
        at = next;
        continue;
      }
      const stats = this.#lstat(next);
      if (stats.isSymbolicLink()) {
        links++;
        if (links > MAX_LINKS) throw new KustomizeError('EvalSymlinks: too many links');
        const target = readlinkSync(next);
        if (target.startsWith('/')) at = '/';
        rest.push(
          ...target
            .split('/')
            .filter((piece) => piece !== '' && piece !== '.')
            .toReversed(),
        );
        continue;
      }
      if (stats.isDirectory()) this.#directories.add(next);
      else if (rest.length > 0) throw pathError('lstat', `${next}/${rest.at(-1) ?? ''}`, 'ENOTDIR');
      at = next;
    }
    return at;
  }

  #lstat(name: string): Stats {
    try {
      return lstatSync(name);
    } catch (error) {
      throw pathError('lstat', name, errorCode(error));
    }
  }
}
