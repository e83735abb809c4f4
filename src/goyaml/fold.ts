// What the line breaks between two lines of a flow scalar become.

/** The text of one line break: all but LS and PS are normalised to LF. */
export function breakText(c: number): string {
  return c === 0x2028 || c === 0x2029 ? String.fromCharCode(c) : '\n';
}

/** One LF becomes a space; of several the first is dropped; LS and PS are kept. */
export function foldBreaks(breaks: readonly number[]): string {
  const [first = 10, ...rest] = breaks;
  const text = breakText(first);
  if (text !== '\n') {
    return text + rest.map(breakText).join('');
  }
  return rest.length === 0 ? ' ' : rest.map(breakText).join('');
}
