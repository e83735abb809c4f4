// Dotted paths into values, as conditions and import-values write them. There is no escape for a dot.
import { getKey, isTable, type ValuesMap } from './values-map.ts';

/** The table at a path, or the name of the part that is none. */
export function tableAt(values: ValuesMap, path: string): { readonly table: ValuesMap } | { readonly missing: string } {
  let table = values;
  for (const part of path.split('.')) {
    const next = getKey(table, part);
    if (!isTable(next)) return { missing: part };
    table = next;
  }
  return { table };
}

/** What stands at a path, when it is there and no table; undefined otherwise. */
export function pathValue(values: ValuesMap, path: string): unknown {
  const parts = path.split('.');
  const key = parts.pop() ?? '';
  const found = parts.length === 0 ? { table: values } : tableAt(values, parts.join('.'));
  if ('missing' in found) return undefined;
  const value = getKey(found.table, key);
  return isTable(value) ? undefined : value;
}
