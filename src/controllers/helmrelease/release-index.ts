// Which revisions of which releases there are: one watch on the metadata of Helm's Secrets, with our own writes over it
// until the watch has told of them.
import { releaseSelector } from '#helm/index';
import type { KubeClient } from '#kube/client';
import type { Informer } from '#kube/informer';
import type { KubeObject } from '#kube/object';
import { secrets } from '#kube/resources';
import { isLaterVersion } from '../apply/fingerprint.ts';

/** A revision as its Secret's metadata tells of it. */
export interface Head {
  readonly secret: string;
  readonly revision: number;
  readonly status: string;
  readonly resourceVersion: string;
  /** UID of the HelmRelease it was written for; undefined where somebody else wrote it last. */
  readonly madeFor: string | undefined;
}

/**
 * Annotation of a Secret we wrote. Helm drops it when it writes one: where it stands, the revision is as we left it.
 */
export const madeForAnnotation = 'helm.sluice.dev/made-for';

export interface ReleaseId {
  /** Storage namespace. */
  readonly namespace: string;
  readonly name: string;
}

/** Where the revisions of a release are looked up. */
export interface Heads {
  /** Newest first. */
  of(id: ReleaseId, signal: AbortSignal): Promise<Head[]>;
  /** Told of each write: the version it gave the Secret; undefined for its deletion. */
  wrote(id: ReleaseId, secret: string, resourceVersion: string | undefined): void;
}

export function headOf({ metadata }: KubeObject): Head | undefined {
  const { version = '', status = 'unknown' } = metadata.labels ?? {};
  const { name = '', resourceVersion = '' } = metadata;
  if (!/^\d{1,15}$/.test(version) || !name.startsWith('sh.helm.release.v1.')) return undefined;
  const madeFor = metadata.annotations?.[madeForAnnotation];
  return { secret: name, revision: Number(version), status, resourceVersion, madeFor };
}

function sortedHeads(objects: readonly KubeObject[]): Head[] {
  return objects
    .map(headOf)
    .filter((head) => head !== undefined)
    .toSorted((a, b) => b.revision - a.revision);
}

/** Asks the server each time: for clusters whose Secrets nobody watches. */
export class ListedHeads implements Heads {
  readonly #client: Pick<KubeClient, 'list'>;

  constructor(client: Pick<KubeClient, 'list'>) {
    this.#client = client;
  }

  async of({ namespace, name }: ReleaseId, signal: AbortSignal): Promise<Head[]> {
    const { items } = await this.#client.list<KubeObject>(secrets, {
      namespace,
      labelSelector: releaseSelector(name),
      metadataOnly: true,
      signal,
    });
    return sortedHeads(items);
  }

  wrote(): void {
    // The next question is answered by the server, which knows.
  }
}

const byRelease = 'release';
export const helmSecretSelector = 'owner=helm';

export interface WatchedHeadsOptions {
  /** The only one the informer watches; all of them when left out. */
  readonly namespace?: string | undefined;
  /** Before the watch has answered: it may never do so on a cluster where our rights end at some namespace. @default wait */
  readonly whileUnsynced?: 'wait' | 'list';
}

export class WatchedHeads implements Heads {
  readonly #informer: Informer;
  readonly #listed: ListedHeads;
  readonly #options: WatchedHeadsOptions;
  /** By release: Secrets we wrote, with the version that was given. */
  readonly #written = new Map<string, Map<string, string | undefined>>();

  constructor(informer: Informer, client: Pick<KubeClient, 'list'>, options: WatchedHeadsOptions = {}) {
    this.#informer = informer;
    this.#options = options;
    this.#listed = new ListedHeads(client);
    informer.addIndex(byRelease, ({ metadata }) => [`${metadata.namespace ?? ''}/${metadata.labels?.['name'] ?? ''}`]);
  }

  async of(id: ReleaseId, signal: AbortSignal): Promise<Head[]> {
    const { namespace, whileUnsynced = 'wait' } = this.#options;
    if (namespace !== undefined && namespace !== id.namespace) return this.#listed.of(id, signal);
    if (!this.#informer.hasSynced()) {
      if (whileUnsynced === 'list') return this.#listed.of(id, signal);
      await this.#informer.synced(signal);
    }
    if (!this.#hasCaughtUp(id)) return this.#listed.of(id, signal);
    return sortedHeads(this.#informer.store.byIndex(byRelease, `${id.namespace}/${id.name}`));
  }

  wrote({ namespace, name }: ReleaseId, secret: string, resourceVersion: string | undefined): void {
    const key = `${namespace}/${name}`;
    let writes = this.#written.get(key);
    if (writes === undefined) this.#written.set(key, (writes = new Map()));
    writes.set(secret, resourceVersion);
  }

  #hasCaughtUp({ namespace, name }: ReleaseId): boolean {
    const key = `${namespace}/${name}`;
    const writes = this.#written.get(key);
    if (writes === undefined) return true;
    for (const [secret, version] of writes) {
      const cached = this.#informer.store.get(`${namespace}/${secret}`)?.metadata.resourceVersion;
      const isBehind =
        version === undefined ? cached !== undefined : cached === undefined || isLaterVersion(version, cached);
      if (isBehind) return false;
      writes.delete(secret);
    }
    this.#written.delete(key);
    return true;
  }
}
