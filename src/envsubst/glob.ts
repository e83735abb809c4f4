// Shell patterns as upstream's path matcher reads them: on bytes, `*` matching anything, slashes too.
import { SubstitutionError } from './errors.ts';

const STAR = 0x2a;
const QUESTION = 0x3f;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const BACKSLASH = 0x5c;
const DASH = 0x2d;
const CARET = 0x5e;
const REPLACEMENT = 0xfffd;

/** Steps all matches of one expansion may take together. */
const WORK_LIMIT = 50_000_000;

/** A pattern with a class or an escape that is not closed. */
class BadPattern extends Error {}

interface Rune {
  readonly code: number;
  readonly size: number;
}

/** The rune at an offset; a byte that starts none is U+FFFD of size 1. */
function runeAt(bytes: Uint8Array, at: number, end: number): Rune {
  const lead = bytes[at] as number;
  const size = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  if (size === 1) {
    return { code: lead, size };
  }
  if (size === 0 || at + size > end) {
    return { code: REPLACEMENT, size: 1 };
  }
  let code = lead & (0x7f >> size);
  for (let k = 1; k < size; k++) {
    const next = bytes[at + k] as number;
    if ((next & 0xc0) !== 0x80) {
      return { code: REPLACEMENT, size: 1 };
    }
    code = (code << 6) | (next & 0x3f);
  }
  const least = size === 2 ? 0x80 : size === 3 ? 0x800 : 0x10000;
  const valid = code >= least && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
  return valid ? { code, size } : { code: REPLACEMENT, size: 1 };
}

/** One star (or none) and the literal part behind it. */
interface Chunk {
  readonly star: boolean;
  readonly from: number;
  readonly to: number;
}

function splitChunks(pattern: Uint8Array): Chunk[] {
  const chunks: Chunk[] = [];
  for (let at = 0; at < pattern.length;) {
    let from = at;
    while (pattern[from] === STAR) {
      from++;
    }
    at = chunkEnd(pattern, from);
    chunks.push({ star: from > (chunks.at(-1)?.to ?? 0), from, to: at });
  }
  return chunks;
}

function chunkEnd(pattern: Uint8Array, from: number): number {
  let inClass = false;
  let at = from;
  for (; at < pattern.length; at++) {
    const c = pattern[at];
    if (c === BACKSLASH) {
      at += at + 1 < pattern.length ? 1 : 0;
    } else if (c === OPEN) {
      inClass = true;
    } else if (c === CLOSE) {
      inClass = false;
    } else if (c === STAR && !inClass) {
      break;
    }
  }
  return at;
}

/** A pattern ready to be held against the beginnings of one text. */
export class Glob {
  private readonly pattern: Uint8Array;
  private readonly chunks: readonly Chunk[];
  private work = 0;

  constructor(pattern: Uint8Array) {
    this.pattern = pattern;
    this.chunks = splitChunks(pattern);
  }

  /** Whether the first `end` bytes match in full; undefined when the pattern turns out to be broken. */
  matches(text: Uint8Array, end: number): boolean | undefined {
    try {
      return this.matchAll(text, end);
    } catch (error) {
      if (error instanceof BadPattern) {
        return undefined;
      }
      throw error;
    }
  }

  private matchAll(text: Uint8Array, end: number): boolean {
    let at = 0;
    for (const [index, chunk] of this.chunks.entries()) {
      const last = index === this.chunks.length - 1;
      if (chunk.star && chunk.from === chunk.to) {
        return true;
      }
      const next = this.findChunk(chunk, text, { at, end, last });
      if (next === undefined) {
        return false;
      }
      at = next;
    }
    return at === end;
  }

  private findChunk(
    chunk: Chunk,
    text: Uint8Array,
    range: { at: number; end: number; last: boolean },
  ): number | undefined {
    const { at, end, last } = range;
    const here = this.matchChunk(chunk, text, at, end);
    if (here !== undefined && (here === end || !last)) {
      return here;
    }
    if (chunk.star) {
      for (let skip = at + 1; skip <= end; skip++) {
        const found = this.matchChunk(chunk, text, skip, end);
        if (found !== undefined && !(last && found < end)) {
          return found;
        }
      }
    }
    return undefined;
  }

  /** Where the text goes on behind the chunk; undefined when it does not match. */
  private matchChunk({ from, to }: Chunk, text: Uint8Array, start: number, end: number): number | undefined {
    const { pattern } = this;
    let at = start;
    let p = from;
    while (p < to) {
      if (++this.work > WORK_LIMIT) {
        throw new SubstitutionError('bad substitution: the pattern takes too long to match');
      }
      if (at === end) {
        return undefined;
      }
      const c = pattern[p] as number;
      if (c === OPEN) {
        const rune = runeAt(text, at, end);
        const result = this.matchClass(p + 1, to, rune.code);
        if (!result.matched) {
          return undefined;
        }
        at += rune.size;
        p = result.next;
      } else if (c === QUESTION) {
        at += runeAt(text, at, end).size;
        p++;
      } else {
        p += c === BACKSLASH ? 1 : 0;
        if (p === to) {
          throw new BadPattern();
        }
        if (pattern[p] !== text[at]) {
          return undefined;
        }
        at++;
        p++;
      }
    }
    return at;
  }

  private matchClass(from: number, to: number, code: number): { matched: boolean; next: number } {
    const { pattern } = this;
    const negated = from < to && pattern[from] === CARET;
    let p = negated ? from + 1 : from;
    let matched = false;
    for (let ranges = 0; ; ranges++) {
      if (p < to && pattern[p] === CLOSE && ranges > 0) {
        return { matched: matched !== negated, next: p + 1 };
      }
      const low = this.classRune(p, to);
      p = low.next;
      let high = low.code;
      if (pattern[p] === DASH) {
        const end = this.classRune(p + 1, to);
        high = end.code;
        p = end.next;
      }
      matched ||= low.code <= code && code <= high;
    }
  }

  /** One bound of a class; something must follow it. */
  private classRune(from: number, to: number): { code: number; next: number } {
    const { pattern } = this;
    let p = from;
    if (p >= to || pattern[p] === DASH || pattern[p] === CLOSE) {
      throw new BadPattern();
    }
    if (pattern[p] === BACKSLASH) {
      p++;
      if (p >= to) {
        throw new BadPattern();
      }
    }
    const { code, size } = runeAt(pattern, p, to);
    const next = p + size;
    if ((code === REPLACEMENT && size === 1) || next >= to) {
      throw new BadPattern();
    }
    return { code, next };
  }
}
