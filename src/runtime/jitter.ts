// Spreads periodic work: objects created together must not come back together for ever.

/** `interval` changed by up to ± `percentage` percent, uniformly. */
export function jitter(interval: number, percentage: number, random: () => number): number {
  if (percentage <= 0 || interval <= 0) return interval;
  const fraction = percentage / 100;
  return interval * (1 - fraction + 2 * fraction * random());
}
