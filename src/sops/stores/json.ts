// JSON, with its keys in the order they were written in, and the binary files that are wrapped in it.
import { isObject, marshalJSON, unmarshalJSON } from '#goyaml/index';
import { errorMessage } from '#lib/errors';
import { explained, SopsError } from '../errors.ts';
import { metadataKey, metadataOf } from '../metadata.ts';
import { Branch, Comment, isList, Time, type Entry, type TreeValue } from '../tree.ts';
import type { EncryptedTree, Store } from './store.ts';

export const jsonStore: Store = {
  read: readJson,
  write: ([branch]) => `${written(branch ?? new Branch([]), '')}\n`,
};

export const binaryStore: Store = {
  read: readJson,
  write([branch, ...more]) {
    const value = branch?.entries.find(({ key }) => key === 'data')?.value;
    if (more.length > 0) throw notBinary('there must be exactly one tree branch');
    if (value === undefined) throw notBinary('no binary data found in tree');
    if (typeof value !== 'string') throw notBinary("'data' key in tree does not have a string value");
    return value;
  },
};

function notBinary(reason: string): SopsError {
  return new SopsError('SOPS_VALUE', `error emitting binary store: ${reason}`);
}

function readJson(text: string): EncryptedTree {
  const value = explained('SOPS_FORMAT', 'Error unmarshalling input json', () => unmarshalJSON(text));
  if (!isObject(value)) throw new SopsError('SOPS_FORMAT', 'Error unmarshalling input json: it is no object');
  const tree = new JsonTree(text).read() as Branch;
  return { metadata: metadataOf(value[metadataKey]), branches: [tree.without(metadataKey)] };
}

/** The tree of a text that is known to be JSON. A plain object would put keys that are numbers first. */
class JsonTree {
  readonly #tokens: IterableIterator<RegExpExecArray>;

  constructor(text: string) {
    this.#tokens = text.matchAll(/[{}[\]]|"[^"\\]*(?:\\.[^"\\]*)*"|[^\s{}[\]",:]+/g);
  }

  read(): TreeValue {
    return this.#value(this.#next());
  }

  #next(): string {
    return this.#tokens.next().value![0];
  }

  #value(token: string): TreeValue {
    if (token === '{') return this.#branch();
    if (token === '[') return this.#list();
    // All numbers are floats to Go.
    return unmarshalJSON(token) as string | number | boolean | null;
  }

  #branch(): Branch {
    const items: Entry[] = [];
    for (let token = this.#next(); token !== '}'; token = this.#next()) {
      items.push({ key: unmarshalJSON(token) as string, value: this.#value(this.#next()) });
    }
    return new Branch(items);
  }

  #list(): TreeValue[] {
    const values: TreeValue[] = [];
    for (let token = this.#next(); token !== ']'; token = this.#next()) values.push(this.#value(token));
    return values;
  }
}

function written(value: TreeValue, indent: string): string {
  const inner = `${indent}\t`;
  if (value instanceof Branch) {
    const lines = value.entries.map((entry) => `${marshalJSON(entry.key)}: ${written(entry.value, inner)}`);
    return bracketed('{}', lines, indent);
  }
  if (isList(value)) {
    const lines = value.filter((item) => !(item instanceof Comment)).map((item) => written(item, inner));
    return bracketed('[]', lines, indent);
  }
  if (value instanceof Time || value instanceof Comment) return marshalJSON(value.text);
  try {
    return marshalJSON(value);
  } catch (error) {
    throw new SopsError('SOPS_VALUE', `Error marshaling to json: ${errorMessage(error)}`, { cause: error });
  }
}

function bracketed(brackets: '{}' | '[]', lines: readonly string[], indent: string): string {
  if (lines.length === 0) return brackets;
  const [open, close] = brackets;
  return `${open}\n${lines.map((line) => `${indent}\t${line}`).join(',\n')}\n${indent}${close}`;
}
