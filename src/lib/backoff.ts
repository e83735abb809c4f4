// Growing waits between tries, with jitter so that many clients do not come back at the same instant.
import type { Clock } from './clock.ts';

export interface BackoffOptions {
  readonly initialMs: number;
  readonly maxMs: number;
  /** @default 2 */
  readonly factor?: number;
  /** The wait is drawn from [d, d × (1 + jitter)). @default 0 */
  readonly jitter?: number;
  /** Forget the failures after this long without one. @default never */
  readonly resetAfterMs?: number;
  /** A number in [0, 1). @default Math.random */
  readonly random?: () => number;
}

/** The waits of one repeated action. */
export class Backoff {
  readonly #options: BackoffOptions;
  readonly #clock: Clock;
  #nextMs: number;
  #lastAt: number | undefined;

  constructor(options: BackoffOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#nextMs = options.initialMs;
  }

  /** How long to wait after the failure that just happened. */
  next(): number {
    const { initialMs, maxMs, factor = 2, jitter = 0, resetAfterMs, random = Math.random } = this.#options;
    const now = this.#clock.monotonic();
    const quiet = this.#lastAt !== undefined && resetAfterMs !== undefined && now - this.#lastAt > resetAfterMs;
    if (quiet) this.#nextMs = initialMs;
    this.#lastAt = now;
    const base = Math.min(this.#nextMs, maxMs);
    this.#nextMs = Math.min(base * factor, maxMs);
    return base * (1 + jitter * random());
  }

  reset(): void {
    this.#nextMs = this.#options.initialMs;
    this.#lastAt = undefined;
  }
}

/** Exponential delay of the n-th failure in a row (from 0), as work queues count it. */
export function exponentialDelay(failures: number, initialMs: number, maxMs: number): number {
  // Beyond 2^52 a double no longer grows exactly; the cap is long reached.
  return Math.min(initialMs * 2 ** Math.min(failures, 52), maxMs);
}

/** Resolves after `ms`; rejects with the signal's reason as soon as that aborts. */
export function delay(ms: number, clock: Clock, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const onAbort = (): void => {
      cancel();
      reject(signal?.reason as Error);
    };
    const cancel = clock.after(ms, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
