// encoding/json's Unmarshal into `any`, with its error texts.
import { quote } from '#lib/go-quote';
import { toBytes } from '#lib/go-string';
import { hexValue, isDigit } from './chars.ts';
import { YamlError } from './errors.ts';
import type { Integers } from './options.ts';
import { setKey, type GoObject, type GoValue } from './value.ts';

export interface UnmarshalJSONOptions {
  /** What integers become; `number` is Go's float64. @default 'number' */
  readonly integers?: Integers;
}

const DEPTH_LIMIT = 1000;
const ESCAPES: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  '"': '"',
  '\\': '\\',
  '/': '/',
};
/** JSON.parse reads these otherwise than Go: surrogates and what is beyond a float64. */
const READ_OTHERWISE = /\\u[dD][89a-fA-F]|[0-9]{300}|[eE]\+?[0-9]{3}|[\ud800-\udfff]/;

const SPACE_MAY_STAND = /^(?:looking for|after (?:object|array))|^in string literal$/;

class JsonReader {
  private readonly text: string;
  private readonly integers: Integers;
  private at = 0;
  /** The first number beyond float64: told only when the syntax is right. */
  private tooBig: string | undefined;

  constructor(text: string, integers: Integers) {
    this.text = text;
    this.integers = integers;
  }

  read(): GoValue {
    const value = this.value(1);
    this.skipSpace();
    if (this.at < this.text.length) {
      this.fail('after top-level value');
    }
    if (this.tooBig !== undefined) {
      throw new YamlError(`json: cannot unmarshal number ${this.tooBig} into Go value of type float64`);
    }
    return value;
  }

  private skipSpace(): void {
    for (let c = this.peek(); c === 32 || c === 10 || c === 13 || c === 9; c = this.peek()) {
      this.at++;
    }
  }

  private peek(): number {
    return this.text.charCodeAt(this.at);
  }

  /** Go looks at bytes: of a character beyond ASCII it names the first one. */
  private fail(where: string): never {
    const code = this.text.codePointAt(this.at);
    if (code === undefined) {
      // At the end Go goes on with one space, and complains of that where no space may stand.
      throw new YamlError(
        SPACE_MAY_STAND.test(where) ? 'unexpected end of JSON input' : `invalid character ' ' ${where}`,
      );
    }
    const char = String.fromCharCode(toBytes(String.fromCodePoint(code))[0] as number);
    const shown = char === "'" ? String.raw`'\''` : char === '"' ? `'"'` : `'${quote(char).slice(1, -1)}'`;
    throw new YamlError(`invalid character ${shown} ${where}`);
  }

  private value(depth: number): GoValue {
    this.skipSpace();
    if (depth > DEPTH_LIMIT) {
      throw new YamlError('exceeded max depth');
    }
    const c = this.peek();
    switch (c) {
      case 123:
        return this.object(depth);
      case 91:
        return this.array(depth);
      case 34:
        return this.string();
      case 116:
        return this.literal('true', true);
      case 102:
        return this.literal('false', false);
      case 110:
        return this.literal('null', null);
      default:
        if (c === 45 || isDigit(c)) {
          return this.number();
        }
        return this.fail('looking for beginning of value');
    }
  }

  private literal(word: string, value: GoValue): GoValue {
    for (const char of word) {
      if (this.text[this.at] !== char) {
        this.fail(`in literal ${word} (expecting '${char}')`);
      }
      this.at++;
    }
    return value;
  }

  private object(depth: number): GoObject {
    const object: GoObject = {};
    this.at++;
    this.skipSpace();
    if (this.peek() === 125) {
      this.at++;
      return object;
    }
    for (;;) {
      this.skipSpace();
      if (this.peek() !== 34) {
        this.fail('looking for beginning of object key string');
      }
      const key = this.string();
      this.skipSpace();
      if (this.peek() !== 58) {
        this.fail('after object key');
      }
      this.at++;
      setKey(object, key, this.value(depth + 1));
      this.skipSpace();
      const c = this.peek();
      if (c === 125) {
        this.at++;
        return object;
      }
      if (c !== 44) {
        this.fail('after object key:value pair');
      }
      this.at++;
    }
  }

  private array(depth: number): GoValue[] {
    const items: GoValue[] = [];
    this.at++;
    this.skipSpace();
    if (this.peek() === 93) {
      this.at++;
      return items;
    }
    for (;;) {
      items.push(this.value(depth + 1));
      this.skipSpace();
      const c = this.peek();
      if (c === 93) {
        this.at++;
        return items;
      }
      if (c !== 44) {
        this.fail('after array element');
      }
      this.at++;
    }
  }

  private string(): string {
    let out = '';
    this.at++;
    let from = this.at;
    for (;;) {
      const c = this.peek();
      if (c === 34) {
        out += this.text.slice(from, this.at);
        this.at++;
        return out.toWellFormed();
      }
      if (c === 92) {
        out += this.text.slice(from, this.at);
        out += this.escape();
        from = this.at;
      } else if (c >= 32) {
        this.at++;
      } else {
        this.fail('in string literal');
      }
    }
  }

  private escape(): string {
    this.at++;
    const letter = this.text[this.at] ?? '';
    const short = ESCAPES[letter];
    if (short !== undefined) {
      this.at++;
      return short;
    }
    if (letter !== 'u') {
      return this.fail('in string escape code');
    }
    this.at++;
    let code = 0;
    for (let i = 0; i < 4; i++) {
      const digit = hexValue(this.peek());
      if (digit < 0) {
        this.fail(String.raw`in \u hexadecimal character escape`);
      }
      code = code * 16 + digit;
      this.at++;
    }
    return String.fromCharCode(code);
  }

  private number(): GoValue {
    const from = this.at;
    if (this.peek() === 45) {
      this.at++;
    }
    if (this.peek() === 48) {
      this.at++;
    } else {
      this.digits('in numeric literal');
    }
    let integer = true;
    if (this.peek() === 46) {
      integer = false;
      this.at++;
      this.digits('after decimal point in numeric literal');
    }
    if ((this.peek() | 32) === 101) {
      integer = false;
      this.at++;
      if (this.peek() === 43 || this.peek() === 45) {
        this.at++;
      }
      this.digits('in exponent of numeric literal');
    }
    return this.numberValue(this.text.slice(from, this.at), integer);
  }

  private digits(where: string): void {
    if (!isDigit(this.peek())) {
      this.fail(where);
    }
    while (isDigit(this.peek())) {
      this.at++;
    }
  }

  private numberValue(text: string, integer: boolean): GoValue {
    const value = Number(text);
    if (!Number.isFinite(value)) {
      this.tooBig ??= text;
    }
    if (!integer || this.integers === 'number' || (this.integers === 'safe' && Number.isSafeInteger(value))) {
      return value;
    }
    return BigInt(text);
  }
}

/** encoding/json's Unmarshal into `any`, with its error texts. */
export function unmarshalJSON(text: string, { integers = 'number' }: UnmarshalJSONOptions = {}): GoValue {
  if (integers === 'number' && !READ_OTHERWISE.test(text)) {
    try {
      return JSON.parse(text) as GoValue;
    } catch {
      // Read again below, for Go's words.
    }
  }
  return new JsonReader(text, integers).read();
}
