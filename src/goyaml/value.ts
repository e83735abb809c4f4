// The plain values of this room: what YAML and JSON decode to and are written from.

/** `bigint` is Go's int64/uint64, `number` float64. Objects are plain (own `__proto__` keys are ordinary). */
export type GoValue = null | boolean | number | bigint | string | GoValue[] | GoObject;

export interface GoObject {
  [key: string]: GoValue;
}

/** A mapping: neither null nor a sequence. */
export function isObject(value: unknown): value is GoObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Sets a key as data, whatever its name is. */
export function setKey(object: GoObject, key: string, value: GoValue): void {
  if (key === '__proto__') {
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    object[key] = value;
  }
}
