// reflect.DeepEqual over values of templates: types must be the same, collections equal element by element.
import { GoComplex, GoInt, GoMap, GoObject, GoSlice, LimitError, isDict, typeName } from '#gotemplate/index';
import type { Dict } from '#gotemplate/index';
import { Effort } from './effort.ts';

/** Deeper values are compared to themselves, or hostile. */
const MAX_DEPTH = 1000;

export function deepEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object') return false;
  return equal(a, b, new Effort(), 0);
}

function equal(a: unknown, b: unknown, effort: Effort, depth: number): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  effort.spend();
  if (depth > MAX_DEPTH) throw new LimitError('the values compared nest too deeply');
  if (typeName(a) !== typeName(b)) return false;
  if (a instanceof GoInt && b instanceof GoInt) return a.value === b.value;
  if (a instanceof GoObject && b instanceof GoObject) return a.equals(b);
  if (a instanceof GoComplex && b instanceof GoComplex) return a.real === b.real && a.imag === b.imag;
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b) === 0;
  if (Array.isArray(a) && Array.isArray(b)) {
    return isNilSlice(a) === isNilSlice(b) && equalElements(a, b, effort, depth + 1);
  }
  if (a instanceof GoMap && b instanceof GoMap) {
    return a.isNil === b.isNil && equalEntries(a.entries, b.entries, effort, depth + 1);
  }
  return isDict(a) && isDict(b) && equalEntries(a, b, effort, depth + 1);
}

function isNilSlice(list: readonly unknown[]): boolean {
  return list instanceof GoSlice && list.isNil;
}

function equalElements(a: readonly unknown[], b: readonly unknown[], effort: Effort, depth: number): boolean {
  return a.length === b.length && a.every((item, index) => equal(item, b[index], effort, depth));
}

function equalEntries(a: Dict, b: Dict, effort: Effort, depth: number): boolean {
  if (a === b) return true;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && equal(a[key], b[key], effort, depth))
  );
}
