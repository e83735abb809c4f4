// Helm's storage of one release: a Secret for each revision, which the real helm reads and writes, too.
import { LRUCache } from 'lru-cache';
import {
  assembleRelease,
  type PackedParts,
  releaseLabels,
  type ReleaseRecord,
  releaseSecretName,
  releaseSecretType,
  releaseSelector,
  systemLabels,
  type UnpackedRelease,
} from '#helm/index';
import type { KubeClient } from '#kube/client';
import type { KubeObject } from '#kube/object';
import { secrets } from '#kube/resources';
import { isNotFound } from '#kube/status-error';
import type { Clock } from '#lib/clock';
import { type Head, type Heads, madeForAnnotation, type ReleaseId } from './release-index.ts';

/** A revision as it is stored. The record has no files of the chart: those are in the parts. */
export interface StoredRelease {
  readonly record: ReleaseRecord;
  readonly parts: PackedParts;
  /** Labels of the user's. */
  readonly labels: Readonly<Record<string, string>>;
}

interface ReleaseSecret extends KubeObject {
  type: string;
  data: { release: string };
}

/** Releases read or written lately: of each Secret its newest version. */
export class ReleaseCache {
  readonly #cache: LRUCache<string, { readonly resourceVersion: string; readonly release: StoredRelease }>;

  constructor({ maxBytes = 32 * 1024 * 1024 }: { readonly maxBytes?: number } = {}) {
    this.#cache = new LRUCache({ maxSize: maxBytes, sizeCalculation: ({ release }) => sizeOf(release) });
  }

  get(secret: string, resourceVersion: string): StoredRelease | undefined {
    const known = this.#cache.get(secret);
    return known?.resourceVersion === resourceVersion ? known.release : undefined;
  }

  set(secret: string, resourceVersion: string, release: StoredRelease): void {
    this.#cache.set(secret, { resourceVersion, release });
  }

  delete(secret: string): void {
    this.#cache.delete(secret);
  }
}

/** What a record takes beside its texts: about, and not too little. */
const frameBytes = 4096;

function sizeOf({ record, parts }: StoredRelease): number {
  const hooks = (record.hooks ?? []).reduce((sum, { manifest = '' }) => sum + manifest.length, 0);
  return frameBytes + 2 * (record.manifest ?? '').length + 2 * hooks + parts.chart.length + parts.body.length;
}

export interface StorageDependencies {
  /** Acts as the identity the HelmRelease names. */
  readonly client: KubeClient;
  readonly heads: Heads;
  readonly cache: ReleaseCache;
  /** What makes equal Secrets of different clusters different. */
  readonly cluster: string;
  /** UID of the HelmRelease whose revisions these are. */
  readonly madeFor?: string | undefined;
  readonly unpack: (payload: string, signal: AbortSignal) => Promise<UnpackedRelease>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Told of each revision that was written. */
export type StorageObserver = (release: StoredRelease) => void;

/** One release's storage for the length of one run. */
export class ReleaseStorage {
  readonly id: ReleaseId;
  readonly #deps: StorageDependencies;
  #heads: Head[] | undefined;
  /** Revisions written in this run; they are at hand whatever the cache has dropped. */
  readonly #written = new Map<number, StoredRelease>();
  #observer: StorageObserver | undefined;

  constructor(id: ReleaseId, deps: StorageDependencies) {
    this.id = id;
    this.#deps = deps;
  }

  observe(observer: StorageObserver | undefined): void {
    this.#observer = observer;
  }

  /** Revisions there are, newest first. */
  async heads(): Promise<readonly Head[]> {
    this.#heads ??= await this.#deps.heads.of(this.id, this.#deps.signal);
    return this.#heads;
  }

