// The pairs of a generated ConfigMap or Secret: from env files, literals and files, in this order.
import { isUtf8 } from 'node:buffer';
import path from 'node:path';
import { KustomizeError, withPrefix } from '../errors.ts';
import { listText, quote } from '../go-text.ts';
import type { GeneratorArgs } from '../kustomization/types.ts';

export type Load = (path: string) => Buffer;
export type Pair = readonly [key: string, value: Buffer];

/** A line of Go's scanner is no longer than this; a longer one ends the file. */
const MAX_LINE = 64 * 1024;

/** `secret`: messages must not tell values. */
export function loadPairs(
  { envs = [], literals = [], files = [] }: GeneratorArgs,
  { load, secret }: { readonly load: Load; readonly secret: boolean },
): Pair[] {
  const shown = (literal: string): string => (secret ? masked(literal) : literal);
  return [
    ...withPrefix(`env source files: ${listText(envs)}`, () => envs.flatMap((name) => envPairs(load(name), secret))),
    ...withPrefix(`literal sources ${listText(literals.map(shown))}`, () =>
      literals.map((literal) => literalPair(literal, shown)),
    ),
    ...withPrefix(`file sources: ${listText(files)}`, () => files.map((source) => filePair(source, load))),
  ];
}

function masked(literal: string): string {
  const at = literal.indexOf('=');
  return at < 1 ? '***' : `${literal.slice(0, at)}=***`;
}

function literalPair(source: string, shown: (literal: string) => string): Pair {
  const at = source.indexOf('=');
  if (at < 1) throw new KustomizeError(`invalid literal source ${shown(source)}, expected key=value`);
  return [source.slice(0, at), Buffer.from(unquote(source.slice(at + 1)))];
}

/** Quotes go only in pairs. */
function unquote(text: string): string {
  const first = text[0];
  return text.length > 1 && (first === '"' || first === "'") && text.endsWith(first) ? text.slice(1, -1) : text;
}

function filePair(source: string, load: Load): Pair {
  const parts = source.split('=');
  if (parts.length === 1) return [path.posix.basename(source) || '.', load(source)];
  const [key = '', name = ''] = parts;
  if (parts.length > 2) throw new KustomizeError(`source ${quote(source)} key name or file path contains '='`);
  if (key === '') {
    throw new KustomizeError(`missing key name for file path ${quote(name)} in source ${quote(source)}`);
  }
  if (name === '') {
    throw new KustomizeError(`missing file path for key name ${quote(key)} in source ${quote(source)}`);
  }
  return [key, load(name)];
}

function envPairs(content: Buffer, secret: boolean): Pair[] {
  const pairs: Pair[] = [];
  let number = 0;
  for (let from = 0; from < content.length; number++) {
    const end = content.indexOf(10, from);
    const to = end < 0 ? content.length : end;
    if (to - from >= MAX_LINE) break;
    const pair = envPair(content.subarray(from, content[to - 1] === 13 && to > from ? to - 1 : to), number, secret);
    if (pair !== undefined) pairs.push(pair);
    from = to + 1;
  }
  return pairs;
}

function envPair(line: Buffer, number: number, secret: boolean): Pair | undefined {
  if (!isUtf8(line)) {
    if (secret) throw new KustomizeError(`line ${number + 1} has invalid utf8 bytes`);
    throw new KustomizeError(
      `line ${listText([...line].map(String))} has invalid utf8 bytes : ${line.toString('latin1')}`,
    );
  }
  const whole = line.toString('utf8');
  const text = trimStart(number === 0 && whole.startsWith('\uFEFF') ? whole.slice(1) : whole);
  if (text === '' || text.startsWith('#')) return undefined;
  const at = text.indexOf('=');
  if (at < 0) return [text, Buffer.alloc(0)];
  return at === 0 ? undefined : [text.slice(0, at), Buffer.from(text.slice(at + 1))];
}

/** Go's unicode.IsSpace, which does not know the byte order mark. */
function trimStart(text: string): string {
  return text.replace(/^[\t\n\v\f\r \u0085\u00A0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/, '');
}
