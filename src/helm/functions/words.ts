// Sprig's functions on words: upper and lower case, title, camel, snake and kebab case, initials, wrapping.
import { INT, STRING } from '#gotemplate/index';
import type { Execution } from '#gotemplate/index';
import { fromBytes, isAscii, toBytes } from '#lib/go-string';
import {
  isDigit,
  isLetter,
  isLower,
  isSpace,
  isTitle,
  isUpper,
  mapRunes,
  runeToLower,
  runeToTitle,
  runeToUpper,
  toLower,
  toUpper,
} from '#lib/go-unicode';
import type { FunctionTable } from './conversion.ts';
import { toCamelCase, toConnectedCase } from './word-case.ts';

/** strings.Title: the first letter after anything that separates words. */
function title(text: string): string {
  let previous = ' ';
  return mapRunes(text, (rune) => {
    const mapped = isSeparator(previous) ? runeToTitle(rune) : rune;
    previous = rune;
    return mapped;
  });
}

function isSeparator(rune: string): boolean {
  if (rune <= '\u007f') return !/^[0-9A-Za-z_]$/.test(rune);
  return !isLetter(rune) && !isDigit(rune) && isSpace(rune);
}

/** Lower-cases the first letter of every word; words end at white space. */
function untitle(text: string): string {
  let atStart = true;
  return mapRunes(text, (rune) => {
    if (isSpace(rune)) {
      atStart = true;
      return rune;
    }
    const mapped = atStart ? runeToLower(rune) : rune;
    atStart = false;
    return mapped;
  });
}

function swapCase(text: string): string {
  let afterSpace = true;
  return mapRunes(text, (rune) => {
    if (isUpper(rune) || isTitle(rune)) {
      afterSpace = false;
      return runeToLower(rune);
    }
    if (!isLower(rune)) {
      afterSpace = isSpace(rune);
      return rune;
    }
    const mapped = afterSpace ? runeToTitle(rune) : runeToUpper(rune);
    afterSpace = false;
    return mapped;
  });
}

/** The first byte of every word, each taken for a character of Latin-1. */
function initials(text: string): string {
  let out = '';
  let afterGap = true;
  for (const byte of isAscii(text) ? text : latin1(text)) {
    if (isSpace(byte)) afterGap = true;
    else if (afterGap) {
      out += byte;
      afterGap = false;
    }
  }
  return out;
}

/** The bytes of a Go string, one character each. */
function latin1(text: string): string {
  return Buffer.from(toBytes(text)).toString('latin1');
}

interface Wrapping {
  readonly width: number;
  /** @default a line break */
  readonly separator?: string;
  /** Words longer than a line are cut instead of standing out. */
  readonly cutLongWords: boolean;
}

function wrap(text: string, options: Wrapping): string {
  if (isAscii(text)) return wrapBytes(text, options);
  const separator = latin1(options.separator ?? '');
  return fromBytes(Buffer.from(wrapBytes(latin1(text), { ...options, separator }), 'latin1'));
}

/** Wraps a text whose characters are bytes. */
function wrapBytes(text: string, { width: wanted, separator = '', cutLongWords }: Wrapping): string {
  const width = Math.max(wanted, 1);
  const lineEnd = separator === '' ? '\n' : separator;
  let out = '';
  let at = 0;
  while (text.length - at > width) {
    if (text[at] === ' ') {
      at++;
      continue;
    }
    // Looks at one line only: searching the whole text for every line would take forever.
    const inLine = text.slice(at, at + width + 1).lastIndexOf(' ');
    if (inLine < 0 && cutLongWords) {
      out += text.slice(at, at + width) + lineEnd;
      at += width;
      continue;
    }
    const space = inLine < 0 ? text.indexOf(' ', at + width) : at + inLine;
    if (space < 0) return out + text.slice(at);
    out += text.slice(at, space) + lineEnd;
    at = space + 1;
  }
  return out + text.slice(at);
}

const unary = (fn: (text: string) => string): FunctionTable[string] => ({ params: [STRING], result: STRING, fn });

export const wordFunctions: FunctionTable = {
  upper: unary(toUpper),
  lower: unary(toLower),
  title: unary(title),
  untitle: unary(untitle),
  initials: unary(initials),
  swapcase: unary(swapCase),
  snakecase: unary((text) => toConnectedCase(text, '_')),
  kebabcase: unary((text) => toConnectedCase(text, '-')),
  camelcase: unary(toCamelCase),
  wrap: {
    params: [INT, STRING],
    result: STRING,
    fn: (width: number, text: string) => wrap(text, { width, cutLongWords: false }),
  },
  wrapWith: {
    params: [INT, STRING, STRING],
    result: STRING,
    contextual: true,
    fn: (execution: Execution, width: number, separator: string, text: string) => {
      execution.budget.charge(separator.length * Math.ceil(text.length / Math.max(width, 1)));
      return wrap(text, { width, separator, cutLongWords: true });
    },
  },
};
