// Defaulting, as the API server does it after pruning: a declared default fills a field that is absent or null.
import type { StructuralSchema } from '../schema.ts';
import { isJsonObject, setKey } from './json-object.ts';
import type { JsonObject } from './json-object.ts';

function defaultObject(value: JsonObject, schema: StructuralSchema): JsonObject {
  const result: JsonObject = {};
  for (const [key, child] of Object.entries(value)) {
    const declared =
      schema.properties !== undefined && Object.hasOwn(schema.properties, key)
        ? schema.properties[key]
        : schema.additionalProperties;
    setKey(result, key, declared === undefined ? child : defaultValue(child, declared));
  }
  for (const [key, { default: value, ...declared }] of Object.entries(schema.properties ?? {})) {
    if (value !== undefined && (!Object.hasOwn(result, key) || result[key] === null)) {
      setKey(result, key, defaultValue(structuredClone(value), declared));
    }
  }
  return result;
}

function defaultValue(value: unknown, schema: StructuralSchema): unknown {
  if (isJsonObject(value)) {
    return defaultObject(value, schema);
  }
  if (Array.isArray(value) && schema.items !== undefined) {
    const { items } = schema;
    return value.map((item: unknown) => defaultValue(item, items));
  }
  return value;
}

/** A copy of the object with its schema's defaults filled in. */
export function applyDefaults(object: JsonObject, schema: StructuralSchema): JsonObject {
  return defaultObject(object, schema);
}
