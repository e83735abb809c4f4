// Trying again: which failures of an outgoing request pass by themselves, and how long to wait for that.
import { delay, exponentialDelay } from '#lib/backoff';
import type { Clock } from '#lib/clock';

export interface RetryOptions {
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** Tries after the first. */
  readonly retries: number;
  /** @default 1_000 */
  readonly minDelayMs?: number;
  /** @default 30_000 */
  readonly maxDelayMs?: number;
  /** Whether this failure may pass; may name the wait, in ms, that the other side asked for. */
  readonly isTransient: (error: unknown) => boolean | number;
}

/** Calls `attempt` until it succeeds, fails for good, or has been tried often enough; then throws its last error. */
export async function retry<T>(attempt: (tries: number) => Promise<T>, options: RetryOptions): Promise<T> {
  const { clock, signal, retries, minDelayMs = 1_000, maxDelayMs = 30_000, isTransient } = options;
  for (let tries = 0; ; tries++) {
    signal?.throwIfAborted();
    try {
      return await attempt(tries);
    } catch (error) {
      const verdict = tries < retries && !signal?.aborted && isTransient(error);
      if (verdict === false) throw error;
      const waitMs = typeof verdict === 'number' ? verdict : exponentialDelay(tries, minDelayMs, maxDelayMs);
      await delay(Math.min(waitMs, maxDelayMs), clock, signal);
    }
  }
}

const TRANSIENT_CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
  'UND_ERR_SOCKET',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
]);

/** A failure of the connection, not of what was said over it. Certificates that do not verify are final. */
export function isTransientNetworkError(error: unknown): boolean {
  for (let current = error, depth = 0; current instanceof Error && depth < 10; current = current.cause, depth++) {
    if (TRANSIENT_CODES.has((current as { code?: string }).code ?? '')) return true;
    if (current instanceof AggregateError && current.errors.some(isTransientNetworkError)) return true;
  }
  return false;
}

/** 429 and the 5xx that another try may answer: all but 501. */
export function isTransientStatus(status: number): boolean {
  return status === 429 || (status >= 500 && status !== 501);
}

/** The wait a Retry-After header asks for, in ms: seconds or a date. */
export function retryAfterMs(header: string | undefined, clock: Clock): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - clock.now());
}
