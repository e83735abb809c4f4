// Single objects that others name, such as a Secret with a kubeconfig: each watched from its first use on, so that
// looking at it again costs nothing and a change of it is told at once.
import { LRUCache } from 'lru-cache';
import type { KubeClient } from '#kube/client';
import type { Informer, Informers } from '#kube/informer';
import { resourceId, type KubeObject, type ResourceRef } from '#kube/object';

export interface NamedObject {
  readonly ref: ResourceRef;
  readonly namespace: string;
  readonly name: string;
}

export interface NamedObjectsOptions {
  readonly client: Pick<KubeClient, 'get'>;
  readonly informers: Pick<Informers, 'acquire'>;
  /** Told the {@link namedObjectId} of a watched object that changed, appeared or went. */
  readonly changed?: (id: string) => void;
  /** Watches at once: each holds a socket. The least recently used one ends first. @default 200 */
  readonly maxWatched?: number;
  /** ms to wait for the first answer of a watch. @default 2000 */
  readonly patienceMs?: number;
}

export class NamedObjects {
  readonly #options: NamedObjectsOptions;
  readonly #watches: LRUCache<string, Informer<KubeObject>>;

  constructor(options: NamedObjectsOptions) {
    this.#options = options;
    this.#watches = new LRUCache({ max: options.maxWatched ?? 200, dispose: (informer) => informer.release() });
  }

  /** The object as it is now. Throws the server's refusal, NotFound among them. Objects are shared: never change one. */
  async get<T extends KubeObject>(object: NamedObject, signal: AbortSignal): Promise<T> {
    const { client, patienceMs = 2000 } = this.#options;
    const { ref, namespace, name } = object;
    const informer = this.#watch(object);
    if (!informer.hasSynced()) {
      const patience = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
      // What may not be watched may perhaps be read.
      await informer.permitted(patience).catch(() => signal.throwIfAborted());
    }
    const known = informer.store.get(`${namespace}/${name}`);
    if (known !== undefined) return known as T;
    // Not there as far as the watch knows; what was made a moment ago may not have come through it yet.
    return client.get<KubeObject>(ref, { namespace, name }, { signal }) as Promise<T>;
  }

  /** Ends the watch of an object nobody names any more, by its {@link namedObjectId}. */
  forget(id: string): void {
    this.#watches.delete(id);
  }

  close(): void {
    this.#watches.clear();
  }

  #watch(object: NamedObject): Informer<KubeObject> {
    const id = namedObjectId(object);
    const known = this.#watches.get(id);
    if (known !== undefined) return known;
    const { informers, changed } = this.#options;
    const { ref, namespace, name } = object;
    const informer = informers.acquire<KubeObject>(ref, { namespace, fieldSelector: `metadata.name=${name}` });
    const tell = (): void => changed?.(id);
    informer.addHandler({ add: (_object, initial) => initial || tell(), update: tell, delete: tell });
    this.#watches.set(id, informer);
    return informer;
  }
}

export function namedObjectId({ ref, namespace, name }: NamedObject): string {
  return `${resourceId(ref)} ${namespace}/${name}`;
}
