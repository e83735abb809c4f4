// Reads a tar archive held in memory, entry by entry: ustar, GNU long names and pax headers, as Go's archive/tar does.
// Synchronous and copy-free on purpose: a chart is read in one go inside a worker, and entries are views of one buffer.
import { ChartError } from './errors.ts';

const BLOCK = 512;

/** One entry. `type` is the header's type flag. */
export interface TarEntry {
  readonly name: string;
  readonly size: number;
  readonly type: string;
  readonly isDirectory: boolean;
  readonly data: Buffer;
}

const invalidHeader = 'archive/tar: invalid tar header';

/** What extension headers say about the next entry. */
interface Extended {
  readonly name?: string;
  readonly size?: number;
}

/**
 * Yields the entries in order. Throws ChartError with Go's texts for a broken archive.
 * `partial` means that the buffer was cut off on purpose: the last, incomplete entry is yielded with the data there is.
 */
export function* readTar(buffer: Buffer, partial = false): Generator<TarEntry, void, undefined> {
  let at = 0;
  let extended: Extended = {};
  while (at < buffer.length) {
    if (at + BLOCK > buffer.length) throw truncated(partial);
    const header = buffer.subarray(at, at + BLOCK);
    if (isZero(header)) {
      // Two zero blocks end the archive; so does the end of the data after one.
      const next = buffer.subarray(at + BLOCK, at + 2 * BLOCK);
      if (next.length === 0 || isZero(next)) return;
      throw new ChartError(invalidHeader);
    }
    if (!checksumMatches(header)) throw new ChartError(invalidHeader);
    const type = String.fromCharCode(header[156] ?? 0);
    // Links, devices and directories carry no data whatever their size field says.
    const size = headerOnly.has(type) ? 0 : (extended.size ?? number(header, 124, 12));
    const start = at + BLOCK;
    const end = start + size;
    if (end > buffer.length && !partial) throw truncated(false);
    const data = buffer.subarray(start, Math.min(end, buffer.length));
    at = start + Math.ceil(size / BLOCK) * BLOCK;
    if (type === 'x') extended = { ...extended, ...paxRecords(data) };
    else if (type === 'L') extended = { ...extended, name: cString(data) };
    else if (type !== 'K') {
      const name = extended.name ?? headerName(header);
      extended = {};
      yield { name, size, type, isDirectory: isDirectory(header, type, name), data };
    }
  }
}

const headerOnly = new Set(['1', '2', '3', '4', '5', '6']);

function truncated(partial: boolean): ChartError {
  return new ChartError(partial ? 'the archive is larger than what was read of it' : 'unexpected EOF');
}

function isZero(block: Buffer): boolean {
  for (const byte of block) if (byte !== 0) return false;
  return true;
}

function checksumMatches(header: Buffer): boolean {
  const want = number(header, 148, 8);
  let unsigned = 0;
  let signed = 0;
  for (let i = 0; i < BLOCK; i++) {
    const byte = i >= 148 && i < 156 ? 0x20 : (header[i] ?? 0);
    unsigned += byte;
    signed += byte > 127 ? byte - 256 : byte;
  }
  return want === unsigned || want === signed;
}

/** A number field: octal text, or base 256 when the first bit is set. */
function number(header: Buffer, offset: number, length: number): number {
  const first = header[offset] ?? 0;
  if ((first & 0x80) !== 0) {
    let value = first & 0x7f;
    for (let i = 1; i < length; i++) value = value * 256 + (header[offset + i] ?? 0);
    if ((first & 0x40) !== 0 || !Number.isSafeInteger(value)) throw new ChartError(invalidHeader);
    return value;
  }
  const text = cString(header.subarray(offset, offset + length)).trim();
  if (text === '') return 0;
  if (!/^[0-7]+$/.test(text)) throw new ChartError(invalidHeader);
  return Number.parseInt(text, 8);
}

function cString(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end < 0 ? bytes.length : end);
}

function headerName(header: Buffer): string {
  const name = cString(header.subarray(0, 100));
  const magic = header.toString('latin1', 257, 263);
  // GNU archives keep times where ustar has the prefix.
  const prefix = magic === 'ustar\0' ? cString(header.subarray(345, 500)) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

function isDirectory(header: Buffer, type: string, name: string): boolean {
  if (type === '5') return true;
  if ((type === '0' || type === '\0') && name.endsWith('/')) return true;
  const mode = cString(header.subarray(100, 108)).trim();
  return (Number.parseInt(mode === '' ? '0' : mode, 8) & 0o170000) === 0o040000;
}

/** Records of the form `27 path=some/where\n`. */
function paxRecords(data: Buffer): Extended {
  let extended: Extended = {};
  let at = 0;
  while (at < data.length) {
    const space = data.indexOf(0x20, at);
    const length = space < 0 ? Number.NaN : Number(data.toString('latin1', at, space));
    if (!Number.isSafeInteger(length) || length < 5 || at + length > data.length) throw new ChartError(invalidHeader);
    const record = data.toString('utf8', space + 1, at + length);
    const equals = record.indexOf('=');
    if (!record.endsWith('\n') || equals < 0) throw new ChartError(invalidHeader);
    const value = record.slice(equals + 1, -1);
    const key = record.slice(0, equals);
    if (key === 'path' && value !== '') extended = { ...extended, name: value };
    if (key === 'size') extended = { ...extended, size: paxSize(value) };
    at += length;
  }
  return extended;
}

function paxSize(text: string): number {
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(Number(text))) throw new ChartError(invalidHeader);
  return Number(text);
}
