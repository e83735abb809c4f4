// What a scalar means: the tag and the value of plain text, in go-yaml v2's and v3's reading.
import { yamlError } from './errors.ts';
import { parseFloat64, parseInt64 } from './numbers.ts';
import type { Flavor } from './options.ts';
import { parseTimestamp, type Timestamp } from './timestamps.ts';

const LONG_PREFIX = 'tag:yaml.org,2002:';

export function shortTag(tag: string): string {
  return tag.startsWith(LONG_PREFIX) ? `!!${tag.slice(LONG_PREFIX.length)}` : tag;
}

export function longTag(tag: string): string {
  return tag.startsWith('!!') ? LONG_PREFIX + tag.slice(2) : tag;
}

/** `int` values are bigint, `float` values are number, timestamps an object of their own. */
export interface Resolved {
  readonly tag: string;
  readonly value: null | boolean | bigint | number | string | Timestamp;
}

const NULLS = ['', '~', 'null', 'Null', 'NULL'];
const TRUES = ['true', 'True', 'TRUE'];
const FALSES = ['false', 'False', 'FALSE'];
const OLD_TRUES = ['y', 'Y', 'yes', 'Yes', 'YES', 'on', 'On', 'ON'];
const OLD_FALSES = ['n', 'N', 'no', 'No', 'NO', 'off', 'Off', 'OFF'];

function wordTable(trues: readonly string[], falses: readonly string[]): ReadonlyMap<string, Resolved> {
  const table = new Map<string, Resolved>();
  const add = (tag: string, value: Resolved['value'], words: readonly string[]): void => {
    for (const word of words) {
      table.set(word, { tag, value });
    }
  };
  add('!!null', null, NULLS);
  add('!!bool', true, trues);
  add('!!bool', false, falses);
  add('!!float', NaN, ['.nan', '.NaN', '.NAN']);
  add('!!float', Infinity, ['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF']);
  add('!!float', -Infinity, ['-.inf', '-.Inf', '-.INF']);
  return table;
}

const WORDS: Readonly<Record<Flavor, ReadonlyMap<string, Resolved>>> = {
  v2: wordTable([...TRUES, ...OLD_TRUES], [...FALSES, ...OLD_FALSES]),
  v3: wordTable(TRUES, FALSES),
};
const OLD_BOOLEANS: ReadonlySet<string> = new Set([...OLD_TRUES, ...OLD_FALSES]);

/** YAML 1.1 booleans that v3 reads as strings but still writes in quotes. */
export function isOldBoolean(text: string): boolean {
  return text.length <= 3 && OLD_BOOLEANS.has(text);
}

/** What the first character says: 0 a string whatever follows, else a word, a dot, a digit or a sign. */
const HINT = { string: 0, word: 1, dot: 2, number: 3 } as const;
const HINTS: Uint8Array = ((): Uint8Array => {
  const table = new Uint8Array(128);
  for (const c of 'yYnNtTfFoO~') {
    table[c.charCodeAt(0)] = HINT.word;
  }
  for (const c of '+-0123456789') {
    table[c.charCodeAt(0)] = HINT.number;
  }
  table['.'.charCodeAt(0)] = HINT.dot;
  return table;
})();

const LONGEST_WORD = 5;
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;

/** Whether plain text can only be a string, by its first character. */
export function isSurelyString(text: string): boolean {
  const first = text.charCodeAt(0);
  return text !== '' && (first >= 128 || HINTS[first] === 0);
}

/** The tag of untagged plain text. */
export function plainTag(text: string, flavor: Flavor): string {
  if (text !== '' && isSurelyString(text)) {
    return text === '<<' ? '!!merge' : '!!str';
  }
  return resolvePlain(text, flavor, true)?.tag ?? '!!str';
}

/** The value of plain text that is no string; undefined for strings. */
export function resolvePlain(text: string, flavor: Flavor, timestamps: boolean): Resolved | undefined {
  if (text.length <= LONGEST_WORD) {
    const word = WORDS[flavor].get(text);
    if (word !== undefined) {
      return word;
    }
  }
  switch (HINTS[text.charCodeAt(0)]) {
    case HINT.dot: {
      const value = parseFloat64(text);
      return value === undefined ? undefined : { tag: '!!float', value };
    }
    case HINT.number:
      return resolveNumber(text, flavor, timestamps);
    default:
      return undefined;
  }
}

/** Text that starts as a number does but holds no character of one, such as a version or an address, is common. */
const NUMERIC_TEXT = /^[-+0-9_.eExXa-fA-FoObB]*$/;

function resolveNumber(text: string, flavor: Flavor, timestamps: boolean): Resolved | undefined {
  if (timestamps) {
    const value = parseTimestamp(text);
    if (value !== undefined) {
      return { tag: '!!timestamp', value };
    }
  }
  if (!NUMERIC_TEXT.test(text)) {
    return undefined;
  }
  const plain = text.includes('_') ? text.replaceAll('_', '') : text;
  const integer = parseInt64(plain) ?? prefixedInteger(plain, flavor);
  if (integer !== undefined) {
    return { tag: '!!int', value: integer };
  }
  const float = FLOAT.test(plain) ? parseFloat64(plain) : undefined;
  return float === undefined ? undefined : { tag: '!!float', value: float };
}

/** Forms base 0 refuses: a sign behind `0b` or `0o`. */
function prefixedInteger(plain: string, flavor: Flavor): bigint | undefined {
  const match = /^(-?)0([bo])(.+)$/.exec(plain);
  if (match === null || (match[2] === 'o' && flavor === 'v2')) {
    return undefined;
  }
  const [, sign = '', letter, digits = ''] = match;
  if (sign === '-' && /^[-+]/.test(digits)) {
    return undefined;
  }
  return parseInt64(digits, letter === 'b' ? 2 : 8);
}

const RESOLVABLE: ReadonlySet<string> = new Set(['!!str', '!!bool', '!!int', '!!float', '!!null', '!!timestamp']);

/** The value of text under an explicit tag; unknown tags leave the text alone. */
export function resolveTagged(tag: string, text: string, flavor: Flavor): Resolved {
  if (!RESOLVABLE.has(tag) || tag === '!!str') {
    return { tag, value: text };
  }
  const found = resolvePlain(text, flavor, tag === '!!timestamp') ?? { tag: '!!str', value: text };
  if (found.tag === tag) {
    return found;
  }
  if (tag === '!!float' && found.tag === '!!int' && (found.value as bigint) < 1n << 63n) {
    return { tag, value: Number(found.value) };
  }
  throw yamlError(`cannot decode ${found.tag} \`${text}\` as a ${tag}`);
}
