// TOML's numbers, dates and times.
import { quote as goQuote, quoteRune } from './go-quote.ts';
import { type TomlError, TomlTime } from './toml-value.ts';

/** The error of a message, about the text up to a place. */
type Fail = (message: string, to?: number) => TomlError;

interface Read {
  readonly value: bigint | number | TomlTime;
  readonly end: number;
}

const TIME_CHARACTERS = /[-\d:Tt .Zz+]*/y;
const TIME = /^(?:(\d{4})-(\d{2})-(\d{2}))?([Tt ]?)(?:(\d{2}):(\d{2}):(\d{2})(?:\.\d+)?)?([Zz]|[+-]\d{2}:\d{2})?$/;
const SPECIAL = /[+-]?(?:inf|nan)/y;
const PREFIXED = /0(?:x[0-9a-fA-F_]+|o[0-7_]+|b[01_]+)/y;
const DECIMAL = /[+-]?\d[\d_]*(\.[\d_]*)?([eE][+-]?[\d_]*)?/y;

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** The number or time at a place; undefined when something else is there. */
export function readNumber(text: string, at: number, fail: Fail): Read | undefined {
  const first = text[at] ?? '';
  if (/\d/.test(first) && /^\d{4}-|^\d{2}:/.test(text.slice(at, at + 5))) return readTime(text, at, fail);
  const special = match(SPECIAL, text, at)?.[0];
  if (special !== undefined) return { value: specialValue(special), end: at + special.length };
  const prefixed = match(PREFIXED, text, at)?.[0];
  if (prefixed !== undefined) return { value: integer(prefixed, fail), end: at + prefixed.length };
  refusePrefix(text, at, fail);
  const found = match(DECIMAL, text, at);
  if (found === null) {
    if (first !== '+' && first !== '-') return undefined;
    throw fail(`expected a digit but got ${quoteRune(text.codePointAt(at + 1) ?? 0)}`, at + 2);
  }
  const [decimal, fraction, exponent] = found;
  const isFloat = fraction !== undefined || exponent !== undefined;
  return { value: isFloat ? float(decimal, fail) : integer(decimal, fail), end: at + decimal.length };
}

const BASES: Readonly<Record<string, string>> = { x: 'a hexadecimal', o: 'an octal', b: 'a binary' };

/** A prefix that a sign stands before, or no digit behind. */
function refusePrefix(text: string, at: number, fail: Fail): void {
  const [start, sign, letter = ''] = /^([+-]?)0([xob])/.exec(text.slice(at, at + 3)) ?? [];
  if (start === undefined) return;
  if (sign !== '') throw fail(`cannot use sign with non-decimal numbers: '${start}'`);
  throw fail(`not ${BASES[letter] ?? ''} number: '${start}${text[at + 2] ?? '\0'}'`);
}

function specialValue(text: string): number {
  if (text.endsWith('nan')) return Number.NaN;
  return text.startsWith('-') ? -Infinity : Infinity;
}

const underscoresFit = (text: string): boolean => !/^[+-]?_|_$|__|_[^0-9a-fA-F]|[^0-9a-fA-F]_/.test(text);

function integer(text: string, fail: Fail): bigint {
  const digits = text.replace(/^0[xob]/, '');
  if (!underscoresFit(digits)) throw fail(`Invalid integer ${goQuote(text)}: underscores must be surrounded by digits`);
  if (/^[+-]?0\d/.test(text)) throw fail(`Invalid integer ${goQuote(text)}: cannot have leading zeroes`);
  const plain = text.replaceAll('_', '');
  const size = BigInt(plain.replace(/^[+-]/, ''));
  const value = plain.startsWith('-') ? -size : size;
  if (BigInt.asIntN(64, value) !== value) throw fail(`${text} is out of range for int64`);
  return value;
}

function float(text: string, fail: Fail): number {
  if (!underscoresFit(text)) throw fail(`Invalid float ${goQuote(text)}: underscores must be surrounded by digits`);
  if (/^[+-]?0\d/.test(text)) throw fail(`Invalid float ${goQuote(text)}: cannot have leading zeroes`);
  if (!/^[^.]*(?:\.\d[^.]*)?$/.test(text)) {
    throw fail(`Invalid float ${goQuote(text)}: '.' must be followed by one or more digits`);
  }
  if (/[eE][+-]?$/.test(text)) throw fail(`Invalid float value: ${goQuote(text)}`);
  const value = Number(text.replaceAll('_', ''));
  if (!Number.isFinite(value)) throw fail(`${text} is out of range for float64`);
  return value;
}

function readTime(text: string, at: number, fail: Fail): Read {
  const written = (match(TIME_CHARACTERS, text, at)?.[0] ?? '').trimEnd();
  const parts = TIME.exec(written);
  const [, year, month, day, separator = '', hour, minute, second, zone] = parts ?? [];
  const date = year === undefined ? undefined : [Number(year), Number(month), Number(day)];
  const hasTime = hour !== undefined;
  const wellFormed = parts !== null && (separator !== '') === (date !== undefined && hasTime);
  const offset = zone !== undefined;
  if (!wellFormed || !isDate(date) || !isTime([hour, minute, second]) || (offset && separator === '')) {
    throw fail(`invalid datetime: ${goQuote(written)}`);
  }
  const kind = date === undefined ? 'time-local' : !hasTime ? 'date-local' : offset ? 'instant' : 'datetime-local';
  return { value: new TomlTime(written.replace(/[ t]/, 'T').replace('z', 'Z'), kind), end: at + written.length };
}

function isDate(date: readonly number[] | undefined): boolean {
  if (date === undefined) return true;
  const [year = 0, month = 0, day = 0] = date;
  const days = new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
  return month >= 1 && month <= 12 && day >= 1 && day <= days;
}

function isTime([hour = '0', minute = '0', second = '0']: readonly (string | undefined)[]): boolean {
  return Number(hour) < 24 && Number(minute) < 60 && Number(second) < 60;
}
