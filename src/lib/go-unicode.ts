// Go's unicode package where JavaScript differs: case is mapped rune by rune, one to one, whatever the context or language.

const IOTA_CAPITALS = new Map([
  ['\u1fb3', '\u1fbc'],
  ['\u1fc3', '\u1fcc'],
  ['\u1ff3', '\u1ffc'],
]);

/** Letters with a title form of their own: the DZ, LJ, NJ digraphs. */
const TITLE_FORMS: ReadonlyMap<string, string> = new Map(
  ['\u01c4\u01c5\u01c6', '\u01c7\u01c8\u01c9', '\u01ca\u01cb\u01cc', '\u01f1\u01f2\u01f3'].flatMap((forms) =>
    Array.from(forms, (form) => [form, forms.charAt(1)] as const),
  ),
);

/** unicode.ToUpper of one rune (a string of one code point). */
export function runeToUpper(rune: string): string {
  const upper = rune.toUpperCase();
  if (isOneRune(upper)) return upper;
  // The full mapping has several letters; some of these runes have a simple mapping as well.
  const code = rune.charCodeAt(0);
  if (code >= 0x1f80 && code <= 0x1faf) return (code & 8) === 0 ? String.fromCharCode(code + 8) : rune;
  return IOTA_CAPITALS.get(rune) ?? rune;
}

/** unicode.ToLower of one rune. */
export function runeToLower(rune: string): string {
  // Turkish dotted capital I is the one rune whose lower case takes two.
  return rune === '\u0130' ? 'i' : rune.toLowerCase();
}

/** unicode.ToTitle of one rune. */
export function runeToTitle(rune: string): string {
  return TITLE_FORMS.get(rune) ?? runeToUpper(rune);
}

function isOneRune(text: string): boolean {
  return text.length === 1 || (text.length === 2 && (text.codePointAt(0) ?? 0) > 0xffff);
}

/** strings.Map: bytes that are not UTF-8 become U+FFFD. */
export function mapRunes(text: string, mapping: (rune: string) => string): string {
  let out = '';
  for (const rune of text.toWellFormed()) out += mapping(rune);
  return out;
}

// eslint-disable-next-line no-control-regex
const ASCII = /^[\x00-\x7f]*$/;

/** strings.ToUpper. */
export function toUpper(text: string): string {
  return ASCII.test(text) ? text.toUpperCase() : mapRunes(text, runeToUpper);
}

/** strings.ToLower. */
export function toLower(text: string): string {
  return ASCII.test(text) ? text.toLowerCase() : mapRunes(text, runeToLower);
}

const SPACES = /^[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]$/;

export const isSpace = (rune: string): boolean => SPACES.test(rune);
export const isLetter = (rune: string): boolean => /^\p{L}$/u.test(rune);
export const isDigit = (rune: string): boolean => /^\p{Nd}$/u.test(rune);
export const isNumber = (rune: string): boolean => /^\p{N}$/u.test(rune);
export const isPunct = (rune: string): boolean => /^\p{P}$/u.test(rune);
export const isUpper = (rune: string): boolean => /^\p{Lu}$/u.test(rune);
export const isLower = (rune: string): boolean => /^\p{Ll}$/u.test(rune);
export const isTitle = (rune: string): boolean => /^\p{Lt}$/u.test(rune);
