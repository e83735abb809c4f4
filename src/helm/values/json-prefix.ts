// Decodes the JSON value a text starts with and tells how long it was: --set-json has several of them on one line.
import { StrvalsError } from './strvals-errors.ts';

const space = /[ \t\r\n]*/y;
const scalar = /"(?:[^"\\]|\\.)*"|[-+.\w]+/sy;

/** Deeper than this Go's decoder gives up, too. */
const maxDepth = 10_000;

/** Finds the end of the first JSON value of `text` by its brackets, then lets JSON.parse judge that piece. */
export function decodeJsonPrefix(text: string): { value: unknown; length: number } {
  let at = match(space, text, 0);
  let depth = 0;
  do {
    const char = text[at];
    if (char === '{' || char === '[') depth++;
    else if (char === '}' || char === ']') depth--;
    if (depth > maxDepth) throw new StrvalsError('exceeded max depth');
    const next = char !== undefined && '{}[],:'.includes(char) ? at + 1 : match(scalar, text, at);
    if (next === at) throw new StrvalsError('invalid JSON value');
    at = next;
    if (depth > 0) at = match(space, text, at);
  } while (depth > 0);
  try {
    return { value: JSON.parse(text.slice(0, at), refuseInfinity), length: at };
  } catch (cause) {
    throw new StrvalsError(`invalid JSON value: ${String(cause)}`);
  }
}

/** A number too large for a float64 is an error in Go. */
function refuseInfinity(_key: string, value: unknown): unknown {
  if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY) throw new RangeError('out of range');
  return value;
}

function match(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  const found = pattern.exec(text);
  return found === null ? at : at + found[0].length;
}
