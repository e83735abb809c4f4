// Go's filepath.Match on Unix: `*` and `?` stay within one path segment, `[a-z]` and `[^a]` classes, `\` escapes.

import { runes } from '#lib/go-string';

/** The one error filepath.Match has. */
const badPattern = 'syntax error in pattern';

export class BadPatternError extends Error {
  constructor() {
    super(badPattern);
    this.name = new.target.name;
  }
}

/** A compiled pattern: does it match the whole name? */
export type PathPattern = (name: string) => boolean;

/**
 * Compiles a pattern; throws BadPatternError when it is malformed.
 * Matching is linear in name times pattern: `*` backtracks to the last star only, which is enough since a `*`
 * never crosses a slash.
 */
export function compilePathPattern(pattern: string): PathPattern {
  const segments = parse(runes(pattern));
  return (name) => matchSegments(segments, runes(name));
}

type Segment = { readonly star: boolean; readonly units: readonly Unit[] };
type Unit = (rune: string) => boolean;

function parse(pattern: readonly string[]): Segment[] {
  const segments: Segment[] = [];
  let at = 0;
  while (at < pattern.length) {
    let star = false;
    while (pattern[at] === '*') {
      star = true;
      at++;
    }
    const units: Unit[] = [];
    while (at < pattern.length && pattern[at] !== '*') {
      const [unit, next] = parseUnit(pattern, at);
      units.push(unit);
      at = next;
    }
    segments.push({ star, units });
  }
  return segments;
}

function parseUnit(runes: readonly string[], at: number): [Unit, number] {
  const rune = runes[at] ?? '';
  if (rune === '?') return [(other) => other !== '/', at + 1];
  if (rune === '[') return parseClass(runes, at + 1);
  if (rune !== '\\') return [(other) => other === rune, at + 1];
  const escaped = runes[at + 1];
  if (escaped === undefined) throw new BadPatternError();
  return [(other) => other === escaped, at + 2];
}

function parseClass(runes: readonly string[], start: number): [Unit, number] {
  let at = start;
  const negated = runes[at] === '^';
  if (negated) at++;
  const ranges: { low: number; high: number }[] = [];
  for (;;) {
    if (runes[at] === ']' && ranges.length > 0) break;
    const [low, afterLow] = parseClassRune(runes, at);
    at = afterLow;
    let high = low;
    if (runes[at] === '-') [high, at] = parseClassRune(runes, at + 1);
    ranges.push({ low, high });
  }
  const unit: Unit = (rune) => {
    const code = rune.codePointAt(0) ?? 0;
    return ranges.some(({ low, high }) => low <= code && code <= high) !== negated;
  };
  return [unit, at + 1];
}

function parseClassRune(runes: readonly string[], at: number): [number, number] {
  let rune = runes[at];
  if (rune === undefined || rune === '-' || rune === ']') throw new BadPatternError();
  let next = at + 1;
  if (rune === '\\') {
    rune = runes[next++];
    if (rune === undefined) throw new BadPatternError();
  }
  // A class must be closed, so something follows.
  if (next >= runes.length) throw new BadPatternError();
  return [rune.codePointAt(0) ?? 0, next];
}

function matchSegments(segments: readonly Segment[], name: readonly string[]): boolean {
  let at = 0;
  for (const [index, { star, units }] of segments.entries()) {
    const last = index === segments.length - 1;
    if (star && units.length === 0) return !name.slice(at).includes('/');
    const end = findUnits(units, { name, at, star, last });
    if (end === undefined) return false;
    at = end;
  }
  return at === name.length;
}

interface Search {
  readonly name: readonly string[];
  readonly at: number;
  /** The units may start later, with no slash skipped. */
  readonly star: boolean;
  /** The units must reach the end of the name. */
  readonly last: boolean;
}

function findUnits(units: readonly Unit[], { name, at, star, last }: Search): number | undefined {
  for (let start = at; start + units.length <= name.length; start++) {
    const end = start + units.length;
    if (units.every((unit, i) => unit(name[start + i] ?? '')) && (!last || end === name.length)) return end;
    if (!star || name[start] === '/') return undefined;
  }
  return undefined;
}
