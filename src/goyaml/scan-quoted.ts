// Single and double quoted scalars.
import { hexValue, isBlank, isBlankOrEnd, isBreak, isDocumentMark } from './chars.ts';
import { breakText, foldBreaks } from './fold.ts';
import { Style } from './node.ts';
import type { Scanner } from './scanner.ts';
import { Token, T, type Mark } from './token.ts';

/** Escapes of one character in double quotes. */
const ESCAPES: ReadonlyMap<number, string> = new Map(
  Object.entries({
    '0': '\0',
    a: '\x07',
    b: '\b',
    t: '\t',
    '\t': '\t',
    n: '\n',
    v: '\v',
    f: '\f',
    r: '\r',
    e: '\x1b',
    ' ': ' ',
    '"': '"',
    "'": "'",
    '\\': '\\',
    N: '\u0085',
    _: '\u00a0',
    L: '\u2028',
    P: '\u2029',
  }).map(([letter, text]) => [letter.charCodeAt(0), text]),
);

/** Digits of the numeric escapes. */
const NUMERIC: ReadonlyMap<number, number> = new Map([
  [0x78, 2],
  [0x75, 4],
  [0x55, 8],
]);

/** Scans from the opening quote to behind the closing one. */
export function scanQuoted(scanner: Scanner, single: boolean): Token {
  const start = scanner.mark();
  const quote = single ? 39 : 34;
  scanner.pos++;
  let value = '';
  for (;;) {
    if (scanner.pos === scanner.lineStart && isDocumentMark(scanner.text, scanner.pos)) {
      scanner.fail('found unexpected document indicator', start);
    }
    if (scanner.at() === 0) {
      scanner.fail('found unexpected end of stream', start);
    }
    const run = scanRun(scanner, single, start);
    value += run.text;
    if (scanner.at() === quote) {
      break;
    }
    value += scanGap(scanner, run.escapedBreak);
  }
  scanner.pos++;
  const token = new Token(T.scalar, start);
  token.value = value;
  token.style = single ? Style.single : Style.double;
  return token;
}

/** Text up to a blank, a break, the closing quote or an escaped line break. */
function scanRun(scanner: Scanner, single: boolean, start: Mark): { text: string; escapedBreak: boolean } {
  const { text } = scanner;
  let value = '';
  let from = scanner.pos;
  for (;;) {
    const c = scanner.at();
    if (isBlankOrEnd(c) || (c === 34 && !single)) {
      break;
    }
    if (c === 39 && single) {
      if (scanner.at(1) !== 39) {
        break;
      }
      value += text.slice(from, scanner.pos + 1);
      scanner.pos += 2;
      from = scanner.pos;
    } else if (c === 92 && !single) {
      value += text.slice(from, scanner.pos);
      if (isBreak(scanner.at(1))) {
        scanner.pos++;
        scanner.skipBreak();
        return { text: value, escapedBreak: true };
      }
      value += scanEscape(scanner, start);
      from = scanner.pos;
    } else {
      scanner.quotedStops.lastIndex = scanner.pos + 1;
      scanner.quotedStops.test(text);
      scanner.pos = scanner.quotedStops.lastIndex - 1;
    }
  }
  return { text: value + text.slice(from, scanner.pos), escapedBreak: false };
}

function scanEscape(scanner: Scanner, start: Mark): string {
  const letter = scanner.at(1);
  const simple = ESCAPES.get(letter);
  if (simple !== undefined) {
    scanner.pos += 2;
    return simple;
  }
  const digits = NUMERIC.get(letter);
  if (digits === undefined) {
    return scanner.fail('found unknown escape character', start);
  }
  scanner.pos += 2;
  let code = 0;
  for (let i = 0; i < digits; i++) {
    const digit = hexValue(scanner.at(i));
    if (digit < 0) {
      scanner.fail('did not find expected hexdecimal number', start);
    }
    code = code * 16 + digit;
  }
  if ((code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff) {
    scanner.fail('found invalid Unicode character escape code', start);
  }
  scanner.pos += digits;
  return String.fromCodePoint(code);
}

/** Blanks and line breaks between two runs: blanks stay when the line goes on, breaks are folded. */
function scanGap(scanner: Scanner, afterEscapedBreak: boolean): string {
  const { text } = scanner;
  const from = scanner.pos;
  if (!afterEscapedBreak) {
    while (isBlank(scanner.at())) {
      scanner.pos++;
    }
    if (!isBreak(scanner.at())) {
      return text.slice(from, scanner.pos);
    }
  }
  const breaks: number[] = [];
  for (let c = scanner.at(); isBlank(c) || isBreak(c); c = scanner.at()) {
    if (isBreak(c)) {
      breaks.push(c);
      scanner.skipBreak();
    } else {
      scanner.pos++;
    }
  }
  // After an escaped break the first break was taken already: what follows is kept as it is.
  return afterEscapedBreak ? breaks.map(breakText).join('') : foldBreaks(breaks);
}
