// How strategic merge patches treat the fields of a kind, as the server itself says in its OpenAPI documents.
import { apiVersionOf, parseApiVersion } from '#api/group-version';
import { LRUCache } from 'lru-cache';
import type { KubeClient } from '../client.ts';
import { isNotFound } from '../status-error.ts';

/** A field that holds objects or merges with what is there. Fields of no interest are not kept. */
export interface PatchField {
  /** Lists: elements are merged by `mergeKey`, or as a set of scalars. Objects: `replace` takes the whole. */
  readonly strategy: 'merge' | 'replace' | undefined;
  readonly mergeKey: string | undefined;
  /** Fields the patch does not name go away. */
  readonly retainsKeys: boolean;
  /** Of the object, or of each element. */
  readonly type: PatchType | undefined;
}

export type PatchType = ReadonlyMap<string, PatchField>;

type Json = Readonly<Record<string, unknown>>;

const strategicMedia = 'application/strategic-merge-patch+json';
const schemaPrefix = '#/components/schemas/';

/** The kinds of a group-version that take strategic merge patches. */
export function patchTypesOf(document: Json): ReadonlyMap<string, PatchType> {
  const schemas = objectAt(objectAt(document, 'components'), 'schemas');
  const types = new Map(Object.keys(schemas).map((name) => [name, new Map<string, PatchField>()]));
  for (const [name, fields] of types) {
    for (const [field, schema] of Object.entries(objectAt(objectAt(schemas, name), 'properties'))) {
      const read = readField(asObject(schema), types);
      if (read !== undefined) fields.set(field, read);
    }
  }
  const patched = patchedKinds(objectAt(document, 'paths'));
  const kinds = new Map<string, PatchType>();
  for (const [name, type] of types) {
    for (const kind of kindsOf(objectAt(schemas, name))) if (patched.has(kind)) kinds.set(kind, type);
  }
  return kinds;
}

function readField(schema: Json, types: ReadonlyMap<string, PatchType>): PatchField | undefined {
  const extension = schema['x-kubernetes-patch-strategy'];
  const strategies = typeof extension === 'string' ? extension.split(',') : [];
  const key = schema['x-kubernetes-patch-merge-key'];
  const name = referenceOf(schema) ?? referenceOf(objectAt(schema, 'items'));
  const type = name === undefined ? undefined : types.get(name);
  if (strategies.length === 0 && type === undefined) return undefined;
  return {
    strategy: strategies.includes('merge') ? 'merge' : strategies.includes('replace') ? 'replace' : undefined,
    mergeKey: typeof key === 'string' ? key : undefined,
    retainsKeys: strategies.includes('retainKeys'),
    type,
  };
}

/** References stand alone, or in an allOf beside a default. */
function referenceOf(schema: Json): string | undefined {
  const all = schema['allOf'];
  const ref = schema['$ref'] ?? (Array.isArray(all) ? asObject(all[0])['$ref'] : undefined);
  return typeof ref === 'string' && ref.startsWith(schemaPrefix) ? ref.slice(schemaPrefix.length) : undefined;
}

function patchedKinds(paths: Json): ReadonlySet<string> {
  const kinds = new Set<string>();
  for (const path of Object.values(paths)) {
    const patch = objectAt(asObject(path), 'patch');
    if (!Object.hasOwn(objectAt(objectAt(patch, 'requestBody'), 'content'), strategicMedia)) continue;
    const kind = objectAt(patch, 'x-kubernetes-group-version-kind')['kind'];
    if (typeof kind === 'string') kinds.add(kind);
  }
  return kinds;
}

function kindsOf(schema: Json): string[] {
  const list = schema['x-kubernetes-group-version-kind'];
  if (!Array.isArray(list)) return [];
  return list.map((entry) => asObject(entry)['kind']).filter((kind) => typeof kind === 'string');
}

function objectAt(parent: Json, key: string): Json {
  return asObject(Object.hasOwn(parent, key) ? parent[key] : undefined);
}

function asObject(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

/** What is believed of a group-version, and for how long: a server that was upgraded may know more. */
const known = { max: 64, ttl: 60 * 60_000 };
const timeoutMs = 30_000;

/** The patch types of one cluster, each group-version's asked for once. */
export class PatchSchemas {
  readonly #client: Pick<KubeClient, 'raw'>;
  readonly #documents = new LRUCache<string, Promise<ReadonlyMap<string, PatchType>>>(known);

  constructor(client: Pick<KubeClient, 'raw'>) {
    this.#client = client;
  }

  /** Undefined for kinds that take no strategic merge patch, as those of CustomResourceDefinitions. */
  async typeOf(apiVersion: string, kind: string): Promise<PatchType | undefined> {
    let document = this.#documents.get(apiVersion);
    if (document === undefined) {
      document = this.#fetch(apiVersion);
      this.#documents.set(apiVersion, document);
      document.catch(() => this.#documents.delete(apiVersion));
    }
    return (await document).get(kind);
  }

  async #fetch(apiVersion: string): Promise<ReadonlyMap<string, PatchType>> {
    const ref = parseApiVersion(apiVersion);
    const path = `/openapi/v3/${ref.group === '' ? 'api' : 'apis'}/${apiVersionOf(ref)}`;
    try {
      const { body } = await this.#client.raw({ method: 'GET', path, timeoutMs });
      return patchTypesOf(JSON.parse(body) as Json);
    } catch (error) {
      // A server behind the aggregator need not publish one.
      if (isNotFound(error)) return new Map();
      throw error;
    }
  }
}
