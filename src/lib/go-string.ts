// Go strings in JavaScript: byte sequences whose invalid UTF-8 bytes survive as lone surrogates U+DC80 to U+DCFF.

const ESCAPE = 0xdc00;

/** Is this UTF-16 unit an escaped byte (when no high surrogate stands before it)? */
function isEscapedByte(unit: number): boolean {
  return unit >= 0xdc80 && unit <= 0xdcff;
}

/** The string of these bytes: valid UTF-8 is decoded, each other byte b becomes U+DC00+b. */
export function fromBytes(bytes: Uint8Array): string {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  return text.includes('\ufffd') ? fromBytesSlowly(bytes) : text;
}

function fromBytesSlowly(bytes: Uint8Array): string {
  let text = '';
  let at = 0;
  while (at < bytes.length) {
    const { rune, size } = decodeRune(bytes, at);
    text += rune < 0 ? String.fromCharCode(ESCAPE + (bytes[at] ?? 0)) : String.fromCodePoint(rune);
    at += size;
  }
  return text;
}

/** One rune of UTF-8 as Go decodes it: rune -1 and size 1 for a byte that begins no valid sequence. */
function decodeRune(bytes: Uint8Array, at: number): { rune: number; size: number } {
  const invalid = { rune: -1, size: 1 };
  const first = bytes[at] ?? 0;
  if (first < 0x80) return { rune: first, size: 1 };
  const size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || at + size > bytes.length) return invalid;
  let rune = first & (0x7f >> size);
  for (let i = 1; i < size; i++) {
    const next = bytes[at + i] ?? 0;
    if ((next & 0xc0) !== 0x80) return invalid;
    rune = (rune << 6) | (next & 0x3f);
  }
  const least = size === 4 ? 0x10000 : size === 3 ? 0x800 : 0x80;
  if (rune < least || rune > 0x10ffff || (rune >= 0xd800 && rune <= 0xdfff)) return invalid;
  return { rune, size };
}

/** The bytes of the string. */
export function toBytes(text: string): Uint8Array {
  if (text.isWellFormed()) return new TextEncoder().encode(text);
  const bytes = new Uint8Array(byteLength(text));
  let at = 0;
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    if (isEscapedByte(code)) bytes[at++] = code - ESCAPE;
    else at += new TextEncoder().encodeInto(char, bytes.subarray(at)).written;
  }
  return bytes;
}

/** len(text) in Go. */
export function byteLength(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    if (unit < 0x800) length++;
    else if (unit < 0xd800 || unit > 0xdfff) length += 2;
    else if (unit < 0xdc00 && isLowSurrogate(text, i + 1)) {
      // A pair is two units and four bytes.
      length += 2;
      i++;
    } else if (!isEscapedByte(unit)) length += 2;
  }
  return length;
}

function isLowSurrogate(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  return unit >= 0xdc00 && unit <= 0xdfff;
}

/** Has the string only ASCII, so that bytes, runes and UTF-16 units are the same? */
export function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}

/** text[from:to] in Go, by bytes; a rune that is cut leaves its bytes. The caller has checked the range. */
export function sliceBytes(text: string, from: number, to?: number): string {
  if (isAscii(text)) return text.slice(from, to);
  return fromBytes(toBytes(text).subarray(from, to));
}

/** Bytewise order, as Go compares strings: negative, zero or positive. */
export function compareStrings(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    // UTF-16 order differs from byte order only where a surrogate is involved.
    if (x < 0xd800 && y < 0xd800) return x - y;
    return Buffer.compare(toBytes(a), toBytes(b));
  }
  return a.length - b.length;
}

/** The keys in Go's order. */
export function sortStrings(keys: readonly string[]): string[] {
  return keys.toSorted(compareStrings);
}

/** The runes of the string as Go ranges over it: an invalid byte counts as one rune, given in its escaped form. */
export function runes(text: string): string[] {
  return Array.from(text);
}

/** Does the string hold bytes that are not UTF-8? */
export function hasInvalidBytes(text: string): boolean {
  return !text.isWellFormed();
}

/** strings.ToValidUTF8 rune by rune: each invalid byte becomes U+FFFD. */
export function toValid(text: string): string {
  return text.toWellFormed();
}
