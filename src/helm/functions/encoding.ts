// Base64 and Base32 by the rules of Go's encoding packages: strict alphabets and padding, line breaks ignored.
import { STRING } from '#gotemplate/index';
import { fromBytes, toBytes } from '#lib/go-string';
import type { FunctionTable } from './conversion.ts';

/** A text that is not valid in its encoding; the message is Go's. */
export class EncodingError extends Error {
  override readonly name = 'EncodingError';
}

interface Alphabet {
  readonly name: string;
  readonly characters: string;
  /** Characters in a full group, and the bytes it holds. */
  readonly group: number;
  readonly bytes: number;
  readonly bits: number;
}

const BASE64: Alphabet = {
  name: 'base64',
  characters: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
  group: 4,
  bytes: 3,
  bits: 6,
};
const BASE32: Alphabet = {
  name: 'base32',
  characters: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567',
  group: 8,
  bytes: 5,
  bits: 5,
};

/** base64.StdEncoding.DecodeString; throws EncodingError. */
export function decodeBase64(text: string): Uint8Array {
  // What Node reads without doubt needs no second look.
  if (text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text)) return Buffer.from(text, 'base64');
  return decodeGroups(text, BASE64);
}

export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
}

function decodeGroups(text: string, alphabet: Alphabet): Uint8Array {
  const source = Buffer.from(toBytes(text)).toString('latin1');
  const corrupt = (at: number): EncodingError => new EncodingError(`illegal ${alphabet.name} data at input byte ${at}`);
  // Positions in errors count the line breaks for base64, and do not for base32, as Go has it.
  const out: number[] = [];
  let at = 0;
  const skipBreaks = (): void => {
    while (source[at] === '\n' || source[at] === '\r') at++;
  };
  for (;;) {
    skipBreaks();
    if (at >= source.length) return Uint8Array.from(out);
    const digits: number[] = [];
    while (digits.length < alphabet.group) {
      skipBreaks();
      if (at >= source.length) throw corrupt(at - digits.length);
      const char = source.charAt(at++);
      const value = alphabet.characters.indexOf(char);
      if (value >= 0) {
        digits.push(value);
        continue;
      }
      if (char !== '=') throw corrupt(at - 1);
      const end = readPadding(digits.length);
      out.push(...unpack(digits, alphabet, bytesIn(digits.length)));
      if (end < source.length) throw corrupt(end);
      return Uint8Array.from(out);
    }
    out.push(...unpack(digits, alphabet, alphabet.bytes));
  }

  function bytesIn(digits: number): number {
    return Math.floor((digits * alphabet.bits) / 8);
  }

  /** The position behind the padding (the first "=" is read); throws when it is not as it must be. */
  function readPadding(digits: number): number {
    const usable = alphabet.group === 4 ? digits >= 2 : [2, 4, 5, 7].includes(digits);
    if (!usable) throw corrupt(at - 1);
    for (let missing = alphabet.group - digits - 1; missing > 0; missing--) {
      skipBreaks();
      if (at >= source.length) throw corrupt(source.length);
      if (source.charAt(at) !== '=') throw corrupt(at);
      at++;
    }
    skipBreaks();
    return at;
  }
}

function unpack(digits: readonly number[], alphabet: Alphabet, bytes: number): number[] {
  let bits = 0n;
  for (let i = 0; i < alphabet.group; i++) bits = (bits << BigInt(alphabet.bits)) | BigInt(digits[i] ?? 0);
  const all = Array.from({ length: alphabet.bytes }, (_, i) =>
    Number((bits >> BigInt(8 * (alphabet.bytes - 1 - i))) & 0xffn),
  );
  return all.slice(0, bytes);
}

function encodeBase32(bytes: Uint8Array): string {
  let out = '';
  for (let at = 0; at < bytes.length; at += 5) {
    const part = bytes.subarray(at, at + 5);
    let bits = 0n;
    for (let i = 0; i < 5; i++) bits = (bits << 8n) | BigInt(part[i] ?? 0);
    const used = Math.ceil((part.length * 8) / 5);
    for (let i = 0; i < 8; i++) {
      out += i < used ? BASE32.characters.charAt(Number((bits >> BigInt(5 * (7 - i))) & 31n)) : '=';
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
  b32dec: { params: [STRING], result: STRING, fn: (text: string) => decodeOrError(() => decodeGroups(text, BASE32)) },
};
