// Time limits that an object's spec sets: of years or of fractions of a millisecond, which Node's timers do not take.

/** What a timer takes: whole ms, of which it counts 2^31 - 1 at most and takes more for 1. */
export function timerMs(ms: number): number {
  return Math.min(Math.ceil(ms), 0x7fffffff);
}

/** Aborted with a TimeoutError after this time, or after 24 days. */
export function timeLimit(ms: number): AbortSignal {
  return AbortSignal.timeout(timerMs(ms));
}
