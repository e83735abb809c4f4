// Values as Helm holds them: Go's map[string]interface {}, in the value model of templates.
import { type Dict, dictSet } from '#gotemplate/value';

export { dictGet as getKey, dictSet as setKey, type Dict as ValuesMap } from '#gotemplate/value';

/** True for what Helm calls a table: a map[string]interface {}, and no other object of the model. */
export function isTable(value: unknown): value is Dict {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const proto: unknown = Object.getPrototypeOf(value);
  return proto === Object.prototype || proto === null;
}

export function hasKey(map: Dict, key: string): boolean {
  return Object.hasOwn(map, key);
}

/** A copy one level deep. */
export function copyMap(source: Dict): Dict {
  const out: Dict = {};
  for (const key of Object.keys(source)) dictSet(out, key, source[key]);
  return out;
}

/** A copy of maps and lists all the way down; scalars are shared. */
export function deepCopy<T>(value: T): T {
  return copyAny(value) as T;
}

function copyAny(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyAny);
  if (!isTable(value)) return value;
  const out: Dict = {};
  for (const key of Object.keys(value)) dictSet(out, key, copyAny(value[key]));
  return out;
}
