// From OpenAPI definitions to the little that a strategic merge needs: where lists merge, and by which keys.
import { type GoObject, type GoValue, isObject } from '#goyaml/index';

/**
 * What is known of a value: a number points into `types`; an array is a list that merges, its keys first (none for
 * a set of scalars) and what is known of its elements last; `{ each }` is a map whose values are all alike.
 * `LEAF` says that the place is known and that nothing in it merges.
 */
export type Shape = number | MergeList | { readonly each: Shape };
export interface MergeList {
  readonly keys: readonly string[];
  /** The first key alone decides whether a list counts as merged by `x-kubernetes-patch-merge-key`. */
  readonly items: Shape | undefined;
}

export const LEAF = -1;

export interface SchemaTable {
  /** Per type, what is known of its fields. */
  readonly types: readonly Readonly<Record<string, Shape>>[];
  /** `apiVersion/kind` (apiVersion may hold a slash itself) to an index in `types`. */
  readonly kinds: Readonly<Record<string, Shape>>;
  /** `apiVersion/kind` to whether objects of it live in namespaces; absent: not known. */
  readonly namespaced: Readonly<Record<string, boolean>>;
  /** Definitions by name, for schemas that refer to them. */
  readonly names: Readonly<Record<string, Shape>>;
}

const REF_PREFIX = '#/definitions/';

/**
 * Compiles the definitions (and paths, for the scopes) of a swagger 2 document. They may refer to those of `base`;
 * where both define a name, `baseWins` decides.
 */
export function compileSchema(swagger: GoObject, base?: { table: SchemaTable; wins: boolean }): SchemaTable {
  const definitions = isObject(swagger['definitions']) ? swagger['definitions'] : {};
  const compiler = new Compiler(definitions, base);
  const kinds: Record<string, Shape> = Object.create(null) as Record<string, Shape>;
  Object.assign(kinds, base?.table.kinds);
  for (const [name, definition] of Object.entries(definitions)) {
    if (!isObject(definition)) continue;
    for (const key of kindsOf(definition['x-kubernetes-group-version-kind'])) {
      const shape = base?.wins === true && kinds[key] !== undefined ? undefined : compiler.named(name);
      if (shape !== undefined) kinds[key] = shape;
    }
  }
  return { types: compiler.types, kinds, namespaced: scopesOf(swagger['paths']), names: compiler.names() };
}

class Compiler {
  readonly types: Readonly<Record<string, Shape>>[];
  readonly #definitions: GoObject;
  readonly #named = new Map<string, Shape>();
  readonly #base: { table: SchemaTable; wins: boolean } | undefined;

  constructor(definitions: GoObject, base: { table: SchemaTable; wins: boolean } | undefined) {
    this.#definitions = definitions;
    this.#base = base;
    this.types = [...(base?.table.types ?? [])];
  }

  names(): Record<string, Shape> {
    return Object.fromEntries(this.#named);
  }

  /** Undefined when nothing of that name is defined. */
  named(name: string): Shape | undefined {
    const known = this.#named.get(name);
    if (known !== undefined) return known;
    const names = this.#base?.table.names ?? {};
    const inBase = Object.hasOwn(names, name) ? names[name] : undefined;
    const definition = Object.hasOwn(this.#definitions, name) ? this.#definitions[name] : undefined;
    if (!isObject(definition) || (this.#base?.wins === true && inBase !== undefined)) return inBase;
    // Set before its fields are compiled: definitions refer to themselves.
    const fields = Object.create(null) as Record<string, Shape>;
    this.#named.set(name, this.types.push(fields) - 1);
    this.#fieldsInto(fields, definition);
    return this.#named.get(name);
  }

  #fieldsInto(fields: Record<string, Shape>, schema: GoObject): void {
    const properties = schema['properties'];
    if (!isObject(properties)) return;
    for (const [name, property] of Object.entries(properties)) {
      const shape = isObject(property) ? this.#shape(property) : undefined;
      if (shape !== undefined) fields[name] = shape;
    }
  }

  /** Undefined for what is no collection: nothing below it can merge. */
  #shape(schema: GoObject): Shape | undefined {
    const ref = schema['$ref'];
    const strategy = schema['x-kubernetes-patch-strategy'];
    if (typeof strategy === 'string' && strategy.split(',').includes('merge') && isList(schema)) {
      return { keys: mergeKeys(schema), items: isObject(schema['items']) ? this.#shape(schema['items']) : undefined };
    }
    if (typeof ref === 'string') {
      return ref.startsWith(REF_PREFIX) ? this.named(ref.slice(REF_PREFIX.length)) : undefined;
    }
    if (isObject(schema['properties'])) {
      const fields = Object.create(null) as Record<string, Shape>;
      const index = this.types.push(fields) - 1;
      this.#fieldsInto(fields, schema);
      return index;
    }
    if (isObject(schema['additionalProperties'])) {
      const each = this.#shape(schema['additionalProperties']);
      return each === undefined ? LEAF : { each };
    }
    return schema['type'] === 'object' ? LEAF : undefined;
  }
}

function isList(schema: GoObject): boolean {
  return schema['type'] === 'array' || schema['type'] === undefined;
}

function mergeKeys(schema: GoObject): string[] {
  const keys = schema['x-kubernetes-list-map-keys'];
  if (Array.isArray(keys)) return keys.filter((key): key is string => typeof key === 'string');
  const key = schema['x-kubernetes-patch-merge-key'];
  return typeof key === 'string' ? [key] : [];
}

function kindsOf(extension: GoValue | undefined): string[] {
  const list = Array.isArray(extension) ? extension : [];
  return list.flatMap((entry) => kindKeyOf(entry) ?? []);
}

function kindKeyOf(entry: GoValue | undefined): string | undefined {
  if (!isObject(entry)) return undefined;
  const { group, version, kind } = entry;
  if (typeof version !== 'string' || typeof kind !== 'string') return undefined;
  return kindKey(typeof group === 'string' && group !== '' ? `${group}/${version}` : version, kind);
}

export function kindKey(apiVersion: string, kind: string): string {
  return `${apiVersion}/${kind}`;
}

function scopesOf(paths: GoValue | undefined): Record<string, boolean> {
  const scopes = Object.create(null) as Record<string, boolean>;
  if (!isObject(paths)) return scopes;
  for (const [path, item] of Object.entries(paths)) {
    const get = isObject(item) ? item['get'] : undefined;
    const key = isObject(get) ? kindKeyOf(get['x-kubernetes-group-version-kind']) : undefined;
    if (key === undefined) continue;
    if (path.includes('namespaces/{namespace}')) scopes[key] = true;
    else scopes[key] ??= false;
  }
  return scopes;
}
