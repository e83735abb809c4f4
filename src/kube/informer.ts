// Shared caches of the cluster: one watch per (resource, selection, shape), any number of users, started and stopped at run time.
import { systemClock, type Clock } from '#lib/clock';
import { unlessAborted } from '#lib/unless-aborted';
import type { KubeClient } from './client.ts';
import { keyOf, resourceId, type KubeObject, type ResourceRef, type Unstructured } from './object.ts';
import { Reflector, type ReflectorSink } from './reflector.ts';
import { isForbidden } from './status-error.ts';
import { Store, type IndexFunction, type ReadonlyStore } from './store.ts';

/** What is told of changes. Called synchronously, in order; what one handler throws reaches no other. */
export interface InformerHandler<T extends KubeObject = Unstructured> {
  /** `initial` is true for what was there when the cache, or this handler, began. */
  add?(object: T, initial: boolean): void;
  /** Also called when a relist shows the same version again is not: `old` and `next` always differ in version. */
  update?(old: T, next: T): void;
  /** The last state known. */
  delete?(object: T): void;
}

export interface InformerSelection<T extends KubeObject = Unstructured> {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Hold only metadata. */
  readonly metadataOnly?: boolean;
  /** Makes objects smaller before they are kept; part of the cache's identity. May change its argument. */
  readonly transform?: (object: T) => T;
}

/** One user's hold on a shared cache. */
export interface Informer<T extends KubeObject = Unstructured> {
  readonly ref: ResourceRef;
  readonly store: ReadonlyStore<T>;
  hasSynced(): boolean;
  /** Resolves after the first full list; rejects when the signal aborts first, or the informer is stopped. */
  synced(signal?: AbortSignal): Promise<void>;
  /** As {@link synced}, but false where we may not list: that is tried again, and may go on for ever. */
  permitted(signal?: AbortSignal): Promise<boolean>;
  /** Objects already known are told at once, as initial. Returns how to leave. */
  addHandler(handler: InformerHandler<T>): () => void;
  addIndex(name: string, values: IndexFunction<T>): void;
  /** Takes this user's handlers away; the last user's release stops the watch. */
  release(): void;
}

export interface InformersOptions {
  readonly client: KubeClient;
  /** @default systemClock */
  readonly clock?: Clock;
  /** Drop `metadata.managedFields`, the largest part of most objects. @default true */
  readonly stripManagedFields?: boolean;
  /** @default 500 */
  readonly pageSize?: number;
  /** @default true */
  readonly streamInitialState?: boolean;
  /** Told of list and watch failures and of what handlers throw. */
  readonly onError?: (error: unknown, where: InformerProblem) => void;
  readonly random?: () => number;
}

export interface InformerProblem {
  readonly resource: string;
  readonly phase: 'list' | 'watch' | 'handler';
}

/** All informers of one cluster. */
export class Informers {
  readonly #options: InformersOptions;
  readonly #shared = new Map<string, SharedCache<KubeObject>>();
  readonly #transformIds = new WeakMap<object, number>();
  #nextTransformId = 1;

  constructor(options: InformersOptions) {
    this.#options = options;
  }

  /** Joins the cache for this selection, starting it for its first user. */
  acquire<T extends KubeObject = Unstructured>(ref: ResourceRef, selection: InformerSelection<T> = {}): Informer<T> {
    const id = this.#identity(ref, selection);
    let cache = this.#shared.get(id) as SharedCache<T> | undefined;
    if (cache === undefined) {
      cache = new SharedCache<T>(ref, selection, this.#options, () => this.#shared.delete(id));
      this.#shared.set(id, cache as unknown as SharedCache<KubeObject>);
    }
    return cache.join();
  }

  /** Caches that are running, for metrics: resource, number of objects, synced or not. */
  *running(): Generator<{ resource: string; objects: number; synced: boolean }> {
    for (const cache of this.#shared.values()) {
      yield { resource: resourceId(cache.ref), objects: cache.store.size, synced: cache.hasSynced() };
    }
  }

  /** Stops every watch, whoever still holds it, and waits until they have ended. */
  async close(): Promise<void> {
    const caches = [...this.#shared.values()];
    this.#shared.clear();
    await Promise.all(caches.map((cache) => cache.stop()));
  }

  #identity<T extends KubeObject>(ref: ResourceRef, selection: InformerSelection<T>): string {
    const { transform } = selection;
    let transformId = 0;
    if (transform !== undefined) {
      transformId = this.#transformIds.get(transform) ?? this.#nextTransformId++;
      this.#transformIds.set(transform, transformId);
    }
    const { namespace = '', labelSelector = '', fieldSelector = '', metadataOnly = false } = selection;
    return JSON.stringify([resourceId(ref), namespace, labelSelector, fieldSelector, metadataOnly, transformId]);
  }
}

/** The cache behind all handles of one selection. */
class SharedCache<T extends KubeObject> implements ReflectorSink<T> {
  readonly ref: ResourceRef;
  readonly store = new Store<T>();
  readonly #options: InformersOptions;
  readonly #transform: ((object: T) => T) | undefined;
  readonly #handlers = new Set<InformerHandler<T>>();
  readonly #controller = new AbortController();
  readonly #synced = Promise.withResolvers<void>();
  /** Settled by the first list that is answered one way or the other. */
  readonly #permitted = Promise.withResolvers<boolean>();
  readonly #onUnused: () => void;
  readonly #running: Promise<void>;
  #isSynced = false;
  #users = 0;

