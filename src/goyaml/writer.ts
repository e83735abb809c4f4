// The text being written: columns, indentation, and the five ways of writing a scalar.
import type { Flavor } from './options.ts';
import { isPrintable } from './scalar-analysis.ts';
import { isBreak } from './chars.ts';

/** Column beyond which v2 breaks lines; v3 never does. */
const V2_WIDTH = 80;

const ESCAPES: ReadonlyMap<number, string> = new Map([
  [0x00, '\\0'],
  [0x07, '\\a'],
  [0x08, '\\b'],
  [0x09, '\\t'],
  [0x0a, '\\n'],
  [0x0b, '\\v'],
  [0x0c, '\\f'],
  [0x0d, '\\r'],
  [0x1b, '\\e'],
  [0x22, '\\"'],
  [0x5c, '\\\\'],
  [0x85, '\\N'],
  [0xa0, '\\_'],
  [0x2028, '\\L'],
  [0x2029, '\\P'],
]);

const ESCAPE_NEEDED = /[^\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]|[\n"\\\u2028\u2029]/;

function hex(code: number, digits: number): string {
  return code.toString(16).toUpperCase().padStart(digits, '0');
}

function escape(code: number): string {
  const short = ESCAPES.get(code);
  if (short !== undefined) {
    return short;
  }
  if (code <= 0xff) {
    return `\\x${hex(code, 2)}`;
  }
  return code <= 0xffff ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
}

const SPACES: readonly string[] = Array.from({ length: 64 }, (_, n) => ' '.repeat(n));

/** `count` spaces. */
export function spaces(count: number): string {
  return SPACES[count] ?? ' '.repeat(count);
}

/** How a block scalar ends: without a final break, with one, or with several. */
function chompingHint(text: string): string {
  const { length } = text;
  if (length === 0 || !isBreak(text.charCodeAt(length - 1))) {
    return '-';
  }
  return length === 1 || isBreak(text.charCodeAt(length - 2)) ? '+' : '';
}

export class Writer {
  out = '';
  /** -1 before the first collection. */
  indent = -1;
  column = 0;
  /** Whether the last character was a blank, so that the next word needs none. */
  whitespace = true;
  /** Whether the line so far is nothing but indentation and `-`, `?` or `:`. */
  indention = true;
  /** The indentation below whose foot comment the next line at the same depth needs an empty line. */
  footIndent = -1;
  readonly bestIndent: number;
  readonly flavor: Flavor;
  private readonly width: number;

  constructor(flavor: Flavor, bestIndent: number) {
    this.flavor = flavor;
    this.bestIndent = bestIndent;
    this.width = flavor === 'v2' ? V2_WIDTH : Number.MAX_SAFE_INTEGER;
  }

  /** Appends text without line breaks. */
  put(text: string): void {
    this.out += text;
    this.column += text.length;
  }

  putBreak(): void {
    this.out += '\n';
    this.column = 0;
    this.indention = true;
  }

  /** Writes a line break character of a text as it is. */
  private keepBreak(c: number): void {
    this.out += String.fromCharCode(c);
    this.column = 0;
    this.indention = true;
  }

  /** Goes to the indentation, on a new line unless this one is still blank up to there. */
  writeIndent(): void {
    const indent = Math.max(this.indent, 0);
    if (!this.indention || this.column > indent || (this.column === indent && !this.whitespace)) {
      this.putBreak();
    }
    if (this.footIndent === indent) {
      this.putBreak();
    }
    if (this.column < indent) {
      this.put(spaces(indent - this.column));
    }
    this.whitespace = true;
    this.footIndent = -1;
  }

  /** A word that no blank need precede: `:`, `,`, a closing bracket. */
  writeTight(indicator: string): void {
    this.put(indicator);
    this.whitespace = false;
    this.indention = false;
  }

  /** A word with a blank before it; after an opening bracket (`opens`) none is needed. */
  writeWord(indicator: string, opens = false): void {
    if (!this.whitespace) {
      this.put(' ');
    }
    this.put(indicator);
    this.whitespace = opens;
    this.indention = false;
  }

  /** `-`, `?` or `:` at the head of a line: nested collections may begin on the same line. */
  writeLead(indicator: string): void {
    if (!this.whitespace) {
      this.put(' ');
    }
    this.put(indicator);
    this.whitespace = false;
  }

  writePlain(text: string, mayFold: boolean): void {
    if (!this.whitespace && (text !== '' || this.flavor === 'v2')) {
      this.put(' ');
    }
    this.putFolding(text, mayFold, false);
    if (text !== '' || this.flavor === 'v2') {
      this.whitespace = false;
    }
    this.indention = false;
  }

  writeSingle(text: string, mayFold: boolean): void {
    this.writeWord("'");
    let from = 0;
    let broke = false;
    // Runs between line breaks; a lone LF is doubled, for reading folds it.
    for (let i = 0; i <= text.length; i++) {
      const c = i < text.length ? text.charCodeAt(i) : 10;
      if (!isBreak(c)) {
        continue;
      }
      if (i > from) {
        if (broke) {
          this.writeIndent();
        }
        this.putFolding(text.slice(from, i), mayFold && !(from > 0), true);
        this.indention = false;
        broke = false;
      }
      if (i < text.length) {
        if (!broke && c === 10) {
          this.putBreak();
        }
        this.keepBreak(c);
        broke = true;
        from = i + 1;
      }
    }
    this.writeTight("'");
  }

  /** Text without line breaks, broken at single spaces beyond the width. */
  private putFolding(text: string, mayFold: boolean, quoted: boolean): void {
    if (!mayFold || this.column + text.length <= this.width) {
      this.put(quoted ? text.replaceAll("'", "''") : text);
      return;
    }
    let from = 0;
    let afterSpace = false;
    let extra = 0;
    for (let i = 0; i < text.length; i++) {
      const c = text.charCodeAt(i);
      if (c !== 32) {
        afterSpace = false;
        if (c === 39 && quoted) {
          extra++;
        }
        continue;
      }
      const inner = !quoted || (i > 0 && i < text.length - 1);
      if (!afterSpace && inner && this.column + i - from + extra > this.width && text.charCodeAt(i + 1) !== 32) {
        this.putRun(text.slice(from, i), quoted);
        this.writeIndent();
        from = i + 1;
        extra = 0;
      }
      afterSpace = true;
    }
    this.putRun(text.slice(from), quoted);
  }

  private putRun(text: string, quoted: boolean): void {
    this.put(quoted ? text.replaceAll("'", "''") : text);
    this.indention = false;
  }

  writeDouble(text: string, mayFold: boolean): void {
    this.writeWord('"');
    if (!ESCAPE_NEEDED.test(text) && (!mayFold || this.column + text.length <= this.width)) {
      this.put(text);
    } else {
      this.putEscaped(text, mayFold);
    }
    this.writeTight('"');
  }

  private putEscaped(text: string, mayFold: boolean): void {
    // Upstream takes every character for a byte order mark when the first one is.
    const escapeAll = text.charCodeAt(0) === 0xfeff;
    let afterSpace = false;
    for (let i = 0; i < text.length; i++) {
      const code = text.codePointAt(i) as number;
      if (escapeAll || !isPrintable(code) || isBreak(code) || code === 34 || code === 92) {
        this.put(escape(code));
        afterSpace = false;
        if (code > 0xffff) {
          i++;
        }
      } else if (code === 32) {
        if (mayFold && !afterSpace && this.column > this.width && i > 0 && i < text.length - 1) {
          this.writeIndent();
          if (text.charCodeAt(i + 1) === 32) {
            this.put('\\');
          }
        } else {
          this.put(' ');
        }
        afterSpace = true;
      } else {
        this.put(text[i] as string);
        afterSpace = false;
      }
    }
  }

  /** The header of a block scalar up to, not including, the line's end. */
  writeBlockHeader(indicator: '|' | '>', text: string): void {
    this.writeWord(indicator);
    const first = text.charCodeAt(0);
    const hint = first === 32 || isBreak(first) ? String(this.bestIndent) : '';
    this.put(hint + chompingHint(text));
  }

  /** The lines of a literal scalar, below its header. */
  writeLiteralLines(text: string): void {
    this.whitespace = true;
    let from = 0;
    for (let i = 0; i <= text.length; i++) {
      const c = i < text.length ? text.charCodeAt(i) : 10;
      if (c > 13 && c < 0x85) {
        continue;
      }
      if (!isBreak(c)) {
        continue;
      }
      if (i > from) {
        this.writeIndent();
        this.put(text.slice(from, i));
        this.indention = false;
      }
      if (i < text.length) {
        this.keepBreak(c);
        from = i + 1;
      }
    }
  }

  /** The lines of a folded scalar, below its header. */
  writeFoldedLines(text: string): void {
    this.whitespace = true;
    const firstText = this.firstBesideBreaks(text);
    let afterBreak = true;
    let indented = true;
    for (let i = 0; i < text.length; i++) {
      const c = text.charCodeAt(i);
      if (isBreak(c)) {
        if (!afterBreak && !indented && c === 10 && firstText) {
          this.putBreak();
        }
        this.keepBreak(c);
        afterBreak = true;
        continue;
      }
      if (afterBreak) {
        this.writeIndent();
        indented = c === 32 || c === 9;
      }
      if (!afterBreak && c === 32 && text.charCodeAt(i + 1) !== 32 && this.column > this.width) {
        this.writeIndent();
      } else {
        this.put(text[i] as string);
      }
      this.indention = false;
      afterBreak = false;
    }
  }

  /** Whether the text begins, apart from breaks, with something else than a blank: upstream looks there only. */
  private firstBesideBreaks(text: string): boolean {
    let k = 0;
    while (isBreak(text.charCodeAt(k))) {
      k++;
    }
    const c = text.charCodeAt(k);
    return !(Number.isNaN(c) || c === 32 || c === 9 || c === 0);
  }
}
