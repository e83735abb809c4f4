// The lexer: template text to tokens, with the line numbers and the error texts of Go's.
import { formatInteger, plainSpec } from '#lib/go-format';
import { quote } from '#lib/go-quote';
import { isLetterOrDigit } from '#lib/go-printable';

export type TokenType =
  | 'error'
  | 'bool'
  | 'char'
  | 'charConstant'
  | 'complex'
  | 'assign'
  | 'declare'
  | 'eof'
  | 'field'
  | 'identifier'
  | 'leftDelim'
  | 'leftParen'
  | 'number'
  | 'pipe'
  | 'rawString'
  | 'rightDelim'
  | 'rightParen'
  | 'string'
  | 'text'
  | 'variable'
  | 'dot'
  | Keyword;

export type Keyword =
  | 'block'
  | 'break'
  | 'continue'
  | 'define'
  | 'else'
  | 'end'
  | 'if'
  | 'nil'
  | 'range'
  | 'template'
  | 'with';

export interface Token {
  readonly type: TokenType;
  /** Index in the text (of UTF-16 units). */
  readonly pos: number;
  /** Of a field: all of a chain written without anything between, such as `.a.b`. */
  readonly value: string;
  /** Line of its start, from 1. */
  readonly line: number;
  /** Do blanks stand before it? Within actions they separate operands and mean nothing else. */
  readonly spaced: boolean;
}

const KEYWORDS: ReadonlySet<string> = new Set<Keyword>([
  'block',
  'break',
  'continue',
  'define',
  'else',
  'end',
  'if',
  'nil',
  'range',
  'template',
  'with',
]);

/** How a token is named in an error. */
export function describeToken(token: Token): string {
  if (token.type === 'eof') return 'EOF';
  if (token.type === 'error') return token.value;
  if (token.type === 'dot' || KEYWORDS.has(token.type)) return `<${token.value}>`;
  const value = token.type === 'field' ? `.${fieldNames(token)[0]}` : token.value;
  // The length that counts is in bytes, what is shown is ten runes.
  if (new TextEncoder().encode(value).length > 10) return `${quote(Array.from(value).slice(0, 10).join(''))}...`;
  return quote(value);
}

/** The names of a field token: `.a.b` has two. */
export function fieldNames({ value }: Token): string[] {
  return value.slice(1).split('.');
}

const LEFT = '{{';
const RIGHT = '}}';

function isAsciiLetter(unit: number): boolean {
  return (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x41 && unit <= 0x5a) || unit === 0x5f;
}

function isSpace(unit: number): boolean {
  return unit === 0x20 || unit === 0x09 || unit === 0x0d || unit === 0x0a;
}

/** `char` is one rune (as a string), or empty at the end. */
function isAlphaNumeric(char: string): boolean {
  const code = char.charCodeAt(0);
  if (code < 0x80) {
    return (
      (code >= 0x61 && code <= 0x7a) ||
      (code >= 0x41 && code <= 0x5a) ||
      (code >= 0x30 && code <= 0x39) ||
      code === 0x5f
    );
  }
  return char !== '' && isLetterOrDigit(char.codePointAt(0) ?? 0);
}

/** `%#U` of a rune. */
function describeRune(char: string): string {
  const code = char.toWellFormed().codePointAt(0) ?? 0;
  return formatInteger({ ...plainSpec(), sharp: true }, BigInt(code), 'U') ?? '';
}

/** Which keywords may be functions' names instead. */
export interface LexOptions {
  readonly breakIsFunction?: boolean;
  readonly continueIsFunction?: boolean;
}

/** Gives one token after the other; after an error token only errors and ends follow. */
export class Lexer {
  #text: string;
  readonly #options: LexOptions;
  #pos = 0;
  #start = 0;
  #line = 1;
  #startLine = 1;
  /** The first line break from where it was last looked for. */
  #nextBreak = -1;
  #parens = 0;
  #insideAction = false;
  #spaced = false;
  // Sticky, and used only with lastIndex set just before. Most templates are read once, by code that is not yet optimised:
  // a regular expression runs through a word at full speed even then.
  readonly #wordPattern = /[A-Za-z0-9_]+/y;
  readonly #chainPattern = /(?:\.[A-Za-z_][A-Za-z0-9_]*)+/y;
  readonly #integerPattern = /[0-9]+(?=[ \t\r\n)|}])/y;
  readonly #stringPattern = /[^"\\\n]*"/y;

