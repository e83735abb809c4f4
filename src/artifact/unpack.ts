// Reads tar.gz files nobody vouches for: names checked, links refused or skipped, counts and sizes bounded.
import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Transform, type Readable, type TransformCallback } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { extract, type Header } from 'tar-stream';
import { CodedError } from '#lib/errors';
import type { PackedFile } from './pack.ts';

export interface UnpackLimits {
  /** Files and directories. @default 500000 */
  readonly maxEntries?: number;
  /** Bytes of all files together. @default 4 GiB */
  readonly maxBytes?: number;
  /** Bytes of one file. @default 1 GiB */
  readonly maxFileBytes?: number;
}

export interface TarEntry {
  /** Clean relative path with forward slashes; empty for the root. */
  readonly path: string;
  readonly type: 'file' | 'directory';
  readonly executable: boolean;
  readonly size: number;
}

const GiB = 1024 ** 3;
/** Bytes an archive may have between two entries: extended headers, which are read into memory, and padding. */
const maxBetweenEntries = 4 * 1024 * 1024;

/** Calls `visit` for each file and directory; symbolic links are skipped, anything else is an error. */
export async function readTarGz(
  source: Readable,
  visit: (entry: TarEntry, content: AsyncIterable<Uint8Array>) => Promise<void>,
  limits: UnpackLimits = {},
): Promise<void> {
  const { maxEntries = 500_000, maxBytes = 4 * GiB, maxFileBytes = GiB } = limits;
  const tar = extract();
  const gunzip = createGunzip();
  source.on('error', (error) => gunzip.destroy(error));
  let broken: Error | undefined;
  const fail = (error: Error): void => {
    broken ??= error;
    tar.destroy(error);
  };
  gunzip.on('error', (error) => fail(archiveError(error)));
  const meter = new Meter();
  meter.on('error', fail);
  source.pipe(gunzip).pipe(meter).pipe(tar);
  let entries = 0;
  let bytes = 0;
  try {
    for await (const entry of tar) {
      const { header } = entry;
      entries++;
      bytes += header.size ?? 0;
      meter.announce(header.size ?? 0);
      if (entries > maxEntries) throw tooLarge(`more than ${maxEntries} entries`);
      if (bytes > maxBytes) throw tooLarge(`more than ${maxBytes} bytes unpacked`);
      if ((header.size ?? 0) > maxFileBytes) throw tooLarge(`${header.name} has more than ${maxFileBytes} bytes`);
      const read = tarEntryOf(header);
      if (read !== undefined) await visit(read, entry as unknown as AsyncIterable<Uint8Array>);
      // What the visitor did not read has to pass for the next entry to come.
      entry.resume();
    }
  } catch (error) {
    // Whoever reads a file at that moment only learns that it ended early.
    if (broken !== undefined) throw broken;
    // The parser's own errors have no code, unlike ours and those of the file system.
    if (!(error instanceof Error) || 'code' in error) throw error;
    throw archiveError(error);
  } finally {
    source.destroy();
    gunzip.destroy();
  }
}

/**
 * Ends a stream that has far more bytes than its entries account for. Such bytes would be skipped or, in extended
 * headers, gathered in memory, and a few compressed ones can stand for any number.
 */
class Meter extends Transform {
  #left = maxBetweenEntries;

  /** An entry of this size begins: its bytes, and then more between it and the next, are fine. */
  announce(size: number): void {
    this.#left = size + maxBetweenEntries;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#left -= chunk.length;
    if (this.#left < 0) done(tooLarge(`more than ${maxBetweenEntries} bytes between two files`));
    else done(null, chunk);
  }
}

/** Unpacks into an existing empty directory. Directories get 0750, files 0640 or 0750. */
export async function unpackTarGz(
  source: Readable,
  directory: string,
  limits: UnpackLimits = {},
): Promise<PackedFile[]> {
  const files: PackedFile[] = [];
  const made = new Set<string>([directory]);
  const ensure = async (path: string): Promise<void> => {
    if (made.has(path)) return;
    await mkdir(path, { recursive: true, mode: 0o750 });
    made.add(path);
  };
  await readTarGz(
    source,
    async (entry, content) => {
      const target = entry.path === '' ? directory : join(directory, entry.path);
      if (entry.type === 'directory') {
        await ensure(target);
        return;
      }
      await ensure(dirname(target));
      // wx: a name that occurs twice must not be written through, and no link can be followed in a fresh directory.
      const file = await open(target, 'wx', entry.executable ? 0o750 : 0o640);
      try {
        for await (const chunk of content) await file.write(chunk);
      } finally {
        await file.close();
      }
      files.push({ path: entry.path, size: entry.size });
    },
    limits,
  );
  return files;
}

/** The files of an archive without their bytes. */
export async function listTarGz(source: Readable, limits: UnpackLimits = {}): Promise<PackedFile[]> {
  const files: PackedFile[] = [];
  await readTarGz(
    source,
    (entry) => {
      if (entry.type === 'file') files.push({ path: entry.path, size: entry.size });
      return Promise.resolve();
    },
    limits,
  );
  return files;
}

function tarEntryOf(header: Header): TarEntry | undefined {
  const type = header.type ?? 'file';
  if (type === 'symlink' || type === 'link') return undefined;
  if (type !== 'file' && type !== 'contiguous-file' && type !== 'directory') {
    throw new CodedError('TAR_BAD_ENTRY', `tar file entry ${header.name} contained unsupported file type ${type}`);
  }
  return {
    path: cleanName(header.name),
    type: type === 'directory' ? 'directory' : 'file',
    executable: ((header.mode ?? 0) & 0o111) !== 0,
    size: header.size ?? 0,
  };
}

/** The name of an entry without `.` parts; throws when it is absolute or tries to leave. */
function cleanName(name: string): string {
  const bad = name === '' || name.startsWith('/') || name.includes('\\') || name.includes('\0');
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (bad || parts.includes('..')) {
    throw new CodedError('TAR_BAD_NAME', `tar contained invalid name error ${JSON.stringify(name)}`);
  }
  return parts.join('/');
}

function archiveError(error: Error): Error {
  return new CodedError('TAR_BROKEN', `the archive cannot be read: ${error.message}`, { cause: error });
}

function tooLarge(what: string): CodedError {
  return new CodedError('TAR_TOO_LARGE', `the archive is too large: ${what}`);
}
