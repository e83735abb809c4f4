// The schema a build merges by: the built-in one, or a custom one that takes its place.
import { BUILTIN_SCHEMA } from '../generated/openapi.ts';
import { KustomizeError, withPrefix } from '../errors.ts';
import { LEAF, compileSchema, kindKey, type MergeList, type SchemaTable, type Shape } from './compile.ts';
import type { GoObject } from '#goyaml/index';

/** What is known of the value at a place; undefined where nothing is known. */
export type Place = { readonly table: SchemaTable; readonly shape: Shape } | undefined;

const BUILTIN_VERSION = 'v1.21.2';

/** Merge keys and scopes, as one build sees them: the first custom schema that is set takes effect and stays. */
export class Schema {
  #tables: readonly SchemaTable[];
  #isSet = false;
  #use: 'none' | 'scope' | 'merge' = 'none';
  #pending: (() => GoObject) | undefined;

  constructor() {
    this.#tables = [JSON.parse(BUILTIN_SCHEMA) as SchemaTable];
  }

  /**
   * The `openapi` field of a kustomization. A custom schema takes the place of the built-in one, so kinds that it
   * does not hold have no merge keys, unless the built-in one had been used before; scopes of built-in kinds stay
   * known. Only the first setting of a build counts.
   */
  configure(version: string | undefined, custom: (() => GoObject) | undefined): void {
    if (this.#isSet) return;
    if (custom !== undefined) {
      if (version !== undefined) {
        throw new KustomizeError('builtin version and custom schema provided, cannot use both');
      }
      this.#isSet = true;
      this.#pending = custom;
      return;
    }
    if (version === undefined || version === '') return;
    if (version !== BUILTIN_VERSION) throw new KustomizeError('the specified OpenAPI version is not built in');
    this.#isSet = true;
  }

  /** What is known of objects of a kind. */
  ofKind(apiVersion: string, kind: string): Place {
    this.#prepare();
    this.#use = 'merge';
    const key = kindKey(apiVersion, kind);
    for (const table of this.#tables) {
      const shape = own(table.kinds, key);
      if (shape !== undefined) return { table, shape };
    }
    return undefined;
  }

  /** Only what is known for certain counts: a custom resource passes for a namespaced one. */
  isClusterScoped(apiVersion: string, kind: string): boolean {
    const key = kindKey(apiVersion, kind);
    const builtin = own(this.#tables.at(-1)?.namespaced, key);
    if (builtin !== undefined) return !builtin;
    this.#prepare();
    if (this.#use === 'none') this.#use = 'scope';
    const custom = own(this.#tables[0]?.namespaced, key);
    return custom === false;
  }

  /** A custom schema is read when it is first needed; one that cannot be read fails then. */
  #prepare(): void {
    const pending = this.#pending;
    if (pending === undefined) return;
    this.#pending = undefined;
    const builtin = this.#tables[0] as SchemaTable;
    const scopes: SchemaTable = { types: [], kinds: {}, names: {}, namespaced: builtin.namespaced };
    const base = this.#use === 'none' ? undefined : { table: builtin, wins: this.#use === 'scope' };
    this.#tables = [compileSchema(withPrefix('invalid schema file', pending), base), scopes];
  }
}

/** What is known of a field. */
export function fieldOf(place: Place, name: string): Place {
  if (place === undefined) return undefined;
  const { table, shape } = place;
  if (typeof shape === 'number') {
    const found = shape === LEAF ? undefined : own(table.types[shape], name);
    return found === undefined ? undefined : { table, shape: found };
  }
  return 'each' in shape ? { table, shape: shape.each } : undefined;
}

/** The way a list merges, when it does. */
export function mergeListOf(place: Place): MergeList | undefined {
  const shape = place?.shape;
  return typeof shape === 'object' && 'keys' in shape ? shape : undefined;
}

/** What is known of the elements of a list that merges. */
export function elementsOf(place: Place): Place {
  const list = mergeListOf(place);
  if (place === undefined || list?.items === undefined) return undefined;
  return { table: place.table, shape: list.items };
}

/** Fields are named by strangers: what `Object.prototype` holds is none. */
function own<T>(record: Readonly<Record<string, T>> | undefined, key: string): T | undefined {
  return record !== undefined && Object.hasOwn(record, key) ? record[key] : undefined;
}