  async last(): Promise<StoredRelease | undefined> {
    for (const { revision } of await this.heads()) {
      const found = await this.get(revision);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** A copy: what is changed in it and not written is nobody else's business. */
  async get(revision: number): Promise<StoredRelease | undefined> {
    const head = (await this.heads()).find((each) => each.revision === revision);
    if (head === undefined) return undefined;
    const written = this.#written.get(revision);
    const known = written ?? this.#deps.cache.get(this.#cacheKey(head.secret), head.resourceVersion);
    const release = known ?? (await this.#read(head));
    return release === undefined ? undefined : copyOf(release);
  }

  async create(release: StoredRelease): Promise<void> {
    await this.heads();
    const secret = this.#secretOf(release, { createdAt: this.#seconds() });
    const { client, signal } = this.#deps;
    const made = await client.create<ReleaseSecret>(secrets, secret, { signal });
    this.#note(release, made);
  }

  async update(release: StoredRelease): Promise<void> {
    await this.heads();
    const secret = this.#secretOf(release, { modifiedAt: this.#seconds() });
    const { client, signal } = this.#deps;
    this.#note(release, await client.update<ReleaseSecret>(secrets, secret, { signal }));
  }

  /** Deletes old revisions so that with one more there are `max`. The last deployed one stays. */
  async makeRoom(max: number): Promise<void> {
    if (max <= 0) return;
    const heads = await this.heads();
    const deployed = heads.find(({ status }) => status === 'deployed');
    const surplus = heads.slice(max - 1).filter((head) => head !== deployed);
    for (const head of surplus) await this.#delete(head);
  }

  /** Deletes every revision. */
  async purge(): Promise<void> {
    const heads = [...(await this.heads())];
    const { client, signal } = this.#deps;
    const [only] = heads;
    if (heads.length === 1 && only !== undefined) {
      await this.#delete(only);
      return;
    }
    const { namespace, name } = this.id;
    await client.deleteCollection(secrets, { namespace, labelSelector: releaseSelector(name), signal });
    for (const head of heads) this.#forget(head);
  }

  async #delete(head: Head): Promise<void> {
    const { client, signal } = this.#deps;
    try {
      await client.delete(secrets, { namespace: this.id.namespace, name: head.secret }, { signal });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    this.#forget(head);
  }

  #forget(head: Head): void {
    this.#heads = this.#heads?.filter((each) => each !== head);
    this.#written.delete(head.revision);
    this.#deps.heads.wrote(this.id, head.secret, undefined);
    this.#deps.cache.delete(this.#cacheKey(head.secret));
  }

  async #read(head: Head): Promise<StoredRelease | undefined> {
    const { client, cache, signal, unpack } = this.#deps;
    let secret: ReleaseSecret;
    try {
      secret = await client.get<ReleaseSecret>(
        secrets,
        { namespace: this.id.namespace, name: head.secret },
        { signal },
      );
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
    const payload = Buffer.from(secret.data?.release ?? '', 'base64').toString('latin1');
    const release: StoredRelease = { ...(await unpack(payload, signal)), labels: customLabels(secret) };
    cache.set(this.#cacheKey(head.secret), secret.metadata.resourceVersion ?? '', release);
    return release;
  }

  #note(release: StoredRelease, secret: ReleaseSecret): void {
    const { name = '', resourceVersion = '' } = secret.metadata;
    const { version, info } = release.record;
    const { madeFor } = this.#deps;
    this.#heads = [
      { secret: name, revision: version, status: info.status ?? 'unknown', resourceVersion, madeFor },
      ...(this.#heads ?? []).filter(({ revision }) => revision !== version),
    ].toSorted((a, b) => b.revision - a.revision);
    const kept = copyOf(release);
    this.#written.set(version, kept);
    this.#deps.heads.wrote(this.id, name, resourceVersion);
    this.#deps.cache.set(this.#cacheKey(name), resourceVersion, kept);
    this.#observer?.(kept);
  }

  #secretOf(
    { record, parts, labels }: StoredRelease,
    times: { readonly createdAt?: number; readonly modifiedAt?: number },
  ): ReleaseSecret {
    const { name, version, info } = record;
    const { madeFor } = this.#deps;
    return {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name: releaseSecretName(name, version),
        namespace: this.id.namespace,
        ...(madeFor !== undefined && { annotations: { [madeForAnnotation]: madeFor } }),
        labels: releaseLabels({
          release: name,
          status: info.status ?? 'unknown',
          revision: version,
          custom: labels,
          ...times,
        }),
      },
      type: releaseSecretType,
      data: { release: Buffer.from(assembleRelease(record, parts)).toString('base64') },
    };
  }

  #seconds(): number {
    return Math.floor(this.#deps.clock.now() / 1000);
  }

  #cacheKey(secret: string): string {
    return `${this.#deps.cluster} ${this.id.namespace}/${secret}`;
  }
}

function customLabels({ metadata }: KubeObject): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata.labels ?? {}).filter(([key]) => !systemLabels.includes(key)));
}

/** Actions go on changing state and hooks of a record; nothing else of it ever changes. */
function copyOf(release: StoredRelease): StoredRelease {
  const { info, hooks } = release.record;
  return {
    ...release,
    record: {
      ...release.record,
      info: { ...info },
      ...(hooks !== undefined && { hooks: hooks.map((hook) => ({ ...hook })) }),
    },
  };
}

/** Whether an action is at work on a revision of this status, or broke off. */
export function isUnderWay(status: string): boolean {
  return status.startsWith('pending-') || status === 'uninstalling';
}

/** Time as Helm writes it: Go's RFC3339Nano drops trailing zeros of the fraction. */
export function helmTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.?0*Z$/, 'Z');
}
