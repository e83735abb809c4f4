// What go-yaml's reader accepts: printable characters, in chunks; a bad one hides the whole chunk it is in.
import { decodeUtf16 } from './utf16.ts';

/** The reader decodes this many bytes at a time and fails for all of them at once. */
const CHUNK = 512;

const UNREADABLE = /[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;
const ASCII_ONLY = /^[\t\n\r\x20-\x7e]*$/;

export interface Readable {
  /** The text without byte order mark, cut before the first chunk that cannot be read. */
  readonly text: string;
  readonly problem: string | undefined;
}

/** Checks every character; invalid bytes are lone surrogates U+DC80 to U+DCFF (see go-string). */
export function readable(source: string): Readable {
  const text = source.charCodeAt(0) === 0xfeff ? source.slice(1) : source;
  if (ASCII_ONLY.test(text)) {
    return { text, problem: undefined };
  }
  const decoded = decodeUtf16(source);
  if (decoded !== undefined) {
    const { text: within, problem } = readable(decoded.text);
    return { text: within, problem: problem ?? decoded.problem };
  }
  const at = text.search(UNREADABLE);
  if (at < 0) {
    return { text, problem: undefined };
  }
  return { text: text.slice(0, chunkStart(text, at)), problem: describe(text, at) };
}

function utf8Length(c: number): number {
  if (c < 0x80) {
    return 1;
  }
  if (c < 0x800) {
    return 2;
  }
  return c < 0x10000 ? 3 : 4;
}

/** The offset at which the chunk of bytes that holds the character `at` begins. */
function chunkStart(text: string, at: number): number {
  let bytes = 0;
  let start = 0;
  for (let i = 0; i < at;) {
    const c = text.codePointAt(i) as number;
    const length = utf8Length(c);
    if (bytes + length > CHUNK) {
      start = i;
      bytes = 0;
    }
    bytes += length;
    i += c > 0xffff ? 2 : 1;
  }
  return bytes === CHUNK ? at : start;
}

function byteOf(text: string, at: number): number | undefined {
  const c = text.charCodeAt(at);
  return c >= 0xdc80 && c <= 0xdcff ? c - 0xdc00 : undefined;
}

function describe(text: string, at: number): string {
  const lead = byteOf(text, at);
  if (lead === undefined) {
    return 'control characters are not allowed';
  }
  if (lead < 0xc0 || lead >= 0xf8) {
    return 'invalid leading UTF-8 octet';
  }
  const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  for (let k = 1; k < length; k++) {
    if (at + k >= text.length) {
      return 'incomplete UTF-8 octet sequence';
    }
    const octet = byteOf(text, at + k);
    if (octet === undefined || (octet & 0xc0) !== 0x80) {
      return 'invalid trailing UTF-8 octet';
    }
  }
  return lead === 0xed || lead >= 0xf4 ? 'invalid Unicode character' : 'invalid length of a UTF-8 sequence';
}
