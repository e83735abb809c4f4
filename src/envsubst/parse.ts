// Text with `${...}` to a list of parts: the subset of bash's parameter expansion Flux knows.
import { isDigit, isLetter } from '#lib/go-unicode';
import { SubstitutionError } from './errors.ts';

/** `${name}`, `${#name}`, `${name/a/b}` …; the operator of the bare form is ''. */
export interface Expansion {
  readonly name: string;
  readonly operator: string;
  /** Literal text or a nested expansion each. */
  readonly args: readonly Part[];
}

export type Part = string | Expansion;

const BAD = 'bad substitution';
const NO_FUNCTION = 'unable to parse substitution within function';
/** How deep expansions may be nested. */
const DEPTH_LIMIT = 500;

/** What ends an argument; a nested `${` always does. */
type Ends = (char: string) => boolean;

const endsAtBrace: Ends = (char) => char === '}';
const endsAtColon: Ends = (char) => char === ':' || char === '}';
const endsAtSlash: Ends = (char) => char === '/';

function isNameChar(char: string): boolean {
  return char === '_' || isLetter(char) || isDigit(char);
}

class Parser {
  private readonly text: string;
  private at = 0;
  private depth = 0;

  constructor(text: string) {
    this.text = text;
  }

  /** Literal text and expansions in turn. `$$` stands for `$`, and what follows it is literal. */
  parse(): Part[] {
    const parts: Part[] = [];
    let literal = '';
    for (;;) {
      const dollar = this.text.indexOf('$', this.at);
      if (dollar < 0) {
        literal += this.text.slice(this.at);
        break;
      }
      literal += this.text.slice(this.at, dollar);
      const next = this.text[dollar + 1];
      if (next === '{') {
        this.at = dollar + 2;
        parts.push(literal, this.expansion());
        literal = '';
      } else {
        literal += '$';
        this.at = dollar + (next === '$' ? 2 : 1);
      }
    }
    parts.push(literal);
    return parts.filter((part) => part !== '');
  }

  /** The character at the position: '' at the end. */
  private peek(): string {
    const code = this.text.codePointAt(this.at);
    return code === undefined ? '' : String.fromCodePoint(code);
  }

  private expansion(): Expansion {
    if (++this.depth > DEPTH_LIMIT) {
      throw new SubstitutionError(`${BAD}: nested more than ${DEPTH_LIMIT} deep`);
    }
    const result = this.peek() === '#' ? this.length() : this.named();
    this.depth--;
    return result;
  }

  private length(): Expansion {
    this.at++;
    const name = this.name(BAD);
    return this.closed({ name, operator: '#', args: [] });
  }

  private named(): Expansion {
    const name = this.name('unable to parse variable name');
    switch (this.peek()) {
      case ':':
        return this.colon(name);
      case '=':
        return this.defaults(name, 1);
      case ',':
      case '^':
        return this.closed({ name, operator: this.run(',^', 2), args: [] });
      case '/':
        return this.replacement(name);
      case '#':
        return this.removal(name, '#');
      case '%':
        return this.removal(name, '%');
      case '}':
        this.at++;
        return { name, operator: '', args: [] };
      default:
        throw new SubstitutionError('missing closing brace');
    }
  }

  private name(problem: string): string {
    const from = this.at;
    for (let char = this.peek(); char !== '' && isNameChar(char); char = this.peek()) {
      this.at += char.length;
    }
    if (this.at === from) {
      throw new SubstitutionError(problem);
    }
    return this.text.slice(from, this.at);
  }

  /** Up to `most` characters of a set. */
  private run(set: string, most: number): string {
    const from = this.at;
    while (this.at - from < most && this.at < this.text.length && set.includes(this.text[this.at] as string)) {
      this.at++;
    }
    return this.text.slice(from, this.at);
  }

  private closed(expansion: Expansion): Expansion {
    if (this.peek() !== '}') {
      throw new SubstitutionError(BAD);
    }
    this.at++;
    return expansion;
  }

  private colon(name: string): Expansion {
    const next = this.text[this.at + 1] ?? '';
    if (next !== '' && '=-?+'.includes(next)) {
      return this.defaults(name, 2);
    }
    if (next === '' || next > '\x7f') {
      // Upstream steps back here by the length of what follows, and so loses the colon.
      throw new SubstitutionError(BAD);
    }
    this.at++;
    const position = this.argument(endsAtColon, false);
    if (this.peek() === '}') {
      this.at++;
      return { name, operator: ':', args: [position] };
    }
    if (this.run(':', Infinity) === '') {
      throw new SubstitutionError(BAD);
    }
    return this.closed({ name, operator: ':', args: [position, this.argument(endsAtBrace, false)] });
  }

  private defaults(name: string, operatorLength: number): Expansion {
    const operator = this.text.slice(this.at, this.at + operatorLength);
    this.at += operatorLength;
    const args: Part[] = [];
    while (this.peek() !== '}') {
      args.push(this.argument(endsAtBrace, false));
    }
    return this.closed({ name, operator, args });
  }

  private removal(name: string, sign: string): Expansion {
    const operator = this.run(sign, 2);
    return this.closed({ name, operator, args: [this.argument(endsAtBrace, false)] });
  }

  private replacement(name: string): Expansion {
    this.at++;
    const operator = `/${this.run('/#%', 1)}`;
    const pattern = this.argument(endsAtSlash, true);
    if (this.run('/', Infinity) === '') {
      throw new SubstitutionError(BAD);
    }
    const args = this.peek() === '}' ? [pattern] : [pattern, this.argument(endsAtBrace, true)];
    return this.closed({ name, operator, args });
  }

  /** A nested expansion, or at least one character of text. Patterns know `\/`, `\\` and `$$`. */
  private argument(ends: Ends, escapes: boolean): Part {
    if (this.text.startsWith('${', this.at)) {
      this.at += 2;
      return this.expansion();
    }
    let literal = '';
    for (;;) {
      const char = this.peek();
      if (char === '' || this.text.startsWith('${', this.at)) {
        break;
      }
      const escaped = escapes ? this.escaped(char) : '';
      if (escaped === '' && ends(char)) {
        break;
      }
      literal += escaped === '' ? char : escaped;
      this.at += escaped === '' ? char.length : 2;
    }
    if (literal === '') {
      throw new SubstitutionError(NO_FUNCTION);
    }
    return literal;
  }

  /** The character an escape at the position stands for, '' when there is none. */
  private escaped(char: string): string {
    const next = this.text[this.at + 1];
    if (char === '$' && next === '$') {
      return '$';
    }
    return char === '\\' && (next === '/' || next === '\\') ? next : '';
  }
}

/** Splits a text at its expansions. Throws SubstitutionError. */
export function parseTemplate(text: string): Part[] {
  return new Parser(text).parse();
}
