// Lists that are sets or maps must not say the same thing twice.
import type { StructuralSchema } from '../schema.ts';
import { invalidError } from './field-error.ts';
import type { FieldError } from './field-error.ts';
import { isJsonObject } from './json-object.ts';

function keysOf(item: unknown, keys: readonly string[]): unknown {
  return isJsonObject(item)
    ? Object.fromEntries(keys.flatMap((key) => (Object.hasOwn(item, key) ? [[key, item[key]]] : [])))
    : item;
}

function duplicates(list: readonly unknown[], schema: StructuralSchema, path: string): FieldError[] {
  const listType = schema['x-kubernetes-list-type'];
  if (listType !== 'set' && listType !== 'map') {
    return [];
  }
  const counts = new Map<string, number>();
  const errors: FieldError[] = [];
  if (listType === 'map' && list.some((item) => item !== null && !isJsonObject(item))) {
    return list.flatMap((item, index) =>
      item === null || isJsonObject(item)
        ? []
        : [invalidError(`${path}[${index}]`, item, 'must be an object for an array of list-type map')],
    );
  }
  for (const [index, item] of list.entries()) {
    const identity = listType === 'set' ? item : keysOf(item, schema['x-kubernetes-list-map-keys'] ?? []);
    const text = JSON.stringify(identity);
    const count = (counts.get(text) ?? 0) + 1;
    counts.set(text, count);
    // The second of its kind is named; further ones add nothing.
    if (count === 2) {
      const hint = 'remove one of the two';
      errors.push({ type: 'FieldValueDuplicate', field: `${path}[${index}]`, body: `Duplicate value: ${text}`, hint });
    }
  }
  return errors;
}

/** Whether any list below is a set or a map; most kinds have none and need no walk. */
export function hasSetsOrMaps(schema: StructuralSchema): boolean {
  const listType = schema['x-kubernetes-list-type'];
  if (listType === 'set' || listType === 'map') {
    return true;
  }
  const { items, additionalProperties, properties = {} } = schema;
  return [items, additionalProperties, ...Object.values(properties)].some(
    (child) => child !== undefined && hasSetsOrMaps(child),
  );
}

/** Items that stand twice in a list which is a set or a map. */
export function duplicateItems(value: unknown, schema: StructuralSchema, path = ''): readonly FieldError[] {
  if (Array.isArray(value)) {
    const { items } = schema;
    const below =
      items === undefined
        ? []
        : value.flatMap((item: unknown, index) => duplicateItems(item, items, `${path}[${index}]`));
    return [...duplicates(value, schema, path), ...below];
  }
  if (!isJsonObject(value)) {
    return [];
  }
  return Object.entries(schema.properties ?? {}).flatMap(([key, declared]) =>
    Object.hasOwn(value, key) ? duplicateItems(value[key], declared, path === '' ? key : `${path}.${key}`) : [],
  );
}
