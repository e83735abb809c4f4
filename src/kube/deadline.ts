// The time one request may take.
import type { Clock } from '#lib/clock';

/** The caller's signal and the request's own time as one signal, with nothing left behind on the caller's. */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #parent: AbortSignal | undefined;
  readonly #onParentAbort: () => void;
  readonly #clock: Clock;
  readonly #endsAt: number;
  #cancelTimer: (() => void) | undefined;
  expired = false;

  constructor(parent: AbortSignal | undefined, timeoutMs: number, clock: Clock) {
    this.#parent = parent;
    this.#clock = clock;
    this.#onParentAbort = () => this.#controller.abort(parent?.reason);
    this.#endsAt = timeoutMs > 0 ? clock.monotonic() + timeoutMs : Number.POSITIVE_INFINITY;
    if (parent?.aborted) this.#onParentAbort();
    else parent?.addEventListener('abort', this.#onParentAbort, { once: true });
    if (timeoutMs > 0) {
      this.#cancelTimer = clock.after(timeoutMs, () => {
        this.expired = true;
        this.#controller.abort();
      });
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  remainingMs(): number {
    return this.#endsAt - this.#clock.monotonic();
  }

  /** Takes the time limit away, keeps the caller's signal. */
  disarm(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  end(): void {
    this.disarm();
    this.#parent?.removeEventListener('abort', this.#onParentAbort);
  }
}
