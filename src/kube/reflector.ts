// Keeps a copy of a resource: list, then watch for ever, by the contract of client-go's reflector.
import { Backoff, delay } from '#lib/backoff';
import type { Clock } from '#lib/clock';
import { CodedError } from '#lib/errors';
import type { KubeClient, WatchOptions } from './client.ts';
import { pages } from './list.ts';
import { keyOf, type KubeObject, type ResourceRef } from './object.ts';
import { isBadRequest, isGone, isInvalid, isTooManyRequests, StatusError } from './status-error.ts';
import { isConnectionRefused, RequestTimeoutError, UnreachableError } from './transport.ts';
import { WatchStreamError, type WatchEvent } from './watch.ts';

/** Where what is learnt goes. Called in order, never concurrently. */
export interface ReflectorSink<T extends KubeObject> {
  /** The whole state: what is not in it is gone. */
  replace(objects: readonly T[]): void;
  upsert(object: T): void;
  remove(object: T): void;
}

export interface ReflectorOptions<T extends KubeObject> {
  readonly client: KubeClient;
  readonly ref: ResourceRef;
  readonly sink: ReflectorSink<T>;
  readonly clock: Clock;
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly metadataOnly?: boolean | undefined;
  /** @default 500 */
  readonly pageSize?: number | undefined;
  /** Ask for the state as a stream (WatchList) and fall back to lists where that is not served. @default true */
  readonly streamInitialState?: boolean | undefined;
  /** Told of every failure; the reflector goes on by itself. */
  readonly onError?: ((error: unknown, phase: 'list' | 'watch') => void) | undefined;
  /** A number in [0, 1). @default Math.random */
  readonly random?: (() => number) | undefined;
}

// client-go's figures.
const BACKOFF = { initialMs: 800, maxMs: 30_000, factor: 2, jitter: 1, resetAfterMs: 120_000 };
const MIN_WATCH_SECONDS = 300;
const WATCHDOG_GRACE_MS = 30_000;
const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';

type Watch<T extends KubeObject> = AsyncGenerator<WatchEvent<T>, void, undefined>;

/** Thrown into a watch that stayed open longer than the server was asked to keep it. */
class WatchdogError extends CodedError {
  constructor() {
    super('KUBE_WATCHDOG', 'the watch outlived its time: the connection is taken for dead');
  }
}

