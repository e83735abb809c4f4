// Bech32, the alphabet age's keys are written in: a prefix, five bits a character, and a checksum.

const alphabet = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const generators = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
const checksumLength = 6;

export interface Bech32 {
  /** In lower case. */
  readonly prefix: string;
  readonly data: Buffer;
}

/** Undefined for what is no Bech32. The length is not limited. */
export function decodeBech32(text: string): Bech32 | undefined {
  const lower = text.toLowerCase();
  if (text !== lower && text !== text.toUpperCase()) return undefined;
  const one = lower.lastIndexOf('1');
  const prefix = lower.slice(0, one);
  const digits = Array.from(lower.slice(one + 1), (char) => alphabet.indexOf(char));
  if (one < 1 || digits.length < checksumLength || digits.includes(-1)) return undefined;
  if (checksum([...expanded(prefix), ...digits]) !== 1) return undefined;
  const data = bytesOf(digits.slice(0, -checksumLength));
  return data && { prefix, data };
}

function expanded(prefix: string): number[] {
  const codes = Array.from(prefix, (char) => char.charCodeAt(0));
  return [...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31)];
}

function checksum(values: readonly number[]): number {
  let sum = 1;
  for (const value of values) {
    const top = sum >>> 25;
    sum = ((sum & 0x1ffffff) << 5) ^ value;
    generators.forEach((generator, bit) => {
      if ((top >>> bit) & 1) sum ^= generator;
    });
  }
  return sum;
}

/** Undefined when what is left over is more than padding. */
function bytesOf(digits: readonly number[]): Buffer | undefined {
  const bytes: number[] = [];
  let [held, bits] = [0, 0];
  for (const digit of digits) {
    held = ((held << 5) | digit) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((held >> bits) & 0xff);
    }
  }
  const rest = held & ((1 << bits) - 1);
  return bits < 5 && rest === 0 ? Buffer.from(bytes) : undefined;
}
