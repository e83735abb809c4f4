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

  /** Up to the end, or within braces up to `,` or `}`. */
  sequence(inBraces: boolean): string {
    let out = '';
    while (this.#at < this.#runes.length) {
      const rune = this.#runes[this.#at] ?? '';
      if (inBraces && (rune === ',' || rune === '}')) return out;
      this.#at++;
      out += this.#one(rune);
    }
    if (inBraces) throw new GlobError('unexpected end of input');
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
      case '\\': {
        const escaped = this.#runes[this.#at++];
        if (escaped === undefined) throw new GlobError('unexpected end of input');
        return quoteMeta(escaped);
      }
      default:
        return quoteMeta(rune);
    }
  }

  #alternatives(): string {
    const options: string[] = [];
    for (;;) {
      options.push(this.sequence(true));
      if (this.#runes[this.#at++] === '}') return `(?:${options.join('|')})`;
    }
  }

  #class(): string {
    const end = this.#runes.indexOf(']', this.#at);
    if (end < 0) throw new GlobError('unexpected end of input');
    const negated = this.#runes[this.#at] === '!';
    const body = this.#runes.slice(this.#at + (negated ? 1 : 0), end);
    this.#at = end + 1;
    if (body.length === 0) throw new GlobError('could not parse range');
    const isRange = body.length === 3 && body[1] === '-';
    const members = isRange ? `${escapeMember(body[0])}-${escapeMember(body[2])}` : body.map(escapeMember).join('');
    return `[${negated ? '^' : ''}${members}]`;
  }
}

function escapeMember(rune = ''): string {
  return /[\w]/.test(rune) ? rune : `\\x{${(rune.codePointAt(0) ?? 0).toString(16)}}`;
}
