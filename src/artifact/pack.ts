// A deterministic tar.gz: the same tree gives the same bytes, whatever the clock, the user or the file system.
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack as tarPack } from 'tar-stream';
import { writeBatches } from './batches.ts';
import { Digester, type DigestAlgorithm } from './digest.ts';

/** A file or directory to pack. Paths are relative, with forward slashes; the root itself is not listed. */
export interface PackEntry {
  readonly path: string;
  readonly type: 'file' | 'directory';
  readonly executable?: boolean;
  /** Bytes of a file. */
  readonly content?: Uint8Array | (() => Promise<Uint8Array>);
}

/** What went into an archive, for whoever lists it. */
export interface PackedFile {
  readonly path: string;
  readonly size: number;
}

export interface Packed {
  readonly digest: string;
  /** Bytes of the archive. */
  readonly size: number;
  readonly files: readonly PackedFile[];
}

// A header and a small file alone would cost the compressor a trip between threads each.
const batchBytes = 256 * 1024;

const fixed = { uid: 0, gid: 0, uname: '', gname: '', mtime: new Date(0) };

/**
 * Writes a tar.gz of the entries to `sink`. They must come in lexical order, parents before children, as Go's
 * filepath.Walk gives them; the archive starts with the entry `.`. Modes become 0750 for directories, 0600 for files,
 * 0700 for executable ones.
 */
export async function packTarGz(
  entries: Iterable<PackEntry> | AsyncIterable<PackEntry>,
  sink: Writable,
  options: { readonly algorithm?: DigestAlgorithm; readonly signal?: AbortSignal } = {},
): Promise<Packed> {
  const tar = tarPack();
  const digester = new Digester(options.algorithm);
  const files: PackedFile[] = [];
  const gzip = createGzip({ level: 6, chunkSize: batchBytes });
  const { signal } = options;
  const written = pipeline(gzip, digester, sink, signal === undefined ? {} : { signal });
  const batched = writeBatches(tar as unknown as AsyncIterable<Uint8Array>, gzip, batchBytes);
  const filled = fill(tar, entries, files);
  // A failure on either side ends the other: without this a broken sink would leave the producer waiting for ever.
  filled.catch((error: Error) => tar.destroy(error));
  batched.catch((error: Error) => gzip.destroy(error));
  written.catch((error: Error) => tar.destroy(error));
  await written;
  await filled;
  return { ...digester.result(), files };
}

async function fill(
  tar: ReturnType<typeof tarPack>,
  entries: Iterable<PackEntry> | AsyncIterable<PackEntry>,
  files: PackedFile[],
): Promise<void> {
  heard(tar.entry({ ...fixed, name: '.', type: 'directory', mode: 0o750 }));
  for await (const entry of entries) {
    if (tar.destroyed) return;
    if (entry.type === 'directory') {
      heard(tar.entry({ ...fixed, name: entry.path, type: 'directory', mode: 0o750 }));
      continue;
    }
    const content = typeof entry.content === 'function' ? await entry.content() : (entry.content ?? new Uint8Array());
    files.push({ path: entry.path, size: content.byteLength });
    await new Promise<void>((resolve, reject) => {
      const header = { ...fixed, name: entry.path, type: 'file' as const, size: content.byteLength };
      const mode = entry.executable === true ? 0o700 : 0o600;
      const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
      heard(
        tar.entry({ ...header, mode }, bytes, (error) => {
          if (error) reject(error);
          else resolve();
        }),
      );
    });
  }
  tar.finalize();
}

/** An entry's stream fails with the archive; nobody else listens to it, and an unheard error ends the process. */
function heard(entry: { on(event: 'error', listener: () => void): unknown }): void {
  entry.on('error', () => undefined);
}
