// Read your own writes: the newest of what the cache holds and what we wrote ourselves a moment ago.
import { keyOf, type KubeObject } from '#kube/object';

/** Where objects are cached. */
export interface ObjectSource<T extends KubeObject> {
  get(key: string): T | undefined;
}

/**
 * Keeps our last write of each object until the cache has caught up with it. Without this a reconcile that starts
 * right after another would act on the state before that one's writes.
 */
export class FreshObjects<T extends KubeObject> {
  readonly #source: ObjectSource<T>;
  readonly #written = new Map<string, T>();

  constructor(source: ObjectSource<T>) {
    this.#source = source;
  }

  get(key: string): T | undefined {
    const cached = this.#source.get(key);
    const written = this.#written.get(key);
    if (written === undefined) return cached;
    if (isAhead(written, cached)) return written;
    this.#written.delete(key);
    return cached;
  }

  note(object: T): void {
    this.#forgetOld();
    const key = keyOf(object);
    // Last in the order, also where it was there before.
    this.#written.delete(key);
    this.#written.set(key, object);
  }

  /** An object that is not read again would be kept twice for ever. Caches catch up in the order of the writes. */
  #forgetOld(): void {
    for (const [key, written] of this.#written) {
      if (isAhead(written, this.#source.get(key))) return;
      this.#written.delete(key);
    }
  }
}

/** Gone from the cache means deleted: a write we remember says nothing against that. */
function isAhead(written: KubeObject, cached: KubeObject | undefined): boolean {
  return cached !== undefined && cached.metadata.uid === written.metadata.uid && isNewer(written, cached);
}

/** Resource versions are decimal numbers of any length; Kubernetes allows comparing them as such. */
function isNewer(a: KubeObject, b: KubeObject): boolean {
  const left = a.metadata.resourceVersion ?? '';
  const right = b.metadata.resourceVersion ?? '';
  return left.length === right.length ? left > right : left.length > right.length;
}
