// Directives, anchors, aliases and tags.
import { hexValue, isBlank, isBlankOrEnd, isBreak, isBreakOrEnd, isDigit, isWord } from './chars.ts';
import type { Scanner } from './scanner.ts';
import { Token, T, type Mark, type TokenType } from './token.ts';

/** What may follow an anchor's name beside blanks. */
const AFTER_ANCHOR = '?:,]}%@`';
/** What a tag URI consists of beside word characters and escapes. */
const URI_PUNCTUATION = ";/?:@&=+$,.!~*'()[]";

function skipBlanks(scanner: Scanner): void {
  while (isBlank(scanner.at())) {
    scanner.pos++;
  }
}

function scanWord(scanner: Scanner): string {
  const from = scanner.pos;
  while (isWord(scanner.at())) {
    scanner.pos++;
  }
  return scanner.text.slice(from, scanner.pos);
}

/** `&name` or `*name`. */
export function scanAnchor(scanner: Scanner, type: TokenType): Token {
  const start = scanner.mark();
  scanner.pos++;
  const name = scanWord(scanner);
  const next = scanner.at();
  if (name === '' || !(isBlankOrEnd(next) || AFTER_ANCHOR.includes(String.fromCharCode(next)))) {
    scanner.fail('did not find expected alphabetic or numeric character', start);
  }
  const token = new Token(type, start);
  token.value = name;
  return token;
}

/** `!suffix`, `!!suffix`, `!handle!suffix` or `!<uri>`. */
export function scanTag(scanner: Scanner): Token {
  const start = scanner.mark();
  let handle = '';
  let suffix: string;
  if (scanner.at(1) === 60) {
    scanner.pos += 2;
    suffix = scanUri(scanner, '', start);
    if (scanner.at() !== 62) {
      scanner.fail("did not find the expected '>'", start);
    }
    scanner.pos++;
  } else {
    handle = scanHandle(scanner, false, start);
    if (handle.length > 1 && handle.endsWith('!')) {
      suffix = scanUri(scanner, '', start);
    } else {
      suffix = scanUri(scanner, handle, start);
      handle = '!';
      if (suffix === '') {
        handle = '';
        suffix = '!';
      }
    }
  }
  if (!isBlankOrEnd(scanner.at())) {
    scanner.fail('did not find expected whitespace or line break', start);
  }
  const token = new Token(T.tag, start);
  token.value = handle;
  token.suffix = suffix;
  return token;
}

function scanHandle(scanner: Scanner, directive: boolean, start: Mark): string {
  if (scanner.at() !== 33) {
    scanner.fail("did not find expected '!'", start);
  }
  scanner.pos++;
  const handle = `!${scanWord(scanner)}`;
  if (scanner.at() === 33) {
    scanner.pos++;
    return `${handle}!`;
  }
  if (directive && handle !== '!') {
    scanner.fail("did not find expected '!'", start);
  }
  return handle;
}

function scanUri(scanner: Scanner, head: string, start: Mark): string {
  let uri = head.slice(1);
  let found = head !== '';
  for (;;) {
    const c = scanner.at();
    if (c === 37) {
      uri += scanUriEscape(scanner, start);
    } else if (isWord(c) || (c !== 0 && URI_PUNCTUATION.includes(String.fromCharCode(c)))) {
      uri += String.fromCharCode(c);
      scanner.pos++;
    } else {
      break;
    }
    found = true;
  }
  if (!found) {
    scanner.fail('did not find expected tag URI', start);
  }
  return uri;
}

/** How many bytes a UTF-8 sequence has by its first one; 0 when it cannot start one. */
function sequenceLength(octet: number): number {
  if (octet < 0x80) {
    return 1;
  }
  if ((octet & 0xe0) === 0xc0) {
    return 2;
  }
  if ((octet & 0xf0) === 0xe0) {
    return 3;
  }
  return (octet & 0xf8) === 0xf0 ? 4 : 0;
}

/** The escapes of one character: as many `%XX` as its UTF-8 form has bytes. */
function scanUriEscape(scanner: Scanner, start: Mark): string {
  const bytes: number[] = [];
  let length = 1;
  while (bytes.length < length) {
    const high = hexValue(scanner.at(1));
    const low = hexValue(scanner.at(2));
    if (scanner.at() !== 37 || high < 0 || low < 0) {
      scanner.fail('did not find URI escaped octet', start);
    }
    const octet = high * 16 + low;
    if (bytes.length === 0) {
      length = sequenceLength(octet);
      if (length === 0) {
        scanner.fail('found an incorrect leading UTF-8 octet', start);
      }
    } else if ((octet & 0xc0) !== 0x80) {
      scanner.fail('found an incorrect trailing UTF-8 octet', start);
    }
    bytes.push(octet);
    scanner.pos += 3;
  }
  return new TextDecoder().decode(Uint8Array.from(bytes));
}

/** `%YAML 1.1` or `%TAG !handle! prefix`, with the rest of its line. */
export function scanDirective(scanner: Scanner): Token {
  const start = scanner.mark();
  scanner.pos++;
  const name = scanWord(scanner);
  if (name === '') {
    scanner.fail('could not find expected directive name', start);
  }
  if (!isBlankOrEnd(scanner.at())) {
    scanner.fail('found unexpected non-alphabetical character', start);
  }
  const token = scanDirectiveValue(scanner, name, start);
  skipBlanks(scanner);
  if (scanner.at() === 35) {
    scanner.skipToBreak();
  }
  if (!isBreakOrEnd(scanner.at())) {
    scanner.fail('did not find expected comment or line break', start);
  }
  if (isBreak(scanner.at())) {
    scanner.skipBreak();
  }
  return token;
}

function scanDirectiveValue(scanner: Scanner, name: string, start: Mark): Token {
  if (name === 'YAML') {
    const version = scanVersion(scanner, start);
    const token = new Token(T.versionDirective, start);
    token.value = version;
    return token;
  }
  if (name !== 'TAG') {
    scanner.fail('found unknown directive name', start);
  }
  skipBlanks(scanner);
  const handle = scanHandle(scanner, true, start);
  if (!isBlank(scanner.at())) {
    scanner.fail('did not find expected whitespace', start);
  }
  skipBlanks(scanner);
  const prefix = scanUri(scanner, '', start);
  if (!isBlankOrEnd(scanner.at())) {
    scanner.fail('did not find expected whitespace or line break', start);
  }
  const token = new Token(T.tagDirective, start);
  token.value = handle;
  token.suffix = prefix;
  return token;
}

function scanVersion(scanner: Scanner, start: Mark): string {
  skipBlanks(scanner);
  const major = scanVersionNumber(scanner, start);
  if (scanner.at() !== 46) {
    scanner.fail("did not find expected digit or '.' character", start);
  }
  scanner.pos++;
  return `${major}.${scanVersionNumber(scanner, start)}`;
}

function scanVersionNumber(scanner: Scanner, start: Mark): number {
  const from = scanner.pos;
  while (isDigit(scanner.at())) {
    if (scanner.pos - from === 2) {
      scanner.fail('found extremely long version number', start);
    }
    scanner.pos++;
  }
  if (scanner.pos === from) {
    scanner.fail('did not find expected version number', start);
  }
  return Number(scanner.text.slice(from, scanner.pos));
}
