// Go's path.Match: `*`, `?`, `[a-z]`, `[^a-z]` and `\`, where the first two never match a slash.

/** Whether the whole of `name` matches. A malformed pattern matches nothing. */
export function goPathMatch(pattern: string, name: string): boolean {
  // Linear for any pattern: after a star, only its latest position is ever tried again.
  let p = 0;
  let n = 0;
  let starPattern = -1;
  let starName = -1;
  while (n < name.length || p < pattern.length) {
    if (p < pattern.length && pattern[p] === '*') {
      starPattern = p++;
      starName = n;
      continue;
    }
    const step = n < name.length ? matchOne(pattern, p, name[n]!) : 0;
    if (step > 0) {
      p += step;
      n++;
      continue;
    }
    if (starPattern < 0 || starName >= name.length || name[starName] === '/') return false;
    p = starPattern + 1;
    n = ++starName;
  }
  return true;
}

/** Characters of the pattern that match `char`; 0 when they do not. */
function matchOne(pattern: string, at: number, char: string): number {
  const symbol = pattern[at];
  if (symbol === undefined) return 0;
  if (symbol === '?') return char === '/' ? 0 : 1;
  if (symbol === '\\') return pattern[at + 1] === char ? 2 : 0;
  if (symbol !== '[') return symbol === char ? 1 : 0;
  let i = at + 1;
  const negated = pattern[i] === '^';
  if (negated) i++;
  let matched = false;
  for (let count = 0; ; count++) {
    if (i >= pattern.length) return 0;
    if (pattern[i] === ']' && count > 0) break;
    const low = classChar(pattern, i);
    if (low === undefined) return 0;
    i = low.next;
    let high = low.char;
    if (pattern[i] === '-') {
      const end = classChar(pattern, i + 1);
      if (end === undefined) return 0;
      high = end.char;
      i = end.next;
    }
    if (low.char <= char && char <= high) matched = true;
  }
  if (matched === negated) return 0;
  return i + 1 - at;
}

function classChar(pattern: string, at: number): { readonly char: string; readonly next: number } | undefined {
  const char = pattern[at];
  if (char === undefined || char === '-' || char === ']') return undefined;
  if (char !== '\\') return { char, next: at + 1 };
  const escaped = pattern[at + 1];
  return escaped === undefined ? undefined : { char: escaped, next: at + 2 };
}
