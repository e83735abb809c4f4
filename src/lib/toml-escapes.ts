// Escapes in TOML's strings.
import { quote as goQuote } from './go-quote.ts';
import type { TomlError } from './toml-value.ts';

const SIMPLE: Readonly<Record<string, string>> = {
  b: '\b',
  t: '\t',
  n: '\n',
  f: '\f',
  r: '\r',
  '"': '"',
  '\\': '\\',
};

const WORDS: Readonly<Record<string, readonly [length: number, word: string]>> = { u: [4, 'four'], U: [8, 'eight'] };

interface EscapeOptions {
  /** In a string of lines a backslash joins the next line. */
  readonly lines: boolean;
  /** Where the text of the string begins: errors show it from there. */
  readonly start: number;
  readonly fail: (message: string) => TomlError;
}

/** What the backslash at a place stands for, and where the text goes on. */
export function unescapeAt(
  text: string,
  at: number,
  { lines, start, fail }: EscapeOptions,
): { text: string; end: number } {
  const letter = String.fromCodePoint(text.codePointAt(at + 1) ?? 0);
  const simple = Object.hasOwn(SIMPLE, letter) ? SIMPLE[letter] : undefined;
  if (simple !== undefined) return { text: simple, end: at + 2 };
  const joined = lines ? /^\\[ \t]*\r?\n[ \t\r\n]*/.exec(text.slice(at, at + 65_536))?.[0] : undefined;
  if (joined !== undefined) return { text: '', end: at + joined.length };
  const [length, word] = WORDS[letter] ?? [];
  if (length === undefined || word === undefined) throw fail(`invalid escape in string '\\${letter}'`);
  const digits = /^[0-9a-fA-F]*/.exec(text.slice(at + 2, at + 2 + length))?.[0] ?? '';
  if (digits.length < length) {
    const shown = goQuote(text.slice(start, at + 3 + digits.length));
    throw fail(`expected ${word} hexadecimal digits after '\\${letter}', but got ${shown} instead`);
  }
  const code = Number.parseInt(digits, 16);
  if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) {
    throw fail(`Escaped character '\\u${digits}' is not valid UTF-8.`);
  }
  return { text: String.fromCodePoint(code), end: at + 2 + length };
}
