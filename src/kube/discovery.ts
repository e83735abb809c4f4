// What the cluster serves: kinds to resources and back, cached, from aggregated discovery where there is such a thing.
import { apiVersionOf, parseApiVersion } from '#api/group-version';
import { systemClock, type Clock } from '#lib/clock';
import { CodedError } from '#lib/errors';
import type { KubeClient } from './client.ts';
import {
  readAggregated,
  readGroupVersion,
  type AggregatedList,
  type DiscoveredGroup,
  type ResourceInfo,
} from './discovery-documents.ts';
import { isNotFound } from './status-error.ts';

export type { ResourceInfo } from './discovery-documents.ts';

export interface GroupKind {
  readonly group: string;
  readonly kind: string;
  /** @default the server's preferred one that has the kind */
  readonly version?: string | undefined;
}

/** The cluster does not serve this kind. Worded as kubectl and Flux word it. */
export class NoMatchError extends CodedError {
  constructor(wanted: GroupKind) {
    const where =
      wanted.version === undefined
        ? `group "${wanted.group}"`
        : `version "${apiVersionOf({ group: wanted.group, version: wanted.version })}"`;
    super('KUBE_NO_MATCH', `no matches for kind "${wanted.kind}" in ${where}`);
  }
}

export interface DiscoveryOptions {
  readonly client: KubeClient;
  /** @default systemClock */
  readonly clock?: Clock;
  /** How long what is known is believed. @default 600_000 */
  readonly ttlMs?: number;
}

