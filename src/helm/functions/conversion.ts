// How Sprig reads any value as a string, an integer or a float (spf13/cast's rules), and what counts as empty.
import { GoInt, GoObject, isTrue, printValue } from '#gotemplate/index';
import type { GoFunction } from '#gotemplate/index';
import { parseFloatGo } from '#lib/go-float';
import { fromBytes } from '#lib/go-string';

/** Functions of one family by name. */
export type FunctionTable = Readonly<Record<string, GoFunction>>;

const MIN_INT64 = -(2n ** 63n);
const MAX_INT64 = 2n ** 63n - 1n;

/** strval: a string, bytes, an error's text, String(), else `%v`. */
export function strval(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof Uint8Array) return fromBytes(value);
  return printValue(value);
}

/** cast.ToInt64: what cannot be read is 0. */
export function toInt64(value: unknown): bigint {
  switch (typeof value) {
    case 'bigint':
      return value;
    case 'number':
      return truncate(value);
    case 'string':
      return parseInteger(trimZeroDecimal(value)) ?? 0n;
    case 'boolean':
      return value ? 1n : 0n;
    default:
      return integerOf(value) ?? 0n;
  }
}

/** cast.ToFloat64: what cannot be read is 0. */
export function toFloat64(value: unknown): number {
  switch (typeof value) {
    case 'number':
      return value;
    case 'bigint':
      return Number(value);
    case 'string':
      return parseFloat64(value) ?? 0;
    case 'boolean':
      return value ? 1 : 0;
    default:
      return Number(integerOf(value) ?? 0n);
  }
}

/** Plain integers, and the two named types cast knows. */
function integerOf(value: unknown): bigint | undefined {
  if (value instanceof GoInt) return BigInt.asIntN(64, value.value);
  if (value instanceof GoObject && (value.type.name === 'time.Month' || value.type.name === 'time.Weekday')) {
    return toInt64(value.scalar);
  }
  return undefined;
}

/** int64(f) as amd64 does it: everything out of range, and NaN, is the lowest integer. */
function truncate(value: number): bigint {
  return value >= -(2 ** 63) && value < 2 ** 63 ? BigInt(Math.trunc(value)) : MIN_INT64;
}

/** "12.00" is 12: a decimal tail of zeros does not count. */
function trimZeroDecimal(text: string): string {
  return text.replace(/\.0+$/, '');
}

const INTEGER_FORMS: readonly (readonly [pattern: RegExp, prefix: string, digits: number])[] = [
  [/^[1-9](?:_?[0-9])*$/, '', 0],
  [/^0(?:_?[0-7])*$/, '0o', 0],
  [/^0[xX](?:_?[0-9a-fA-F])+$/, '0x', 2],
  [/^0[bB](?:_?[01])+$/, '0b', 2],
  [/^0[oO](?:_?[0-7])+$/, '0o', 2],
];

/** strconv.ParseInt(text, 0, 64); undefined for an error. */
function parseInteger(text: string): bigint | undefined {
  const negative = text.startsWith('-');
  const body = negative || text.startsWith('+') ? text.slice(1) : text;
  for (const [pattern, prefix, skip] of INTEGER_FORMS) {
    if (!pattern.test(body)) continue;
    const digits = body
      .slice(skip)
      .replaceAll('_', '')
      .replace(/^0+(?=.)/, '');
    if (digits.length > 64) return undefined;
    const size = BigInt(prefix + digits);
    const value = negative ? -size : size;
    return value < MIN_INT64 || value > MAX_INT64 ? undefined : value;
  }
  return undefined;
}

/** strconv.ParseInt(text, 10, 64) with its error dropped: 0 for bad syntax, the nearest end of int64 when out of range. */
export function parseIntSaturating(text: string): bigint {
  const match = /^([+-]?)0*([0-9]+)$/.exec(text);
  if (match === null) return 0n;
  const [, sign = '', digits = ''] = match;
  const limit = sign === '-' ? MIN_INT64 : MAX_INT64;
  if (digits.length > 19) return limit;
  const value = sign === '-' ? -BigInt(digits) : BigInt(digits);
  return value < MIN_INT64 || value > MAX_INT64 ? limit : value;
}

/** strconv.ParseFloat; undefined for bad syntax and for a number out of range. */
function parseFloat64(text: string): number | undefined {
  const value = parseFloatGo(text);
  if (value === undefined || Number.isFinite(value) || Number.isNaN(value)) return value;
  return /[0-9]/.test(text) ? undefined : value;
}

/** Sprig's empty: the zero value of its kind, an empty collection, nil. Structs never are. */
export function isEmpty(value: unknown): boolean {
  return !isTrue(value);
}

/** Wraps at 64 bits, as Go's int64 arithmetic does. */
export function wrapInt64(value: bigint): bigint {
  return BigInt.asIntN(64, value);
}
