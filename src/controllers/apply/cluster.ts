// The cluster as appliers see it: whom they act as, what they know of it, and how they look things up.
import { parseApiVersion } from '#api/group-version';
import type { KubeClient } from '#kube/client';
import type { Discovery, ResourceInfo } from '#kube/discovery';
import type { Informers } from '#kube/informer';
import { keyOf, resourceId, type KubeObject, type Unstructured } from '#kube/object';
import { isForbidden, isNotFound } from '#kube/status-error';
import type { LiveKind, LiveObjects } from '#runtime/live-objects';

/** Lists that several runs share: a hundred objects that start together ask once. */
export class ExistenceLists {
  readonly #lists = new Map<
    string,
    { readonly startedAt: number; readonly result: Promise<ReadonlyMap<string, KubeObject> | undefined> }
  >();
  readonly #now: () => number;

  /** `now` gives monotonic ms. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** The list under `id`, made anew when the last one is older than a moment. */
  get(
    id: string,
    make: () => Promise<ReadonlyMap<string, KubeObject> | undefined>,
  ): Promise<ReadonlyMap<string, KubeObject> | undefined> {
    const now = this.#now();
    const known = this.#lists.get(id);
    if (known !== undefined && now - known.startedAt < listLifeMs) return known.result;
    for (const [other, { startedAt }] of this.#lists) if (now - startedAt >= listLifeMs) this.#lists.delete(other);
    const result = make();
    this.#lists.set(id, { startedAt: now, result });
    result.catch(() => this.#lists.delete(id));
    return result;
  }
}

export interface Cluster {
  /** Writes, and reads on behalf of the owner: impersonates where the owner says so. */
  readonly client: KubeClient;
  readonly discovery: Discovery;
  /** Watches by our own identity. */
  readonly live: LiveObjects;
  readonly existence: ExistenceLists;
  /** Watches of single objects, by our own identity. */
  readonly informers: Informers;
  /** Whom `client` acts as: what one identity may list another may not know of. */
  readonly identity: string;
}

/** ms a list is believed. What it tells of (somebody else's objects, about to be adopted) changes rarely. */
const listLifeMs = 2000;

/** From this many unknown objects of a kind in a namespace on, one list costs less than a look at each. */
const listThreshold = 3;

/** What is known of the objects one run is about: watched kinds from their caches, others asked for once. */
export class LiveView {
  readonly #cluster: Cluster;
  readonly #signal: AbortSignal;
  readonly #kinds = new Map<string, LiveKind | undefined>();
  readonly #asked = new Map<string, KubeObject | undefined>();

  constructor(cluster: Cluster, signal: AbortSignal) {
    this.#cluster = cluster;
    this.#signal = signal;
  }

  /** The resource that serves an object. Throws a NoMatchError. */
  resourceOf(object: { readonly apiVersion?: string; readonly kind?: string }): Promise<ResourceInfo> {
    return this.#cluster.discovery.resourceOf(object);
  }

  async kind(resource: ResourceInfo): Promise<LiveKind | undefined> {
    const id = resourceId(resource);
    if (!this.#kinds.has(id)) this.#kinds.set(id, await this.#cluster.live.kind(resource, this.#signal));
    return this.#kinds.get(id);
  }

  /** The owned object as the watch has it; undefined when it is not ours, not there, or its kind is not watched. */
  async owned(resource: ResourceInfo, key: string): Promise<Unstructured | undefined> {
    return (await this.kind(resource))?.get(key);
  }

  /**
   * Looks up objects that no watch told of: they are new, or somebody else's. Afterwards {@link existing} knows them.
   * Only metadata is asked for, and only once a run.
   */
  async lookUp(objects: readonly { readonly resource: ResourceInfo; readonly object: Unstructured }[]): Promise<void> {
    const groups = new Map<string, { resource: ResourceInfo; namespace: string | undefined; keys: Set<string> }>();
    for (const { resource, object } of objects) {
      const namespace = resource.namespaced ? object.metadata.namespace : undefined;
      const id = `${resourceId(resource)} ${namespace ?? ''}`;
      let entry = groups.get(id);
      if (entry === undefined) groups.set(id, (entry = { resource, namespace, keys: new Set() }));
      entry.keys.add(keyOf(object));
    }
    await Promise.all([...groups.values()].map((group) => this.#lookUpGroup(group)));
  }

  /** Metadata of an object that {@link lookUp} was asked about; undefined when it does not exist. */
  existing(resource: ResourceInfo, key: string): KubeObject | undefined {
    return this.#asked.get(`${resourceId(resource)} ${key}`);
  }

  /** An object straight from the server; undefined when it does not exist. */
  async fetch(resource: ResourceInfo, key: string): Promise<Unstructured | undefined> {
    const slash = key.indexOf('/');
    const name = key.slice(slash + 1);
    const namespace = slash < 0 ? undefined : key.slice(0, slash);
    try {
      return await this.#cluster.client.get(resource, { name, namespace }, { signal: this.#signal });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async #lookUpGroup(group: {
    readonly resource: ResourceInfo;
    readonly namespace: string | undefined;
    readonly keys: ReadonlySet<string>;
  }): Promise<void> {
    const { resource, namespace, keys } = group;
    const note = (key: string, object: KubeObject | undefined): void => {
      this.#asked.set(`${resourceId(resource)} ${key}`, object);
    };
    if (keys.size >= listThreshold && resource.verbs.includes('list')) {
      const id = `${this.#cluster.identity} ${resourceId(resource)} ${namespace ?? ''}`;
      const listed = await this.#cluster.existence.get(id, () => this.#list(resource, namespace));
      if (listed !== undefined) {
        for (const key of keys) note(key, listed.get(key));
        return;
      }
    }
    await Promise.all(
      [...keys].map(async (key) => {
        const slash = key.indexOf('/');
        const name = key.slice(slash + 1);
        try {
          const options = { signal: this.#signal, metadataOnly: true };
          note(key, await this.#cluster.client.get<KubeObject>(resource, { name, namespace }, options));
        } catch (error) {
          // What may not be looked at is taken as absent: the apply itself will say what is not allowed.
          if (!isNotFound(error) && !isForbidden(error)) throw error;
          note(key, undefined);
        }
      }),
    );
  }

  /** All objects of a kind in a namespace by key; undefined when listing is not allowed or there are too many. */
  async #list(resource: ResourceInfo, namespace: string | undefined): Promise<Map<string, KubeObject> | undefined> {
    try {
      // No signal: others may be waiting for the same list.
      const options = { namespace, metadataOnly: true, limit: 5000, resourceVersion: '0' };
      const list = await this.#cluster.client.list<KubeObject>(resource, options);
      if (list.metadata.continue) return undefined;
      return new Map(list.items.map((object) => [keyOf(object), object]));
    } catch (error) {
      if (isForbidden(error) || isNotFound(error)) return undefined;
      throw error;
    }
  }
}

/** `apps/v1` and a kind's name as discovery wants them. */
export function groupKindOf(apiVersion: string, kind: string): { group: string; version: string; kind: string } {
  return { ...parseApiVersion(apiVersion), kind };
}
