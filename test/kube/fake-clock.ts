// Time that stands still until a test moves it.
import type { Clock } from '#lib/clock';

interface Timer {
  readonly at: number;
  readonly ms: number;
  readonly fn: () => void;
}

export class FakeClock implements Clock {
  #now: number;
  #elapsed = 0;
  readonly #timers = new Set<Timer>();
  readonly #watchers = new Set<() => void>();

  constructor(now = Date.UTC(2026, 0, 1)) {
    this.#now = now;
  }

  now(): number {
    return this.#now + this.#elapsed;
  }

  monotonic(): number {
    return this.#elapsed;
  }

  after(ms: number, fn: () => void): () => void {
    const timer = { at: this.#elapsed + ms, ms, fn };
    this.#timers.add(timer);
    for (const watcher of Array.from(this.#watchers)) watcher();
    return () => this.#timers.delete(timer);
  }

  /** Waits that are running, in ms as they were asked for. */
  get waits(): number[] {
    return Array.from(this.#timers, ({ ms }) => ms);
  }

  /** Moves on, firing what falls due in its order. */
  advance(ms: number): void {
    const end = this.#elapsed + ms;
    for (;;) {
      const [next] = [...this.#timers].filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#elapsed = Math.max(this.#elapsed, next.at);
      next.fn();
    }
    this.#elapsed = end;
  }

  /** Resolves with the wait as soon as one is running that `wanted` accepts. The test's own time limit bounds it. */
  async waiting(wanted: (ms: number) => boolean): Promise<number> {
    for (;;) {
      const found = this.waits.find(wanted);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        const watcher = (): void => {
          this.#watchers.delete(watcher);
          resolve();
        };
        this.#watchers.add(watcher);
      });
    }
  }
}
