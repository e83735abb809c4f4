// TOML 1.0 read as the BurntSushi library reads it, with its words for what it cannot read.
import { quoteRune, quote as goQuote } from './go-quote.ts';
import { keyText, TomlDocument } from './toml-document.ts';
import { readNumber } from './toml-numbers.ts';
import { unescapeAt } from './toml-escapes.ts';
import { TomlError, type TomlTable, type TomlValue } from './toml-value.ts';

const MAX_DEPTH = 1000;

/** Reads a document. Throws TomlError. */
export function readToml(text: string): TomlTable {
  return new Reader(text).read();
}

interface StringForm {
  readonly lines: boolean;
  readonly end: string;
  /** Where its text begins. */
  readonly start: number;
}

class Reader {
  readonly #text: string;
  readonly #document = new TomlDocument((message) => this.#fail(message));
  #at = 0;
  /** The key whose value is being read. */
  #key: readonly string[] = [];
  /** The keys of the inline tables around it. */
  #around: readonly string[] = [];
  #depth = 0;
  readonly #barePattern = /[A-Za-z0-9_-]*/y;
  readonly #wordPattern = /\p{L}+/uy;

  constructor(text: string) {
    this.#text = text;
  }

  read(): TomlTable {
    const invalid = /[\udc80-\udcff](?<![\ud800-\udbff].)/.exec(this.#text);
    if (invalid !== null) {
      this.#at = invalid.index;
      throw this.#fail(`invalid UTF-8 byte: 0x${(invalid[0].charCodeAt(0) & 0xff).toString(16).padStart(2, '0')}`);
    }
    for (;;) {
      this.#skipLines();
      if (this.#at >= this.#text.length) return this.#document.root;
      if (this.#peek() === '[') this.#header();
      else this.#pair();
      this.#endLine();
    }
  }

  #fail(message: string, at = this.#at): TomlError {
    const line = this.#text.slice(0, at).split('\n').length;
    const last = lastKey([...this.#path(), ...this.#key.slice(0, -1)], this.#key.at(-1) ?? '');
    return new TomlError(`toml: line ${line}${last === '' ? '' : ` (last key ${goQuote(last)})`}: ${message}`);
  }

  /** The table that keys belong to. */
  #path(): string[] {
    return [...this.#document.context, ...this.#around];
  }

  #peek(): string {
    const code = this.#text.codePointAt(this.#at);
    return code === undefined ? '' : String.fromCodePoint(code);
  }

  /** As `%q` shows the next character. */
  #shown(): string {
    return quoteRune(this.#text.codePointAt(this.#at) ?? 0);
  }

  #skipBlanks(): void {
    while (this.#text[this.#at] === ' ' || this.#text[this.#at] === '\t') this.#at++;
  }

  #isBreak(): boolean {
    return this.#text[this.#at] === '\n' || this.#text.startsWith('\r\n', this.#at);
  }

  #skipBreak(): void {
    this.#at += this.#text[this.#at] === '\r' ? 2 : 1;
  }

  #skipComment(): void {
    while (this.#at < this.#text.length && !this.#isBreak()) {
      this.#refuseControl();
      this.#at++;
    }
  }

  /** Passes over blanks, line breaks and comments. */
  #skipLines(): void {
    for (;;) {
      this.#skipBlanks();
      if (this.#peek() === '#') this.#skipComment();
      else if (this.#isBreak()) this.#skipBreak();
      else return;
    }
  }

  #refuseControl(): void {
    const code = this.#text.charCodeAt(this.#at);
    if ((code < 0x20 && code !== 9) || code === 0x7f) {
      const hex = code.toString(16).padStart(2, '0');
      throw this.#fail(`TOML files cannot contain control characters: '0x${hex}'`);
    }
  }

