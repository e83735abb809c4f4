// The --set, --set-string, --set-file, --set-json and --set-literal languages: one line of text written into a map.
// Behaviour as helm pkg/strvals, including what it does with half a line: `a[0]` makes an empty list, `a=` an empty string.
import { quote as goQuote, quoteRune } from '#lib/go-quote';
import { runes } from '#lib/go-string';
import { goTypeName } from './go-type-name.ts';
import { decodeJsonPrefix } from './json-prefix.ts';
import { StrvalsError } from './strvals-errors.ts';
import { getKey, hasKey, isTable, setKey, type ValuesMap } from './values-map.ts';

/** The largest list index a line may name. */
export const maxIndex = 65536;
/** How many dots a name may have. */
const maxNesting = 30;

/** Turns the text right of `=` into a value; may read files. */
export type ValueReader = (text: string) => unknown;

/** `--set`: booleans, null and integers are recognised. */
export function parseSet(line: string, into: ValuesMap): void {
  new Parser(line, { into, read: typedValue }).run();
}

/** `--set-string`: every value is a string. */
export function parseSetString(line: string, into: ValuesMap): void {
  new Parser(line, { into, read: (text) => text }).run();
}

/** `--set-file`: every value is a file name, handed to `read`. */
export function parseSetFile(line: string, into: ValuesMap, read: ValueReader): void {
  new Parser(line, { into, read }).run();
}

/** `--set-json`: every value is JSON. */
export function parseSetJson(line: string, into: ValuesMap): void {
  new Parser(line, { into, json: true }).run();
}

/** `--set-literal`: one name, and the rest of the line as it stands. */
export function parseSetLiteral(line: string, into: ValuesMap): void {
  new Parser(line, { into, literal: true }).run();
}

interface Options {
  readonly into: ValuesMap;
  readonly read?: ValueReader;
  readonly json?: boolean;
  readonly literal?: boolean;
}

/** Thrown at the end of the line; where it is caught decides whether that is an error, as io.EOF does upstream. */
const endOfLine = Symbol('end of line');
type End = typeof endOfLine | undefined;

interface Token {
  readonly text: string;
  /** The stop character met, or undefined at the end of the line. */
  readonly stop: string | undefined;
}

class Parser {
  readonly #runes: readonly string[];
  readonly #options: Options;
  #at = 0;

  constructor(line: string, options: Options) {
    this.#runes = runes(line);
    this.#options = options;
  }

  run(): void {
    while (this.#key(this.#options.into, 0) === undefined);
  }

  /** Reads one name and its value into `data`. */
  #key(data: ValuesMap, nesting: number): End {
    const { text: name, stop } = this.#until(this.#options.literal === true ? '=[.' : '=[,.');
    switch (stop) {
      case undefined:
        if (name === '') return endOfLine;
        throw new StrvalsError(`key ${goQuote(name)} has no value`);
      case '[': {
        const index = this.#index();
        const { list, end } = this.#item(listAt(data, name), index, nesting);
        setName(data, name, list);
        return end;
      }
      case '=':
        return this.#assign((value) => setName(data, name, value));
      case ',':
        throw new StrvalsError(`key ${goQuote(name)} has no value (cannot end with ,)`);
      default:
        return this.#nested(data, name, nesting + 1);
    }
  }

