// Exact decimal numbers: JSON schema's limits and multiples are not to suffer from binary fractions.
import { JsonNumber, SchemaError } from './json.ts';

/** numerator / 10^scale. */
export interface Decimal {
  readonly digits: bigint;
  readonly scale: number;
}

/** Exponents beyond this would make numbers of as many digits. */
const maxExponent = 5000;

const pattern = /^([+-]?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i;

export function toDecimal(number: JsonNumber): Decimal {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = pattern.exec(number.text) ?? [];
  const shift = Number(exponent);
  if (whole === '' || Math.abs(shift) > maxExponent || whole.length + fraction.length > 2 * maxExponent) {
    throw new SchemaError(`the number ${number.text.slice(0, 50)} is out of range`);
  }
  let digits = BigInt(whole + fraction);
  if (sign === '-') digits = -digits;
  const scale = fraction.length - shift;
  return scale >= 0 ? { digits, scale } : { digits: digits * 10n ** BigInt(-scale), scale: 0 };
}

/** Both numbers as integers of one scale. */
function align(a: Decimal, b: Decimal): readonly [bigint, bigint] {
  const scale = Math.max(a.scale, b.scale);
  return [a.digits * 10n ** BigInt(scale - a.scale), b.digits * 10n ** BigInt(scale - b.scale)];
}

export function compareDecimals(a: Decimal, b: Decimal): number {
  const [x, y] = align(a, b);
  return x < y ? -1 : x > y ? 1 : 0;
}

export function isInteger(number: Decimal): boolean {
  return number.digits % 10n ** BigInt(number.scale) === 0n;
}

export function isMultiple(number: Decimal, of: Decimal): boolean {
  const [x, y] = align(number, of);
  return y !== 0n && x % y === 0n;
}

/** The nearest float64. */
export function toFloat(number: Decimal): number {
  return Number(`${number.digits}e${-number.scale}`);
}
