// Waiting in tests: for a condition, with a deadline, never for a time.
import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';

export interface UntilOptions {
  /** Milliseconds until the wait fails. @default 25_000 */
  readonly timeout?: number;
  /** What is waited for, for the failure's message. */
  readonly what?: string;
  /** Pause between two looks. @default 20 */
  readonly every?: number;
}

/**
 * Repeats `condition` until it gives a truthy value, and returns that. One that throws counts as not yet; the last
 * error or value is in the message when time is up.
 */
export async function until<T>(condition: () => T | Promise<T>, options: UntilOptions = {}): Promise<NonNullable<T>> {
  const timeout = options.timeout ?? 25_000;
  const deadline = performance.now() + timeout;
  for (;;) {
    let last: string;
    let cause: unknown;
    try {
      const value = await condition();
      if (value !== undefined && value !== null && value !== false && value !== 0 && value !== '') return value;
      last = inspect(value);
    } catch (error) {
      cause = error;
      last = error instanceof Error ? error.message : String(error);
    }
    if (performance.now() > deadline) {
      const what = options.what ?? condition.toString().slice(0, 200);
      throw new Error(`not within ${timeout} ms: ${what}; last: ${last}`, { cause });
    }
    await delay(options.every ?? 20);
  }
}
