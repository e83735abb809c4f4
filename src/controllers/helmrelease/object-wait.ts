// Waits for one object to come into a state, woken by its watch.
import type { Unstructured } from '#kube/object';
import { timerMs } from '#lib/time-limit';
import type { LiveKind } from '#runtime/live-objects';

export interface ObjectWait {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** True ends the wait, an error fails it; told undefined for an object that is not there. */
  readonly until: (live: Unstructured | undefined) => true | Error | undefined;
}

/** Throws Helm's words for a wait that took too long. */
export async function awaitObject(
  kind: LiveKind,
  key: string,
  { timeoutMs, signal, until }: ObjectWait,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const look = (): void => {
    const verdict = until(kind.get(key));
    if (verdict === true) resolve();
    else if (verdict instanceof Error) reject(verdict);
  };
  const leave = kind.onChange((changed) => {
    if (changed === key) look();
  });
  const timer = setTimeout(() => reject(new Error('context deadline exceeded')), timerMs(timeoutMs));
  const abort = (): void => reject(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  try {
    signal.throwIfAborted();
    look();
    await promise;
  } finally {
    leave();
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}
