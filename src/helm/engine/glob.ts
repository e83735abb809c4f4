// The patterns of `.Files.Glob` (gobwas/glob with `/` as separator), translated to RE2 so that no pattern backtracks.
import { GoRegexp, quoteMeta } from '#lib/go-regexp';
import { runes } from '#lib/go-string';

/** A pattern that is malformed. */
class GlobError extends Error {
  constructor(message: string) {
    super(message);
    this.name = new.target.name;
  }
}

/** Compiles a pattern: `*` and `?` stop at slashes, `**` does not; `[a-z]`, `[!abc]`, `{one,two}`, `\` escapes. */
export function compileGlob(pattern: string): (name: string) => boolean {
  const translator = new Translator(runes(pattern));
  const expression = new GoRegexp(`(?s)^(?:${translator.sequence(false)})$`);
  return (name) => expression.match(name);
}

class Translator {
  readonly #runes: readonly string[];
  #at = 0;

  constructor(runes: readonly string[]) {
    this.#runes = runes;
  }

  /** Up to the end, or within braces up to `,` or `}`; braces left open end with the pattern. */
  sequence(inBraces: boolean): string {
    let out = '';
    while (this.#at < this.#runes.length) {
      const rune = this.#runes[this.#at] ?? '';
      if (inBraces && (rune === ',' || rune === '}')) return out;
      this.#at++;
      out += this.#one(rune);
    }
    return out;
  }

  #one(rune: string): string {
    switch (rune) {
      case '*': {
        if (this.#runes[this.#at] !== '*') return '[^/]*';
        while (this.#runes[this.#at] === '*') this.#at++;
        return '.*';
      }
      case '?':
        return '[^/]';
      case '[':
        return this.#class();
      case '{':
        return this.#alternatives();
      case '\\':
        // At the very end it stands for nothing.
        return quoteMeta(this.#runes[this.#at++] ?? '');
      default:
        return quoteMeta(rune);
    }
  }

  #alternatives(): string {
    const options: string[] = [];
    for (;;) {
      options.push(this.sequence(true));
      if (this.#runes[this.#at++] !== ',') return `(?:${options.join('|')})`;
    }
  }

  /** One range, `a-z`, or characters, of which a dash is one. */
  #class(): string {
    const negated = this.#runes[this.#at] === '!';
    if (negated) this.#at++;
    const members = this.#runes[this.#at + 1] === '-' ? this.#range() : this.#members();
    return `[${negated ? '^' : ''}${members}]`;
  }

  #range(): string {
    const [low, , high, close] = this.#runes.slice(this.#at, this.#at + 4);
    if (close !== ']') throw new GlobError('expected close range character');
    this.#at += 4;
    return `${escapeMember(low)}-${escapeMember(high)}`;
  }

  #members(): string {
    let members = '';
    for (let rune = this.#next(); rune !== ']'; rune = this.#next()) {
      members += escapeMember(rune === '\\' ? this.#next() : rune);
    }
    if (members === '') throw new GlobError('could not parse range');
    return members;
  }

  #next(): string {
    const rune = this.#runes[this.#at++];
    if (rune === undefined) throw new GlobError('unexpected end of input');
    return rune;
  }
}

function escapeMember(rune = ''): string {
  return /[\w]/.test(rune) ? rune : `\\x{${(rune.codePointAt(0) ?? 0).toString(16)}}`;
}
