// The order in which go-yaml writes the keys of a map: digits by value, letters after everything else.
import type { Flavor } from './options.ts';

const LETTER = /\p{L}/u;
const DIGIT = /\p{Nd}/u;

function isLetter(c: number): boolean {
  if (c < 128) {
    const lower = c | 32;
    return lower >= 97 && lower <= 122;
  }
  return LETTER.test(String.fromCodePoint(c));
}

function isDigit(c: number): boolean {
  return c < 128 ? c >= 48 && c <= 57 : DIGIT.test(String.fromCodePoint(c));
}

/** Orders two keys. v3 differs from v2 where a letter follows a common run of digits. */
export function compareKeys(a: string, b: string, flavor: Flavor): number {
  const limit = Math.min(a.length, b.length);
  let i = 0;
  while (i < limit && a.charCodeAt(i) === b.charCodeAt(i)) {
    i++;
  }
  if (i === limit) {
    return a.length - b.length;
  }
  // Do not look into the middle of a surrogate pair.
  if (i > 0 && (a.charCodeAt(i) & 0xfc00) === 0xdc00 && (a.charCodeAt(i - 1) & 0xfc00) === 0xd800) {
    i--;
  }
  return compareAt(a, b, i, flavor);
}

function compareAt(a: string, b: string, i: number, flavor: Flavor): number {
  const ar = a.codePointAt(i) as number;
  const br = b.codePointAt(i) as number;
  const al = isLetter(ar);
  const bl = isLetter(br);
  if (al && bl) {
    return ar - br;
  }
  if (al || bl) {
    const letterFirst = flavor === 'v3' && i > 0 && isDigit(a.charCodeAt(i - 1));
    return al === letterFirst ? -1 : 1;
  }
  // With a zero involved, an earlier digit of the same run makes the two runs numbers of one length.
  const lead = ar === 48 || br === 48 ? hasSignificantDigit(a, i) : false;
  const an = digitRun(a, i, lead);
  const bn = digitRun(b, i, lead);
  if (an.value < bn.value) {
    return -1;
  }
  if (an.value > bn.value) {
    return 1;
  }
  return an.length === bn.length ? ar - br : an.length - bn.length;
}

function hasSignificantDigit(text: string, end: number): boolean {
  for (let j = end - 1; j >= 0 && isDigit(text.charCodeAt(j)); j--) {
    if (text[j] !== '0') {
      return true;
    }
  }
  return false;
}

/** The number that starts at a place, wrapping around as an int64 does. */
function digitRun(text: string, start: number, lead: boolean): { value: bigint | number; length: number } {
  let value: bigint | number = lead ? 1 : 0;
  let length = 0;
  for (const char of text.slice(start, start + 4096)) {
    const c = char.codePointAt(0) as number;
    if (!isDigit(c)) {
      break;
    }
    value = length < 14 ? Number(value) * 10 + (c - 48) : BigInt.asIntN(64, BigInt(value) * 10n + BigInt(c - 48));
    length++;
  }
  return { value, length };
}

/** The own keys of an object in that order. */
export function sortedKeys(object: object, flavor: Flavor): string[] {
  return Object.keys(object).toSorted((a, b) => compareKeys(a, b, flavor));
}