// v2 is asked for first, v2beta1 is what servers before 1.30 have, and plain JSON what the oldest ones answer.
const AGGREGATED = ['v2', 'v2beta1']
  .map((version) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`)
  .concat('application/json')
  .join(',');

interface Snapshot {
  readonly groups: Map<string, DiscoveredGroup>;
  readonly takenAt: number;
}

export class Discovery {
  readonly #client: KubeClient;
  readonly #clock: Clock;
  readonly #ttlMs: number;
  #snapshot: Snapshot | undefined;
  #loading: Promise<Snapshot> | undefined;
  /** Group-versions being looked up on their own, so that a hundred objects of a new kind ask once. */
  readonly #lookups = new Map<string, Promise<readonly ResourceInfo[] | undefined>>();

  constructor(options: DiscoveryOptions) {
    this.#client = options.client;
    this.#clock = options.clock ?? systemClock;
    this.#ttlMs = options.ttlMs ?? 600_000;
  }

  /** The resource of a kind. Throws {@link NoMatchError} when the server, asked again, does not know it. */
  async resourceFor(wanted: GroupKind): Promise<ResourceInfo> {
    const known = this.#find(await this.#current(), wanted);
    if (known !== undefined) return known;
    const found = await this.#lookUp(wanted);
    if (found === undefined) throw new NoMatchError(wanted);
    return found;
  }

  /** The resource of an object, by its apiVersion and kind. */
  async resourceOf(object: { readonly apiVersion?: string; readonly kind?: string }): Promise<ResourceInfo> {
    return this.resourceFor({ ...parseApiVersion(object.apiVersion ?? ''), kind: object.kind ?? '' });
  }

  /** What is known of a kind without asking anybody; undefined may just mean nobody asked yet. */
  peek(wanted: GroupKind): ResourceInfo | undefined {
    return this.#snapshot === undefined ? undefined : this.#find(this.#snapshot, wanted);
  }

  /** Every resource of every group and version. */
  async all(): Promise<readonly ResourceInfo[]> {
    const resources: ResourceInfo[] = [];
    for (const group of (await this.#current()).groups.values()) {
      for (const version of group.versions.values()) resources.push(...version);
    }
    return resources;
  }

  /** Whether a group-version is served; for capabilities. */
  async serves(apiVersion: string): Promise<boolean> {
    const { group, version } = parseApiVersion(apiVersion);
    return (await this.#current()).groups.get(group)?.versions.has(version) ?? false;
  }

  /** Forgets a group, or everything: after a CRD or an APIService changed. */
  invalidate(group?: string): void {
    if (group === undefined) this.#snapshot = undefined;
    else this.#snapshot?.groups.delete(group);
  }

  #find(snapshot: Snapshot, wanted: GroupKind): ResourceInfo | undefined {
    const group = snapshot.groups.get(wanted.group);
    if (group === undefined) return undefined;
    if (wanted.version !== undefined) return byKind(group.versions.get(wanted.version), wanted.kind);
    for (const resources of group.versions.values()) {
      const found = byKind(resources, wanted.kind);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  async #lookUp(wanted: GroupKind): Promise<ResourceInfo | undefined> {
    const versions = wanted.version === undefined ? await this.#versionsOf(wanted.group) : [wanted.version];
    for (const version of versions) {
      const found = byKind(await this.#fetchGroupVersion(wanted.group, version), wanted.kind);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  async #versionsOf(group: string): Promise<readonly string[]> {
    if (group === '') return ['v1'];
    try {
      const { body } = await this.#client.raw({ method: 'GET', path: `/apis/${encodeURIComponent(group)}` });
      const document = JSON.parse(body) as { versions?: { version: string }[] };
      return (document.versions ?? []).map(({ version }) => version);
    } catch (error) {
      if (isNotFound(error)) return [];
      throw error;
    }
  }

  #fetchGroupVersion(group: string, version: string): Promise<readonly ResourceInfo[] | undefined> {
    const id = apiVersionOf({ group, version });
    let lookup = this.#lookups.get(id);
    if (lookup === undefined) {
      lookup = this.#requestGroupVersion(group, version).finally(() => this.#lookups.delete(id));
      this.#lookups.set(id, lookup);
    }
    return lookup;
  }

  async #requestGroupVersion(group: string, version: string): Promise<readonly ResourceInfo[] | undefined> {
    const base = group === '' ? '/api' : `/apis/${encodeURIComponent(group)}`;
    try {
      const { body } = await this.#client.raw({ method: 'GET', path: `${base}/${encodeURIComponent(version)}` });
      const resources = readGroupVersion(JSON.parse(body), group, version);
      this.#remember(group, version, resources);
      return resources;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  #remember(group: string, version: string, resources: readonly ResourceInfo[]): void {
    const groups = this.#snapshot?.groups;
    if (groups === undefined) return;
    const known = groups.get(group) ?? { name: group, versions: new Map<string, readonly ResourceInfo[]>() };
    known.versions.set(version, resources);
    groups.set(group, known);
  }

  async #current(): Promise<Snapshot> {
    const snapshot = this.#snapshot;
    if (snapshot !== undefined && this.#clock.monotonic() - snapshot.takenAt < this.#ttlMs) return snapshot;
    this.#loading ??= this.#load().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  async #load(): Promise<Snapshot> {
    const parts = await Promise.all([this.#loadRoot('/api'), this.#loadRoot('/apis')]);
    const groups = new Map(parts.flat().map((group) => [group.name, group]));
    this.#snapshot = { groups, takenAt: this.#clock.monotonic() };
    return this.#snapshot;
  }

  async #loadRoot(path: '/api' | '/apis'): Promise<DiscoveredGroup[]> {
    const { body } = await this.#client.raw({ method: 'GET', path, accept: AGGREGATED });
    const document = JSON.parse(body) as { kind?: string };
    if (document.kind === 'APIGroupDiscoveryList') return readAggregated(document as AggregatedList);
    return this.#loadLegacy(path, document);
  }

  /** One request per group-version. A group whose backend is down is left out, as it cannot be used either. */
  async #loadLegacy(path: '/api' | '/apis', document: LegacyRoot): Promise<DiscoveredGroup[]> {
    const names =
      path === '/api'
        ? (document.versions ?? []).map((version) => ({ group: '', version }))
        : (document.groups ?? []).flatMap(({ name, versions }) =>
            versions.map(({ version }) => ({ group: name, version })),
          );
    const loaded = await Promise.all(
      names.map(async ({ group, version }) => ({
        group,
        version,
        resources: await this.#requestGroupVersion(group, version).catch(() => undefined),
      })),
    );
    const groups = new Map<string, DiscoveredGroup>();
    for (const { group, version, resources } of loaded) {
      if (resources === undefined) continue;
      const known = groups.get(group) ?? { name: group, versions: new Map<string, readonly ResourceInfo[]>() };
      known.versions.set(version, resources);
      groups.set(group, known);
    }
    return [...groups.values()];
  }
}

interface LegacyRoot {
  readonly kind?: string;
  readonly versions?: readonly string[];
  readonly groups?: readonly { readonly name: string; readonly versions: readonly { readonly version: string }[] }[];
}

function byKind(resources: readonly ResourceInfo[] | undefined, kind: string): ResourceInfo | undefined {
  return resources?.find((resource) => resource.kind === kind);
}
