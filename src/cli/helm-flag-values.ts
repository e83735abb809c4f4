// The values of flags, read as pflag reads each kind, with its texts for what it cannot read.
import { DurationError, parseDuration } from '#lib/go-duration';
import { quote as goQuote } from '#lib/go-quote';
import { byteLength } from '#lib/go-string';
import type { FlagKind } from './helm-flag-table.ts';

/** What is wrong with a value. */
export class FlagProblem extends Error {
  constructor(message: string) {
    super(message);
    this.name = new.target.name;
  }
}

/** What a value adds to its flag. Throws FlagProblem. */
export function flagValues(kind: FlagKind, value: string): readonly string[] {
  switch (kind) {
    case 'bool':
      return [parseBool(value)];
    case 'csv':
      return splitCsv(value);
    case 'duration':
      checkDuration(value);
      break;
    case 'int':
      checkInt(value);
      break;
    case 'float':
      if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(value)) throw notParsed('ParseFloat', value);
      break;
    case 'labels':
      checkLabels(value);
      break;
    default:
  }
  return [value];
}

function notParsed(how: string, value: string, why = 'invalid syntax'): FlagProblem {
  return new FlagProblem(`strconv.${how}: parsing ${goQuote(value)}: ${why}`);
}

function parseBool(value: string): string {
  if (/^(1|t|T|TRUE|true|True)$/.test(value)) return 'true';
  if (/^(0|f|F|FALSE|false|False)$/.test(value)) return 'false';
  throw notParsed('ParseBool', value);
}

function checkDuration(value: string): void {
  try {
    parseDuration(value);
  } catch (cause) {
    if (cause instanceof DurationError) throw new FlagProblem(cause.message);
    throw cause;
  }
}

function checkInt(value: string): void {
  if (!/^[+-]?(?:\d+|0x[\da-f]+|0o[0-7]+|0b[01]+)$/i.test(value)) throw notParsed('ParseInt', value);
  const size = BigInt(value.replace(/^[+-]/, ''));
  if (size > 2n ** 63n - 1n) throw notParsed('ParseInt', value, 'value out of range');
}

/** One `key=value`, or several of them as CSV. */
function checkLabels(value: string): void {
  const pairs = value.split('=').length > 2 ? splitCsv(value) : [value];
  for (const pair of pairs) {
    if (!pair.includes('=')) throw new FlagProblem(`${pair} must be formatted as key=value`);
  }
}

const field = /"((?:[^"]|"")*)"(?=,|$)|([^",]*)(?=,|$)/y;

/** The first line as CSV: fields may be in double quotes, which are doubled inside. */
function splitCsv(value: string): string[] {
  if (value === '') return [];
  const line = value.startsWith('"') ? value : value.replace(/\n[^]*$/, '');
  const fields: string[] = [];
  for (let at = 0; ;) {
    field.lastIndex = at;
    const [matched, quoted, plain = ''] = field.exec(line) ?? [];
    if (matched === undefined) throw misquoted(line, at);
    fields.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    at += matched.length;
    if (at >= line.length) return fields;
    at++;
  }
}

/** A quote where none may stand, or none where one must. */
function misquoted(line: string, start: number): FlagProblem {
  const place = (at: number): string => `parse error on line 1, column ${byteLength(line.slice(0, at)) + 1}`;
  if (line[start] !== '"') return new FlagProblem(`${place(line.indexOf('"', start))}: bare " in non-quoted-field`);
  const closing = /^"(?:[^"]|"")*"(?!")/.exec(line.slice(start))?.[0];
  const at = closing === undefined ? line.length : start + closing.length - 1;
  return new FlagProblem(`${place(at)}: extraneous or missing " in quoted-field`);
}
