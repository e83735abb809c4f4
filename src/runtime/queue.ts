// The work queue: each key at most once in the queue and at most once in work, with priorities, delays and backoff.
import type { Clock } from '#lib/clock';

/** Higher runs first. Work caused by a person or a change goes before periodic work. */
export const Priority = { periodic: 0, change: 10, request: 20 } as const;
export type Priority = (typeof Priority)[keyof typeof Priority];

export interface QueueOptions {
  readonly clock: Clock;
  /** First retry delay, ms; doubles with every failure up to `maxDelay`. */
  readonly minDelay: number;
  readonly maxDelay: number;
  /** Told how long each key waited and was in work, ms. */
  readonly observe?: { readonly waited: (ms: number) => void; readonly worked: (ms: number) => void };
  /** Told when a key in work is added again because of a change or a request. */
  readonly onSuperseded?: (key: string) => void;
}

interface Waiter {
  readonly resolve: (key: string | undefined) => void;
}

/**
 * A keyed queue. `get` hands a key out; until `done` the same key is not handed out again: an `add` meanwhile makes it
 * run once more afterwards. A key has at most one pending delay; the sooner one wins.
 */
export class WorkQueue {
  readonly #options: QueueOptions;
  /** Ready keys by priority; a Map keeps the order of arrival within one priority. */
  readonly #ready = new Map<number, Set<string>>();
  readonly #queued = new Map<string, number>();
  readonly #working = new Set<string>();
  /** Keys added while in work, with the priority they asked for. */
  readonly #again = new Map<string, number>();
  readonly #timers = new Map<string, { at: number; cancel: () => void }>();
  readonly #failures = new Map<string, number>();
  readonly #waiters: Waiter[] = [];
  /** When each queued key became ready, and each key in work was taken; monotonic ms. */
  readonly #readySince = new Map<string, number>();
  readonly #takenAt = new Map<string, number>();
  #adds = 0;
  #retries = 0;
  #closed = false;

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  /** Keys ready to run. */
  get depth(): number {
    return this.#queued.size;
  }

  /** Keys in work. */
  get active(): number {
    return this.#working.size;
  }

  /** Adds since the start, retries among them. */
  get counts(): { readonly adds: number; readonly retries: number } {
    return { adds: this.#adds, retries: this.#retries };
  }

  /** ms that each key in work has been there. */
  workingMs(): number[] {
    const now = this.#options.clock.monotonic();
    return [...this.#takenAt.values()].map((at) => now - at);
  }

  add(key: string, priority: number = Priority.change): void {
    if (this.#closed) return;
    this.#adds++;
    if (this.#working.has(key)) {
      this.#again.set(key, Math.max(priority, this.#again.get(key) ?? priority));
      if (priority > Priority.periodic) this.#options.onSuperseded?.(key);
      return;
    }
    const before = this.#queued.get(key);
    if (before !== undefined) {
      if (before >= priority) return;
      this.#ready.get(before)?.delete(key);
    }
    if (before === undefined) this.#readySince.set(key, this.#options.clock.monotonic());
    this.#queued.set(key, priority);
    let bucket = this.#ready.get(priority);
    if (bucket === undefined) this.#ready.set(priority, (bucket = new Set()));
    bucket.add(key);
    this.#handOut();
  }

  /** Adds the key after `ms`, unless it is already due sooner. */
  addAfter(key: string, ms: number, priority: number = Priority.periodic): void {
    if (this.#closed) return;
    if (ms <= 0) {
      this.add(key, priority);
      return;
    }
    const at = this.#options.clock.monotonic() + ms;
    const pending = this.#timers.get(key);
    if (pending !== undefined) {
      if (pending.at <= at) return;
      pending.cancel();
    }
    const cancel = this.#options.clock.after(ms, () => {
      this.#timers.delete(key);
      this.add(key, priority);
    });
    this.#timers.set(key, { at, cancel });
  }

  /** Adds the key after its backoff delay, which doubles with every call until `forget`. Returns that delay in ms. */
  addRateLimited(key: string): number {
    const failures = this.#failures.get(key) ?? 0;
    this.#retries++;
    this.#failures.set(key, failures + 1);
    const delay = Math.min(this.#options.minDelay * 2 ** failures, this.#options.maxDelay);
    this.addAfter(key, delay, Priority.change);
    return delay;
  }

  /** Forgets the failures of a key. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** Forgets all about a key that will not come back, such as a deleted object's. */
  drop(key: string): void {
    this.forget(key);
    this.cancelDelay(key);
  }

  /** Cancels a pending delay: the run about to start decides when the next one is due. */
  cancelDelay(key: string): void {
    this.#timers.get(key)?.cancel();
    this.#timers.delete(key);
  }

  /** The next key, or `undefined` once the queue is closed and nothing is left. */
  get(): Promise<string | undefined> {
    const key = this.#take();
    if (key !== undefined) return Promise.resolve(key);
    if (this.#closed) return Promise.resolve(undefined);
    return new Promise((resolve) => this.#waiters.push({ resolve }));
  }

  done(key: string): void {
    this.#working.delete(key);
    const now = this.#options.clock.monotonic();
    this.#options.observe?.worked(now - (this.#takenAt.get(key) ?? now));
    this.#takenAt.delete(key);
    const again = this.#again.get(key);
    this.#again.delete(key);
    if (again !== undefined) this.add(key, again);
  }

  /** No further adds; waiting workers get `undefined`; what is queued or delayed is dropped. */
  close(): void {
    this.#closed = true;
    for (const { cancel } of this.#timers.values()) cancel();
    this.#timers.clear();
    this.#ready.clear();
    this.#queued.clear();
    this.#again.clear();
    for (const { resolve } of this.#waiters.splice(0)) resolve(undefined);
  }

  #take(): string | undefined {
    if (this.#queued.size === 0) return undefined;
    let top: number | undefined;
    for (const [priority, bucket] of this.#ready) {
      if (bucket.size > 0 && (top === undefined || priority > top)) top = priority;
    }
    if (top === undefined) return undefined;
    const bucket = this.#ready.get(top)!;
    const key = bucket.values().next().value!;
    bucket.delete(key);
    this.#queued.delete(key);
    this.#working.add(key);
    const now = this.#options.clock.monotonic();
    this.#options.observe?.waited(now - (this.#readySince.get(key) ?? now));
    this.#readySince.delete(key);
    this.#takenAt.set(key, now);
    return key;
  }

  #handOut(): void {
    while (this.#waiters.length > 0) {
      const key = this.#take();
      if (key === undefined) return;
      this.#waiters.shift()!.resolve(key);
    }
  }
}
