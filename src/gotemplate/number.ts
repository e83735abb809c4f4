// Numeric constants: every type an untyped constant of the template can become.
import { parseFloatGo } from '#lib/go-float';
import { quote, unquoteChar } from '#lib/go-quote';

/** What a constant may be used as; a missing member means it has no value of that kind. */
export interface NumberConstant {
  readonly int?: bigint;
  readonly uint?: bigint;
  readonly float?: number;
  readonly complex?: { readonly real: number; readonly imag: number };
}

const MAX_INT = (1n << 63n) - 1n;
const MIN_INT = -(1n << 63n);
const MAX_UINT = (1n << 64n) - 1n;

/** Reads a constant; a string is the text of the error. */
export function parseNumber(text: string, type: 'number' | 'charConstant' | 'complex'): NumberConstant | string {
  if (type === 'charConstant') return parseChar(text);
  if (type === 'complex') return parseComplex(text);
  if (text.endsWith('i')) {
    const imag = parseFloatGo(text.slice(0, -1));
    if (imag !== undefined && Number.isFinite(imag)) return fromComplex(0, imag);
  }
  return parseReal(text);
}

function parseChar(text: string): NumberConstant | string {
  const char = unquoteChar(text, 1, "'");
  if (char === undefined) return 'invalid syntax';
  if (text.slice(char.end) !== "'") return `malformed character constant: ${text}`;
  const int = BigInt(char.rune);
  return { int, uint: int, float: char.rune };
}

/** Nearly all constants: decimal digits, few enough for a float to hold them exactly. */
const PLAIN_DIGITS = /^(?:0|[1-9][0-9]{0,14})$/;

function parseReal(text: string): NumberConstant | string {
  if (PLAIN_DIGITS.test(text)) {
    const int = BigInt(text);
    return { int, uint: int, float: Number(text) };
  }
  const integer = parseInteger(text);
  if (integer !== undefined && integer >= MIN_INT && integer <= MAX_UINT) {
    const signed = text.startsWith('-') || text.startsWith('+');
    // Unsigned constants have no sign, unless they are zero.
    const uint = integer >= 0n && (!signed || integer === 0n) ? { uint: integer } : {};
    if (integer <= MAX_INT) return { int: integer, float: Number(integer), ...uint };
    if (!signed) return { uint: integer, float: Number(integer) };
  }
  const float = parseFloatGo(text);
  if (float === undefined || !Number.isFinite(float)) return `illegal number syntax: ${quote(text)}`;
  if (!/[.eEpP]/.test(text)) return `integer overflow: ${quote(text)}`;
  return { float, ...integral(float) };
}

/** The integers a float stands for, if it is one. */
function integral(float: number): { int?: bigint; uint?: bigint } {
  if (!Number.isInteger(float)) return {};
  const value = BigInt(float);
  return {
    ...(value >= MIN_INT && value <= MAX_INT ? { int: value } : {}),
    ...(value >= 0n && value <= MAX_UINT ? { uint: value } : {}),
  };
}

/** strconv.ParseInt(text, 0, …) without its range: prefixes, a leading 0 for octal, `_` between digits. */
export function parseInteger(text: string): bigint | undefined {
  const match =
    /^([+-]?)(0[xX](?:_?[0-9a-fA-F])+|0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0(?:_?[0-7])*|[1-9](?:_?[0-9])*)$/.exec(text);
  if (match === null) return undefined;
  const digits = (match[2] ?? '').replaceAll('_', '');
  // BigInt knows every prefix but the bare 0 of an octal number.
  const octal = /^0[0-7]+$/.test(digits);
  const value = BigInt(octal ? `0o${digits.slice(1)}` : digits);
  return match[1] === '-' ? -value : value;
}

function fromComplex(real: number, imag: number): NumberConstant {
  const complex = { real, imag };
  return imag === 0 ? { complex, float: real, ...integral(real) } : { complex };
}

/** A pair such as 1+2i, as fmt.Sscan reads it. */
function parseComplex(text: string): NumberConstant | string {
  const match = /^([+-]?[^+-]+(?:[eEpP][+-][0-9_]+)?)([+-].+)i$/.exec(text);
  const real = parseScanned(match?.[1] ?? '');
  const imag = parseScanned(match?.[2] ?? '');
  return real === undefined || imag === undefined ? 'syntax error scanning complex number' : fromComplex(real, imag);
}

/** fmt.Sscan takes underscores out of numbers. */
function parseScanned(text: string): number | undefined {
  return text === '' ? undefined : parseFloatGo(text.replaceAll('_', ''));
}
