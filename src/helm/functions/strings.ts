// Sprig's functions on strings that cut, join, trim, quote and replace. Positions count bytes, as in Go.
import { ANY, BOOL, GoError, INT, STRING, STRINGS, STRING_MAP, dictSet, newDict, printValue } from '#gotemplate/index';
import type { Dict, Execution } from '#gotemplate/index';
import { quote } from '#lib/go-quote';
import { byteLength, isAscii, sliceBytes, sortStrings, toBytes } from '#lib/go-string';
import { strval } from './conversion.ts';
import type { FunctionTable } from './conversion.ts';
import { elementsOf } from './elements.ts';

/** unicode.IsSpace: not JavaScript's \s, which also takes U+FEFF. */
const SPACE = '\\t\\n\\v\\f\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const LEADING_SPACE = new RegExp(`^[${SPACE}]+`);
const SPACE_CHAR = new RegExp(`[${SPACE}]`);

/** strings.TrimSpace. */
export function trimSpace(text: string): string {
  let end = text.length;
  while (end > 0 && SPACE_CHAR.test(text.charAt(end - 1))) end--;
  return text.slice(0, end).replace(LEADING_SPACE, '');
}

/** strings.Trim: all leading and trailing characters of the set. */
function trimSet(set: string, text: string): string {
  if (set === '' || text === '') return text;
  const characters = new Set(set);
  const runes = Array.from(text);
  let start = 0;
  let end = runes.length;
  while (start < end && characters.has(runes[start] ?? '')) start++;
  while (end > start && characters.has(runes[end - 1] ?? '')) end--;
  return start === 0 && end === runes.length ? text : runes.slice(start, end).join('');
}

/** strings.Split: an empty separator splits into characters; a limit leaves the rest in the last part. */
function splitText(text: string, separator: string, limit = -1): string[] {
  if (limit === 0) return [];
  const parts = separator === '' ? Array.from(text) : text.split(separator);
  if (limit < 0 || parts.length <= limit) return parts;
  return [...parts.slice(0, limit - 1), parts.slice(limit - 1).join(separator)];
}

function numbered(parts: readonly string[]): Dict {
  const dict = newDict();
  for (const [index, part] of parts.entries()) dictSet(dict, `_${index}`, part);
  return dict;
}

/** strslice: the texts of a list without its nils; a single value is a list of one. */
export function toStrings(value: unknown): string[] {
  if (value === null || value === undefined) return [];
  const items = elementsOf(value);
  if (items === undefined) return [strval(value)];
  const texts: string[] = [];
  for (const item of items) if (item !== null && item !== undefined) texts.push(strval(item));
  return texts;
}

function boundsError(text: string): GoError {
  return new GoError(`runtime error: slice bounds out of range ${text}`);
}

function substring(start: number, end: number, text: string): string {
  const length = byteLength(text);
  if (start < 0) {
    if (end < 0) throw boundsError(`[:${end}]`);
    if (end > length) throw boundsError(`[:${end}] with length ${length}`);
    return sliceBytes(text, 0, end);
  }
  if (end < 0 || end > length) {
    if (start > length) throw boundsError(`[${start}:${length}]`);
    return sliceBytes(text, start);
  }
  if (start > end) throw boundsError(`[${start}:${end}]`);
  return sliceBytes(text, start, end);
}

function truncate(count: number, text: string): string {
  // A byte takes at most one UTF-16 unit: short texts need no count of bytes.
  if (count >= 0 && count >= text.length * 3) return text;
  const length = byteLength(text);
  if (count < 0 && length + count > 0) return sliceBytes(text, length + count);
  if (count >= 0 && length > count) return sliceBytes(text, 0, count);
  return text;
}

function repeat(execution: Execution, count: number, text: string): string {
  if (count < 0) throw new GoError('strings: negative Repeat count');
  execution.budget.charge(count * text.length);
  return text.repeat(count);
}

function indent(execution: Execution, spaces: number, text: string, lead = ''): string {
  if (spaces < 0) throw new GoError('strings: negative Repeat count');
  // Bounds the pad before it is made: with a million lines even a modest one is large.
  execution.budget.charge(spaces + text.length);
  const padding = ' '.repeat(spaces);
  if (!text.includes('\n')) return lead + padding + text;
  if (spaces > 64) execution.budget.charge(spaces * countLines(text));
  return lead + padding + text.replaceAll('\n', `\n${padding}`);
}

function countLines(text: string): number {
  let lines = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines++;
  return lines;
}

function replace(execution: Execution, old: string, fresh: string, text: string): string {
  // An empty search text matches at every character: may multiply the text.
  if (fresh.length > 64) execution.budget.charge(fresh.length * (old === '' ? text.length : text.split(old).length));
  if (old !== '') return text.replaceAll(old, () => fresh);
  return text === '' ? fresh : fresh + Array.from(text).join(fresh) + fresh;
}

function abbreviate(offset: number, width: number, text: string): string {
  const length = byteLength(text);
  if (text === '' || width < 4) return '';
  if (length <= width) return text;
  let from = Math.min(offset, length);
  if (length - from < width - 3) from = length - (width - 3);
  if (from <= 4) return `${sliceBytes(text, 0, width - 3)}...`;
  if (width < 7) return '';
  if (from + width - 3 < length) return `...${abbreviate(0, width - 3, sliceBytes(text, from))}`;
  return `...${sliceBytes(text, length - (width - 3))}`;
}

