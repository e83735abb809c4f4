// Plain scalars: text without quotes, over one or several lines.
import { endsFlowPlain, isBlank, isBlankOrEnd, isBreak, isBreakOrEnd, isDocumentMark } from './chars.ts';
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

/**
 * Where the run of text at the position ends: at a line break, at `: `, at an indicator of the flow context; at blanks only
 * when no text follows them on the line.
 */
function plainRunEnd(scanner: Scanner): number {
  const { text, flowLevel } = scanner;
  const stops = flowLevel > 0 ? scanner.flowStops : scanner.plainStops;
  stops.lastIndex = scanner.pos;
  for (;;) {
    stops.test(text);
    const at = stops.lastIndex - 1;
    let next = at;
    while (isBlank(text.charCodeAt(next))) {
      next++;
    }
    const c = text.charCodeAt(next);
    const goesOn = c === 58 ? !isBlankOrEnd(text.charCodeAt(next + 1)) : next > at && isPlain(c, flowLevel);
    if (!goesOn) {
      return at;
    }
    stops.lastIndex = next + 1;
  }
}

/** Whether text goes on with this character after blanks. */
function isPlain(c: number, flowLevel: number): boolean {
  return c !== 35 && !isBreakOrEnd(c) && !(flowLevel > 0 && endsFlowPlain(c));
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
