// The verbs of Go's fmt package for basic kinds: integers, floats, strings, with flags, width and precision.
// Which verb applies to which kind, and everything about composite values, is the business of the printers above.
import { formatFloat, type FloatFormat } from './go-float.ts';
import { canBackquote, quote, quoteRune } from './go-quote.ts';
import { fromBytes, toBytes } from './go-string.ts';
import { isPrint } from './go-printable.ts';

/** The flags, width and precision of one directive. */
export interface FormatSpec {
  plus: boolean;
  minus: boolean;
  sharp: boolean;
  space: boolean;
  zero: boolean;
  /** `%+v`: field names. */
  plusV: boolean;
  /** `%#v`: Go syntax. */
  sharpV: boolean;
  width: number | undefined;
  precision: number | undefined;
}

/** A directive without flags. */
export function plainSpec(): FormatSpec {
  return {
    plus: false,
    minus: false,
    sharp: false,
    space: false,
    zero: false,
    plusV: false,
    sharpV: false,
    width: undefined,
    precision: undefined,
  };
}

function runeCount(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** Pads to the width, with zeros on the left when asked. */
export function pad(spec: FormatSpec, text: string): string {
  if (spec.width === undefined || spec.width === 0) return text;
  const missing = spec.width - runeCount(text);
  if (missing <= 0) return text;
  if (spec.minus) return text + ' '.repeat(missing);
  return (spec.zero ? '0' : ' ').repeat(missing) + text;
}

/** Pads with blanks whatever the zero flag says. */
function padBlank(spec: FormatSpec, text: string): string {
  return pad(spec.zero ? { ...spec, zero: false } : spec, text);
}

const MASK = (1n << 64n) - 1n;

/** %t */
export function formatBoolean(spec: FormatSpec, value: boolean): string {
  return pad(spec, value ? 'true' : 'false');
}

/** The integer verbs; undefined when the verb is not one. `unsigned` matters for %#v only. */
export function formatInteger(spec: FormatSpec, value: bigint, verb: string, unsigned = false): string | undefined {
  switch (verb) {
    case 'v':
      if (spec.sharpV && unsigned) return digitsOf({ ...spec, sharp: true }, value, 16, verb);
      return digitsOf(spec, value, 10, verb);
    case 'd':
      return digitsOf(spec, value, 10, verb);
    case 'b':
      return digitsOf(spec, value, 2, verb);
    case 'o':
    case 'O':
      return digitsOf(spec, value, 8, verb);
    case 'x':
    case 'X':
      return digitsOf(spec, value, 16, verb);
    case 'c':
      return pad(spec, runeText(value));
    case 'q': {
      const rune = value < 0n || value > 0x10ffffn ? 0xfffd : Number(value);
      return pad(spec, quoteRune(rune, { ascii: spec.plus }));
    }
    case 'U':
      return unicodeText(spec, value & MASK);
    default:
      return undefined;
  }
}

function runeText(value: bigint): string {
  if (value < 0n || value > 0x10ffffn || (value >= 0xd800n && value <= 0xdfffn)) return '\ufffd';
  return String.fromCodePoint(Number(value));
}

function unicodeText(spec: FormatSpec, value: bigint): string {
  let text = `U+${value
    .toString(16)
    .toUpperCase()
    .padStart(Math.max(spec.precision ?? 4, 4), '0')}`;
  if (spec.sharp && value <= 0x10ffffn && isPrint(Number(value))) text += ` '${runeText(value)}'`;
  return padBlank(spec, text);
}

function digitsOf(spec: FormatSpec, value: bigint, base: 2 | 8 | 10 | 16, verb: string): string {
  const negative = value < 0n;
  const size = negative ? -value : value;
  // No digits at all: only the padding remains.
  if (spec.precision === 0 && size === 0n) return ' '.repeat(spec.width ?? 0);
  let digits = size.toString(base);
  const signed = negative || spec.plus || spec.space;
  if (spec.precision !== undefined) digits = digits.padStart(spec.precision, '0');
  else if (spec.zero && !spec.minus && spec.width !== undefined) {
    digits = digits.padStart(spec.width - (signed ? 1 : 0), '0');
  }
  if (verb === 'X') digits = digits.toUpperCase();
  if (spec.sharp) {
    if (base === 2) digits = `0b${digits}`;
    else if (base === 8 && !digits.startsWith('0')) digits = `0${digits}`;
    else if (base === 16) digits = (verb === 'X' ? '0X' : '0x') + digits;
  }
  if (verb === 'O') digits = `0o${digits}`;
  const sign = negative ? '-' : spec.plus ? '+' : spec.space ? ' ' : '';
  return padBlank(spec, sign + digits);
}

/** The floating-point verbs; undefined when the verb is not one. */
export function formatFloatVerb(spec: FormatSpec, value: number, verb: string, bits: 32 | 64 = 64): string | undefined {
  switch (verb) {
    case 'v':
      return floatText(spec, value, { format: 'g', precision: -1, bits });
    case 'b':
    case 'g':
    case 'G':
    case 'x':
    case 'X':
      return floatText(spec, value, { format: verb, precision: -1, bits });
    case 'e':
    case 'E':
    case 'f':
      return floatText(spec, value, { format: verb, precision: 6, bits });
    case 'F':
      return floatText(spec, value, { format: 'f', precision: 6, bits });
    default:
      return undefined;
  }
}

interface FloatStyle {
  readonly format: FloatFormat;
  /** When the directive has none. */
  readonly precision: number;
  readonly bits: 32 | 64;
}

function floatText(spec: FormatSpec, value: number, style: FloatStyle): string {
  const precision = spec.precision ?? style.precision;
  let text = formatFloat(value, style.format, precision, style.bits);
  let sign = '+';
  if (text.startsWith('-') || text.startsWith('+')) {
    sign = text.charAt(0);
    text = text.slice(1);
  }
  if (spec.space && sign === '+' && !spec.plus) sign = ' ';
  if (text.startsWith('I') || text.startsWith('N')) {
    const bare = text.startsWith('N') ? !spec.space && !spec.plus : sign === '+' && !spec.plus;
    // Infinities keep their sign even without the flag.
    return padBlank(spec, bare && text.startsWith('N') ? text : sign + text);
  }
  if (spec.sharp && style.format !== 'b') text = keepPoint(text, style.format, precision);
  if (!spec.plus && sign === '+') return pad(spec, text);
  const width = spec.width ?? 0;
  if (spec.zero && !spec.minus && width > text.length + 1) return sign + text.padStart(width - 1, '0');
  return pad(spec, sign + text);
}

/** What the # flag asks for: a decimal point in every case, and the trailing zeros that %g drops. */
function keepPoint(text: string, format: FloatFormat, precision: number): string {
  const hexadecimal = format === 'x' || format === 'X';
  const cut = text.search(hexadecimal ? /[pP]/ : /[eEpP]/);
  let number = cut < 0 ? text : text.slice(0, cut);
  const tail = cut < 0 ? '' : text.slice(cut);
  let missing = 0;
  if (format === 'g' || format === 'G' || format === 'x') missing = precision === -1 ? 6 : precision;
  const significant = number.replace('.', '').replace(/^0+/, '').length;
  missing -= significant;
  if (!number.includes('.')) {
    if (number === '0') missing--;
    number += '.';
  }
  return number + '0'.repeat(Math.max(missing, 0)) + tail;
}

/** The complex verbs, `(1+2i)`; undefined when the verb is not one. */
export function formatComplexVerb(spec: FormatSpec, real: number, imag: number, verb: string): string | undefined {
  if (!'vbgGxXfFeE'.includes(verb)) return undefined;
  const first = formatFloatVerb(spec, real, verb) ?? '';
  const second = formatFloatVerb({ ...spec, plus: true }, imag, verb) ?? '';
  return `(${first}${second}i)`;
}

/** Cut to the precision, in runes. */
function truncate(spec: FormatSpec, text: string): string {
  if (spec.precision === undefined || text.length <= spec.precision) return text;
  let kept = 0;
  let end = 0;
  for (const char of text) {
    if (kept === spec.precision) return text.slice(0, end);
    kept++;
    end += char.length;
  }
  return text;
}

/** The string verbs; undefined when the verb is not one. */
export function formatString(spec: FormatSpec, text: string, verb: string): string | undefined {
  switch (verb) {
    case 'v':
      return spec.sharpV ? quoted(spec, text) : pad(spec, truncate(spec, text));
    case 's':
      return pad(spec, truncate(spec, text));
    case 'x':
    case 'X':
      return hexText(spec, toBytes(text), verb);
    case 'q':
      return quoted(spec, text);
    default:
      return undefined;
  }
}

function quoted(spec: FormatSpec, text: string): string {
  const shown = truncate(spec, text);
  // %#v asks for a quoted string, whose own # flag is not set.
  if (spec.sharp && canBackquote(shown)) return pad(spec, `\`${shown}\``);
  return pad(spec, quote(shown, { ascii: spec.plus }));
}

/** %x of a string or of bytes. */
function hexText(spec: FormatSpec, bytes: Uint8Array, verb: 'x' | 'X'): string {
  const shown = spec.precision !== undefined ? bytes.subarray(0, spec.precision) : bytes;
  if (shown.length === 0) return padHex(spec, '');
  const prefix = spec.sharp ? `0${verb}` : '';
  const digits = Array.from(shown, (byte) => {
    const text = byte.toString(16).padStart(2, '0');
    return verb === 'X' ? text.toUpperCase() : text;
  });
  return padHex(spec, spec.space ? digits.map((pair) => prefix + pair).join(' ') : prefix + digits.join(''));
}

function padHex(spec: FormatSpec, text: string): string {
  return pad(spec, text);
}

/** %s, %x, %X and %q of a byte slice; undefined for the other verbs. */
export function formatBytes(spec: FormatSpec, bytes: Uint8Array, verb: string): string | undefined {
  switch (verb) {
    case 's':
    case 'q':
      return formatString(spec, fromBytes(bytes), verb);
    case 'x':
    case 'X':
      return hexText(spec, bytes, verb);
    default:
      return undefined;
  }
}
