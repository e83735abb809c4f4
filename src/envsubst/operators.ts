// What the operators inside `${...}` do with a value. Lengths and positions count bytes, as in Go.
import { byteLength, fromBytes, runes, sliceBytes, toBytes } from '#lib/go-string';
import { runeToLower, runeToUpper, toLower, toUpper } from '#lib/go-unicode';
import { SubstitutionError } from './errors.ts';
import { Glob } from './glob.ts';

type Operator = (value: string, args: readonly string[]) => string;

const INTEGER = /^[-+]?[0-9]+$/;
const INT64_MAX = 2n ** 63n - 1n;

/** strconv.Atoi; undefined when the text is no int64. */
function atoi(text: string): number | undefined {
  if (!INTEGER.test(text)) {
    return undefined;
  }
  const exact = BigInt(text.replace('+', ''));
  return exact > INT64_MAX || exact < -INT64_MAX - 1n ? undefined : Number(exact);
}

const substring: Operator = (value, [from = '', count]) => {
  const length = byteLength(value);
  let position = atoi(from);
  if (position === undefined) {
    return value;
  }
  if (position < 0) {
    position = Math.max(length + position, 0);
  }
  if (count === undefined) {
    return sliceBytes(value, Math.min(position, length));
  }
  const size = atoi(count);
  if (size === undefined) {
    return value;
  }
  if (position + size >= length) {
    return sliceBytes(value, Math.min(position, length));
  }
  if (size < 0) {
    throw new SubstitutionError(`bad substitution: a length of ${count} is negative`);
  }
  return sliceBytes(value, position, position + size);
};

/** Longest result of one replacement, so that a small text cannot ask for a huge one. */
const REPLACED_LIMIT = 64 * 1024 * 1024;

/** strings.Replace: an empty pattern matches before every rune and at the end. */
function replace(value: string, pattern: string, by: string, all: boolean): string {
  if (!all) {
    return pattern === '' ? by + value : replaceOnce(value, pattern, by);
  }
  const parts = pattern === '' ? ['', ...runes(value), ''] : value.split(pattern);
  if (parts.length * by.length > REPLACED_LIMIT) {
    throw new SubstitutionError(`bad substitution: the result is longer than ${REPLACED_LIMIT} characters`);
  }
  return parts.join(by);
}

function replaceOnce(value: string, pattern: string, by: string): string {
  const at = value.indexOf(pattern);
  return at < 0 ? value : value.slice(0, at) + by + value.slice(at + pattern.length);
}

/** Takes off the shortest or longest beginning that matches; a broken pattern changes nothing. */
function trim(value: string, pattern: string, longest: boolean): string {
  const bytes = toBytes(value);
  const glob = new Glob(toBytes(pattern));
  let shortest = 0;
  for (let end = bytes.length; end > 0; end--) {
    const matched = glob.matches(bytes, end);
    if (matched === undefined) {
      return value;
    }
    if (matched) {
      shortest = end;
      if (longest) {
        break;
      }
    }
  }
  return shortest === 0 ? value : fromBytes(bytes.subarray(shortest));
}

/** By runes; bytes that are none become U+FFFD. */
function reverse(text: string): string {
  return runes(text.toWellFormed()).toReversed().join('');
}

const trimSuffix = (value: string, pattern: string, longest: boolean): string =>
  reverse(trim(reverse(value), reverse(pattern), longest));

function mapFirst(value: string, mapping: (rune: string) => string): string {
  const [first] = runes(value);
  return first === undefined ? value : mapping(first) + value.slice(first.length);
}

/** Set but empty counts as unset. */
const orDefault: Operator = (value, args) => (value === '' ? args.join('') : value);

const OPERATORS: Readonly<Record<string, Operator>> = {
  ',': (value) => mapFirst(value, runeToLower),
  ',,': toLower,
  '^': (value) => mapFirst(value, runeToUpper),
  '^^': toUpper,
  '#': (value, [pattern]) => (pattern === undefined ? String(byteLength(value)) : trim(value, pattern, false)),
  '##': (value, [pattern = '']) => trim(value, pattern, true),
  '%': (value, [pattern = '']) => trimSuffix(value, pattern, false),
  '%%': (value, [pattern = '']) => trimSuffix(value, pattern, true),
  ':': substring,
  '/': (value, [pattern = '', by = '']) => replace(value, pattern, by, false),
  '//': (value, [pattern = '', by = '']) => replace(value, pattern, by, true),
  // Without a replacement these two leave the value alone.
  '/#': (value, [pattern = '', by]) =>
    by !== undefined && value.startsWith(pattern) ? replace(value, pattern, by, false) : value,
  '/%': (value, [pattern = '', by]) =>
    by !== undefined && value.endsWith(pattern) ? value.slice(0, value.length - pattern.length) + by : value,
};

/** Operators that never need the variable to be set. */
const DEFAULTING: ReadonlySet<string> = new Set(['=', ':=', ':-', ':?', ':+']);

export function isDefaulting(operator: string): boolean {
  return DEFAULTING.has(operator);
}

/** Applies an operator; the bare form and all defaults are one. */
export function applyOperator(operator: string, value: string, args: readonly string[]): string {
  return (OPERATORS[operator] ?? orDefault)(value, args);
}
