// Numbers as Go's strconv reads and writes them.

const INT64_MIN = -(1n << 63n);
const UINT64_MAX = (1n << 64n) - 1n;
const DIGITS: ReadonlyMap<number, RegExp> = new Map([
  [2, /^[01]+$/],
  [8, /^[0-7]+$/],
  [10, /^[0-9]+$/],
  [16, /^[0-9a-fA-F]+$/],
]);
const PREFIX: Readonly<Record<number, string>> = { 2: '0b', 8: '0o', 10: '', 16: '0x' };

/** Digits in a base, without sign or prefix; undefined when there are others or the value is beyond 64 bits. */
function parseDigits(digits: string, base: number): bigint | undefined {
  if (!(DIGITS.get(base) as RegExp).test(digits)) {
    return undefined;
  }
  // Longer than any 64-bit number in base 2, leading zeros apart.
  const significant = digits.replace(/^0+(?=.)/, '');
  return significant.length > 64 ? undefined : BigInt(PREFIX[base] + significant);
}

function baseOf(text: string): { base: number; digits: string } {
  if (text.length > 1 && text[0] === '0') {
    switch (text[1]) {
      case 'x':
      case 'X':
        return { base: 16, digits: text.slice(2) };
      case 'b':
      case 'B':
        return { base: 2, digits: text.slice(2) };
      case 'o':
      case 'O':
        return { base: 8, digits: text.slice(2) };
      default:
        return { base: 8, digits: text.slice(1) };
    }
  }
  return { base: 10, digits: text };
}

/**
 * ParseInt(text, base, 64), else ParseUint: what fits int64 or uint64. Base 0 goes by the prefix.
 * Underscores must have been removed.
 */
export function parseInt64(text: string, base = 0): bigint | undefined {
  const sign = text[0] === '-' || text[0] === '+' ? text[0] : '';
  const unsigned = text.slice(sign.length);
  const form = base === 0 ? baseOf(unsigned) : { base, digits: unsigned };
  const magnitude = parseDigits(form.digits, form.base);
  if (magnitude === undefined) {
    return undefined;
  }
  if (sign === '') {
    return magnitude <= UINT64_MAX ? magnitude : undefined;
  }
  const value = sign === '-' ? -magnitude : magnitude;
  return value >= INT64_MIN && value < 1n << 63n ? value : undefined;
}

const DECIMAL_FLOAT = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/;
const HEX_FLOAT = /^([-+]?)0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)[pP]([-+]?\d+)$/;
const SPECIAL_FLOAT = /^[-+]?(?:inf|infinity)$|^nan$/i;

/** ParseFloat(text, 64); undefined on a syntax error and beyond the range. */
export function parseFloat64(text: string): number | undefined {
  if (DECIMAL_FLOAT.test(text)) {
    const value = Number(text);
    return Number.isFinite(value) ? value : undefined;
  }
  if (SPECIAL_FLOAT.test(text)) {
    return text[0] === '-' ? -Infinity : /nan/i.test(text) ? NaN : Infinity;
  }
  const hex = HEX_FLOAT.exec(text);
  return hex === null ? undefined : hexFloat(hex);
}

function hexFloat([, sign = '', whole = '', fraction = '', exponent = '']: RegExpExecArray): number | undefined {
  if (whole + fraction === '') {
    return undefined;
  }
  // Exact for the mantissas that occur; more than 13 digits would need rounding once, as done here by Number.
  const mantissa = Number(BigInt(`0x${whole}${fraction}`));
  const value = mantissa * 2 ** (Number(exponent) - 4 * fraction.length);
  return Number.isFinite(value) ? (sign === '-' ? -value : value) : undefined;
}

/** Shortest decimal digits and exponent: value = 0.d1d2d3… × 10^point. */
function shortest(value: number, bits: 32 | 64): { digits: string; point: number } {
  const [mantissa = '', exponent = ''] = shortestText(value, bits).split('e');
  return { digits: mantissa.replace('.', ''), point: Number(exponent) + 1 };
}

function shortestText(value: number, bits: 32 | 64): string {
  if (bits === 64) {
    return value.toExponential();
  }
  const single = Math.fround(value);
  for (let precision = 0; precision < 9; precision++) {
    const text = single.toExponential(precision);
    if (Math.fround(Number(text)) === single) {
      return text;
    }
  }
  return single.toExponential(9);
}

/** The exponent has a sign and at least two digits. */
function exponentForm(digits: string, exponent: number): string {
  const magnitude = Math.abs(exponent);
  const fraction = digits.length > 1 ? `.${digits.slice(1)}` : '';
  return `${digits[0]}${fraction}e${exponent < 0 ? '-' : '+'}${magnitude < 10 ? '0' : ''}${magnitude}`;
}

function plainForm(digits: string, point: number): string {
  if (point <= 0) {
    return `0.${'0'.repeat(-point)}${digits}`;
  }
  if (point >= digits.length) {
    return digits + '0'.repeat(point - digits.length);
  }
  return `${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** From this decimal exponent on, the shortest 'g' form has an exponent. */
const SHORTEST_LIMIT = 6;

/** strconv.FormatFloat(value, 'g', -1, bits): `+Inf`, `-Inf` and `NaN` included. */
export function formatFloatG(value: number, bits: 32 | 64 = 64): string {
  const rounded = bits === 32 ? Math.fround(value) : value;
  if (Number.isNaN(rounded)) {
    return 'NaN';
  }
  if (!Number.isFinite(rounded)) {
    return rounded > 0 ? '+Inf' : '-Inf';
  }
  const sign = rounded < 0 || Object.is(rounded, -0) ? '-' : '';
  if (rounded === 0) {
    return `${sign}0`;
  }
  const { digits, point } = shortest(Math.abs(rounded), bits);
  const exponent = point - 1;
  return (
    sign + (exponent < -4 || exponent >= SHORTEST_LIMIT ? exponentForm(digits, exponent) : plainForm(digits, point))
  );
}

/** A float64 as encoding/json writes it; the value must be finite. */
export function formatFloatJSON(value: number): string {
  if (value === 0) {
    return Object.is(value, -0) ? '-0' : '0';
  }
  const magnitude = Math.abs(value);
  const { digits, point } = shortest(magnitude, 64);
  const sign = value < 0 ? '-' : '';
  if (magnitude < 1e-6 || magnitude >= 1e21) {
    // JSON drops the zero Go pads small negative exponents with.
    return sign + exponentForm(digits, point - 1).replace(/e-0(\d)$/, 'e-$1');
  }
  return sign + plainForm(digits, point);
}