/** Byte by byte, each byte taken for a character of Latin-1: what is not ASCII comes out changed, as it does in Go. */
function removeSpace(text: string): string {
  if (isAscii(text)) return text.replace(/[\t\n\v\f\r ]+/g, '');
  const kept = Array.from(toBytes(text)).filter((byte) => !SPACE_CHAR.test(String.fromCharCode(byte)));
  return kept.length === byteLength(text) ? text : Buffer.from(kept).toString('latin1');
}

function cat(...values: unknown[]): string {
  const given = values.filter((value) => value !== null && value !== undefined);
  return given.map((value) => printValue(value)).join(' ');
}

function quoteAll(values: readonly unknown[], one: (value: unknown) => string): string {
  if (values.length === 1) return values[0] === null || values[0] === undefined ? '' : one(values[0]);
  return values
    .filter((value) => value !== null && value !== undefined)
    .map(one)
    .join(' ');
}

const contains = (part: string, text: string): boolean => text.includes(part);
const trimWithSet = { params: [STRING, STRING], result: STRING, fn: trimSet };

export const stringFunctions: FunctionTable = {
  abbrev: {
    params: [INT, STRING],
    result: STRING,
    fn: (width: number, text: string) => (width < 4 ? text : abbreviate(0, width, text)),
  },
  abbrevboth: {
    params: [INT, INT, STRING],
    result: STRING,
    fn: (left: number, right: number, text: string) =>
      right < 4 || (left > 0 && right < 7) ? text : abbreviate(left, right, text),
  },
  trunc: { params: [INT, STRING], result: STRING, fn: truncate },
  trim: { params: [STRING], result: STRING, fn: trimSpace },
  trimall: trimWithSet,
  trimAll: trimWithSet,
  trimSuffix: {
    params: [STRING, STRING],
    result: STRING,
    fn: (end: string, text: string) => (text.endsWith(end) ? text.slice(0, text.length - end.length) : text),
  },
  trimPrefix: {
    params: [STRING, STRING],
    result: STRING,
    fn: (start: string, text: string) => (text.startsWith(start) ? text.slice(start.length) : text),
  },
  substr: { params: [INT, INT, STRING], result: STRING, fn: substring },
  repeat: { params: [INT, STRING], result: STRING, contextual: true, fn: repeat },
  nospace: { params: [STRING], result: STRING, fn: removeSpace },
  contains: { params: [STRING, STRING], result: BOOL, fn: contains },
  hasPrefix: { params: [STRING, STRING], result: BOOL, fn: (part: string, text: string) => text.startsWith(part) },
  hasSuffix: { params: [STRING, STRING], result: BOOL, fn: (part: string, text: string) => text.endsWith(part) },
  quote: {
    params: [ANY],
    variadic: true,
    result: STRING,
    fn: (...values: unknown[]) => quoteAll(values, (value) => quote(strval(value))),
  },
  squote: {
    params: [ANY],
    variadic: true,
    result: STRING,
    fn: (...values: unknown[]) => quoteAll(values, (value) => `'${printValue(value)}'`),
  },
  cat: { params: [ANY], variadic: true, result: STRING, fn: cat },
  indent: {
    params: [INT, STRING],
    result: STRING,
    contextual: true,
    fn: (execution: Execution, spaces: number, text: string) => indent(execution, spaces, text),
  },
  nindent: {
    params: [INT, STRING],
    result: STRING,
    contextual: true,
    fn: (execution: Execution, spaces: number, text: string) => indent(execution, spaces, text, '\n'),
  },
  replace: { params: [STRING, STRING, STRING], result: STRING, contextual: true, fn: replace },
  plural: {
    params: [STRING, STRING, INT],
    result: STRING,
    fn: (one: string, many: string, count: number) => (count === 1 ? one : many),
  },
  toString: { params: [ANY], result: STRING, fn: strval },
  hello: { params: [], result: STRING, fn: () => 'Hello!' },
  split: {
    params: [STRING, STRING],
    result: STRING_MAP,
    fn: (by: string, text: string) => numbered(splitText(text, by)),
  },
  splitList: { params: [STRING, STRING], result: STRINGS, fn: (by: string, text: string) => splitText(text, by) },
  splitn: {
    params: [STRING, INT, STRING],
    result: STRING_MAP,
    fn: (by: string, limit: number, text: string) => numbered(splitText(text, by, limit)),
  },
  toStrings: { params: [ANY], result: STRINGS, fn: toStrings },
  join: {
    params: [STRING, ANY],
    result: STRING,
    contextual: true,
    fn: (execution: Execution, by: string, value: unknown) => {
      const texts = toStrings(value);
      execution.budget.charge(by.length * texts.length);
      return texts.join(by);
    },
  },
  sortAlpha: {
    params: [ANY],
    result: STRINGS,
    fn: (value: unknown) => (elementsOf(value) === undefined ? [strval(value)] : sortStrings(toStrings(value))),
  },
};