  #endLine(): void {
    this.#skipBlanks();
    if (this.#peek() === '#') this.#skipComment();
    if (this.#at >= this.#text.length) return;
    if (!this.#isBreak()) {
      throw this.#fail(
        `expected a top-level item to end with a newline, comment, or EOF, but got ${this.#shown()} instead`,
      );
    }
    this.#skipBreak();
  }

  #header(): void {
    this.#at++;
    const array = this.#peek() === '[';
    if (array) this.#at++;
    const key: string[] = [];
    do {
      key.push(this.#headerName());
      this.#skipBlanks();
      if (!'.]'.includes(this.#peek()) || this.#peek() === '') {
        throw this.#fail(`expected '.' or ']' to end table name, but got ${this.#shown()} instead`, this.#at + 1);
      }
    } while (this.#text[this.#at++] === '.');
    if (array && this.#text[this.#at++] !== ']') {
      this.#at--;
      const shown = this.#shown();
      throw this.#fail(`expected end of table array name delimiter ']', but got ${shown} instead`, this.#at + 1);
    }
    this.#document.open(key, array);
  }

  #headerName(): string {
    this.#skipBlanks();
    const next = this.#peek();
    if (next === ']' || next === '') {
      throw this.#fail('unexpected end of table name (table names cannot be empty)');
    }
    if (next === '.') throw this.#fail('unexpected table separator (table names cannot be empty)');
    return this.#name();
  }

  /** A key in quotes, or what is there of a bare one. */
  #name(): string {
    const next = this.#peek();
    if (next === '"' || next === "'") return this.#string(next, false);
    this.#barePattern.lastIndex = this.#at;
    const [name = ''] = this.#barePattern.exec(this.#text) ?? [];
    this.#at += name.length;
    return name;
  }

