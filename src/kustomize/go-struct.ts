// Decodes plain values into declared shapes as Go's encoding/json fills structs, with its refusals word for word.
import { compareBytes, type GoObject, type GoValue, isObject } from '#goyaml/index';
import { quote } from './go-text.ts';
import { KustomizeError } from './errors.ts';

/** What a value must look like, and the Go type that a refusal names. */
export type Shape = (
  | { readonly is: 'string' | 'bool' | 'int' | 'any'; readonly go: string }
  | { readonly is: 'list'; readonly go: string; readonly of: Shape }
  | { readonly is: 'map'; readonly go: string; readonly of: Shape }
  | { readonly is: 'struct'; readonly go: string; readonly fields: Readonly<Record<string, Shape>> }
) & {
  /** The embedded structs that a field comes from: they show in the paths of refusals. */
  readonly via?: readonly string[];
};

export const text: Shape = { is: 'string', go: 'string' };
export const flag: Shape = { is: 'bool', go: 'bool' };
export const int64: Shape = { is: 'int', go: 'int64' };
export const int: Shape = { is: 'int', go: 'int' };
export const anything: Shape = { is: 'any', go: 'interface {}' };
export const texts: Shape = { is: 'list', go: '[]string', of: text };
export const textMap: Shape = { is: 'map', go: 'map[string]string', of: text };

export function list(of: Shape, go = `[]${of.go}`): Shape {
  return { is: 'list', go, of };
}

export function map(of: Shape): Shape {
  return { is: 'map', go: `map[string]${of.go}`, of };
}

export function struct(go: string, fields: Readonly<Record<string, Shape>>): Shape & { readonly is: 'struct' } {
  return { is: 'struct', go, fields };
}

/** The fields of a struct that is embedded in another. */
export function embedded(go: string, fields: Readonly<Record<string, Shape>>): Record<string, Shape> {
  const out: Record<string, Shape> = {};
  for (const [name, shape] of Object.entries(fields)) out[name] = { ...shape, via: [go, ...(shape.via ?? [])] };
  return out;
}

interface Decoding {
  readonly strict: boolean;
  /** The first refusal; decoding goes on, as Go's does. */
  failure?: KustomizeError;
}

/**
 * Fills a shape. Fields match whatever their case; null leaves a field unset; with `strict`, unknown fields are
 * refused. The result has only the fields that were set.
 */
export function decodeStruct(value: GoValue, shape: Shape, options: { readonly strict: boolean }): GoObject {
  const decoding: Decoding = { strict: options.strict };
  const result = decode(value, shape, decoding, { struct: '', path: [] });
  if (decoding.failure !== undefined) throw decoding.failure;
  return isObject(result) ? result : {};
}

interface Where {
  readonly struct: string;
  readonly path: readonly string[];
}

function decode(value: GoValue, shape: Shape, decoding: Decoding, where: Where): GoValue | undefined {
  if (value === null) return undefined;
  switch (shape.is) {
    case 'any':
      return value;
    case 'string':
      return typeof value === 'string' ? value : refuse(value, shape, decoding, where);
    case 'bool':
      return typeof value === 'boolean' ? value : refuse(value, shape, decoding, where);
    case 'int':
      return typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value))
        ? value
        : refuse(value, shape, decoding, where);
    case 'list': {
      if (!Array.isArray(value)) return refuse(value, shape, decoding, where);
      const items = value.map((item) => decode(item, shape.of, decoding, where) ?? zero(shape.of));
      return items;
    }
    case 'map': {
      if (!isObject(value)) return refuse(value, shape, decoding, where);
      const out = record();
      for (const key of sortedKeys(value)) {
        out[key] = decode(value[key] ?? null, shape.of, decoding, where) ?? zero(shape.of);
      }
      return out;
    }
    case 'struct':
      return isObject(value) ? decodeFields(value, shape, decoding, where) : refuse(value, shape, decoding, where);
  }
}

function decodeFields(
  value: GoObject,
  shape: Shape & { readonly is: 'struct' },
  decoding: Decoding,
  where: Where,
): GoObject {
  const out = record();
  for (const key of sortedKeys(value)) {
    const name = matchField(shape.fields, key);
    const fieldShape = name === undefined ? undefined : shape.fields[name];
    if (name === undefined || fieldShape === undefined) {
      if (decoding.strict) decoding.failure ??= new KustomizeError(`json: unknown field ${quote(key)}`);
      continue;
    }
    const inner: Where = { struct: bareName(shape.go), path: [...where.path, ...(fieldShape.via ?? []), name] };
    const decoded = decode(value[key] ?? null, fieldShape, decoding, inner);
    if (decoded !== undefined) out[name] = decoded;
  }
  return out;
}

function matchField(fields: Readonly<Record<string, Shape>>, key: string): string | undefined {
  if (Object.hasOwn(fields, key)) return key;
  const folded = key.toLowerCase();
  return Object.keys(fields).find((name) => name.toLowerCase() === folded);
}

function refuse(value: GoValue, shape: Shape, decoding: Decoding, where: Where): undefined {
  const at = where.struct === '' ? 'value' : `struct field ${where.struct}.${where.path.join('.')}`;
  decoding.failure ??= new KustomizeError(
    `json: cannot unmarshal ${describe(value, shape)} into Go ${at} of type ${shape.go}`,
  );
  return undefined;
}

function describe(value: GoValue, shape: Shape): string {
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number' || typeof value === 'bigint') return shape.is === 'int' ? `number ${value}` : 'number';
  return Array.isArray(value) ? 'array' : 'object';
}

/** What Go leaves in a list or map for a null. */
function zero(shape: Shape): GoValue {
  switch (shape.is) {
    case 'string':
      return '';
    case 'bool':
      return false;
    case 'int':
      return 0;
    case 'struct':
      return record();
    default:
      return null;
  }
}

function bareName(go: string): string {
  return go.slice(go.lastIndexOf('.') + 1);
}

/** Keys are data, `__proto__` included. */
function record(): GoObject {
  return Object.create(null) as GoObject;
}

function sortedKeys(value: GoObject): string[] {
  return Object.keys(value).toSorted(compareBytes);
}