export class Reflector<T extends KubeObject> {
  readonly #options: ReflectorOptions<T>;
  readonly #backoff: Backoff;
  readonly #random: () => number;
  #resourceVersion = '';
  /** The server said our version is too old: the next list must come from etcd, not from a cache that may lag. */
  #expired = false;
  #mayStream: boolean;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
    this.#backoff = new Backoff({ ...BACKOFF, random: this.#random }, options.clock);
    this.#mayStream = options.streamInitialState ?? true;
  }

  /** The version up to which the sink is current. */
  get resourceVersion(): string {
    return this.#resourceVersion;
  }

  /** Runs until `signal` aborts; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      let open: Watch<T> | undefined;
      try {
        open = await this.#initialState(signal);
      } catch (error) {
        if (signal.aborted) return;
        this.#options.onError?.(error, 'list');
        if (!(await this.#pause(signal))) return;
        continue;
      }
      await this.#follow(signal, open);
    }
  }

  /** Brings the sink to a consistent state and sets the version to watch from. A streamed state leaves its watch open. */
  async #initialState(signal: AbortSignal): Promise<Watch<T> | undefined> {
    if (this.#mayStream) {
      try {
        return await this.#streamState(signal);
      } catch (error) {
        if (signal.aborted) throw error;
        // Not served, or a proxy in between buffers it: lists always work, so stay with them.
        if (isInvalid(error) || isBadRequest(error)) this.#mayStream = false;
        else if (isGone(error)) this.#expired = true;
        else if (isConnectionRefused(error) || isTooManyRequests(error)) throw error;
      }
    }
    await this.#listState(signal);
    return undefined;
  }

  async #listState(signal: AbortSignal): Promise<void> {
    const { client, ref, sink, namespace, labelSelector, fieldSelector, metadataOnly, pageSize = 500 } = this.#options;
    const select = { namespace, labelSelector, fieldSelector, metadataOnly, signal };
    // "0" is answered from the server's cache; a known version must not be gone back behind; "" asks etcd.
    const resourceVersion = this.#expired ? '' : this.#resourceVersion || '0';
    const items: T[] = [];
    let version = '';
    try {
      for await (const page of pages<T>(client, ref, { ...select, resourceVersion, limit: pageSize })) {
        if (page.restarted) items.length = 0;
        for (const item of page.items) items.push(item);
        version = page.metadata.resourceVersion ?? '';
      }
    } catch (error) {
      if (isGone(error)) this.#expired = true;
      throw error;
    }
    this.#expired = false;
    sink.replace(items);
    this.#resourceVersion = version;
  }

  async #streamState(signal: AbortSignal): Promise<Watch<T>> {
    const state = new Map<string, T>();
    const watch = this.#open(signal, {
      sendInitialEvents: true,
      resourceVersionMatch: 'NotOlderThan',
      resourceVersion: this.#expired ? '' : this.#resourceVersion,
    });
    // Not for-await: leaving that loop would close the watch, which goes on with what happens after the state.
    for (let step = await watch.next(); step.done !== true; step = await watch.next()) {
      const { type, object } = step.value;
      if (type === 'DELETED') state.delete(keyOf(object));
      else if (type !== 'BOOKMARK') state.set(keyOf(object), object);
      else if (object.metadata.annotations?.[INITIAL_EVENTS_END] === 'true') {
        this.#expired = false;
        this.#options.sink.replace([...state.values()]);
        this.#resourceVersion = object.metadata.resourceVersion ?? '';
        return watch;
      }
    }
    throw new WatchStreamError('the watch ended before the whole state was sent', { broken: true });
  }

  /** Watches from the known version, over and over, until a new list is needed. */
  async #follow(signal: AbortSignal, open: Watch<T> | undefined): Promise<void> {
    let watch = open;
    while (!signal.aborted) {
      try {
        await this.#drain(watch ?? this.#open(signal, { resourceVersion: this.#resourceVersion }));
      } catch (error) {
        if (signal.aborted) return;
        if (isGone(error)) {
          this.#expired = true;
          return;
        }
        this.#options.onError?.(error, 'watch');
        if (!(await this.#pause(signal))) return;
        if (!versionStillGood(error)) return;
      }
      watch = undefined;
    }
  }

  async #drain(watch: Watch<T>): Promise<void> {
    const { sink, clock } = this.#options;
    const started = clock.monotonic();
    let events = 0;
    for await (const { type, object } of watch) {
      events++;
      if (type === 'DELETED') sink.remove(object);
      else if (type !== 'BOOKMARK') sink.upsert(object);
      this.#resourceVersion = object.metadata.resourceVersion ?? this.#resourceVersion;
    }
    // A server that ends watches at once, with nothing in them, must not be asked in a tight loop.
    if (events === 0 && clock.monotonic() - started < 1000) {
      throw new WatchStreamError('the watch ended at once and brought nothing', { broken: true });
    }
  }

  /** A watch that the client itself ends when the server does not. */
  async *#open(signal: AbortSignal, options: WatchOptions): Watch<T> {
    const { client, ref, clock, namespace, labelSelector, fieldSelector, metadataOnly } = this.#options;
    const timeoutSeconds = Math.floor(MIN_WATCH_SECONDS * (1 + this.#random()));
    const controller = new AbortController();
    const onAbort = (): void => controller.abort(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    const cancelWatchdog = clock.after(timeoutSeconds * 1000 + WATCHDOG_GRACE_MS, () =>
      controller.abort(new WatchdogError()),
    );
    try {
      yield* await client.watch<T>(ref, {
        ...options,
        timeoutSeconds,
        allowWatchBookmarks: true,
        namespace,
        labelSelector,
        fieldSelector,
        metadataOnly: metadataOnly ?? false,
        signal: controller.signal,
      });
    } finally {
      cancelWatchdog();
      signal.removeEventListener('abort', onAbort);
    }
  }

  async #pause(signal: AbortSignal): Promise<boolean> {
    try {
      await delay(this.#backoff.next(), this.#options.clock, signal);
      return true;
    } catch {
      return false;
    }
  }
}

/**
 * Whether to watch again from the version we have. A server that is down, busy or cut off has not forgotten it, and
 * would say 410 if it had; a refusal or nonsense on the wire is not trusted, and the state is fetched anew.
 */
function versionStillGood(error: unknown): boolean {
  if (error instanceof StatusError) return error.status === 429 || error.status >= 500;
  if (error instanceof WatchStreamError) return error.broken;
  return error instanceof WatchdogError || error instanceof UnreachableError || error instanceof RequestTimeoutError;
}
