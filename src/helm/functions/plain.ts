// Values of templates as encoding/json sees them: structs and typed values become plain data, as cheaply as possible.
import { GoComplex, GoInt, GoMap, GoObject, GoSlice } from '#gotemplate/index';
import type { Dict } from '#gotemplate/index';
import { YamlError } from '#goyaml/index';
import type { GoValue } from '#goyaml/index';
import { encodeBase64 } from './encoding.ts';

/** Values that contain themselves are refused here, as Go's encoder does. */
const MAX_DEPTH = 1000;

/** Where encoding/json and yaml.v3 differ: nil slices and maps are null to the one, empty to the other; and so bytes. */
export type PlainFlavor = 'json' | 'yaml';

/** The value as plain data; the very same object when it already is (the usual case). Throws YamlError. */
export function toPlain(value: unknown, flavor: PlainFlavor = 'json', depth = 0): GoValue {
  if (typeof value !== 'object') return (value ?? null) as GoValue;
  if (value === null) return null;
  if (depth > MAX_DEPTH) throw new YamlError('json: unsupported value: encountered a cycle');
  if (Array.isArray(value)) return plainList(value, flavor, depth);
  if (value instanceof GoInt) return value.value;
  if (value instanceof GoMap) return plainMap(value, flavor, depth);
  if (value instanceof Uint8Array) return flavor === 'json' ? encodeBase64(value) : Array.from(value, BigInt);
  if (value instanceof GoObject) return value.isNil ? null : toPlain(value.json(), flavor, depth + 1);
  if (value instanceof GoComplex) throw new YamlError('json: unsupported type: complex128');
  return plainEntries(value as Dict, flavor, depth);
}

function plainList(list: readonly unknown[], flavor: PlainFlavor, depth: number): GoValue {
  if (list instanceof GoSlice && list.isNil) return flavor === 'json' ? null : [];
  let copy: GoValue[] | undefined;
  for (let at = 0; at < list.length; at++) {
    const item = list[at];
    // Scalars stay what they are: no call for them.
    if (copy === undefined && (typeof item !== 'object' || item === null)) continue;
    const plain = toPlain(item, flavor, depth + 1);
    if (copy === undefined && plain !== item) copy = list.slice(0, at) as GoValue[];
    copy?.push(plain);
  }
  return copy ?? (list as GoValue[]);
}

function plainMap(map: GoMap, flavor: PlainFlavor, depth: number): GoValue {
  if (map.isNil) return flavor === 'json' ? null : {};
  return plainEntries(map.entries, flavor, depth);
}

function plainEntries(entries: Dict, flavor: PlainFlavor, depth: number): GoValue {
  let copy: Dict | undefined;
  for (const key in entries) {
    const item = entries[key];
    if (typeof item !== 'object' || item === null) continue;
    const plain = toPlain(item, flavor, depth + 1);
    if (plain === item) continue;
    copy ??= Object.assign(Object.create(null) as Dict, entries);
    copy[key] = plain;
  }
  return (copy ?? entries) as GoValue;
}
