// The word that was probably meant, when one is near enough to say so.

/** How many letters to add, drop, change, or swap with the next, to make one word of the other. */
function distance(a: readonly string[], b: readonly string[]): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, letter] of a.entries()) {
    const next = [i + 1];
    for (const [j, other] of b.entries()) {
      const [left = 0, up = 0, corner = 0] = [next[j], row[j + 1], row[j]];
      const isSwapped = i > 0 && j > 0 && letter === b[j - 1] && other === a[i - 1];
      const swapped = isSwapped ? (before[j - 1] ?? 0) + 1 : Infinity;
      next.push(Math.min(left + 1, up + 1, corner + (letter === other ? 0 : 1), swapped));
    }
    [before, row] = [row, next];
  }
  return row[b.length] ?? 0;
}

// A guess must be near: a wrong one sends people the wrong way.
const MAX_DISTANCE = 2;
const MAX_GUESSED = 64;
const MIN_CONTAINED = 4;

function isNear(value: string, word: string): boolean {
  const allowed = Math.min(MAX_DISTANCE, Math.floor(value.length / 4));
  if (distance(Array.from(value), Array.from(word)) <= allowed) {
    return true;
  }
  const [short, long] = value.length < word.length ? [value, word] : [word, value];
  return short.length >= MIN_CONTAINED && long.includes(short);
}

/** The one word of `words` that is nearest to `value`; none when several are, or none is near. */
export function nearestWord(value: string, words: readonly string[]): string | undefined {
  if (value.length > MAX_GUESSED) {
    return undefined;
  }
  const given = value.toLowerCase();
  const same = words.find((word) => word.toLowerCase() === given);
  const near = words.filter((word) => isNear(given, word.toLowerCase()));
  return same ?? (near.length === 1 ? near[0] : undefined);
}
