// The recent changes of one resource, so that a watch can go on where a list or another watch ended.
import { isDeepStrictEqual } from 'node:util';
import type { Unstructured } from '#kube/object';

export type WatchEventType = 'ADDED' | 'MODIFIED' | 'DELETED';

export interface LoggedEvent {
  readonly type: WatchEventType;
  readonly version: bigint;
  /** The object after the change; of a deletion, its last state with the deletion's version. */
  readonly object: Unstructured;
  /** The object before it, for selectors that it may have matched. */
  readonly previous: Unstructured | undefined;
}

export interface EventLogOptions {
  /** Version to begin with: above every version an earlier process gave. */
  readonly firstVersion: bigint;
  /** Events remembered. @default 1024 */
  readonly capacity?: number;
}

/** One process writes; versions rise by one with each change. */
export class EventLog {
  readonly #capacity: number;
  readonly #events: LoggedEvent[] = [];
  readonly #listeners = new Set<(event: LoggedEvent) => void>();
  readonly #objects = new Map<string, Unstructured>();
  /** The objects in order, until one changes. */
  #sorted: readonly Unstructured[] | undefined;
  #version: bigint;
  #oldest: bigint;

  constructor(options: EventLogOptions) {
    this.#capacity = options.capacity ?? 1024;
    this.#version = options.firstVersion;
    this.#oldest = options.firstVersion;
  }

  get version(): bigint {
    return this.#version;
  }

  /** Events after this version are all remembered. */
  get oldest(): bigint {
    return this.#oldest;
  }

  /** All objects as they are now, by namespace and name. */
  objects(): readonly Unstructured[] {
    this.#sorted ??= [...this.#objects.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
    return this.#sorted;
  }

  get(namespace: string, name: string): Unstructured | undefined {
    return this.#objects.get(keyOf(namespace, name));
  }

  /** Records what the object is now; what it was already is no event. */
  set(object: Unstructured): void {
    const key = keyOf(object.metadata.namespace, object.metadata.name);
    const previous = this.#objects.get(key);
    if (previous !== undefined && isSame(previous, object)) return;
    const stamped = this.#stamp(object);
    this.#objects.set(key, stamped);
    this.#append({ type: previous === undefined ? 'ADDED' : 'MODIFIED', object: stamped, previous });
  }

  remove(namespace: string, name: string): void {
    const key = keyOf(namespace, name);
    const previous = this.#objects.get(key);
    if (previous === undefined) return;
    this.#objects.delete(key);
    this.#append({ type: 'DELETED', object: this.#stamp(previous), previous });
  }

  /** Remembered events after `version`; undefined when some of them are forgotten. */
  since(version: bigint): LoggedEvent[] | undefined {
    return version < this.#oldest ? undefined : this.#events.filter((event) => event.version > version);
  }

  subscribe(listener: (event: LoggedEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #stamp(object: Unstructured): Unstructured {
    this.#version++;
    return { ...object, metadata: { ...object.metadata, resourceVersion: this.#version.toString() } };
  }

  #append(change: Omit<LoggedEvent, 'version'>): void {
    const event = { ...change, version: this.#version };
    this.#sorted = undefined;
    this.#events.push(event);
    if (this.#events.length > this.#capacity) this.#oldest = this.#events.shift()!.version;
    for (const listener of this.#listeners) listener(event);
  }
}

/** Sorts by namespace, then by name: NUL comes before whatever a name may hold. */
export function keyOf(namespace: string | undefined, name: string | undefined): string {
  return `${namespace ?? ''}\0${name ?? ''}`;
}

function isSame(stored: Unstructured, next: Unstructured): boolean {
  const { resourceVersion } = stored.metadata;
  return isDeepStrictEqual(stored, { ...next, metadata: { ...next.metadata, resourceVersion } });
}
