// Base64 and Base32 by the rules of Go's encoding packages: strict alphabets and padding, line breaks ignored.
import { STRING } from '#gotemplate/index';
import { fromBytes, toBytes } from '#lib/go-string';
import type { FunctionTable } from './conversion.ts';

/** A text that is not valid in its encoding; the message is Go's. */
export class EncodingError extends Error {
  override readonly name = 'EncodingError';
}

/** How each decoder refuses the byte at a position. */
type Corrupt = (at: number) => EncodingError;
const corrupt64: Corrupt = (at) => new EncodingError(`illegal base64 data at input byte ${at}`);
const corrupt32: Corrupt = (at) => new EncodingError(`illegal base32 data at input byte ${at}`);

const BASE64_DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const BASE32_DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** base64.StdEncoding.DecodeString; throws EncodingError. */
export function decodeBase64(text: string): Uint8Array {
  // What Node reads without doubt needs no second look.
  if (text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text)) return Buffer.from(text, 'base64');
  return Buffer.from(checkedBase64(text), 'base64');
}

export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
}

/** The characters of a valid text without its line breaks; positions in errors count them. */
function checkedBase64(text: string): string {
  const source = Buffer.from(toBytes(text)).toString('latin1');
  const skipBreaks = (from: number): number => {
    let at = from;
    while (source[at] === '\n' || source[at] === '\r') at++;
    return at;
  };
  let kept = '';
  let at = skipBreaks(0);
  for (; at < source.length; at = skipBreaks(at + 1)) {
    const char = source.charAt(at);
    if (BASE64_DIGITS.includes(char)) {
      kept += char;
      continue;
    }
    const digits = kept.length % 4;
    if (char !== '=' || digits < 2) throw corrupt64(at);
    if (digits === 2) {
      at = skipBreaks(at + 1);
      if (at >= source.length) throw corrupt64(source.length);
      if (source.charAt(at) !== '=') throw corrupt64(at - 1);
    }
    at = skipBreaks(at + 1);
    if (at < source.length) throw corrupt64(at);
    return kept;
  }
  if (kept.length % 4 !== 0) throw corrupt64(source.length - (kept.length % 4));
  return kept;
}

/** base32.StdEncoding.DecodeString; throws EncodingError. Positions in errors do not count line breaks. */
function decodeBase32(text: string): Uint8Array {
  const source = Buffer.from(toBytes(text))
    .toString('latin1')
    .replace(/[\r\n]/g, '');
  const out: number[] = [];
  for (let start = 0; start < source.length; start += 8) {
    const group = source.slice(start, start + 8);
    const digits = new RegExp(`^[${BASE32_DIGITS}]*`).exec(group)?.[0].length ?? 0;
    if (digits < 8) {
      checkPadding(source, start + digits, digits);
      out.push(...groupBytes(group.slice(0, digits)));
      break;
    }
    out.push(...groupBytes(group));
  }
  return Uint8Array.from(out);
}

/** What stands behind the last digits must be padding; a little more than needed of it is forgiven, as Go does. */
function checkPadding(source: string, at: number, digits: number): void {
  if (at >= source.length) throw corrupt32(at - digits);
  const behind = source.length - at - 1;
  if (source.charAt(at) !== '=' || digits < 2 || behind >= 8) throw corrupt32(at);
  if (behind + digits < 7) throw corrupt32(source.length);
  for (let next = at + 1; next < at + 8 - digits; next++) if (source.charAt(next) !== '=') throw corrupt32(next - 1);
  if (![2, 4, 5, 7].includes(digits)) throw corrupt32(at);
}

function groupBytes(digits: string): number[] {
  let bits = 0n;
  for (let i = 0; i < 8; i++) bits = (bits << 5n) | BigInt(Math.max(BASE32_DIGITS.indexOf(digits.charAt(i) || 'A'), 0));
  const bytes = Array.from({ length: 5 }, (_, i) => Number((bits >> BigInt(32 - 8 * i)) & 0xffn));
  return bytes.slice(0, Math.floor((digits.length * 5) / 8));
}

function encodeBase32(bytes: Uint8Array): string {
  let out = '';
  for (let at = 0; at < bytes.length; at += 5) {
    const part = bytes.subarray(at, at + 5);
    let bits = 0n;
    for (let i = 0; i < 5; i++) bits = (bits << 8n) | BigInt(part[i] ?? 0);
    const used = Math.ceil((part.length * 8) / 5);
    for (let i = 0; i < 8; i++) {
      out += i < used ? BASE32_DIGITS.charAt(Number((bits >> BigInt(5 * (7 - i))) & 31n)) : '=';
    }
  }
  return out;
}

/** Sprig gives the text of the error instead of failing. */
function decodeOrError(decode: () => Uint8Array): string {
  try {
    return fromBytes(decode());
  } catch (error) {
    if (error instanceof EncodingError) return error.message;
    throw error;
  }
}

export const encodingFunctions: FunctionTable = {
  b64enc: { params: [STRING], result: STRING, fn: (text: string) => encodeBase64(toBytes(text)) },
  b64dec: { params: [STRING], result: STRING, fn: (text: string) => decodeOrError(() => decodeBase64(text)) },
  b32enc: { params: [STRING], result: STRING, fn: (text: string) => encodeBase32(toBytes(text)) },
  b32dec: { params: [STRING], result: STRING, fn: (text: string) => decodeOrError(() => decodeBase32(text)) },
};
