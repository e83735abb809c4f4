// The builder of our kinds: one declaration gives the static type and the structural OpenAPI schema together.
//
// Fields are optional unless wrapped in `required(...)`, as in a structural schema. A node is plain frozen-by-convention
// data; everything computed from it (CRDs, OpenAPI, defaults, pruning, validators, reference pages) lives in ./derive.

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** A cross-field rule in CEL, evaluated by the API server and, compiled at generation time, by our own validators. */
export interface ValidationRule {
  readonly rule: string;
  readonly message: string;
  /** What to do about it, one short imperative clause. Not part of the CRD. */
  readonly hint?: string;
}

/** The keywords of a structural schema that our kinds use. */
export interface StructuralSchema {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  readonly description?: string;
  readonly default?: JsonValue;
  readonly properties?: Readonly<Record<string, StructuralSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: StructuralSchema;
  readonly items?: StructuralSchema;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly format?: 'int32' | 'int64' | 'date-time';
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly 'x-kubernetes-validations'?: readonly { readonly rule: string; readonly message: string }[];
  readonly 'x-kubernetes-preserve-unknown-fields'?: true;
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-map-type'?: 'atomic' | 'granular';
}

declare const typeOf: unique symbol;

/** A declared value of static type T: its schema, and where its parts are declared (for hints and reference pages). */
export interface Schema<T> {
  readonly json: StructuralSchema;
  readonly hint?: string;
  readonly rules?: readonly ValidationRule[];
  readonly fields?: Fields;
  readonly item?: Schema<unknown>;
  readonly value?: Schema<unknown>;
  readonly isRequired?: boolean;
  readonly [typeOf]?: T;
}

export interface RequiredSchema<T> extends Schema<T> {
  readonly isRequired: true;
}

export type Fields = Readonly<Record<string, Schema<unknown>>>;

/** An object node; keeps its fields' types so that another version can extend or narrow it. */
export interface ObjectSchema<F extends Fields> extends Schema<FieldsType<F>> {
  readonly fields: F;
}

/** The static type a declaration stands for. */
export type Infer<S> = S extends Schema<infer T> ? T : never;

type RequiredKeys<F extends Fields> = { [K in keyof F]: F[K] extends { isRequired: true } ? K : never }[keyof F];

type FieldsType<F extends Fields> = {
  readonly [K in RequiredKeys<F>]: Infer<F[K]>;
} & {
  readonly [K in Exclude<keyof F, RequiredKeys<F>>]?: Infer<F[K]>;
} extends infer O
  ? { readonly [K in keyof O]: O[K] }
  : never;

export interface StringOptions {
  readonly pattern?: string;
  readonly format?: 'date-time';
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly default?: string;
  readonly hint?: string;
}

export interface IntegerOptions {
  readonly format?: 'int32' | 'int64';
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: number;
  readonly hint?: string;
}

export interface ListOptions {
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly listType?: 'atomic' | 'set' | 'map';
  readonly mapKeys?: readonly string[];
  readonly default?: readonly JsonValue[];
}

export interface ObjectOptions {
  readonly rules?: readonly ValidationRule[];
  readonly default?: JsonValue;
  readonly mapType?: 'atomic' | 'granular';
  readonly hint?: string;
}

function withHint(hint: string | undefined): { readonly hint?: string } {
  return hint === undefined ? {} : { hint };
}

export function string(description: string, options: StringOptions = {}): Schema<string> {
  const { hint, ...constraints } = options;
  return { json: { type: 'string', description, ...constraints }, ...withHint(hint) };
}

/** One of a fixed set of words. */
export function oneOf<const V extends readonly string[]>(
  description: string,
  values: V,
  options: { readonly default?: V[number]; readonly hint?: string } = {},
): Schema<V[number]> {
  const { hint, ...constraints } = options;
  return { json: { type: 'string', description, enum: values, ...constraints }, ...withHint(hint) };
}

export function integer(description: string, options: IntegerOptions = {}): Schema<number> {
  const { hint, ...constraints } = options;
  return { json: { type: 'integer', description, ...constraints }, ...withHint(hint) };
}

export function boolean(description: string, options: { readonly default?: boolean } = {}): Schema<boolean> {
  return { json: { type: 'boolean', description, ...options } };
}

export function list<T>(description: string, item: Schema<T>, options: ListOptions = {}): Schema<readonly T[]> {
  const { listType, mapKeys, ...bounds } = options;
  return {
    json: {
      type: 'array',
      description,
      items: item.json,
      ...bounds,
      ...(listType !== undefined && { 'x-kubernetes-list-type': listType }),
      ...(mapKeys !== undefined && { 'x-kubernetes-list-map-keys': mapKeys }),
    },
    item,
  };
}

/** An object with keys of the user's choosing. */
export function map<T>(description: string, value: Schema<T>): Schema<Readonly<Record<string, T>>> {
  return { json: { type: 'object', description, additionalProperties: value.json }, value };
}

/** Map of string to string, the shape of labels and annotations. */
export function stringMap(description: string): Schema<Readonly<Record<string, string>>> {
  return {
    json: { type: 'object', description, additionalProperties: { type: 'string' } },
    value: { json: { type: 'string' } },
  };
}

/** Any JSON value, kept as it is. */
export function anything(description: string): Schema<JsonValue> {
  return { json: { description, 'x-kubernetes-preserve-unknown-fields': true } };
}

export function object<const F extends Fields>(
  description: string,
  fields: F,
  options: ObjectOptions = {},
): ObjectSchema<F> {
  const { rules, hint, mapType, default: defaultValue } = options;
  const names = Object.keys(fields);
  const requiredNames = names.filter((name) => fields[name]?.isRequired === true);
  return {
    json: {
      type: 'object',
      description,
      ...(defaultValue !== undefined && { default: defaultValue }),
      ...(names.length > 0 && {
        properties: Object.fromEntries(names.map((name) => [name, fields[name]?.json ?? {}])),
      }),
      ...(requiredNames.length > 0 && { required: requiredNames }),
      ...(rules !== undefined && { 'x-kubernetes-validations': rules.map(({ rule, message }) => ({ rule, message })) }),
      ...(mapType !== undefined && { 'x-kubernetes-map-type': mapType }),
    },
    fields,
    ...(rules !== undefined && { rules }),
    ...withHint(hint),
  };
}

/** Marks a field that must be there. */
export function required<S extends Schema<unknown>>(schema: S): S & { readonly isRequired: true } {
  return { ...schema, isRequired: true };
}

/** The same declaration under another description. */
export function described<S extends Schema<unknown>>(description: string, schema: S): S {
  return { ...schema, json: { ...schema.json, description } };
}

/** A copy of `fields` without some of them, for a version that lacks them. */
export function without<F extends Fields, const K extends readonly (keyof F & string)[]>(
  fields: F,
  ...names: K
): Omit<F, K[number]> {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name))) as Omit<F, K[number]>;
}
