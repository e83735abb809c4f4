// As much of an API server as releases need, in memory: versions, refusals, selectors, and an apply that merges.
import { isDeepStrictEqual } from 'node:util';
import { parseApiVersion } from '#api/group-version';
import type { JsonPatchOperation } from '#kube/apply/managers';
import type { KubeClient } from '#kube/client';
import type { ResourceInfo } from '#kube/discovery';
import type { KubeObject, ObjectKey, ResourceRef, Unstructured } from '#kube/object';
import { StatusError } from '#kube/status-error';
import { matches, parseSelector } from '#lib/label-selector';

export const secrets: ResourceRef = { group: '', version: 'v1', plural: 'secrets', namespaced: true };

/** What serves a kind; those that begin with `Cluster` have no namespace. */
export function resourceOf({
  apiVersion = '',
  kind = '',
}: Pick<KubeObject, 'apiVersion' | 'kind'>): Promise<ResourceInfo> {
  const none: string[] = [];
  const lists = { shortNames: none, verbs: ['get', 'list'], categories: none, subresources: none };
  const names = { kind, singular: kind.toLowerCase(), plural: `${kind.toLowerCase()}s` };
  return Promise.resolve({
    ...parseApiVersion(apiVersion),
    ...names,
    ...lists,
    namespaced: !kind.startsWith('Cluster'),
  });
}

type Written = Pick<ResourceRef, 'plural'>;

export class MemoryApi {
  readonly objects = new Map<string, Unstructured>();
  /** Writes that were not dry-runs, as `verb plural/name`. */
  readonly writes: string[] = [];
  readonly client = this as unknown as KubeClient;
  readonly config = { server: '' };
  /** What a request is answered with in place of being done. */
  failure: (verb: string, plural: string) => Error | undefined = () => undefined;
  #version = 0;

  find(plural: string, name: string): Unstructured | undefined {
    return [...this.objects.entries()].find(([key]) => key.startsWith(`${plural} `) && key.endsWith(`/${name}`))?.[1];
  }

  put(ref: Written, object: KubeObject): Unstructured {
    this.#version += 1;
    const { metadata } = object;
    const stored = { ...structuredClone(object), metadata: { ...metadata, resourceVersion: String(this.#version) } };
    this.objects.set(keyOf(ref, metadata), stored);
    return structuredClone(stored);
  }

  async get(ref: Written, key: ObjectKey): Promise<Unstructured> {
    this.#refuse('get', ref, key);
    return structuredClone(this.#known(ref, key));
  }

  async list(ref: Written, { namespace = '', labelSelector = '' }): Promise<{ items: Unstructured[] }> {
    const selector = parseSelector(labelSelector);
    const items = [...this.objects.entries()]
      .filter(([key]) => key.startsWith(`${ref.plural} ${namespace}/`))
      .map(([, object]) => structuredClone(object))
      .filter(({ metadata }) => matches(selector, metadata.labels));
    return { items };
  }

  async create(ref: Written, object: Unstructured): Promise<Unstructured> {
    const { name = '', namespace } = object.metadata;
    this.#refuse('create', ref, { name, namespace });
    if (this.objects.has(keyOf(ref, object.metadata))) {
      throw new StatusError({ code: 409, reason: 'AlreadyExists', message: `${ref.plural} "${name}" already exists` });
    }
    return this.put(ref, object);
  }

  async update(ref: Written, object: Unstructured): Promise<Unstructured> {
    const { name = '', namespace } = object.metadata;
    this.#refuse('update', ref, { name, namespace });
    this.#known(ref, { name, namespace });
    return this.put(ref, object);
  }

  async apply(ref: Written, object: Unstructured, options: { readonly dryRun?: boolean }): Promise<Unstructured> {
    return (await this.applyOutcome(ref, object, options)).object;
  }

  async applyOutcome(
    ref: Written,
    object: Unstructured,
    { dryRun = false }: { readonly dryRun?: boolean },
  ): Promise<{ object: Unstructured; created: boolean }> {
    const { name = '', namespace } = object.metadata;
    this.#refuse('apply', ref, { name, namespace }, dryRun);
    const live = this.objects.get(keyOf(ref, object.metadata));
    const merged = merge(live ?? {}, object) as Unstructured;
    const isNothingNew = dryRun || isDeepStrictEqual(merged, live);
    return { object: isNothingNew ? merged : this.put(ref, merged), created: live === undefined };
  }

  async patch(
    ref: Written,
    key: ObjectKey,
    { body }: { readonly body: readonly JsonPatchOperation[] },
  ): Promise<Unstructured> {
    this.#refuse('patch', ref, key);
    return this.put(ref, applyPatch(this.#known(ref, key), body));
  }

  async delete(ref: Written, key: ObjectKey): Promise<Unstructured> {
    this.#refuse('delete', ref, key);
    this.#known(ref, key);
    this.objects.delete(keyOf(ref, key));
    return { kind: 'Status', metadata: {} };
  }

  async deleteCollection(ref: Written, { namespace = '', labelSelector = '' }): Promise<void> {
    const { items } = await this.list(ref, { namespace, labelSelector });
    for (const { metadata } of items) this.objects.delete(keyOf(ref, metadata));
  }

  #refuse(verb: string, { plural }: Written, { name }: ObjectKey, dryRun = false): void {
    const failure = this.failure(verb, plural);
    if (failure !== undefined) throw failure;
    if (verb !== 'get' && !dryRun) this.writes.push(`${verb} ${plural}/${name}`);
  }

  #known(ref: Written, key: ObjectKey): Unstructured {
    const found = this.objects.get(keyOf(ref, key));
    if (found !== undefined) return found;
    throw new StatusError({ code: 404, reason: 'NotFound', message: `${ref.plural} "${key.name}" not found` });
  }
}

function keyOf({ plural }: Written, { name = '', namespace = '' }: KubeObject['metadata'] | ObjectKey): string {
  return `${plural} ${namespace}/${name}`;
}

/** Maps into each other, all else replaced. */
function merge(live: unknown, wanted: unknown): unknown {
  if (!isMapping(live) || !isMapping(wanted)) return structuredClone(wanted);
  const merged: Record<string, unknown> = structuredClone(live);
  for (const [key, value] of Object.entries(wanted)) merged[key] = merge(live[key], value);
  return merged;
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A JSON patch of additions, replacements and removals, done to a copy. Throws for a place that is not there. */
export function applyPatch(object: Unstructured, operations: readonly JsonPatchOperation[]): Unstructured {
  const root: unknown = structuredClone(object);
  for (const { op, path, value } of operations) {
    const tokens = path
      .split('/')
      .slice(1)
      .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
    const last = tokens.pop() ?? '';
    const parent = tokens.reduce<unknown>((at, token) => (at as Record<string, unknown>)[token], root);
    if (Array.isArray(parent)) {
      const index = Number(last);
      if (index > parent.length || (op !== 'add' && index === parent.length)) throw new Error(`no ${path}`);
      parent.splice(index, op === 'add' ? 0 : 1, ...(op === 'remove' ? [] : [structuredClone(value)]));
    } else if (isMapping(parent)) {
      if (op !== 'add' && !Object.hasOwn(parent, last)) throw new Error(`no ${path}`);
      if (op === 'remove') delete parent[last];
      else parent[last] = structuredClone(value);
    } else throw new Error(`no ${path}`);
  }
  return root as Unstructured;
}
