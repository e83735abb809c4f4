// A packaged chart (gzip, tar) to its files, with Helm's checks and error texts and a bound on what a bomb may cost.
import { constants, gunzipSync, inflateRawSync } from 'node:zlib';
import { quote as goQuote } from '#lib/go-quote';
import { ChartError } from './errors.ts';
import { gzipHeaderLength } from './gzip-header.ts';
import type { LoadBudget } from './limits.ts';
import { readTar, type TarEntry } from './tar.ts';

/** A file of a chart: path relative to the chart, with slashes. */
export interface RawFile {
  readonly name: string;
  readonly data: Buffer;
}

/** The data of an empty file of an archive: a nil slice in Go, which one template method tells from an empty one. */
export const nilData: Buffer = Buffer.alloc(0);

/** gzip.ErrHeader, which callers word differently. */
export class GzipHeaderError extends ChartError {}

/** Room for tar headers and padding beside the files themselves. */
const tarOverhead = 32 * 1024 * 1024;
/** So many times deflate expands at most. */
const maxExpansion = 1032;
/** So much compressed text shows the start of a bomb without its size. */
const bombSample = 64 * 1024;

/** The files of a packaged chart, in the order of the archive. */
export function readArchive(archive: Buffer, budget: LoadBudget): RawFile[] {
  const { tar, partial } = inflate(archive, budget.limits.archive + tarOverhead);
  const files: RawFile[] = [];
  let remaining = budget.limits.archive;
  for (const entry of readTar(tar, partial)) {
    // A global pax header comes as an entry of its own; it is no file.
    if (entry.isDirectory || entry.type === 'g') continue;
    const name = checkedName(entry);
    if (entry.size > remaining) throw tooLarge(budget.limits.archive);
    if (entry.size > budget.limits.file) {
      throw new ChartError(
        `decompressed chart file ${goQuote(entry.name)} is larger than the maximum file size ${budget.limits.file}`,
      );
    }
    remaining -= entry.size;
    if (remaining <= 0) throw tooLarge(budget.limits.archive);
    const fault = budget.add(entry.size);
    if (fault !== undefined) throw new ChartError(fault);
    files.push({ name, data: entry.data.length === 0 ? nilData : withoutBOM(entry.data) });
  }
  if (partial) throw tooLarge(budget.limits.archive);
  if (files.length === 0) throw new ChartError('no files in chart archive');
  return files;
}

function tooLarge(limit: number): ChartError {
  return new ChartError(`decompressed chart is larger than the maximum file size ${limit}`);
}

function inflate(archive: Buffer, limit: number): { tar: Buffer; partial: boolean } {
  if (archive.length === 0) throw new ChartError('EOF');
  if (archive.length < 10) throw new ChartError('unexpected EOF');
  if (archive[0] !== 0x1f || archive[1] !== 0x8b) throw new GzipHeaderError('gzip: invalid header');
  try {
    const options = { maxOutputLength: limit, chunkSize: expectedLength(archive, limit) };
    return { tar: gunzipSync(archive, options), partial: false };
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'ERR_BUFFER_TOO_LARGE') return { tar: inflateStart(archive, limit), partial: true };
    if (code === 'Z_BUF_ERROR') throw new ChartError('unexpected EOF', { cause });
    return { tar: inflateMember(archive, limit, cause), partial: false };
  }
}

/** The text without what follows it: Go stops at the end of the tar archive, and never sees the checksum or what is behind. */
function inflateMember(archive: Buffer, limit: number, fault: unknown): Buffer {
  try {
    return inflateRawSync(archive.subarray(gzipHeaderLength(archive)), { maxOutputLength: limit });
  } catch {
    throw new ChartError('flate: corrupt input', { cause: fault });
  }
}

/**
 * The length the end of the archive claims, as far as it can be true, and a byte more so that the end is seen: the text comes
 * out in one piece then, not in pieces that have to be joined.
 */
function expectedLength(archive: Buffer, limit: number): number {
  const claimed = archive.length < 4 ? 0 : archive.readUInt32LE(archive.length - 4);
  return Math.max(constants.Z_MIN_CHUNK, Math.min(claimed, archive.length * maxExpansion, limit) + 1);
}

/** The start of an archive that is too large as a whole, so that the error can name the file that makes it so. */
function inflateStart(archive: Buffer, limit: number): Buffer {
  try {
    return gunzipSync(archive.subarray(0, bombSample), {
      maxOutputLength: limit,
      finishFlush: constants.Z_SYNC_FLUSH,
    });
  } catch {
    return Buffer.alloc(0);
  }
}

const drivePath = /^[a-zA-Z]:\//;

/** The path below the archive's base directory, refused when it could lead elsewhere. */
function checkedName(entry: TarEntry): string {
  // Archives made on Windows may separate by backslashes.
  const separator = entry.name.includes('\\') ? '\\' : '/';
  const [base = '', ...rest] = entry.name.split(separator);
  const below = rest.join('/');
  if (below.startsWith('/')) throw new ChartError('chart illegally contains absolute paths');
  const name = cleanPath(below);
  if (name === '.') {
    throw new ChartError(`chart illegally contains content outside the base directory: ${goQuote(entry.name)}`);
  }
  if (name.startsWith('..')) throw new ChartError('chart illegally references parent directory');
  if (drivePath.test(name)) throw new ChartError('chart contains illegally named files');
  if (base === 'Chart.yaml') throw new ChartError('chart yaml not in base directory');
  return name;
}

/** Go's path.Clean for a relative path. */
export function cleanPath(path: string): string {
  const out: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..' && out.length > 0 && out.at(-1) !== '..') out.pop();
    else out.push(part);
  }
  return out.length === 0 ? '.' : out.join('/');
}

/** The data without a leading UTF-8 byte order mark. */
export function withoutBOM(data: Buffer): Buffer {
  return data[0] === 0xef && data[1] === 0xbb && data[2] === 0xbf ? data.subarray(3) : data;
}
