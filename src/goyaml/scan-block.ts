// Literal and folded block scalars.
import { isBlank, isBreak, isBreakOrEnd, isDigit } from './chars.ts';
import { scanLineComment } from './comments.ts';
import { breakText } from './fold.ts';
import { Style } from './node.ts';
import type { Scanner } from './scanner.ts';
import { Token, T, type Mark } from './token.ts';

interface Header {
  /** 1 keeps all final breaks, -1 drops all, 0 keeps one. */
  chomping: -1 | 0 | 1;
  /** The indentation indicator; 0 when the first line shows it. */
  increment: number;
}

/** Scans from the `|` or `>` to the first line that is indented less. */
export function scanBlockScalar(scanner: Scanner, literal: boolean): Token {
  const start = scanner.mark();
  scanner.pos++;
  const header = scanHeader(scanner, start);
  finishHeaderLine(scanner, start);
  const body = new BlockBody(scanner, start, literal);
  const value = body.scan(header);
  const token = new Token(T.scalar, start);
  token.value = value;
  token.style = literal ? Style.literal : Style.folded;
  return token;
}

function scanHeader(scanner: Scanner, start: Mark): Header {
  const header: Header = { chomping: 0, increment: 0 };
  // The two indicators come in either order, each at most once.
  if (scanChomping(scanner, header)) {
    scanIncrement(scanner, header, start);
  } else if (scanIncrement(scanner, header, start)) {
    scanChomping(scanner, header);
  }
  return header;
}

function scanChomping(scanner: Scanner, header: Header): boolean {
  const c = scanner.at();
  if (c !== 43 && c !== 45) {
    return false;
  }
  header.chomping = c === 43 ? 1 : -1;
  scanner.pos++;
  return true;
}

function scanIncrement(scanner: Scanner, header: Header, start: Mark): boolean {
  const c = scanner.at();
  if (!isDigit(c)) {
    return false;
  }
  if (c === 48) {
    scanner.fail('found an indentation indicator equal to 0', start);
  }
  header.increment = c - 48;
  scanner.pos++;
  return true;
}

function finishHeaderLine(scanner: Scanner, start: Mark): void {
  while (isBlank(scanner.at())) {
    scanner.pos++;
  }
  if (scanner.at() === 35) {
    if (scanner.flavor === 'v3') {
      scanLineComment(scanner, start);
    }
    scanner.skipToBreak();
  }
  if (!isBreakOrEnd(scanner.at())) {
    scanner.fail('did not find expected comment or line break', start);
  }
  if (isBreak(scanner.at())) {
    scanner.skipBreak();
  }
}

/** The lines below the header. */
class BlockBody {
  private indent = 0;
  private readonly scanner: Scanner;
  private readonly start: Mark;
  private readonly literal: boolean;

  constructor(scanner: Scanner, start: Mark, literal: boolean) {
    this.scanner = scanner;
    this.start = start;
    this.literal = literal;
  }

  scan({ chomping, increment }: Header): string {
    const { scanner } = this;
    if (increment > 0) {
      this.indent = scanner.indent >= 0 ? scanner.indent + increment : increment;
    }
    let value = '';
    let lineBreak = '';
    let emptyLines = this.scanEmptyLines();
    let afterBlank = false;
    while (scanner.column === this.indent && scanner.at() !== 0) {
      const blank = isBlank(scanner.at());
      if (!this.literal && lineBreak === '\n' && !afterBlank && !blank) {
        value += emptyLines === '' ? ' ' : emptyLines;
      } else {
        value += lineBreak + emptyLines;
      }
      afterBlank = blank;
      const from = scanner.pos;
      scanner.skipToBreak();
      value += scanner.text.slice(from, scanner.pos);
      const c = scanner.at();
      lineBreak = '';
      if (c !== 0) {
        lineBreak = breakText(c);
        scanner.skipBreak();
      }
      emptyLines = this.scanEmptyLines();
    }
    return value + (chomping === -1 ? '' : lineBreak) + (chomping === 1 ? emptyLines : '');
  }

  /** Steps over lines of nothing but indentation; the first time, finds out how deep the text is indented. */
  private scanEmptyLines(): string {
    const { scanner } = this;
    let breaks = '';
    let deepest = 0;
    for (;;) {
      while (scanner.at() === 32 && (this.indent === 0 || scanner.column < this.indent)) {
        scanner.pos++;
      }
      deepest = Math.max(deepest, scanner.column);
      const c = scanner.at();
      if (c === 9 && (this.indent === 0 || scanner.column < this.indent)) {
        scanner.fail('found a tab character where an indentation space is expected', this.start);
      }
      if (!isBreak(c)) {
        break;
      }
      breaks += breakText(c);
      scanner.skipBreak();
    }
    if (this.indent === 0) {
      this.indent = Math.max(deepest, scanner.indent + 1, 1);
    }
    return breaks;
  }
}
