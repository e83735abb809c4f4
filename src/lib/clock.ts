// Time as a dependency: everything that reads the clock or sleeps takes one of these, so tests can own time.

/** A source of time. Milliseconds everywhere. */
export interface Clock {
  /** Wall-clock time, ms since the Unix epoch. */
  now(): number;
  /** Monotonic time in ms, for measuring durations; unaffected by clock jumps. */
  monotonic(): number;
  /** Runs `fn` once after `ms`; returns a function that cancels it. */
  after(ms: number, fn: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, fn) {
    // setTimeout treats anything above 2^31-1 as 1 ms.
    const timer = setTimeout(fn, Math.min(ms, 0x7fffffff));
    return () => clearTimeout(timer);
  },
};
