// Sprig's deepCopy: maps and lists are copied all the way down, their types kept.
import { GoMap, GoSlice, LimitError, dictSet, isDict, newDict } from '#gotemplate/index';
import type { Budget, Dict } from '#gotemplate/index';

const MAX_DEPTH = 1000;

/** What an element costs, in characters: about the memory it takes. */
const COST = 64;

export function deepCopy(value: unknown, budget: Budget, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > MAX_DEPTH) throw new LimitError('the value to copy nests too deeply');
  if (Array.isArray(value)) {
    budget.charge(value.length * COST);
    const copies = value.map((item) => deepCopy(item, budget, depth + 1));
    if (!(value instanceof GoSlice)) return copies;
    return GoSlice.make(value.type, value.isNil ? null : copies);
  }
  if (value instanceof Uint8Array) return value.slice();
  if (value instanceof GoMap) {
    return new GoMap(value.type, value.isNil ? null : copyEntries(value.entries, budget, depth));
  }
  return isDict(value) ? copyEntries(value, budget, depth) : value;
}

function copyEntries(entries: Dict, budget: Budget, depth: number): Dict {
  const copy = newDict();
  for (const key of Object.keys(entries)) {
    budget.charge(key.length + COST);
    dictSet(copy, key, deepCopy(entries[key], budget, depth + 1));
  }
  return copy;
}
