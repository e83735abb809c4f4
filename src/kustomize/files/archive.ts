// A tar.gz artifact read into memory, for builds that need no directory on disk.
import { gunzipSync } from 'node:zlib';
import { KustomizeError, limitError } from '../errors.ts';
import { errorCode } from './file-system.ts';
import { MemoryFiles } from './memory.ts';

const BLOCK = 512;

export interface ArchiveLimits {
  /** Bytes after decompression. */
  readonly bytes: number;
  readonly entries: number;
}

const DEFAULTS: ArchiveLimits = { bytes: 256 * 1024 * 1024, entries: 100_000 };

/** Regular files only; links are left out, as they are when an artifact is unpacked. */
export function readArchive(gzipped: Uint8Array, limits: ArchiveLimits = DEFAULTS): MemoryFiles {
  const tar = decompress(gzipped, limits.bytes);
  const files = new MemoryFiles();
  let entries = 0;
  let longName: string | undefined;
  for (let at = 0; at + BLOCK <= tar.length;) {
    const header = tar.subarray(at, at + BLOCK);
    if (header[0] === 0) break;
    if (++entries > limits.entries) throw limitError(`the archive has more than ${limits.entries} entries`);
    const size = octal(header.subarray(124, 136));
    const type = String.fromCharCode(header[156] ?? 0);
    const content = tar.subarray(at + BLOCK, at + BLOCK + size);
    if (content.length < size) throw new KustomizeError('the archive ends in the middle of a file');
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    if (type === 'L') longName = text(content);
    else if (type === 'x') longName = paxPath(content.toString('utf8')) ?? longName;
    else {
      const name = longName ?? entryName(header);
      longName = undefined;
      if (type === '0' || type === '\0') files.write(safeName(name), Buffer.from(content));
    }
  }
  return files;
}

function decompress(gzipped: Uint8Array, bytes: number): Buffer {
  try {
    return gunzipSync(gzipped, { maxOutputLength: bytes });
  } catch (error) {
    if (errorCode(error) === 'ERR_BUFFER_TOO_LARGE') {
      throw limitError(`the archive is larger than ${bytes} bytes`);
    }
    throw new KustomizeError('the archive is no gzip stream', { cause: error });
  }
}

function text(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end < 0 ? bytes.length : end);
}

function entryName(header: Buffer): string {
  const name = text(header.subarray(0, 100));
  const isUstar = text(header.subarray(257, 263)).startsWith('ustar');
  const prefix = isUstar ? text(header.subarray(345, 500)) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

function octal(bytes: Buffer): number {
  const size = Number.parseInt(text(bytes).trim() || '0', 8);
  if (!Number.isSafeInteger(size) || size < 0) throw new KustomizeError('the archive holds a file of no valid size');
  return size;
}

/** `path` of an extended header: records of `<length> <key>=<value>\n`. */
function paxPath(records: string): string | undefined {
  return /(?:^|\n)\d+ path=([^\n]*)\n/.exec(records)?.[1];
}

function safeName(name: string): string {
  if (name === '' || name.startsWith('/') || name.includes('\\') || name.split('/').includes('..')) {
    throw new KustomizeError(`tar contained invalid name error ${JSON.stringify(name)}`);
  }
  return name;
}
