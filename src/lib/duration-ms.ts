// Durations of specs as milliseconds.
import { durationToMs, parseDuration } from './go-duration.ts';

/** ms of a Go duration; `fallback` where it is absent or unreadable, which admission and the schema rule out. */
export function durationMs(text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  try {
    return durationToMs(parseDuration(text));
  } catch {
    return fallback;
  }
}
