// Unpacked artifacts by digest: unpacked once, shared by all who build from them, evicted when long unused.
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { CodedError } from '#lib/errors';
import { Digester, parseDigest } from './digest.ts';
import { KeyedLock } from './keyed-lock.ts';
import { unpackTarGz, type UnpackLimits } from './unpack.ts';

export interface UnpackCacheOptions {
  /** An existing directory that belongs to the cache alone. */
  readonly directory: string;
  /** Bytes of unpacked files to keep at most, in-use ones not counted out. @default 2 GiB */
  readonly maxBytes?: number;
  readonly limits?: UnpackLimits;
  readonly observe?: { hit(): void; miss(): void };
}

interface Entry {
  readonly directory: string;
  readonly bytes: number;
  users: number;
}

/** A lease on an unpacked artifact. The directory is shared: read only. */
export interface Unpacked {
  readonly directory: string;
  release(): void;
}

export class UnpackCache {
  readonly #options: UnpackCacheOptions;
  /** Least recently used first. */
  readonly #entries = new Map<string, Entry>();
  readonly #locks = new KeyedLock();

  constructor(options: UnpackCacheOptions) {
    this.#options = options;
  }

  /** Empties the directory: nothing in it is known to be whole after a restart. */
  async clear(): Promise<void> {
    this.#entries.clear();
    for (const name of await readdir(this.#options.directory)) {
      await rm(join(this.#options.directory, name), { recursive: true, force: true });
    }
  }

  /**
   * The unpacked files of the artifact with this digest. `open` is called when they are not there; its bytes must
   * have that digest. Release the lease when done.
   */
  async acquire(digest: string, open: () => Promise<Readable>): Promise<Unpacked> {
    const entry = await this.#locks.run(digest, async () => {
      const known = this.#entries.get(digest);
      if (known !== undefined) {
        this.#options.observe?.hit();
        this.#entries.delete(digest);
        this.#entries.set(digest, known);
        known.users++;
        return known;
      }
      this.#options.observe?.miss();
      const made = await this.#unpack(digest, open);
      this.#entries.set(digest, made);
      return made;
    });
    await this.#evict();
    let released = false;
    return {
      directory: entry.directory,
      release: () => {
        if (released) return;
        released = true;
        entry.users--;
      },
    };
  }

  async #unpack(digest: string, open: () => Promise<Readable>): Promise<Entry> {
    const { algorithm, hex } = parseDigest(digest);
    const temporary = join(this.#options.directory, `.tmp-${randomBytes(8).toString('hex')}`);
    const directory = join(this.#options.directory, `${algorithm}-${hex}`);
    await mkdir(temporary, { mode: 0o700 });
    let source: Readable | undefined;
    try {
      // Nothing may be awaited between here and the pipe: an error of the stream would find nobody listening.
      source = await open();
      const digester = new Digester(algorithm);
      source.on('error', (error) => digester.destroy(error));
      const files = await unpackTarGz(source.pipe(digester), temporary, this.#options.limits);
      // The archive may end before the file does; the digest is of the whole file.
      digester.resume();
      await finished(digester);
      const actual = digester.result().digest;
      if (actual !== `${algorithm}:${hex}`) {
        throw new CodedError(
          'ARTIFACT_DIGEST_MISMATCH',
          `failed to verify archive: computed digest doesn't match provided '${digest}'`,
        );
      }
      await rm(directory, { recursive: true, force: true });
      await rename(temporary, directory);
      return { directory, bytes: files.reduce((sum, file) => sum + file.size, 0), users: 1 };
    } catch (error) {
      await rm(temporary, { recursive: true, force: true });
      throw error;
    } finally {
      source?.destroy();
    }
  }

  async #evict(): Promise<void> {
    const limit = this.#options.maxBytes ?? 2 * 1024 ** 3;
    let total = 0;
    for (const entry of this.#entries.values()) total += entry.bytes;
    for (const [digest, entry] of this.#entries) {
      if (total <= limit) return;
      if (entry.users > 0) continue;
      this.#entries.delete(digest);
      total -= entry.bytes;
      await this.#locks.run(digest, () => rm(entry.directory, { recursive: true, force: true }));
    }
  }
}