  #keyPath(): string[] {
    const next = this.#peek();
    if (next === '=' || next === '') throw this.#fail("unexpected '=': key name appears blank");
    if (next === '.') throw this.#fail("unexpected '.': keys cannot start with a '.'");
    const key = [this.#name()];
    for (;;) {
      this.#skipBlanks();
      const after = this.#peek();
      if (after === '') throw this.#fail("unexpected EOF; expected key separator '='");
      if (after !== '.' && after !== '=') throw this.#fail(`expected '.' or '=', but got ${this.#shown()} instead`);
      this.#at++;
      if (after === '=') return key;
      this.#skipBlanks();
      if (this.#peek() === '=' || this.#peek() === '.') throw this.#fail(`unexpected '${this.#peek()}'`);
      key.push(this.#name());
    }
  }

  #pair(): void {
    const key = this.#keyPath();
    this.#key = key;
    const value = this.#value();
    if (!this.#isBreak()) this.#refuseControl();
    this.#document.set(key, value);
    this.#key = [];
  }

  #value(): TomlValue {
    if (++this.#depth > MAX_DEPTH) throw this.#fail('the value nests too deeply');
    this.#skipBlanks();
    const value = this.#valueAt(this.#peek());
    this.#depth--;
    return value;
  }

  #valueAt(next: string): TomlValue {
    if (next === '') throw this.#fail('unexpected EOF; expected value');
    if (next === '[') return this.#array();
    if (next === '{') return this.#inlineTable();
    if (next === '"' || next === "'") return this.#string(next, true);
    if (next === '.') throw this.#fail("floats must start with a digit, not '.'");
    const number = readNumber(this.#text, this.#at, (message, to) => this.#fail(message, to));
    if (number !== undefined) {
      this.#at = number.end;
      return number.value;
    }
    return this.#boolean();
  }

  #boolean(): boolean {
    this.#wordPattern.lastIndex = this.#at;
    const [word] = this.#wordPattern.exec(this.#text) ?? [];
    if (!this.#isBreak()) this.#refuseControl();
    if (word === undefined) throw this.#fail(`expected value but found ${this.#shown()} instead`);
    if (word !== 'true' && word !== 'false') throw this.#fail(`expected value but found ${goQuote(word)} instead`);
    this.#at += word.length;
    return word === 'true';
  }

  #array(): TomlValue[] {
    const list: TomlValue[] = [];
    this.#at++;
    for (;;) {
      this.#skipLines();
      if (this.#peek() === ',') throw this.#fail('unexpected comma');
      if (this.#peek() === ']') break;
      list.push(this.#value());
      this.#skipLines();
      if (this.#peek() === ']') break;
      if (this.#peek() !== ',') {
        throw this.#fail(`expected a comma (',') or array terminator (']'), but got ${this.#shownOrEnd()}`);
      }
      this.#at++;
    }
    this.#at++;
    return list;
  }

  #shownOrEnd(): string {
    return this.#peek() === '' ? 'end of file' : `'${this.#peek()}'`;
  }

  #inlineTable(): TomlTable {
    const outer = { key: this.#key, around: this.#around };
    this.#around = [...outer.around, ...outer.key];
    this.#key = [];
    const table = new TomlDocument((message) => this.#fail(message), this.#path());
    this.#at++;
    this.#inlineBlanks();
    while (this.#peek() !== '}') {
      if (this.#peek() === ',') throw this.#fail('unexpected comma');
      const key = this.#keyPath();
      this.#key = key;
      table.set(key, this.#value());
      this.#inlineBlanks();
      if (this.#peek() === '}') break;
      if (this.#peek() !== ',') {
        const shown = this.#shownOrEnd();
        throw this.#fail(`expected a comma or an inline table terminator '}', but got ${shown} instead`);
      }
      this.#at++;
      this.#inlineBlanks();
      if (this.#peek() === '}') throw this.#fail('trailing comma not allowed in inline tables');
    }
    this.#at++;
    this.#key = outer.key;
    this.#around = outer.around;
    return table.root;
  }

  #inlineBlanks(): void {
    this.#skipBlanks();
    if (this.#isBreak()) throw this.#fail('newlines not allowed within inline tables');
  }

  #string(quote: '"' | "'", mayHaveLines: boolean): string {
    const lines = mayHaveLines && this.#text.startsWith(quote.repeat(3), this.#at);
    const end = lines ? quote.repeat(3) : quote;
    this.#at += end.length;
    const start = this.#at;
    if (lines && this.#isBreak()) this.#skipBreak();
    let text = '';
    for (;;) {
      if (this.#text.startsWith(end, this.#at)) return text + this.#closing(quote, lines);
      text += this.#piece(quote, { lines, end, start });
    }
  }

  /** Passes over the end. Up to two quotes before the last three belong to the text. */
  #closing(quote: string, lines: boolean): string {
    this.#at += lines ? 3 : 1;
    if (!lines) return '';
    let more = '';
    while (this.#text[this.#at] === quote) {
      if (more.length === 2)
        throw this.#fail(`unexpected ${quote === '"' ? `'${quote.repeat(6)}'` : `"${quote.repeat(6)}"`}`);
      more += quote;
      this.#at++;
    }
    return more;
  }

  #piece(quote: string, { lines, end, start }: StringForm): string {
    if (this.#at >= this.#text.length) {
      throw this.#fail(`unexpected EOF; expected ${quote === '"' ? `'${end}'` : `"${end}"`}`);
    }
    if (this.#isBreak()) {
      if (!lines) throw this.#fail('strings cannot contain newlines');
      this.#skipBreak();
      return '\n';
    }
    if (quote === '"' && this.#text[this.#at] === '\\') {
      const escaped = unescapeAt(this.#text, this.#at, { lines, start, fail: (message) => this.#fail(message) });
      this.#at = escaped.end;
      return escaped.text;
    }
    this.#refuseControl();
    const char = this.#peek();
    this.#at += char.length;
    return char;
  }
}

/** The key read last, as errors show it. */
function lastKey(above: readonly string[], name: string): string {
  if (above.length === 0) return name;
  return keyText(above) + (name === '' ? '' : `.${name}`);
}
