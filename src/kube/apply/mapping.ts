// Objects of a cluster walked as plain data: what is a mapping, what is in it, and how its parts are named.

export type Mapping = Record<string, unknown>;

export function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A field of the mapping itself; undefined for what it inherits. */
export function fieldOf(mapping: Mapping, name: string): unknown {
  return Object.hasOwn(mapping, name) ? mapping[name] : undefined;
}

/** Sets a field. A name out of an object may be "__proto__", which must become one like any other. */
export function define(mapping: Mapping, name: string, value: unknown): void {
  Object.defineProperty(mapping, name, { value, enumerable: true, configurable: true, writable: true });
}

/** A name as a part of a JSON pointer (RFC 6901). */
export function escapePointer(token: string): string {
  return token.replaceAll('~', '~0').replaceAll('/', '~1');
}
