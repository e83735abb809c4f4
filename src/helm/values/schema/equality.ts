// JSON equality: numbers by value, objects without order.
import { isArray, isObject, type Json, JsonNumber } from './json.ts';
import { compareDecimals, toDecimal } from './rational.ts';

export function equals(a: Json, b: Json): boolean {
  if (a instanceof JsonNumber) {
    return b instanceof JsonNumber && (a.text === b.text || compareDecimals(toDecimal(a), toDecimal(b)) === 0);
  }
  if (isArray(a)) {
    return isArray(b) && a.length === b.length && a.every((item, i) => equals(item, b[i] ?? null));
  }
  if (isObject(a)) {
    if (!isObject(b) || a.size !== b.size) return false;
    for (const [key, value] of a) {
      const other = b.get(key);
      if (other === undefined || !equals(value, other)) return false;
    }
    return true;
  }
  return a === b;
}

/** The first pair of equal items, by their indexes. */
export function findDuplicates(items: readonly Json[]): readonly [number, number] | undefined {
  // Only items of one fingerprint need comparing, so that a long list of different items is not quadratic.
  const seen = new Map<string, number[]>();
  for (const [i, item] of items.entries()) {
    const key = fingerprint(item);
    const candidates = seen.get(key) ?? [];
    const twin = candidates.find((j) => equals(items[j] ?? null, item));
    if (twin !== undefined) return [twin, i];
    candidates.push(i);
    seen.set(key, candidates);
  }
  return undefined;
}

function fingerprint(value: Json): string {
  if (value instanceof JsonNumber) return `n${Number(value.text)}`;
  if (isArray(value)) return `a${value.length}${value.map(fingerprint).join(',').slice(0, 200)}`;
  if (isObject(value)) {
    return `o${[...value.keys()].toSorted().join(',').slice(0, 200)}:${[...value.values()]
      .filter((v) => typeof v === 'string')
      .toSorted()
      .join(',')
      .slice(0, 200)}`;
  }
  return `${typeof value}${String(value)}`;
}
