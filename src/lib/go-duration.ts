// Go's time.Duration: parsing, printing and rounding of nanosecond counts, as every Go tool reads and writes them.

/** Nanoseconds per unit. A duration is an int64 count of nanoseconds, so it is carried as a bigint. */
const NANOSECOND = 1n;
const MICROSECOND = 1_000n;
export const MILLISECOND = 1_000_000n;
export const SECOND = 1_000_000_000n;
export const MINUTE = 60n * SECOND;
export const HOUR = 60n * MINUTE;

const MAX_INT64 = 2n ** 63n - 1n;
const MIN_INT64 = -(2n ** 63n);
const OVERFLOW = 2n ** 63n;

const UNITS: ReadonlyMap<string, bigint> = new Map([
  ['ns', NANOSECOND],
  ['us', MICROSECOND],
  // U+00B5 (micro sign) and U+03BC (Greek mu) are both accepted.
  ['\u00b5s', MICROSECOND],
  ['\u03bcs', MICROSECOND],
  ['ms', MILLISECOND],
  ['s', SECOND],
  ['m', MINUTE],
  ['h', HOUR],
]);

/** Thrown for a text that is no duration; the message is Go's. */
export class DurationError extends Error {
  override readonly name = 'DurationError';
}

/**
 * Quotes as Go's time package does in its errors: everything outside printable ASCII becomes its bytes in hex.
 * A lone surrogate U+DC80..U+DCFF stands for the one invalid byte it carries.
 */
export function quoteForTimeError(text: string): string {
  let out = '"';
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    if (code >= 0x80 || code < 0x20) {
      if (code >= 0xdc80 && code <= 0xdcff) out += hexByte(code & 0xff);
      else for (const byte of Buffer.from(char, 'utf8')) out += hexByte(byte);
    } else if (char === '"' || char === '\\') out += `\\${char}`;
    else out += char;
  }
  return `${out}"`;
}

function hexByte(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`;
}

/** `time.ParseDuration`: nanoseconds, or a DurationError with Go's text. */
export function parseDuration(text: string): bigint {
  let rest = text;
  const sign = rest[0];
  const negative = sign === '-';
  if (sign === '-' || sign === '+') rest = rest.slice(1);
  if (rest === '0') return 0n;
  if (rest === '') throw invalid(text);

  let total = 0n;
  while (rest !== '') {
    const whole = /^[0-9]*/.exec(rest)?.[0] ?? '';
    rest = rest.slice(whole.length);
    let fraction: string | undefined;
    if (rest.startsWith('.')) {
      fraction = /^[0-9]*/.exec(rest.slice(1))?.[0] ?? '';
      rest = rest.slice(1 + fraction.length);
    }
    if (whole === '' && !fraction) throw invalid(text);
    const value = whole === '' ? 0n : leadingInteger(whole);
    if (value === undefined) throw invalid(text);

    const unitText = /^[^.0-9]*/.exec(rest)?.[0] ?? '';
    if (unitText === '') throw new DurationError(`time: missing unit in duration ${quoteForTimeError(text)}`);
    rest = rest.slice(unitText.length);
    const unit = UNITS.get(unitText);
    if (unit === undefined) {
      throw new DurationError(
        `time: unknown unit ${quoteForTimeError(unitText)} in duration ${quoteForTimeError(text)}`,
      );
    }
    if (value > OVERFLOW / unit) throw invalid(text);
    const part = value * unit + (fraction ? fractionOf(fraction, unit) : 0n);
    if (part > OVERFLOW) throw invalid(text);
    // The sum wraps at 64 bits in Go before it is compared; two parts of at most 2^63 can reach exactly 2^64.
    total = BigInt.asUintN(64, total + part);
    if (total > OVERFLOW) throw invalid(text);
  }
  if (negative) return -total;
  if (total > MAX_INT64) throw invalid(text);
  return total;
}

function invalid(text: string): DurationError {
  return new DurationError(`time: invalid duration ${quoteForTimeError(text)}`);
}

function leadingInteger(digits: string): bigint | undefined {
  // Longer than any accepted value: refuse before paying for a big conversion. Leading zeros do not count.
  const significant = digits.replace(/^0+/, '');
  if (significant.length > 19) return undefined;
  const value = BigInt(significant === '' ? '0' : significant);
  return value > OVERFLOW ? undefined : value;
}

/** The nanoseconds of a decimal fraction of a unit; Go does this in float64 and stops taking digits near 2^63. */
function fractionOf(digits: string, unit: bigint): bigint {
  let value = 0n;
  let scale = 1;
  for (const digit of digits) {
    if (value > MAX_INT64 / 10n) break;
    const next = value * 10n + BigInt(digit);
    if (next > OVERFLOW) break;
    value = next;
    scale *= 10;
  }
  if (value === 0n) return 0n;
  return BigInt(Math.trunc(Number(value) * (Number(unit) / scale)));
}

/** `Duration.String`: "1h30m0s", "1.5ms", "0s". */
export function formatDuration(duration: bigint): string {
  const sign = duration < 0n ? '-' : '';
  const value = duration < 0n ? -duration : duration;
  if (value === 0n) return '0s';
  if (value < MICROSECOND) return `${sign}${value}ns`;
  if (value < MILLISECOND) return `${sign}${decimal(value, 3)}\u00b5s`;
  if (value < SECOND) return `${sign}${decimal(value, 6)}ms`;
  const seconds = value / SECOND;
  const minutes = seconds / 60n;
  const secondsText = decimal((seconds % 60n) * SECOND + (value % SECOND), 9);
  if (minutes === 0n) return `${sign}${secondsText}s`;
  const hours = minutes / 60n;
  return hours === 0n ? `${sign}${minutes}m${secondsText}s` : `${sign}${hours}h${minutes % 60n}m${secondsText}s`;
}

/** value / 10^places without trailing zeros. */
function decimal(value: bigint, places: number): string {
  const digits = value.toString().padStart(places + 1, '0');
  const fraction = digits.slice(-places).replace(/0+$/, '');
  const whole = digits.slice(0, -places);
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

/** `Duration.Truncate`: towards zero to a multiple of `unit`; a unit of 0 or less changes nothing. */
export function truncateDuration(duration: bigint, unit: bigint): bigint {
  return unit <= 0n ? duration : duration - (duration % unit);
}

/** `Duration.Round`: to the nearest multiple of `unit`, halves away from zero, saturating at int64's ends. */
export function roundDuration(duration: bigint, unit: bigint): bigint {
  if (unit <= 0n) return duration;
  const negative = duration < 0n;
  const value = negative ? -duration : duration;
  const rest = value % unit;
  const rounded = rest + rest < unit ? value - rest : value - rest + unit;
  const signed = negative ? -rounded : rounded;
  if (signed > MAX_INT64) return MAX_INT64;
  return signed < MIN_INT64 ? MIN_INT64 : signed;
}

/** A duration in milliseconds, as timers take it (fractions of a millisecond are kept). */
export function durationToMs(duration: bigint): number {
  return Number(duration) / 1e6;
}
