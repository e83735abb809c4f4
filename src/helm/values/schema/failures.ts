// What a value does wrong, in the words of the library Helm uses: santhosh-tekuri/jsonschema v6, English.
import { formatShortest } from '#lib/go-float';
import { quote as goQuote } from '#lib/go-quote';
import { isArray, isObject, type Json, JsonNumber } from './json.ts';
import { toPointer } from './locations.ts';
import { type Decimal, toFloat } from './rational.ts';

/** `group` and `reference` collect others and are hidden where there is only one of them. */
export type FailureKind = 'plain' | 'group' | 'reference';

export interface Failure {
  readonly kind: FailureKind;
  /** Where in the values. */
  readonly at: readonly string[];
  readonly text: string;
  readonly causes: readonly Failure[];
}

/** The lines of a list of failures below a heading. */
export function describe(failures: readonly Failure[]): string {
  let out = '';
  for (const failure of failures) out += describeOne(failure, 1);
  return out;
}

function describeOne(failure: Failure, indent: number): string {
  // A reference with a single cause says nothing of its own.
  const hidden = failure.kind === 'reference' && failure.causes.length === 1;
  let out = '';
  if (!hidden) out += `\n${'  '.repeat(indent - 1)}- at ${quote(toPointer(failure.at))}: ${failure.text}`;
  for (const cause of failure.causes) out += describeOne(cause, hidden ? indent : indent + 1);
  return out;
}

/** A string in single quotes, escaped as Go does. */
export function quote(text: string): string {
  return `'${goQuote(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}

export function quoteList(texts: readonly string[]): string {
  return texts.map(quote).join(', ');
}

/** A scalar as it stands in an error text. */
export function display(value: Json): string {
  if (typeof value === 'string') return quote(value);
  if (value instanceof JsonNumber) return value.text;
  if (value === null) return '<nil>';
  return typeof value === 'boolean' ? String(value) : 'value';
}

export function isScalar(value: Json): boolean {
  return !isArray(value) && !isObject(value);
}

const superscripts: Readonly<Record<string, string>> = {
  '-': '⁻',
  '+': '',
  '0': '⁰',
  '1': '¹',
  '2': '²',
  '3': '³',
  '4': '⁴',
  '5': '⁵',
  '6': '⁶',
  '7': '⁷',
  '8': '⁸',
  '9': '⁹',
};

/** A float as English writes it: groups of three digits, powers of ten with superscripts. */
export function displayNumber(number: Decimal): string {
  const text = formatShortest(toFloat(number));
  const [mantissa = '', exponent] = text.split('e');
  if (exponent !== undefined) {
    return `${mantissa}×10${exponent
      .split('')
      .map((char) => superscripts[char] ?? char)
      .join('')}`;
  }
  const [whole = '', fraction] = mantissa.split('.');
  return fraction === undefined ? group(whole) : `${group(whole)}.${fraction}`;
}

/** An integer as English writes it. */
export function displayCount(count: number): string {
  return group(String(count));
}

function group(digits: string): string {
  return digits.replaceAll(/\B(?=(?:\d{3})+$)/g, ',');
}
