// strconv.FormatFloat and ParseFloat: Go's decimal and hexadecimal text of floating-point numbers.

/** The decimal digits of a finite number, and where the point stands: 0.DIGITS × 10^point. */
interface Decimal {
  readonly digits: string;
  readonly point: number;
}

/** FormatFloat's formats. */
export type FloatFormat = 'e' | 'E' | 'f' | 'F' | 'g' | 'G' | 'x' | 'X' | 'b';

/** strconv.FormatFloat(value, format, precision, bits); precision -1 asks for the shortest text that reads back the same. */
export function formatFloat(value: number, format: FloatFormat, precision = -1, bits: 32 | 64 = 64): string {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Infinity) return '+Inf';
  if (value === -Infinity) return '-Inf';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const size = Math.abs(bits === 32 ? Math.fround(value) : value);
  switch (format) {
    case 'x':
    case 'X':
      return sign + hexFloat(size, precision, format);
    case 'b':
      return sign + binaryFloat(size, bits);
    case 'e':
    case 'E':
      return sign + formatE(precision < 0 ? shortest(size, bits) : rounded(size, precision + 1), precision, format);
    case 'f':
    case 'F':
      return sign + formatF(precision < 0 ? shortest(size, bits) : fixed(size, precision), precision);
    case 'g':
    case 'G':
      return sign + formatG(size, precision, format, bits);
  }
}

/** The usual case of %v and of templates: 'g', shortest, 64 bits. */
export function formatShortest(value: number): string {
  // Integers below a million are written as they are; the exponent form begins at 21 digits (%v) or 1e+21's like.
  if (Number.isInteger(value) && value > -1e6 && value < 1e6 && !Object.is(value, -0)) return String(value);
  return formatFloat(value, 'g');
}

function formatG(size: number, precision: number, format: 'g' | 'G', bits: 32 | 64): string {
  const decimal = precision < 0 ? shortest(size, bits) : rounded(size, Math.max(precision, 1));
  let limit = precision < 0 ? 6 : Math.max(precision, 1);
  // With a precision larger than the digits there are, those digits decide: %e is used only if it is shorter.
  if (limit > decimal.digits.length && decimal.digits.length >= decimal.point) limit = decimal.digits.length;
  if (precision < 0) limit = 6;
  const exponent = decimal.point - 1;
  if (exponent < -4 || exponent >= limit) {
    const wanted = precision < 0 || precision > decimal.digits.length ? decimal.digits.length : Math.max(precision, 1);
    return formatE(decimal, wanted - 1, format === 'g' ? 'e' : 'E');
  }
  return formatF(decimal, Math.max(decimal.digits.length - decimal.point, 0));
}

function formatE(decimal: Decimal, precision: number, letter: 'e' | 'E'): string {
  const { digits, point } = decimal;
  const first = digits.charAt(0) || '0';
  let rest = digits.slice(1);
  if (precision >= 0) rest = rest.slice(0, precision).padEnd(precision, '0');
  const exponent = digits === '' ? 0 : point - 1;
  const text = Math.abs(exponent).toString().padStart(2, '0');
  return `${first}${rest === '' ? '' : `.${rest}`}${letter}${exponent < 0 ? '-' : '+'}${text}`;
}

function formatF(decimal: Decimal, precision: number): string {
  const { digits, point } = decimal;
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, '0') : '0';
  let fraction = point >= 0 ? digits.slice(point) : '0'.repeat(-point) + digits;
  if (precision >= 0) fraction = fraction.slice(0, precision).padEnd(precision, '0');
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

/** The digits of JavaScript's own shortest text, which are Go's too. */
function shortest(size: number, bits: 32 | 64): Decimal {
  if (size === 0) return { digits: '', point: 0 };
  return parseExponential(bits === 32 ? shortest32(size) : size.toExponential());
}

function shortest32(size: number): string {
  for (let precision = 0; precision < 9; precision++) {
    const text = size.toExponential(precision);
    if (Math.fround(Number(text)) === size) return text;
  }
  return size.toExponential(9);
}

function parseExponential(text: string): Decimal {
  const [mantissa = '', exponent = '0'] = text.split('e');
  return { digits: trimZeros(mantissa.replace('.', '')), point: Number(exponent) + 1 };
}

function trimZeros(digits: string): string {
  return digits.replace(/0+$/, '');
}

/** All decimal digits of the number, exactly. */
function exact(size: number): Decimal {
  if (size === 0) return { digits: '', point: 0 };
  const { mantissa, exponent } = split(size);
  if (exponent >= 0) {
    const digits = (mantissa << BigInt(exponent)).toString();
    return { digits: trimZeros(digits), point: digits.length };
  }
  // mantissa / 2^n = mantissa × 5^n / 10^n
  const places = -exponent;
  const digits = (mantissa * 5n ** BigInt(places)).toString();
  return { digits: trimZeros(digits), point: digits.length - places };
}

/** size = mantissa × 2^exponent, mantissa an integer below 2^53. */
function split(size: number): { mantissa: bigint; exponent: number } {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, size);
  const raw = view.getBigUint64(0);
  const biased = Number((raw >> 52n) & 0x7ffn);
  const fraction = raw & 0xfffffffffffffn;
  if (biased === 0) return { mantissa: fraction, exponent: -1074 };
  return { mantissa: fraction | (1n << 52n), exponent: biased - 1075 };
}

/** Rounded, half to even, to so many significant digits. */
function rounded(size: number, count: number): Decimal {
  return roundAt(exact(size), count);
}