  constructor(text: string, options: LexOptions = {}) {
    this.#text = text;
    this.#options = options;
  }

  next(): Token {
    return this.#insideAction ? this.#action() : this.#outside();
  }

  #emit(type: TokenType, value = this.#text.slice(this.#start, this.#pos)): Token {
    const token = { type, pos: this.#start, value, line: this.#startLine, spaced: this.#spaced };
    this.#start = this.#pos;
    this.#startLine = this.#line;
    this.#spaced = false;
    return token;
  }

  /** Ends the input: the next token is the end of the file. */
  #error(message: string): Token {
    const token: Token = {
      type: 'error',
      pos: this.#start,
      value: message,
      line: this.#startLine,
      spaced: this.#spaced,
    };
    this.#start = 0;
    this.#pos = 0;
    this.#text = '';
    this.#spaced = false;
    return token;
  }

  /** Moves on to `pos`, counting lines. */
  #advance(pos: number): void {
    for (let at = this.#breakFrom(this.#pos); at < pos; at = this.#breakFrom(at + 1)) this.#line++;
    this.#pos = pos;
  }

  /** The first line break at or after a place. It is kept, so that a line however long is searched once. */
  #breakFrom(pos: number): number {
    if (this.#nextBreak < pos) {
      const found = this.#text.indexOf('\n', pos);
      this.#nextBreak = found < 0 ? Infinity : found;
    }
    return this.#nextBreak;
  }

  #skip(pos: number): void {
    this.#advance(pos);
    this.#start = this.#pos;
    this.#startLine = this.#line;
  }

  /** The rune at the position; empty at the end. */
  #peek(): string {
    const code = this.#text.codePointAt(this.#pos);
    return code === undefined ? '' : code < 0x10000 ? this.#text.charAt(this.#pos) : String.fromCodePoint(code);
  }

  #take(char: string): void {
    if (char === '\n') this.#line++;
    this.#pos += char.length;
  }

  /** Text up to the next action; comments are passed over. */
  #outside(): Token {
    for (;;) {
      const open = this.#text.indexOf(LEFT, this.#pos);
      if (open < 0) {
        this.#advance(this.#text.length);
        return this.#emit(this.#pos > this.#start ? 'text' : 'eof');
      }
      const inner = open + LEFT.length;
      const trim = this.#text.charAt(inner) === '-' && isSpace(this.#text.charCodeAt(inner + 1));
      if (open > this.#pos) {
        let end = open;
        if (trim) while (end > this.#start && isSpace(this.#text.charCodeAt(end - 1))) end--;
        this.#advance(end);
        const text = this.#emit('text');
        this.#skip(open);
        if (text.value !== '') return text;
      }
      const body = inner + (trim ? 2 : 0);
      if (this.#text.startsWith('/*', body)) {
        const problem = this.#comment(body);
        if (problem !== undefined) return problem;
        continue;
      }
      this.#pos = inner;
      const token = this.#emit('leftDelim', LEFT);
      this.#skip(body);
      this.#insideAction = true;
      this.#parens = 0;
      return token;
    }
  }

  /** Passes over a comment that begins at `body`; gives a token only for an error. */
  #comment(body: number): Token | undefined {
    this.#skip(body);
    const close = this.#text.indexOf('*/', body + 2);
    if (close < 0) return this.#error('unclosed comment');
    const after = close + 2;
    const trim = this.#rightTrimAt(after);
    if (!trim && !this.#text.startsWith(RIGHT, after)) return this.#error('comment ends before closing delimiter');
    let end = after + RIGHT.length + (trim ? 2 : 0);
    if (trim) end = this.#spacesEnd(end);
    this.#skip(end);
    return undefined;
  }

  #spacesEnd(from: number): number {
    let end = from;
    while (isSpace(this.#text.charCodeAt(end))) end++;
    return end;
  }

  /** Is there a blank, a dash and the right delimiter at this place? */
  #rightTrimAt(pos: number): boolean {
    return (
      isSpace(this.#text.charCodeAt(pos)) && this.#text.charAt(pos + 1) === '-' && this.#text.startsWith(RIGHT, pos + 2)
    );
  }

  #closeAction(trim: boolean): Token {
    if (trim) this.#skip(this.#pos + 2);
    this.#pos += RIGHT.length;
    const token = this.#emit('rightDelim', RIGHT);
    if (trim) this.#skip(this.#spacesEnd(this.#pos));
    this.#insideAction = false;
    return token;
  }

  #action(): Token {
    let code = this.#text.charCodeAt(this.#pos);
    if (isSpace(code)) {
      const end = this.#spacesEnd(this.#pos);
      // The last blank may belong to a trim marker.
      if (this.#rightTrimAt(end - 1)) {
        this.#skip(end - 1);
        return this.#rightDelim(true);
      }
      this.#skip(end);
      this.#spaced = true;
      code = this.#text.charCodeAt(end);
    }
    if (code === 0x2e && this.#chain()) return this.#emit('field');
    if (isAsciiLetter(code)) return this.#identifier();
    if (code === 0x7d && this.#text.charCodeAt(this.#pos + 1) === 0x7d) return this.#rightDelim(false);
    const char = this.#peek();
    if (char === '') return this.#error('unclosed action');
    if ((code >= 0x30 && code <= 0x39) || char === '+' || char === '-') return this.#number();
    if (code > 0x7f && isAlphaNumeric(char)) return this.#identifier();
    this.#take(char);
    return this.#punctuation(char);
  }

  /** Takes a chain of fields in ASCII; others, and what is wrong, are left to be read one by one. */
  #chain(): boolean {
    const before = this.#pos;
    this.#chainPattern.lastIndex = before;
    if (!this.#chainPattern.test(this.#text)) return false;
    this.#pos = this.#chainPattern.lastIndex;
    if (this.#atTerminator()) return true;
    this.#pos = before;
    return false;
  }

  #rightDelim(trim: boolean): Token {
    return this.#parens === 0 ? this.#closeAction(trim) : this.#error('unclosed left paren');
  }

  #punctuation(char: string): Token {
    switch (char) {
      case '=':
        return this.#emit('assign', '=');
      case ':': {
        const following = this.#peek();
        this.#take(following);
        return following === '=' ? this.#emit('declare') : this.#error('expected :=');
      }
      case '|':
        return this.#emit('pipe', '|');
      case '"':
        return this.#quoted('"', 'string', 'unterminated quoted string');
      case "'":
        return this.#quoted("'", 'charConstant', 'unterminated character constant');
      case '`':
        return this.#rawQuoted();
      case '$':
        return this.#fieldOrVariable('variable');
      case '.': {
        const following = this.#text.charAt(this.#pos);
        // At the very end Go takes the point for the beginning of a number.
        if (following !== '' && (following < '0' || following > '9')) return this.#fieldOrVariable('field');
        this.#pos--;
        return this.#number();
      }
      case '(':
        this.#parens++;
        return this.#emit('leftParen', '(');
      case ')':
        this.#parens--;
        return this.#parens < 0 ? this.#error('unexpected right paren') : this.#emit('rightParen');
      default:
    }
    if (char > ' ' && char <= '~') return this.#emit('char');
    return this.#error(`unrecognized character in action: ${describeRune(char)}`);
  }

  #word(): void {
    this.#wordPattern.lastIndex = this.#pos;
    if (this.#wordPattern.test(this.#text)) this.#pos = this.#wordPattern.lastIndex;
    for (let char = this.#peek(); char > '\u007f' && isAlphaNumeric(char); char = this.#peek()) {
      this.#take(char);
      this.#wordPattern.lastIndex = this.#pos;
      if (this.#wordPattern.test(this.#text)) this.#pos = this.#wordPattern.lastIndex;
    }
  }

  #identifier(): Token {
    this.#word();
    if (!this.#atTerminator()) return this.#error(`bad character ${describeRune(this.#peek())}`);
    const word = this.#text.slice(this.#start, this.#pos);
    if (word === 'true' || word === 'false') return this.#emit('bool');
    const isFunction =
      (word === 'break' && this.#options.breakIsFunction === true) ||
      (word === 'continue' && this.#options.continueIsFunction === true);
    return this.#emit(KEYWORDS.has(word) && !isFunction ? (word as Keyword) : 'identifier');
  }

  #fieldOrVariable(type: 'field' | 'variable'): Token {
    if (this.#atTerminator()) return this.#emit(type === 'variable' ? 'variable' : 'dot');
    this.#word();
    if (!this.#atTerminator()) return this.#error(`bad character ${describeRune(this.#peek())}`);
    return this.#emit(type);
  }

  #atTerminator(): boolean {
    if (this.#pos >= this.#text.length) return true;
    switch (this.#text.charCodeAt(this.#pos)) {
      case 0x20:
      case 0x09:
      case 0x0d:
      case 0x0a:
      case 0x2e:
      case 0x2c:
      case 0x7c:
      case 0x3a:
      case 0x28:
      case 0x29:
        return true;
      default:
        return this.#text.startsWith(RIGHT, this.#pos);
    }
  }

  #quoted(mark: string, type: TokenType, problem: string): Token {
    this.#stringPattern.lastIndex = this.#pos;
    if (mark === '"' && this.#stringPattern.test(this.#text)) {
      this.#pos = this.#stringPattern.lastIndex;
      return this.#emit(type);
    }
    for (;;) {
      let char = this.#peek();
      this.#take(char);
      if (char === '\\') {
        char = this.#peek();
        this.#take(char);
        if (char !== '' && char !== '\n') continue;
      }
      if (char === '' || char === '\n') return this.#error(problem);
      if (char === mark) return this.#emit(type);
    }
  }

  #rawQuoted(): Token {
    const close = this.#text.indexOf('`', this.#pos);
    if (close < 0) return this.#error('unterminated raw quoted string');
    this.#advance(close + 1);
    return this.#emit('rawString');
  }

  #number(): Token {
    this.#integerPattern.lastIndex = this.#pos;
    if (this.#integerPattern.test(this.#text)) {
      this.#pos = this.#integerPattern.lastIndex;
      return this.#emit('number');
    }
    const problem = (): Token => this.#error(`bad number syntax: ${quote(this.#text.slice(this.#start, this.#pos))}`);
    if (!this.#scanNumber()) return problem();
    const sign = this.#peek();
    if (sign !== '+' && sign !== '-') return this.#emit('number');
    if (!this.#scanNumber() || this.#text.charAt(this.#pos - 1) !== 'i') return problem();
    return this.#emit('complex');
  }

  #accept(set: string): boolean {
    const char = this.#text.charAt(this.#pos);
    if (char === '' || !set.includes(char)) return false;
    this.#pos++;
    return true;
  }

  #acceptRun(set: string): void {
    while (this.#accept(set));
  }

  /** Takes what looks like a number; what is wrong with it is for the parser to find. */
  #scanNumber(): boolean {
    this.#accept('+-');
    let digits = '0123456789_';
    let radix = 10;
    if (this.#accept('0')) {
      if (this.#accept('xX')) [digits, radix] = ['0123456789abcdefABCDEF_', 16];
      else if (this.#accept('oO')) [digits, radix] = ['01234567_', 8];
      else if (this.#accept('bB')) [digits, radix] = ['01_', 2];
    }
    this.#acceptRun(digits);
    if (this.#accept('.')) this.#acceptRun(digits);
    if ((radix === 10 && this.#accept('eE')) || (radix === 16 && this.#accept('pP'))) {
      this.#accept('+-');
      this.#acceptRun('0123456789_');
    }
    this.#accept('i');
    const following = this.#peek();
    if (following === '' || !isAlphaNumeric(following)) return true;
    this.#take(following);
    return false;
  }
}
