// Values of templates as encoding/json sees them: structs and typed values become plain data, as cheaply as possible.
import { exportedFields, GoComplex, GoInt, GoMap, GoObject, GoSlice, LimitError } from '#gotemplate/index';
import type { Dict } from '#gotemplate/index';
import { YamlError } from '#goyaml/index';
import type { GoValue } from '#goyaml/index';
import { newFields } from '#lib/field-order';
import { encodeBase64 } from './encoding.ts';

/** Values that contain themselves are refused here, as Go's encoder does. */
const MAX_DEPTH = 1000;

/** Where encoding/json and yaml.v3 differ: nil slices and maps are null to the one, empty to the other; and so bytes. */
export type PlainFlavor = 'json' | 'yaml';

/**
 * What one value may hold when it is written out: elements, and for every 64 characters of a string one more. A list that
 * holds another one twice, and that one a third twice, is small in memory and without end as text.
 */
const MAX_COST = 1_000_000;

/** The value as plain data; the very same object when it already is (the usual case). Throws YamlError, LimitError. */
export function toPlain(value: unknown, flavor: PlainFlavor = 'json'): GoValue {
  return new PlainWalk(flavor).value(value, 0);
}

class PlainWalk {
  readonly #flavor: PlainFlavor;
  #left = MAX_COST;

  constructor(flavor: PlainFlavor) {
    this.#flavor = flavor;
  }

  value(value: unknown, depth: number): GoValue {
    if (typeof value !== 'object') return (value ?? null) as GoValue;
    if (value === null) return null;
    if (depth > MAX_DEPTH) throw new YamlError('json: unsupported value: encountered a cycle');
    if (Array.isArray(value)) return this.#list(value, depth);
    if (value instanceof GoInt) return value.value;
    if (value instanceof GoMap) return this.#map(value, depth);
    if (value instanceof Uint8Array) return this.#flavor === 'json' ? encodeBase64(value) : Array.from(value, BigInt);
    if (value instanceof GoObject) return value.isNil ? null : this.#object(value, depth);
    if (value instanceof GoComplex) throw new YamlError('json: unsupported type: complex128');
    return this.#entries(value as Dict, depth);
  }

  /** yaml.v3 has its own names for the fields of structs. */
  #object(object: GoObject, depth: number): GoValue {
    const fields = this.#flavor === 'yaml' ? exportedFields(object) : [];
    if (fields.length === 0) return this.value(object.json(), depth + 1);
    const plain = newFields<GoValue>();
    for (const [name, value] of fields) plain[name.toLowerCase()] = this.value(value, depth + 1);
    return plain;
  }

  /** Counts an item; is it a scalar, which stays what it is? */
  #isScalar(item: unknown): boolean {
    this.#left -= typeof item === 'string' ? 1 + (item.length >> 6) : 1;
    if (this.#left < 0) throw new LimitError('the templates write a value that is too large');
    return typeof item !== 'object' || item === null;
  }

  #list(list: readonly unknown[], depth: number): GoValue {
    if (list instanceof GoSlice && list.isNil) return this.#flavor === 'json' ? null : [];
    let copy: GoValue[] | undefined;
    for (let at = 0; at < list.length; at++) {
      const item = list[at];
      const scalar = this.#isScalar(item);
      if (copy === undefined && scalar) continue;
      const plain = this.value(item, depth + 1);
      if (copy === undefined && plain !== item) copy = list.slice(0, at) as GoValue[];
      copy?.push(plain);
    }
    return copy ?? (list as GoValue[]);
  }

  #map(map: GoMap, depth: number): GoValue {
    if (map.isNil) return this.#flavor === 'json' ? null : {};
    return this.#entries(map.entries, depth);
  }

  #entries(entries: Dict, depth: number): GoValue {
    let copy: Dict | undefined;
    for (const key in entries) {
      const item = entries[key];
      if (this.#isScalar(item)) continue;
      const plain = this.value(item, depth + 1);
      if (plain === item) continue;
      copy ??= Object.assign(Object.create(Object.getPrototypeOf(entries) as object | null) as Dict, entries);
      copy[key] = plain;
    }
    return (copy ?? entries) as GoValue;
  }
}