  #nested(data: ValuesMap, name: string, nesting: number): End {
    if (nesting > maxNesting) {
      throw new StrvalsError(`value name nested level is greater than maximum supported nested level of ${maxNesting}`);
    }
    const inner = hasKey(data, name) ? tableOf(getKey(data, name)) : {};
    const end = this.#key(inner, nesting);
    const empty = Object.keys(inner).length === 0;
    if (end === undefined && empty) throw new StrvalsError(`key map ${goQuote(name)} has no value`);
    if (!empty) setName(data, name, inner);
    return end;
  }

  /** Reads the value right of `=`. */
  #assign(set: (value: unknown) => void): End {
    const { json, literal, read = typedValue } = this.#options;
    if (json === true) {
      set(this.#jsonValue());
      return undefined;
    }
    if (literal === true) {
      set(this.#until('').text);
      return undefined;
    }
    const list = this.#list(read);
    if (list === endOfLine) {
      set('');
      return endOfLine;
    }
    set(list ?? read(this.#until(',').text));
    return undefined;
  }

  #jsonValue(): unknown {
    if (this.#skipBlanks()) return null;
    const rest = this.#runes.slice(this.#at).join('');
    const { value, length } = decodeJsonPrefix(rest);
    // The length is in UTF-16 units; the cursor counts code points.
    this.#at += runes(rest.slice(0, length)).length;
    this.#skipBlanks();
    return value;
  }

  /** Reads `{a,b}`; undefined when the value is no list. */
  #list(read: ValueReader): unknown[] | End {
    if (this.#at >= this.#runes.length) return endOfLine;
    if (this.#runes[this.#at] !== '{') return undefined;
    this.#at++;
    const list: unknown[] = [];
    for (;;) {
      const { text, stop } = this.#until(',}');
      if (stop === undefined) throw new StrvalsError("list must terminate with '}'");
      if (stop === '}' && this.#runes[this.#at] === ',') this.#at++;
      list.push(read(text));
      if (stop === '}') return list;
    }
  }

  #index(): number {
    const { text, stop } = this.#until(']');
    if (stop === undefined) throw new StrvalsError('error parsing index: EOF');
    const reason = !/^[+-]?[0-9]+$/.test(text)
      ? 'invalid syntax'
      : Number.isSafeInteger(Number(text)) || inInt64(BigInt(text))
        ? undefined
        : 'value out of range';
    if (reason === undefined) return Number(text);
    throw new StrvalsError(`error parsing index: strconv.Atoi: parsing ${goQuote(text)}: ${reason}`);
  }

  /** Reads what follows `name[index]`. */
  #item(list: unknown[], index: number, nesting: number): { list: unknown[]; end: End } {
    if (index < 0) throw new StrvalsError(`negative ${index} index not allowed`);
    const { text, stop } = this.#until('[.=');
    if (text !== '') {
      // Upstream formats a slice of runes with %q here, hence the list of quoted characters.
      const shown = runes(text).map((rune) => quoteRune(rune.codePointAt(0) ?? 0));
      throw new StrvalsError(`unexpected data at end of array index: [${shown.join(' ')}]`);
    }
    switch (stop) {
      case undefined:
        return { list, end: endOfLine };
      case '=':
        this.#assign((value) => {
          list = setIndex(list, index, value);
        });
        // An empty value at the end of the line does not end the line here; the next key finds the end.
        return { list, end: undefined };
      case '[': {
        const next = this.#index();
        const existing = index < list.length && list[index] !== null ? listOf(list[index]) : [];
        const inner = this.#item(existing, next, nesting);
        if (inner.end !== undefined) return { list, end: inner.end };
        return { list: setIndex(list, index, inner.list), end: undefined };
      }
      default: {
        let inner: ValuesMap = {};
        if (index < list.length) {
          const existing = list[index];
          if (isTable(existing)) inner = existing;
          else list[index] = inner;
        }
        const end = this.#key(inner, nesting);
        if (end !== undefined) return { list, end };
        return { list: setIndex(list, index, inner), end: undefined };
      }
    }
  }

  /** Skips blanks; true when a comma (taken) or the end of the line follows. */
  #skipBlanks(): boolean {
    for (; this.#at < this.#runes.length; this.#at++) {
      const rune = this.#runes[this.#at] ?? '';
      if (rune === ',') {
        this.#at++;
        return true;
      }
      if (!goSpace.test(rune)) return false;
    }
    return true;
  }

  #until(stops: string): Token {
    const literal = this.#options.literal === true;
    let text = '';
    while (this.#at < this.#runes.length) {
      const rune = this.#runes[this.#at++] ?? '';
      if (stops.includes(rune)) return { text, stop: rune };
      if (rune === '\\' && !literal) {
        if (this.#at >= this.#runes.length) break;
        text += this.#runes[this.#at++] ?? '';
      } else text += rune;
    }
    return { text, stop: undefined };
  }
}

const goSpace = /^[\t\n\v\f\r\u0085\p{Z}]$/u;

function inInt64(n: bigint): boolean {
  return n >= -(2n ** 63n) && n < 2n ** 63n;
}

/** What --set makes of a word: a boolean, null, an int64 or the word itself. Numbers with a leading zero stay text. */
function typedValue(text: string): unknown {
  // U+017F folds to s in Go's EqualFold.
  const folded = text.length <= 5 ? text.replaceAll('\u017f', 's').toLowerCase() : '';
  if (folded === 'true') return true;
  if (folded === 'false') return false;
  if (folded === 'null') return null;
  if (text === '0') return 0n;
  if (text !== '' && !text.startsWith('0') && text.length <= 4096 && /^[+-]?[0-9]+$/.test(text)) {
    const n = BigInt(text.startsWith('+') ? text.slice(1) : text);
    if (inInt64(n)) return n;
  }
  return text;
}

function setName(data: ValuesMap, name: string, value: unknown): void {
  // A nameless value is dropped, as upstream does.
  if (name !== '') setKey(data, name, value);
}

function setIndex(list: unknown[], index: number, value: unknown): unknown[] {
  if (index > maxIndex) {
    throw new StrvalsError(`index of ${index} is greater than maximum supported index of ${maxIndex}`);
  }
  // A list that grows is another one, as in Go: whoever else holds it keeps the shorter one.
  const longer = index < list.length ? list : Array.from({ length: index + 1 }, (_, at) => list[at] ?? null);
  longer[index] = value;
  return longer;
}

function listAt(data: ValuesMap, name: string): unknown[] {
  return hasKey(data, name) ? listOf(getKey(data, name)) : [];
}

function listOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  throw conversionError(value, '[]interface {}');
}

function tableOf(value: unknown): ValuesMap {
  if (isTable(value)) return value;
  throw conversionError(value, 'map[string]interface {}');
}

function conversionError(value: unknown, want: string): StrvalsError {
  return new StrvalsError(
    `unable to parse key: interface conversion: interface {} is ${goTypeName(value)}, not ${want}`,
  );
}