/** Rounded to so many places after the point. */
function fixed(size: number, places: number): Decimal {
  const all = exact(size);
  return roundAt(all, all.point + places);
}

function roundAt(decimal: Decimal, count: number): Decimal {
  const { digits, point } = decimal;
  if (count < 0) return { digits: '', point: 0 };
  if (count >= digits.length) return decimal;
  const kept = digits.slice(0, count);
  const next = digits.charCodeAt(count) - 48;
  const more = digits.length > count + 1;
  const odd = count > 0 && (digits.charCodeAt(count - 1) - 48) % 2 === 1;
  if (next < 5 || (next === 5 && !more && !odd)) {
    const down = trimZeros(kept);
    return down === '' ? { digits: '', point: 0 } : { digits: down, point };
  }
  const up = (BigInt(kept === '' ? '0' : kept) + 1n).toString().padStart(count, '0');
  const grown = up.length > count ? 1 : 0;
  return { digits: trimZeros(up), point: point + grown };
}

function binaryFloat(size: number, bits: 32 | 64): string {
  if (bits === 64) {
    const { mantissa, exponent } = size === 0 ? { mantissa: 0n, exponent: -1074 } : split(size);
    return `${mantissa}p${exponent < 0 ? '-' : '+'}${Math.abs(exponent)}`;
  }
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, size);
  const raw = view.getUint32(0);
  const biased = (raw >>> 23) & 0xff;
  const fraction = raw & 0x7fffff;
  const mantissa = biased === 0 ? fraction : fraction | 0x800000;
  const exponent = (biased === 0 ? 1 : biased) - 150;
  return `${mantissa}p${exponent < 0 ? '-' : '+'}${Math.abs(exponent)}`;
}

function hexFloat(size: number, precision: number, format: 'x' | 'X'): string {
  let mantissa = 0n;
  let exponent = 0;
  if (size !== 0) {
    const parts = split(size);
    const shift = 53 - parts.mantissa.toString(2).length;
    // One bit before the point, sixty after it.
    mantissa = (parts.mantissa << BigInt(shift)) << 8n;
    exponent = parts.exponent - shift + 52;
  }
  if (precision >= 0 && precision < 15) {
    const drop = BigInt(60 - precision * 4);
    const extra = mantissa & ((1n << drop) - 1n);
    mantissa >>= drop;
    const half = 1n << (drop - 1n);
    if (extra > half || (extra === half && (mantissa & 1n) === 1n)) mantissa += 1n;
    mantissa <<= drop;
    if (mantissa >> 61n !== 0n) {
      mantissa >>= 1n;
      exponent++;
    }
  }
  let fraction = (mantissa & ((1n << 60n) - 1n)).toString(16).padStart(15, '0');
  fraction = precision < 0 ? trimZeros(fraction) : fraction.slice(0, precision).padEnd(precision, '0');
  const power = `${exponent < 0 ? '-' : '+'}${Math.abs(exponent).toString().padStart(2, '0')}`;
  const text = `0x${mantissa >> 60n}${fraction === '' ? '' : `.${fraction}`}p${power}`;
  return format === 'X' ? text.toUpperCase() : text;
}

const DECIMAL =
  /^[+-]?(?:[0-9](?:_?[0-9])*\.?(?:[0-9](?:_?[0-9])*)?|\.[0-9](?:_?[0-9])*)(?:[eE][+-]?[0-9](?:_?[0-9])*)?$/;
const HEXADECIMAL =
  /^([+-]?)0[xX]_?((?:[0-9a-fA-F](?:_?[0-9a-fA-F])*)?)\.?((?:[0-9a-fA-F](?:_?[0-9a-fA-F])*)?)[pP]([+-]?[0-9](?:_?[0-9])*)$/;

/** strconv.ParseFloat(text, 64): the number, or undefined for wrong syntax; out of range gives an infinity and no error here. */
export function parseFloatGo(text: string): number | undefined {
  if (/^[+-]?(?:inf|infinity)$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  if (/^nan$/i.test(text)) return NaN;
  if (DECIMAL.test(text)) return Number(text.replaceAll('_', ''));
  const hex = HEXADECIMAL.exec(text);
  if (hex === null) return undefined;
  const [, sign = '', whole = '', fraction = '', power = '0'] = hex.map((part) => part.replaceAll('_', ''));
  if (whole === '' && fraction === '') return undefined;
  const mantissa = BigInt(`0x${whole}${fraction}`);
  const value = scaleByTwo(mantissa, Number(power) - fraction.length * 4);
  return sign === '-' ? -value : value;
}

/** mantissa × 2^exponent, rounded once. */
function scaleByTwo(mantissa: bigint, exponent: number): number {
  if (mantissa === 0n) return 0;
  const length = mantissa.toString(2).length;
  const top = length + exponent;
  if (top > 1025) return Infinity;
  if (top < -1100) return 0;
  // Number() of a bigint rounds half to even; subnormals must be cut to their own precision first.
  const keep = Math.min(53, top + 1074);
  if (keep < 0) return 0;
  const drop = length - keep;
  if (drop <= 0) return Number(mantissa) * 2 ** exponent;
  const cut = BigInt(drop);
  let head = mantissa >> cut;
  const tail = mantissa & ((1n << cut) - 1n);
  const half = 1n << (cut - 1n);
  if (tail > half || (tail === half && (head & 1n) === 1n)) head += 1n;
  const power = exponent + drop;
  return power < -1022
    ? Number(head) * 2 ** -1022 * 2 ** (power + 1022)
    : Number(head) * 2 ** Math.min(power, 900) * 2 ** Math.max(power - 900, 0);
}
