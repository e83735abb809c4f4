// Where the workers find the chart of an artifact: in our own store, or downloaded once and kept for a while.
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Artifact } from '#api/source/shared';
import { LRUCache } from 'lru-cache';

export interface ChartFilesOptions {
  readonly directory: string;
  readonly localFile: (artifact: Artifact) => Promise<string | undefined>;
  readonly open: (artifact: Artifact, signal: AbortSignal) => Promise<Readable>;
}

/** Helm's own limit of an archive. */
const maxBytes = 100 * 1024 * 1024;
const keptBytes = 512 * 1024 * 1024;

export class ChartFiles {
  readonly #options: ChartFilesOptions;
  readonly #downloading = new Map<string, Promise<string>>();
  readonly #kept = new LRUCache<string, string>({
    maxSize: keptBytes,
    dispose: (path) => void rm(path, { force: true }).catch(() => undefined),
  });

  constructor(options: ChartFilesOptions) {
    this.#options = options;
  }

  /** Path of the packaged chart. Its content is checked by whoever reads it. */
  async path(artifact: Artifact, signal: AbortSignal): Promise<string> {
    const local = await this.#options.localFile(artifact);
    if (local !== undefined) return local;
    const known = this.#kept.get(artifact.digest);
    if (known !== undefined) return known;
    let download = this.#downloading.get(artifact.digest);
    if (download === undefined) {
      download = this.#download(artifact, signal).finally(() => this.#downloading.delete(artifact.digest));
      this.#downloading.set(artifact.digest, download);
    }
    return download;
  }

  async #download(artifact: Artifact, signal: AbortSignal): Promise<string> {
    const { directory, open } = this.#options;
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const path = join(directory, `${artifact.digest.replaceAll(/[^a-z0-9]/g, '-')}.tgz`);
    const partial = `${path}.${crypto.randomUUID()}`;
    try {
      await pipeline(await open(artifact, signal), limited(), createWriteStream(partial), { signal });
      await rename(partial, path);
    } catch (error) {
      await rm(partial, { force: true });
      throw error;
    }
    const { size } = await stat(path);
    this.#kept.set(artifact.digest, path, { size: Math.max(1, size) });
    return path;
  }
}

function limited(): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > maxBytes) done(new Error(`the chart is larger than ${maxBytes} bytes`));
      else done(null, chunk);
    },
  });
}
