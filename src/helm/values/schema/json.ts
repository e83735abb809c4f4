// JSON as the schema engine sees it: objects are Maps (any key is ordinary) and numbers keep their text, as Go's json.Number.
import { formatShortest } from '#lib/go-float';
import { CodedError } from '#lib/errors';

/** A number by the text it was written as. */
export class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type JsonObject = ReadonlyMap<string, Json>;
export type Json = null | boolean | string | JsonNumber | readonly Json[] | JsonObject;

/** The schema cannot be used: broken JSON, broken schema, or a reference that leads nowhere. */
export class SchemaError extends CodedError {
  constructor(message: string, options?: ErrorOptions) {
    super('HELM_SCHEMA_INVALID', message, options);
  }
}

const maxDepth = 500;

export function isObject(value: Json | undefined): value is JsonObject {
  return value instanceof Map;
}

export function isArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** Coalesced values as JSON. */
export function fromValues(value: unknown): Json {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return new JsonNumber(formatShortest(value));
    case 'bigint':
      return new JsonNumber(value.toString());
    default:
  }
  if (value === null || value === undefined) return null;
  if (Array.isArray(value)) return value.map(fromValues);
  return new Map(Object.entries(value).map(([key, entry]) => [key, fromValues(entry)]));
}

/** Parses one JSON text. Its errors are those of Go's decoder where a user may meet them. */
export function parseJson(text: string): Json {
  const parser = new JsonParser(text);
  const value = parser.value(0);
  parser.end();
  return value;
}

const blank = /[ \t\r\n]*/y;
// A JSON string holds no bare control characters.
// oxlint-disable-next-line no-control-regex
const stringToken = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const numberToken = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const wordToken = /true|false|null/y;

class JsonParser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  end(): void {
    this.#take(blank);
    if (this.#at < this.#text.length) throw new SchemaError('invalid character after top-level value');
  }

  value(depth: number): Json {
    if (depth > maxDepth) throw new SchemaError('exceeded max depth');
    this.#take(blank);
    const char = this.#text[this.#at];
    if (char === '{') return this.#object(depth);
    if (char === '[') return this.#array(depth);
    if (char === '"') return this.#string();
    const word = this.#take(wordToken);
    if (word !== undefined && word !== '') return word === 'null' ? null : word === 'true';
    const number = this.#take(numberToken);
    if (number === undefined || number === '') throw this.#unexpected('looking for beginning of value');
    return new JsonNumber(number);
  }

  #object(depth: number): Json {
    const out = new Map<string, Json>();
    this.#at++;
    if (this.#next('}')) return out;
    for (;;) {
      this.#take(blank);
      if (this.#text[this.#at] !== '"') throw this.#unexpected('looking for beginning of object key string');
      const key = this.#string();
      if (!this.#next(':')) throw this.#unexpected('after object key');
      out.set(key, this.value(depth + 1));
      if (this.#next('}')) return out;
      if (!this.#next(',')) throw this.#unexpected('after object key:value pair');
    }
  }

  #array(depth: number): Json {
    const out: Json[] = [];
    this.#at++;
    if (this.#next(']')) return out;
    for (;;) {
      out.push(this.value(depth + 1));
      if (this.#next(']')) return out;
      if (!this.#next(',')) throw this.#unexpected('after array element');
    }
  }

  #string(): string {
    const token = this.#take(stringToken);
    if (token === undefined) throw this.#unterminated();
    // The token is checked: JSON.parse only resolves its escapes.
    return JSON.parse(token) as string;
  }

  #unterminated(): SchemaError {
    const closed = /"(?:[^"\\]|\\.)*"/sy;
    closed.lastIndex = this.#at;
    return closed.test(this.#text) ? this.#unexpected('in string literal') : new SchemaError('unexpected EOF');
  }

  #next(char: string): boolean {
    this.#take(blank);
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #unexpected(where: string): SchemaError {
    const char = this.#text[this.#at];
    if (char === undefined) return new SchemaError(this.#text.trim() === '' ? 'EOF' : 'unexpected EOF');
    const shown = char === "'" ? "'\\''" : char === '"' ? `'"'` : `'${char}'`;
    return new SchemaError(`invalid character ${shown} ${where}`);
  }
}
