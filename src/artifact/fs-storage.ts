// Artifacts on the local file system, written so that a crash at any moment leaves the old file or the new one.
import { createReadStream } from 'node:fs';
import { chmod, lstat, mkdir, open, readdir, readlink, rename, rm, symlink, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';
import { CodedError } from '#lib/errors';
import type { ArtifactStorage, StoredFile } from './storage.ts';

const temporaryPrefix = '.tmp-';

export class FileStorage implements ArtifactStorage {
  readonly #root: string;

  /** `root` must exist. */
  constructor(root: string) {
    this.#root = root;
  }

  localPath(path: string): string {
    return join(this.#root, path);
  }

  async stat(path: string): Promise<StoredFile | undefined> {
    try {
      const found = await lstat(this.localPath(path));
      if (!found.isFile()) return undefined;
      return { path, size: found.size, modified: found.mtimeMs };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  async resolve(path: string): Promise<StoredFile | undefined> {
    const direct = await this.stat(path);
    if (direct !== undefined) return direct;
    let target: string;
    try {
      target = await readlink(this.localPath(path));
    } catch (error) {
      // EINVAL: it is there and is no link, so a directory.
      if (isMissing(error) || (error instanceof Error && 'code' in error && error.code === 'EINVAL')) return undefined;
      throw error;
    }
    // Links are made to a neighbour only; anything else was not made here.
    return target.includes('/') ? undefined : this.stat(`${path.slice(0, path.lastIndexOf('/'))}/${target}`);
  }

  async read(path: string, range?: { readonly start: number; readonly end: number }): Promise<Readable> {
    try {
      const file = await open(this.localPath(path), 'r');
      return createReadStream('', { fd: file, ...range });
    } catch (error) {
      if (isMissing(error)) throw new CodedError('ARTIFACT_NOT_FOUND', `${path}: no such artifact`, { cause: error });
      throw error;
    }
  }

  async write<T>(path: string, produce: (file: string) => Promise<T>): Promise<T> {
    const target = this.localPath(path);
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    const temporary = join(dirname(target), `${temporaryPrefix}${randomBytes(8).toString('hex')}`);
    try {
      const result = await produce(temporary);
      await chmod(temporary, 0o600);
      await flushed(temporary);
      await rename(temporary, target);
      return result;
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }

  async link(directory: string, name: string, target: string): Promise<void> {
    const link = join(this.#root, directory, name);
    const temporary = `${link}.tmp`;
    await rm(temporary, { force: true });
    await symlink(basename(target), temporary);
    await rename(temporary, link);
  }

  async list(directory: string): Promise<StoredFile[]> {
    const found = await this.#entries(directory);
    const files: StoredFile[] = [];
    for (const name of found) {
      if (name.startsWith(temporaryPrefix) || name.endsWith('.lock')) continue;
      const stat = await this.stat(`${directory}/${name}`);
      if (stat !== undefined) files.push(stat);
    }
    return files;
  }

  async remove(path: string): Promise<void> {
    try {
      await unlink(this.localPath(path));
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }

  async removeAll(directory: string): Promise<void> {
    await rm(this.localPath(directory), { recursive: true, force: true });
  }

  /** Removes what writes cut off by a crash left behind. Call before the first write. */
  async sweep(): Promise<number> {
    let removed = 0;
    for (const entry of await readdir(this.#root, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !entry.name.startsWith(temporaryPrefix)) continue;
      await rm(join(entry.parentPath, entry.name), { force: true });
      removed++;
    }
    return removed;
  }

  async #entries(directory: string): Promise<string[]> {
    try {
      return await readdir(this.localPath(directory));
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  }
}

/** The bytes must be on disk before the name is: a power cut may otherwise leave the name with nothing behind it. */
async function flushed(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.datasync();
  } finally {
    await file.close();
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}
