// Pruning, as the API server does it before anything else looks at an object: fields that no declaration knows go, and
// so do nulls where null means absent.
import type { StructuralSchema } from '../schema.ts';
import { isJsonObject, setKey } from './json-object.ts';
import type { JsonObject } from './json-object.ts';

export interface Pruned<T> {
  readonly value: T;
  /** Paths of the fields that were dropped because nothing declares them, such as `spec.intervall`. */
  readonly unknownFields: readonly string[];
}

const ROOT_FIELDS = ['apiVersion', 'kind', 'metadata'];

function childPath(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

function pruneObject(value: JsonObject, schema: StructuralSchema, path: string, unknown: string[]): JsonObject {
  const result: JsonObject = {};
  for (const [key, child] of Object.entries(value)) {
    const declared =
      schema.properties !== undefined && Object.hasOwn(schema.properties, key)
        ? schema.properties[key]
        : schema.additionalProperties;
    const isRootField = path === '' && ROOT_FIELDS.includes(key);
    if (isRootField || (declared === undefined && schema['x-kubernetes-preserve-unknown-fields'] === true)) {
      setKey(result, key, child);
    } else if (declared === undefined) {
      unknown.push(childPath(path, key));
    } else if (child !== null || declared.default !== undefined) {
      setKey(result, key, pruneValue(child, declared, childPath(path, key), unknown));
    }
  }
  return result;
}

function pruneValue(value: unknown, schema: StructuralSchema, path: string, unknown: string[]): unknown {
  if (isJsonObject(value)) {
    return pruneObject(value, schema, path, unknown);
  }
  if (Array.isArray(value) && schema.items !== undefined) {
    const { items } = schema;
    return value.map((item: unknown, index) => pruneValue(item, items, `${path}[${index}]`, unknown));
  }
  return value;
}

/** A copy of the object without what its schema does not know. `metadata` is left to the API server's own rules. */
export function prune(object: JsonObject, schema: StructuralSchema): Pruned<JsonObject> {
  const unknownFields: string[] = [];
  return { value: pruneObject(object, schema, '', unknownFields), unknownFields };
}
