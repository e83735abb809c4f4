// sigs.k8s.io/yaml's Unmarshal into a typed Go value: numbers and booleans become text where text is wanted, field names
// match in any case, and what does not fit is encoding/json's error.
import { decodeV2, formatFloatG, YamlError } from '#goyaml/index';
import { sortStrings } from '#lib/go-string';
import { CodedError, errorMessage } from '#lib/errors';
import { setKey, type ValuesMap } from './values/values-map.ts';

/** The Go type a text is decoded into. */
export type Shape =
  | { readonly kind: 'string' | 'bool' | 'any' | 'time' }
  | { readonly kind: 'list'; readonly of: Shape }
  | { readonly kind: 'map'; readonly of: Shape }
  | {
      readonly kind: 'struct';
      readonly name: string;
      readonly type: string;
      readonly fields: Readonly<Record<string, Shape>>;
    };

export const text: Shape = { kind: 'string' };
export const bool: Shape = { kind: 'bool' };
export const any: Shape = { kind: 'any' };

export class TypedYamlError extends CodedError {
  constructor(message: string, options?: ErrorOptions) {
    super('YAML_TYPE', message, options);
  }
}

export interface TypedOptions {
  /** Refuse keys that are set twice or that the type does not have, as UnmarshalStrict does. @default false */
  readonly strict?: boolean;
}

/** Decodes the first document of `source`. Absent and null fields are left out of structs. */
export function decodeTyped(source: string, shape: Shape, { strict = false }: TypedOptions = {}): unknown {
  let raw: unknown;
  try {
    raw = decodeV2(source, { integers: 'bigint', strict });
  } catch (cause) {
    if (!(cause instanceof YamlError)) throw cause;
    throw new TypedYamlError(`error converting YAML to JSON: ${errorMessage(cause)}`, { cause });
  }
  return fitTyped(raw, shape, { strict });
}

/** Fits a decoded value to a type, as {@link decodeTyped} does with the value of a text. */
export function fitTyped(raw: unknown, shape: Shape, { strict = false }: TypedOptions = {}): unknown {
  return fit(raw, shape, { struct: '', path: '', strict });
}

/** Where in the target we are, for the error text. */
interface Place {
  readonly struct: string;
  readonly path: string;
  readonly strict: boolean;
}

function fit(raw: unknown, shape: Shape, place: Place): unknown {
  if (raw === null || raw === undefined) return undefined;
  switch (shape.kind) {
    case 'any':
      return asJson(raw);
    case 'string':
      return fitText(raw, place);
    case 'bool':
      if (typeof raw !== 'boolean') throw mismatch(raw, shape, place);
      return raw;
    case 'time':
      return fitTime(raw);
    case 'list':
      if (!Array.isArray(raw)) throw mismatch(raw, shape, place);
      return raw.map((item: unknown) => fit(item, shape.of, place) ?? zero(shape.of));
    case 'map':
    case 'struct':
      if (typeof raw !== 'object' || Array.isArray(raw)) throw mismatch(raw, shape, place);
      return shape.kind === 'map'
        ? fitMap(raw as ValuesMap, shape.of, place)
        : fitStruct(raw as ValuesMap, shape, place);
  }
}

function fitText(raw: unknown, place: Place): string {
  switch (typeof raw) {
    case 'string':
      return raw;
    case 'bigint':
    case 'boolean':
      return String(raw);
    case 'number':
      return formatFloatG(raw, 32);
    default:
      throw mismatch(raw, text, place);
  }
}

const rfc3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

function fitTime(raw: unknown): string {
  if (typeof raw !== 'string') {
    throw new TypedYamlError(
      'error unmarshaling JSON: while decoding JSON: Time.UnmarshalJSON: input is not a JSON string',
    );
  }
  if (rfc3339.test(raw)) return raw;
  const layout = '2006-01-02T15:04:05Z07:00';
  throw new TypedYamlError(
    `error unmarshaling JSON: while decoding JSON: parsing time ${JSON.stringify(raw)} as ${JSON.stringify(layout)}: ` +
      `cannot parse ${JSON.stringify(raw)} as "2006"`,
  );
}

function fitMap(raw: ValuesMap, of: Shape, place: Place): ValuesMap {
  const out: ValuesMap = {};
  // encoding/json reports the first mistake of a text whose keys the YAML conversion has sorted.
  for (const key of sortStrings(Object.keys(raw))) {
    const value = fit(raw[key], of, place);
    setKey(out, key, value === undefined ? zero(of) : value);
  }
  return out;
}

/** What a null leaves in a list or map. */
function zero(shape: Shape): unknown {
  return shape.kind === 'string' ? '' : null;
}

function fitStruct(raw: ValuesMap, shape: Shape & { kind: 'struct' }, place: Place): ValuesMap {
  const out: ValuesMap = {};
  for (const key of sortStrings(Object.keys(raw))) {
    const name = Object.hasOwn(shape.fields, key) ? key : findFolded(shape.fields, key);
    const field = name === undefined ? undefined : shape.fields[name];
    if (name === undefined || field === undefined) {
      if (place.strict) throw unknownField(key);
      continue;
    }
    const path = place.path === '' ? name : `${place.path}.${name}`;
    const value = fit(raw[key], field, { struct: shape.name, path, strict: place.strict });
    if (value !== undefined) out[name] = value;
  }
  return out;
}

function findFolded(fields: Readonly<Record<string, Shape>>, key: string): string | undefined {
  const folded = key.toLowerCase();
  return Object.keys(fields).find((name) => name.toLowerCase() === folded);
}

/** What encoding/json decodes into interface{}: every number is a float64. */
function asJson(raw: unknown): unknown {
  if (typeof raw === 'bigint') return Number(raw);
  if (Array.isArray(raw)) return raw.map(asJson);
  if (typeof raw !== 'object' || raw === null) return raw;
  const out: ValuesMap = {};
  for (const [key, value] of Object.entries(raw)) setKey(out, key, asJson(value));
  return out;
}

function unknownField(key: string): TypedYamlError {
  return new TypedYamlError(`error unmarshaling JSON: while decoding JSON: json: unknown field ${JSON.stringify(key)}`);
}

function mismatch(raw: unknown, shape: Shape, { struct, path }: Place): TypedYamlError {
  const where = path === '' ? 'Go value' : `Go struct field ${struct}.${path}`;
  return new TypedYamlError(
    `error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${jsonKind(raw)} into ${where} of type ${goType(shape)}`,
  );
}

function jsonKind(raw: unknown): string {
  if (typeof raw === 'string') return 'string';
  if (typeof raw === 'boolean') return 'bool';
  if (typeof raw === 'object') return Array.isArray(raw) ? 'array' : 'object';
  return 'number';
}

function goType(shape: Shape): string {
  switch (shape.kind) {
    case 'any':
      return 'interface {}';
    case 'time':
      return 'time.Time';
    case 'list':
      return `[]${shape.of.kind === 'struct' ? '*' : ''}${goType(shape.of)}`;
    case 'map':
      return `map[string]${goType(shape.of)}`;
    case 'struct':
      return shape.type;
    default:
      return shape.kind;
  }
}
