// Cuts a rendered file into its documents as helm pkg/releaseutil does: by the pattern `(?:^|\s*\n)---\s*`, done by hand
// since that pattern backtracks quadratically over long runs of white space.
import { isRegexpSpace, trimSpace } from './whitespace.ts';

/** The documents of a file, trimmed; comment-only ones included. `---foo` and `---` within a block scalar split, too. */
export function splitManifests(file: string): string[] {
  const text = trimSpace(file);
  const documents: string[] = [];
  let start = 0;
  for (;;) {
    const separator = findSeparator(text, start);
    const end = separator === undefined ? text.length : separator.start;
    if (end > start) documents.push(trimSpace(text.slice(start, end)));
    if (separator === undefined) return documents;
    start = separator.end;
  }
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/** The next separator at or after `from`, with the white space that belongs to it. */
function findSeparator(text: string, from: number): Span | undefined {
  let start: number;
  let dashes: number;
  if (from === 0 && text.startsWith('---')) {
    start = 0;
    dashes = 0;
  } else {
    const newline = text.indexOf('\n---', from);
    if (newline < 0) return undefined;
    start = newline;
    while (start > from && isRegexpSpace(text.charCodeAt(start - 1))) start--;
    dashes = newline + 1;
  }
  let end = dashes + 3;
  while (end < text.length && isRegexpSpace(text.charCodeAt(end))) end++;
  return { start, end };
}
