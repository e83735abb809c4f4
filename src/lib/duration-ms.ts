// Milliseconds from and to Go's durations.
import { durationToMs, formatDuration, parseDuration } from './go-duration.ts';

/** ms of a Go duration; `fallback` where it is absent or unreadable, which admission and the schema rule out. */
export function durationMs(text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  try {
    return durationToMs(parseDuration(text));
  } catch {
    return fallback;
  }
}

/** A duration as Go prints it. */
export function goDuration(ms: number): string {
  return formatDuration(BigInt(Math.round(ms * 1e6)));
}
