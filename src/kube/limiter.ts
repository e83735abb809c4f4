// How many requests, and how fast: a token bucket for the rate and a queue for the number in flight.
import type { Clock } from '#lib/clock';

export interface Limits {
  /** Requests per second, on average. @default unlimited */
  readonly qps?: number;
  /** Requests that may go at once after a pause. @default 2 × qps */
  readonly burst?: number;
  /** Requests under way at the same time. @default unlimited */
  readonly inFlight?: number;
}

interface Waiter {
  readonly start: () => void;
}

/** First come, first served. A caller that is aborted while waiting gives its place up. */
export class RequestLimiter {
  readonly #clock: Clock;
  readonly #qps: number;
  readonly #burst: number;
  readonly #inFlight: number;
  readonly #queue = new Set<Waiter>();
  #tokens: number;
  #refilledAt: number;
  #running = 0;
  #cancelTimer: (() => void) | undefined;

  constructor(limits: Limits, clock: Clock) {
    this.#clock = clock;
    this.#qps = limits.qps ?? Number.POSITIVE_INFINITY;
    this.#burst = limits.burst ?? (Number.isFinite(this.#qps) ? this.#qps * 2 : Number.POSITIVE_INFINITY);
    this.#inFlight = limits.inFlight ?? Number.POSITIVE_INFINITY;
    this.#tokens = this.#burst;
    this.#refilledAt = clock.monotonic();
  }

  /** Resolves when the request may go. Call {@link release} when it is over. Returns undefined when it may go at once. */
  acquire(signal?: AbortSignal): Promise<void> | undefined {
    if (this.#queue.size === 0 && this.#take()) return undefined;
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#queue.delete(waiter);
        reject(signal?.reason as Error);
      };
      const waiter: Waiter = {
        start: () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      if (signal?.aborted) return onAbort();
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#queue.add(waiter);
      this.#schedule();
    });
  }

  release(): void {
    this.#running--;
    this.#drain();
  }

  #take(): boolean {
    if (this.#running >= this.#inFlight) return false;
    if (Number.isFinite(this.#qps)) {
      const now = this.#clock.monotonic();
      this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#refilledAt) / 1000) * this.#qps);
      this.#refilledAt = now;
      if (this.#tokens < 1) return false;
      this.#tokens--;
    }
    this.#running++;
    return true;
  }

  #drain(): void {
    for (const waiter of this.#queue) {
      if (!this.#take()) break;
      this.#queue.delete(waiter);
      waiter.start();
    }
    this.#schedule();
  }

  /** Only a lack of tokens needs a timer: a lack of room ends with a release. */
  #schedule(): void {
    if (this.#queue.size === 0 || this.#cancelTimer !== undefined || this.#running >= this.#inFlight) return;
    const waitMs = Math.max(1, ((1 - this.#tokens) / this.#qps) * 1000);
    this.#cancelTimer = this.#clock.after(waitMs, () => {
      this.#cancelTimer = undefined;
      this.#drain();
    });
  }
}
