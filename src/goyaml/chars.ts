// Character classes of YAML 1.1 as go-yaml reads them, on UTF-16 units; 0 stands for the end of the text.

/** A line break: LF, CR, NEL, LS or PS. */
export function isBreak(c: number): boolean {
  return c === 10 || c === 13 || c === 0x85 || c === 0x2028 || c === 0x2029;
}

/** Space or tab. */
export function isBlank(c: number): boolean {
  return c === 32 || c === 9;
}

/** A line break or the end. */
export function isBreakOrEnd(c: number): boolean {
  return c === 0 || isBreak(c);
}

/** Space, tab, a line break or the end. */
export function isBlankOrEnd(c: number): boolean {
  return c === 32 || c === 10 || c === 9 || c === 0 || isBreak(c);
}

/** What anchors, tag handles and directive names are made of. */
export function isWord(c: number): boolean {
  return (c >= 97 && c <= 122) || (c >= 65 && c <= 90) || (c >= 48 && c <= 57) || c === 95 || c === 45;
}

export function isDigit(c: number): boolean {
  return c >= 48 && c <= 57;
}

/** The value of a hexadecimal digit, or -1. */
export function hexValue(c: number): number {
  if (c >= 48 && c <= 57) {
    return c - 48;
  }
  const lower = c | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

/** Flow indicators that end a plain scalar inside a flow collection. */
export function endsFlowPlain(c: number): boolean {
  return c === 44 || c === 63 || c === 91 || c === 93 || c === 123 || c === 125;
}

/** Whether three equal characters and a blank, the mark of a document's start or end, stand at `at`. */
export function isDocumentMark(text: string, at: number): boolean {
  const c = text.charCodeAt(at);
  return (
    (c === 45 || c === 46) &&
    text.charCodeAt(at + 1) === c &&
    text.charCodeAt(at + 2) === c &&
    isBlankOrEnd(text.charCodeAt(at + 3))
  );
}
