// What the cluster holds of the objects we manage: one shared watch per kind, asked instead of the API server.
import type { Informer, Informers } from '#kube/informer';
import { keyOf, resourceId, type KubeObject, type ResourceRef, type Unstructured } from '#kube/object';

/** A kind under watch. Objects are shared: never change one. */
export interface LiveKind {
  /** By `namespace/name`, or `name` alone. Only objects the selector picks are known. */
  get(key: string): Unstructured | undefined;
  /** All objects of an owner, by the owner's key. */
  ownedBy(owner: string): readonly Unstructured[];
  /** Calls `listener` whenever an object of the kind changes, appears or goes; returns how to leave. */
  onChange(listener: (key: string) => void): () => void;
}

export interface LiveObjectsOptions {
  readonly informers: Informers;
  /** Which objects are ours, e.g. those that carry an owner label. */
  readonly labelSelector: string;
  /** The key of the owner an object's labels name. */
  readonly ownerOf: (object: KubeObject) => string;
  /** ms to wait for a kind's first list. @default 10000 */
  readonly syncTimeoutMs?: number;
}

/** Kinds whose health is their existence: their content is not kept. */
const metadataOnlyKinds = new Set([
  'configmaps.v1',
  'secrets.v1',
  'serviceaccounts.v1',
  'roles.v1.rbac.authorization.k8s.io',
  'rolebindings.v1.rbac.authorization.k8s.io',
  'clusterroles.v1.rbac.authorization.k8s.io',
  'clusterrolebindings.v1.rbac.authorization.k8s.io',
]);

/** The part of a resource's discovery that decides whether it can be watched. */
export interface WatchableResource extends ResourceRef {
  readonly verbs: readonly string[];
}

export class LiveObjects {
  readonly #options: LiveObjectsOptions;
  readonly #kinds = new Map<string, { readonly informer: Informer; readonly kind: LiveKind }>();

  constructor(options: LiveObjectsOptions) {
    this.#options = options;
  }

  /** The kind, once its cache is filled; undefined when it cannot or may not be watched, or not in time. */
  async kind(resource: WatchableResource, signal: AbortSignal): Promise<LiveKind | undefined> {
    if (!resource.verbs.includes('watch') || !resource.verbs.includes('list')) return undefined;
    const { informer, kind } = this.#acquire(resource);
    if (informer.hasSynced()) return kind;
    const timeout = AbortSignal.timeout(this.#options.syncTimeoutMs ?? 10_000);
    try {
      return (await informer.permitted(AbortSignal.any([signal, timeout]))) ? kind : undefined;
    } catch {
      signal.throwIfAborted();
      return undefined;
    }
  }

  /** Objects by kind, for metrics and dumps. */
  *sizes(): Generator<{ readonly resource: string; readonly objects: number }> {
    for (const [resource, { informer }] of this.#kinds) yield { resource, objects: informer.store.size };
  }

  close(): void {
    for (const { informer } of this.#kinds.values()) informer.release();
    this.#kinds.clear();
  }

  #acquire(resource: ResourceRef): { readonly informer: Informer; readonly kind: LiveKind } {
    const id = resourceId(resource);
    const known = this.#kinds.get(id);
    if (known !== undefined) return known;
    const informer = this.#options.informers.acquire(resource, {
      labelSelector: this.#options.labelSelector,
      metadataOnly: metadataOnlyKinds.has(id),
    });
    const entry = { informer, kind: liveKindOf(informer, this.#options.ownerOf) };
    this.#kinds.set(id, entry);
    return entry;
  }
}

const byOwner = 'owner';

/** A view on any informer as a live kind. */
export function liveKindOf(informer: Informer, ownerOf: (object: KubeObject) => string = () => ''): LiveKind {
  const listeners = new Set<(key: string) => void>();
  const tell = (object: KubeObject): void => {
    const key = keyOf(object);
    for (const listener of listeners) listener(key);
  };
  informer.addIndex(byOwner, (object) => [ownerOf(object)]);
  informer.addHandler({ add: tell, update: (_old, next) => tell(next), delete: tell });
  return {
    get: (key) => informer.store.get(key),
    ownedBy: (owner) => informer.store.byIndex(byOwner, owner),
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
