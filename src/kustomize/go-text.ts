// Texts as Go's fmt writes them, for messages that quote values.
import { compareBytes } from '#goyaml/index';

const ESCAPES: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '"': '\\"',
  '\\': '\\\\',
};

/** strconv.Quote (`%q`). */
export function quote(text: string): string {
  let out = '"';
  for (const char of text) {
    const escape = ESCAPES[char];
    const code = char.codePointAt(0) ?? 0;
    if (escape !== undefined) out += escape;
    else if (code < 0x20 || code === 0x7f) out += `\\x${code.toString(16).padStart(2, '0')}`;
    else if (code >= 0xd800 && code <= 0xdfff) out += `\\ufffd`;
    else if (/[\p{C}\p{Z}]/u.test(char) && char !== ' ') {
      out += code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
    } else out += char;
  }
  return `${out}"`;
}

/** `%v` of a slice of strings. */
export function listText(items: readonly string[]): string {
  return `[${items.join(' ')}]`;
}

/** `%v` of a map of strings: keys in order. */
export function mapText(map: Readonly<Record<string, string>>): string {
  const pairs = Object.keys(map)
    .toSorted(compareBytes)
    .map((key) => `${key}:${map[key] ?? ''}`);
  return `map[${pairs.join(' ')}]`;
}
