// strconv.Quote and Unquote: Go's string and rune literals, written and read.
import { fromBytes } from './go-string.ts';
import { isPrint } from './go-printable.ts';

const SHORT = new Map([
  [0x07, '\\a'],
  [0x08, '\\b'],
  [0x0c, '\\f'],
  [0x0a, '\\n'],
  [0x0d, '\\r'],
  [0x09, '\\t'],
  [0x0b, '\\v'],
]);

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}

/** One rune inside quotes. */
function escapeRune(rune: number, quote: number, asciiOnly: boolean): string {
  if (rune === quote || rune === 0x5c) return `\\${String.fromCharCode(rune)}`;
  if (rune < 0x80 ? isPrint(rune) : !asciiOnly && isPrint(rune)) return String.fromCodePoint(rune);
  const short = SHORT.get(rune);
  if (short !== undefined) return short;
  if (rune < 0x20 || rune === 0x7f) return `\\x${hex(rune, 2)}`;
  return rune < 0x10000 ? `\\u${hex(rune, 4)}` : `\\U${hex(rune, 8)}`;
}

/** What needs no escape in a double-quoted string: decides the fast path. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** strconv.Quote; with `ascii` strconv.QuoteToASCII. */
export function quote(text: string, options?: { readonly ascii?: boolean }): string {
  if (PLAIN.test(text)) return `"${text}"`;
  const asciiOnly = options?.ascii === true;
  let out = '"';
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    if (code >= 0xdc80 && code <= 0xdcff) out += `\\x${hex(code - 0xdc00, 2)}`;
    else if (code >= 0xd800 && code <= 0xdfff) out += asciiOnly ? '\\ufffd' : '\ufffd';
    else out += escapeRune(code, 0x22, asciiOnly);
  }
  return `${out}"`;
}

/** strconv.QuoteRune; with `ascii` strconv.QuoteRuneToASCII. What is no rune is quoted as U+FFFD. */
export function quoteRune(rune: number, options?: { readonly ascii?: boolean }): string {
  const valid = rune >= 0 && rune <= 0x10ffff && (rune < 0xd800 || rune > 0xdfff) ? rune : 0xfffd;
  return `'${escapeRune(valid, 0x27, options?.ascii === true)}'`;
}

/** strconv.CanBackquote: may the string be written between backquotes on one line? */
export function canBackquote(text: string): boolean {
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    if (code === 0xfeff || code === 0x60 || code === 0x7f || (code < 0x20 && code !== 0x09)) return false;
    if (code >= 0xd800 && code <= 0xdfff) return false;
  }
  return true;
}

/** What an escape sequence or a plain character stands for: a rune, or one byte. */
interface Unquoted {
  readonly rune: number;
  readonly isByte: boolean;
  /** Index after it. */
  readonly end: number;
}

/** strconv.UnquoteChar at `at`; undefined when the syntax is wrong. */
export function unquoteChar(text: string, at: number, quoteMark: string): Unquoted | undefined {
  const char = text.charAt(at);
  if (char === '') return undefined;
  if (char === quoteMark && (quoteMark === "'" || quoteMark === '"')) return undefined;
  if (char !== '\\') {
    const rune = text.codePointAt(at) ?? 0;
    return { rune, isByte: false, end: at + (rune > 0xffff ? 2 : 1) };
  }
  const kind = text.charAt(at + 1);
  const simple = SIMPLE.get(kind);
  if (simple !== undefined) return { rune: simple, isByte: false, end: at + 2 };
  if (kind === 'x' || kind === 'u' || kind === 'U') return unquoteHex(text, at + 2, kind);
  if (kind >= '0' && kind <= '7') {
    const digits = text.slice(at + 1, at + 4);
    if (!/^[0-7]{3}$/.test(digits)) return undefined;
    const value = Number.parseInt(digits, 8);
    return value > 255 ? undefined : { rune: value, isByte: true, end: at + 4 };
  }
  if (kind === '\\') return { rune: 0x5c, isByte: false, end: at + 2 };
  // A quote may be escaped only inside quotes of its own kind.
  if ((kind === "'" || kind === '"') && kind === quoteMark) {
    return { rune: kind.charCodeAt(0), isByte: false, end: at + 2 };
  }
  return undefined;
}

const SIMPLE = new Map([...SHORT].map(([rune, escape]) => [escape.charAt(1), rune] as const));

function unquoteHex(text: string, at: number, kind: 'x' | 'u' | 'U'): Unquoted | undefined {
  const count = kind === 'x' ? 2 : kind === 'u' ? 4 : 8;
  const digits = text.slice(at, at + count);
  if (digits.length !== count || !/^[0-9a-fA-F]+$/.test(digits)) return undefined;
  const value = Number.parseInt(digits, 16);
  if (kind === 'x') return { rune: value, isByte: true, end: at + count };
  if (value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) return undefined;
  return { rune: value, isByte: false, end: at + count };
}

/** strconv.Unquote of a string literal in double quotes or backquotes (or a rune literal); undefined: invalid syntax. */
export function unquote(literal: string): string | undefined {
  const mark = literal.charAt(0);
  if (literal.length < 2 || !literal.endsWith(mark)) return undefined;
  const body = literal.slice(1, -1);
  if (mark === '`') return body.includes('`') ? undefined : body.replaceAll('\r', '');
  if (mark !== '"' && mark !== "'") return undefined;
  if (body.includes('\n')) return undefined;
  if (mark === '"' && !body.includes('\\') && !body.includes('"')) return body;
  return unquoteBody(body, mark);
}

function unquoteBody(body: string, mark: string): string | undefined {
  const parts: string[] = [];
  let bytes: number[] = [];
  // Escaped bytes may together make up a rune: collect a run of them, then decode.
  const flush = (): void => {
    if (bytes.length > 0) parts.push(decodeRun(bytes));
    bytes = [];
  };
  for (let at = 0; at < body.length;) {
    const next = unquoteChar(body, at, mark);
    if (next === undefined) return undefined;
    if (next.isByte && next.rune >= 0x80) bytes.push(next.rune);
    else {
      flush();
      parts.push(next.rune > 0xffff ? String.fromCodePoint(next.rune) : String.fromCharCode(next.rune));
    }
    at = next.end;
    if (mark === "'" && at < body.length) return undefined;
  }
  flush();
  const text = parts.join('');
  return text;
}

function decodeRun(bytes: readonly number[]): string {
  return fromBytes(Uint8Array.from(bytes));
}
