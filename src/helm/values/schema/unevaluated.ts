// Which properties and items no keyword has looked at yet, for unevaluatedProperties and unevaluatedItems.
import type { Schema } from './compiled.ts';
import { isArray, isObject, type Json } from './json.ts';

export class Unevaluated {
  readonly properties = new Set<string>();
  readonly items = new Set<number>();

  /** What `schema` starts with for `value`; nothing is kept when nobody is going to ask. */
  static of(value: Json, schema: Schema, wanted: boolean): Unevaluated {
    const made = new Unevaluated();
    if (isObject(value)) {
      if (schema.additionalProperties === undefined && (wanted || schema.unevaluatedProperties !== undefined)) {
        for (const key of value.keys()) made.properties.add(key);
      }
    } else if (isArray(value) && (wanted || schema.unevaluatedItems !== undefined)) {
      for (let i = firstUnevaluated(schema, value.length); i < value.length; i++) made.items.add(i);
    }
    return made;
  }

  get isEmpty(): boolean {
    return this.properties.size === 0 && this.items.size === 0;
  }

  /** Keeps what `other` has not looked at either. */
  intersect(other: Unevaluated): void {
    for (const key of this.properties) if (!other.properties.has(key)) this.properties.delete(key);
    for (const item of this.items) if (!other.items.has(item)) this.items.delete(item);
  }
}

function firstUnevaluated(schema: Schema, length: number): number {
  const { draft, items } = schema;
  if (draft >= 2020) return schema.restItems === undefined ? (schema.prefixItems?.length ?? 0) : length;
  if (schema.additionalItems !== undefined || (items !== undefined && !Array.isArray(items))) return length;
  return Array.isArray(items) ? items.length : 0;
}
