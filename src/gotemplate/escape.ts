// html, js and urlquery: text made safe for the place it is put in.
import { toBytes } from '#lib/go-string';
import { isPrint } from '#lib/go-printable';

const HTML = new Map([
  ['\0', '\ufffd'],
  ['"', '&#34;'],
  ["'", '&#39;'],
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
]);

/** HTMLEscapeString. */
export function escapeHtml(text: string): string {
  // eslint-disable-next-line no-control-regex -- NUL is one of the characters that are replaced
  return text.replace(/[\0"'&<>]/g, (char) => HTML.get(char) ?? char);
}

const JS = new Map([
  ['\\', '\\\\'],
  ["'", "\\'"],
  ['"', '\\"'],
  ['<', '\\u003C'],
  ['>', '\\u003E'],
  ['&', '\\u0026'],
  ['=', '\\u003D'],
]);

/** JSEscapeString. */
export function escapeJs(text: string): string {
  let out = '';
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    if (code >= 0x80) out += escapeRune(char, code);
    else if (code < 0x20) out += `\\u00${hex(code, 2)}`;
    else out += JS.get(char) ?? char;
  }
  return out;
}

function escapeRune(char: string, code: number): string {
  // A byte that is no UTF-8 is written as it is: it decodes to U+FFFD, which can be printed.
  if ((code >= 0xdc80 && code <= 0xdcff) || isPrint(code)) return char;
  return `\\u${hex(code, 4)}`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).toUpperCase().padStart(digits, '0');
}

/** url.QueryEscape. */
export function escapeQuery(text: string): string {
  let out = '';
  for (const byte of toBytes(text)) {
    const char = String.fromCharCode(byte);
    if (/[A-Za-z0-9\-_.~]/.test(char)) out += char;
    else out += byte === 0x20 ? '+' : `%${hex(byte, 2)}`;
  }
  return out;
}
