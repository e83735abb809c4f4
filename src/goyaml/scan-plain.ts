// Plain scalars: text without quotes, over one or several lines.
import { endsFlowPlain, isBlank, isBlankOrEnd, isBreak, isDocumentMark } from './chars.ts';
import type { Scanner } from './scanner.ts';
import { foldBreaks } from './fold.ts';
import { Token, T } from './token.ts';

/** Scans from the current position to the next token. */
export function scanPlain(scanner: Scanner): Token {
  const start = scanner.mark();
  const indent = scanner.indent + 1;
  const text = scanner.text;
  let value = '';
  // Whitespace between two runs of text, kept only if a second run follows.
  let between = '';
  let brokeLine = false;
  for (;;) {
    if (scanner.pos === scanner.lineStart && isDocumentMark(text, scanner.pos)) {
      break;
    }
    if (scanner.at() === 35) {
      break;
    }
    const runEnd = plainRunEnd(scanner);
    if (runEnd > scanner.pos) {
      value += between + text.slice(scanner.pos, runEnd);
      between = '';
      brokeLine = false;
      scanner.pos = runEnd;
    }
    const c = scanner.at();
    if (!isBlank(c) && !isBreak(c)) {
      break;
    }
    const gap = skipGap(scanner, start.line, indent);
    if (gap.broke) {
      brokeLine = true;
    }
    between = gap.text;
    if (scanner.flowLevel === 0 && scanner.column < indent) {
      break;
    }
  }
  if (brokeLine) {
    scanner.simpleKeyAllowed = true;
  }
  const token = new Token(T.scalar, start);
  token.value = value;
  return token;
}

/** Where the run of text at the position ends: at a blank, at `: `, at an indicator of the flow context. */
function plainRunEnd(scanner: Scanner): number {
  const { text, flowLevel } = scanner;
  let at = scanner.pos;
  for (;;) {
    const c = text.charCodeAt(at);
    if (c <= 63) {
      // Blanks, breaks below 128, the end, `:` and two of the flow indicators all stand here.
      if (c === 32 || c === 10 || c === 0 || c === 9 || c === 13) {
        return at;
      }
      if (c === 58 && isBlankOrEnd(text.charCodeAt(at + 1))) {
        return at;
      }
    } else if (c >= 0x85 && isBreak(c)) {
      return at;
    }
    if (flowLevel > 0 && endsFlowPlain(c)) {
      return at;
    }
    at++;
  }
}

/** Steps over blanks and line breaks; returns what stands for them should text follow. */
function skipGap(scanner: Scanner, startLine: number, indent: number): { text: string; broke: boolean } {
  const { text } = scanner;
  const from = scanner.pos;
  while (isBlank(scanner.at())) {
    scanner.pos++;
  }
  if (!isBreak(scanner.at())) {
    return { text: text.slice(from, scanner.pos), broke: false };
  }
  const breaks: number[] = [];
  for (;;) {
    const c = scanner.at();
    if (isBreak(c)) {
      breaks.push(c);
      scanner.skipBreak();
    } else if (isBlank(c)) {
      if (c === 9 && scanner.column < indent) {
        scanner.fail('found a tab character that violates indentation', {
          index: 0,
          line: startLine,
          column: 0,
        });
      }
      scanner.pos++;
    } else {
      return { text: foldBreaks(breaks), broke: true };
    }
  }
}
