// How large a pattern becomes when it is compiled: repetitions multiply, and a line of text can ask for gigabytes.

/** Longer patterns are refused: parts of the parser take time that grows with the square of the length. */
export const MAX_PATTERN_LENGTH = 32_768;
/** Go's own limit is thirty times as high; programs of this size take some 100 MB and half a second. */
export const MAX_PATTERN_SIZE = 100_000;

/** A quoted run, an escape (with a braced argument), a class, a repetition, or one character. Never ambiguous. */
const TOKEN =
  /\\Q[^]*?(?:\\E|$)|\\(?:[pPx]\{[^}]*\}?|[^]|$)|\[\^?\]?(?:\[:\^?[a-z]{1,10}:\]|\\[^]|[^\]\\])*(?:\]|\\?$)|\{([0-9]{1,4})(?:,([0-9]{0,4}))?\}|[^]/g;

/** About the number of instructions of the compiled pattern. What is no valid pattern has some size, too. */
export function patternSize(pattern: string): number {
  // For each open group the size so far; the last part can still be repeated.
  const outer: number[] = [];
  let size = 0;
  let last = 0;
  for (const [token, low, high] of pattern.matchAll(TOKEN)) {
    if (token === '(') {
      outer.push(size);
      size = 0;
      last = 0;
    } else if (token === ')') {
      last = size + 2;
      size = (outer.pop() ?? 0) + last;
    } else if (low !== undefined) {
      const repeated = last * Math.max(Number(low), Number(high ?? 0), 1);
      size += repeated - last;
      last = repeated;
    } else {
      last = token.startsWith('\\Q') ? token.length : 1;
      size += last;
    }
  }
  return outer.reduce((sum, part) => sum + part, size);
}
