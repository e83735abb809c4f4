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
    // Gone from the cache means deleted: a write we remember says nothing against that.
    if (cached === undefined || cached.metadata.uid !== written.metadata.uid || !isNewer(written, cached)) {
      this.#written.delete(key);
      return cached;
    }
    return written;
  }

  note(object: T): void {
    this.#written.set(keyOf(object), object);
  }

  forget(key: string): void {
    this.#written.delete(key);
  }
}

/** Resource versions are decimal numbers of any length; Kubernetes allows comparing them as such. */
function isNewer(a: KubeObject, b: KubeObject): boolean {
  const left = a.metadata.resourceVersion ?? '';
  const right = b.metadata.resourceVersion ?? '';
  return left.length === right.length ? left > right : left.length > right.length;
}