  constructor(ref: ResourceRef, selection: InformerSelection<T>, options: InformersOptions, onUnused: () => void) {
    this.ref = ref;
    this.#options = options;
    this.#transform = selection.transform;
    this.#onUnused = onUnused;
    // Waiting is optional: a stop before the first sync must not be an unhandled rejection.
    this.#synced.promise.catch(() => undefined);
    this.#permitted.promise.catch(() => undefined);
    const { client, clock = systemClock, pageSize, streamInitialState, random } = options;
    const { namespace, labelSelector, fieldSelector, metadataOnly } = selection;
    const reflector = new Reflector<T>({
      client,
      ref,
      sink: this,
      clock,
      namespace,
      labelSelector,
      fieldSelector,
      metadataOnly,
      pageSize,
      streamInitialState,
      random,
      onError: (error, phase) => {
        if (isForbidden(error)) this.#permitted.resolve(false);
        this.#report(error, phase);
      },
    });
    this.#running = reflector.run(this.#controller.signal);
  }

  join(): Informer<T> {
    this.#users++;
    const mine = new Set<InformerHandler<T>>();
    let released = false;
    return {
      ref: this.ref,
      store: this.store,
      hasSynced: () => this.#isSynced,
      synced: (signal) => (this.#isSynced ? this.#synced.promise : unlessAborted(this.#synced.promise, signal)),
      permitted: (signal) => unlessAborted(this.#permitted.promise, signal),
      addIndex: (name, values) => this.store.addIndex(name, values),
      addHandler: (handler) => {
        // A copy, so that the same handler added twice is two.
        const own: InformerHandler<T> = {
          add: (object, initial) => handler.add?.(object, initial),
          update: (old, next) => handler.update?.(old, next),
          delete: (object) => handler.delete?.(object),
        };
        mine.add(own);
        this.#addHandler(own);
        return () => {
          mine.delete(own);
          this.#handlers.delete(own);
        };
      },
      release: () => {
        if (released) return;
        released = true;
        for (const handler of mine) this.#handlers.delete(handler);
        if (--this.#users > 0) return;
        this.#onUnused();
        void this.stop();
      },
    };
  }

  hasSynced(): boolean {
    return this.#isSynced;
  }

  async stop(): Promise<void> {
    const stopped = new Error(`the informer of ${resourceId(this.ref)} is stopped`);
    this.#controller.abort(stopped);
    this.#synced.reject(stopped);
    this.#permitted.reject(stopped);
    this.#handlers.clear();
    await this.#running;
  }

  replace(objects: readonly T[]): void {
    const gone = new Set(this.store.keys());
    const initial = !this.#isSynced;
    for (const raw of objects) {
      const object = this.#shrink(raw);
      gone.delete(keyOf(object));
      this.#upsert(object, initial);
    }
    // What vanished while nobody watched is told like any deletion.
    for (const key of gone) this.#delete(key);
    this.#isSynced = true;
    this.#synced.resolve();
    this.#permitted.resolve(true);
  }

  upsert(object: T): void {
    this.#upsert(this.#shrink(object), false);
  }

  remove(object: T): void {
    const last = this.#shrink(object);
    const old = this.store.delete(keyOf(last));
    if (old !== undefined) this.#tell((handler) => handler.delete?.(last));
  }

  #upsert(object: T, initial: boolean): void {
    const known = this.store.get(keyOf(object));
    if (known !== undefined && known.metadata.uid !== object.metadata.uid) {
      // Deleted and created again between two looks: users must see both.
      this.#delete(keyOf(known));
    }
    const old = this.store.set(object);
    if (old === undefined) this.#tell((handler) => handler.add?.(object, initial));
    else if (old.metadata.resourceVersion !== object.metadata.resourceVersion) {
      this.#tell((handler) => handler.update?.(old, object));
    }
  }

  #delete(key: string): void {
    const old = this.store.delete(key);
    if (old !== undefined) this.#tell((handler) => handler.delete?.(old));
  }

  #addHandler(handler: InformerHandler<T>): void {
    // Told first, added then: a handler that changes the handlers while it is told must not be told twice.
    for (const object of Array.from(this.store.values())) this.#guard(() => handler.add?.(object, true));
    this.#handlers.add(handler);
  }

  #tell(call: (handler: InformerHandler<T>) => void): void {
    for (const handler of Array.from(this.#handlers)) {
      if (this.#handlers.has(handler)) this.#guard(() => call(handler));
    }
  }

  #guard(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#report(error, 'handler');
    }
  }

  #report(error: unknown, phase: InformerProblem['phase']): void {
    this.#options.onError?.(error, { resource: resourceId(this.ref), phase });
  }

  #shrink(object: T): T {
    if (this.#options.stripManagedFields ?? true) delete object.metadata.managedFields;
    return this.#transform === undefined ? object : this.#transform(object);
  }
}
