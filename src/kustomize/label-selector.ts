// Kubernetes label selectors: `a=b,c!=d,e in (x,y),f,!g,h>1`.
import { KustomizeError } from './errors.ts';
import { quote } from './go-text.ts';

export type LabelTest = (labels: ReadonlyMap<string, string>) => boolean;

/** Undefined for the selector that selects everything. */
export function parseLabelSelector(text: string): LabelTest | undefined {
  const parser = new Parser(tokenize(text));
  const tests = parser.parse();
  return tests.length === 0 ? undefined : (labels) => tests.every((test) => test(labels));
}

interface Token {
  readonly kind: 'word' | 'symbol' | 'end';
  readonly text: string;
}

const SYMBOLS = ['==', '!=', '=', '!', '(', ')', ',', '>', '<'];

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length;) {
    if (/\s/.test(text[at] ?? '')) {
      at++;
      continue;
    }
    const symbol = SYMBOLS.find((candidate) => text.startsWith(candidate, at));
    if (symbol !== undefined) {
      tokens.push({ kind: 'symbol', text: symbol });
      at += symbol.length;
      continue;
    }
    const word = /^[^\s=!(),><]+/.exec(text.slice(at))?.[0] ?? '';
    tokens.push({ kind: 'word', text: word });
    at += word.length;
  }
  return tokens;
}

const END: Token = { kind: 'end', text: '' };

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  parse(): LabelTest[] {
    const tests: LabelTest[] = [];
    while (this.#peek().kind !== 'end') {
      tests.push(this.#requirement());
      const next = this.#peek();
      if (next.kind === 'end') break;
      if (next.text !== ',') throw failure(`found '${next.text}', expected: ',' or 'end of string'`);
      this.#at++;
      const after = this.#peek();
      if (after.kind !== 'word' && after.text !== '!') {
        throw failure(`found '${after.text}', expected: identifier after ','`);
      }
    }
    return tests;
  }

  #peek(): Token {
    return this.#tokens[this.#at] ?? END;
  }

  #take(): Token {
    const token = this.#peek();
    this.#at++;
    return token;
  }

  #requirement(): LabelTest {
    if (this.#peek().text === '!') {
      this.#at++;
      const key = this.#key();
      return (labels) => !labels.has(key);
    }
    const key = this.#key();
    const next = this.#peek();
    if (next.kind === 'end' || next.text === ',') return (labels) => labels.has(key);
    const operator = this.#take().text;
    return this.#comparison(key, operator);
  }

  #comparison(key: string, operator: string): LabelTest {
    switch (operator) {
      case '=':
      case '==': {
        const value = this.#value();
        return (labels) => labels.get(key) === value;
      }
      case '!=': {
        const value = this.#value();
        return (labels) => labels.get(key) !== value;
      }
      case 'in': {
        const values = this.#values();
        return (labels) => values.has(labels.get(key) ?? '') && labels.has(key);
      }
      case 'notin': {
        const values = this.#values();
        return (labels) => !labels.has(key) || !values.has(labels.get(key) ?? '');
      }
      case '>':
      case '<': {
        const bound = integer(this.#value());
        if (bound === undefined) {
          throw new KustomizeError("for 'Gt', 'Lt' operators, the value must be an integer");
        }
        return (labels) => {
          const value = integer(labels.get(key) ?? '');
          return value !== undefined && (operator === '>' ? value > bound : value < bound);
        };
      }
      default:
        throw failure(`found '${operator}', expected: in, notin, =, ==, !=, gt, lt`);
    }
  }

  #key(): string {
    const token = this.#take();
    if (token.kind !== 'word') throw failure(`found '${token.text}', expected: !, identifier, or 'end of string'`);
    const name = token.text.slice(token.text.indexOf('/') + 1);
    if (name === '' || name.length > 63 || !/^[A-Za-z0-9]([\w.-]*[A-Za-z0-9])?$/.test(name)) {
      throw failure(
        `key: Invalid value: ${quote(token.text)}: name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
      );
    }
    return token.text;
  }

  /** A value may be missing: `a=` asks for the empty one. */
  #value(): string {
    const next = this.#peek();
    if (next.kind === 'end' || next.text === ',') return '';
    if (next.kind !== 'word') throw failure(`found '${next.text}', expected: identifier`);
    this.#at++;
    return next.text;
  }

  #values(): ReadonlySet<string> {
    const open = this.#take();
    if (open.text !== '(') throw failure(`found '${open.text}' expected: '('`);
    const values = new Set<string>();
    for (;;) {
      const token = this.#take();
      if (token.text === ')') return values.size === 0 ? new Set(['']) : values;
      if (token.kind === 'word') values.add(token.text);
      else if (token.text === ',') {
        const next = this.#peek();
        if (next.text === ',' || next.text === ')') values.add('');
      } else throw failure(`found '${token.text}', expected: ',', ')' or identifier`);
    }
  }
}

function integer(text: string): bigint | undefined {
  return /^[+-]?\d+$/.test(text) ? BigInt(text) : undefined;
}

function failure(what: string): KustomizeError {
  return new KustomizeError(`unable to parse requirement: ${what}`);
}
