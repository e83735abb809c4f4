// fmt.Sprintf: reads the directives of a format and applies each to its operand.
import { plainSpec, type FormatSpec } from '#lib/go-format';
import { Printer, printValue } from './print.ts';
import { intValue, typeName } from './value.ts';

/** Larger widths and precisions are refused, as fmt does. */
const TOO_LARGE = 1_000_000;

/** fmt.Sprintf. */
export function sprintf(format: string, values: readonly unknown[]): string {
  if (!format.includes('%') && values.length === 0) return format;
  return new Scanner(format, values).run();
}

/** Walks through one format. */
class Scanner {
  readonly #format: string;
  readonly #values: readonly unknown[];
  #at = 0;
  #argument = 0;
  /** The last thing read was an index such as [3]. */
  #afterIndex = false;
  #reordered = false;
  #goodIndex = true;
  #out = '';

  constructor(format: string, values: readonly unknown[]) {
    this.#format = format;
    this.#values = values;
  }

  run(): string {
    for (;;) {
      const percent = this.#format.indexOf('%', this.#at);
      if (percent < 0) {
        this.#out += this.#format.slice(this.#at);
        break;
      }
      this.#out += this.#format.slice(this.#at, percent);
      this.#at = percent + 1;
      if (!this.#directive()) break;
    }
    if (!this.#reordered && this.#argument < this.#values.length) this.#extra();
    return this.#out;
  }

  #extra(): void {
    const shown = this.#values.slice(this.#argument).map((value) => {
      return value === null || value === undefined ? '<nil>' : `${typeName(value)}=${printValue(value)}`;
    });
    this.#out += `%!(EXTRA ${shown.join(', ')})`;
  }

  /** One directive after its percent sign; false when the format ends inside it. */
  #directive(): boolean {
    const spec = plainSpec();
    this.#goodIndex = true;
    this.#flags(spec);
    // The short way of fmt: a lower-case verb right after the flags. It does not look at indexes, nor reset the marker.
    const next = this.#format.charAt(this.#at);
    if (next >= 'a' && next <= 'z' && this.#argument < this.#values.length) {
      this.#at++;
      this.#apply(spec, next);
      return true;
    }
    this.#index();
    this.#width(spec);
    this.#precision(spec);
    if (!this.#afterIndex) this.#index();
    return this.#verb(spec);
  }

  #verb(spec: FormatSpec): boolean {
    const code = this.#format.codePointAt(this.#at);
    if (code === undefined) {
      this.#out += '%!(NOVERB)';
      return false;
    }
    // A byte that is no rune is written as U+FFFD, as fmt decodes it.
    const raw = String.fromCodePoint(code);
    const verb = raw.toWellFormed();
    this.#at += raw.length;
    if (verb === '%') this.#out += '%';
    else if (!this.#goodIndex) this.#out += `%!${verb}(BADINDEX)`;
    else if (this.#argument >= this.#values.length) this.#out += `%!${verb}(MISSING)`;
    else this.#apply(spec, verb);
    return true;
  }

  #apply(spec: FormatSpec, verb: string): void {
    if (verb === 'v' || verb === 'w') {
      spec.sharpV = spec.sharp;
      spec.sharp = false;
      spec.plusV = spec.plus;
      spec.plus = false;
    }
    this.#out += new Printer(spec).argument(this.#values[this.#argument], verb);
    this.#argument++;
  }

  #flags(spec: FormatSpec): void {
    for (; this.#at < this.#format.length; this.#at++) {
      switch (this.#format.charAt(this.#at)) {
        case '#':
          spec.sharp = true;
          break;
        case '0':
          spec.zero = true;
          break;
        case '+':
          spec.plus = true;
          break;
        case '-':
          spec.minus = true;
          break;
        case ' ':
          spec.space = true;
          break;
        default:
          return;
      }
    }
  }

  /** An explicit argument index, `[n]`. */
  #index(): void {
    this.#afterIndex = false;
    if (this.#format.charAt(this.#at) !== '[') return;
    this.#reordered = true;
    const rest = this.#format.length - this.#at;
    const close = this.#format.indexOf(']', this.#at);
    if (rest < 3 || close < 0) {
      this.#goodIndex = false;
      this.#at++;
      return;
    }
    const text = this.#format.slice(this.#at + 1, close);
    const parsed = parseNumber(text, 0);
    this.#at = close + 1;
    if (parsed.value === undefined || parsed.end !== text.length) {
      this.#goodIndex = false;
      return;
    }
    this.#afterIndex = true;
    const index = parsed.value - 1;
    if (index >= 0 && index < this.#values.length) this.#argument = index;
    else this.#goodIndex = false;
  }

  #width(spec: FormatSpec): void {
    if (this.#format.charAt(this.#at) === '*') {
      this.#at++;
      spec.width = this.#integerOperand();
      if (spec.width === undefined) this.#out += '%!(BADWIDTH)';
      else if (spec.width < 0) {
        spec.width = -spec.width;
        spec.minus = true;
        spec.zero = false;
      }
      this.#afterIndex = false;
      return;
    }
    spec.width = this.#number();
    if (this.#afterIndex && spec.width !== undefined) this.#goodIndex = false;
  }

  #precision(spec: FormatSpec): void {
    if (this.#format.charAt(this.#at) !== '.' || this.#at + 1 >= this.#format.length) return;
    this.#at++;
    if (this.#afterIndex) this.#goodIndex = false;
    this.#index();
    if (this.#format.charAt(this.#at) !== '*') {
      spec.precision = this.#number() ?? 0;
      return;
    }
    this.#at++;
    const wanted = this.#integerOperand();
    if (wanted === undefined || wanted < 0) this.#out += '%!(BADPREC)';
    else spec.precision = wanted;
    this.#afterIndex = false;
  }

  #number(): number | undefined {
    const { value, end } = parseNumber(this.#format, this.#at);
    this.#at = end;
    return value;
  }

  /** The operand a `*` takes: an integer of moderate size, or undefined. */
  #integerOperand(): number | undefined {
    if (this.#argument >= this.#values.length) return undefined;
    const value = intValue(this.#values[this.#argument]);
    this.#argument++;
    if (value === undefined || value > TOO_LARGE || value < -TOO_LARGE) return undefined;
    return Number(value);
  }
}

/** Decimal digits from `at`; a number far too large ends the whole format, as in fmt. */
function parseNumber(text: string, at: number): { value: number | undefined; end: number } {
  let end = at;
  let value = 0;
  while (end < text.length && text.charAt(end) >= '0' && text.charAt(end) <= '9') {
    if (value > TOO_LARGE) return { value: undefined, end: text.length };
    value = value * 10 + Number(text.charAt(end));
    end++;
  }
  return { value: end > at ? value : undefined, end };
}
