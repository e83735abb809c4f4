// Tokens that are still good, by what they are good for. Bounded; each is renewed before it expires.
import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '#lib/clock';
import { unlessAborted } from '#lib/unless-aborted';
import type { Expiring } from './provider.ts';

export interface TokenCacheOptions {
  readonly clock: Clock;
  /** Tokens kept; 0 keeps none. */
  readonly maxSize: number;
  /** ms a token is used for at most. */
  readonly maxDurationMs: number;
  readonly observe?: { hit(): void; miss(): void };
}

interface Entry {
  readonly value: Expiring;
  readonly freshness: Freshness;
}

/** The longest time anything is kept, as in Flux. */
const longestMs = 3_600_000;
/** One token is not waited for any longer: several clouds may be asked in a row. */
const makeLimitMs = 60_000;

/** How long something may be used: four fifths of its life, as the kubelet does with ServiceAccount tokens. */
export class Freshness {
  readonly #clock: Clock;
  readonly #wall: number;
  readonly #monotonic: number;

  constructor({ expiresAt }: Expiring, clock: Clock, maxDurationMs = longestMs) {
    this.#clock = clock;
    const ms = Math.min(((expiresAt - clock.now()) * 4) / 5, maxDurationMs, longestMs);
    this.#wall = clock.now() + ms;
    this.#monotonic = clock.monotonic() + ms;
  }

  /** By both clocks: one stands still while a machine sleeps, the other can be set back. */
  get isOver(): boolean {
    return this.#clock.now() >= this.#wall || this.#clock.monotonic() >= this.#monotonic;
  }
}

export class TokenCache {
  readonly #options: TokenCacheOptions;
  readonly #tokens: LRUCache<string, Entry> | undefined;
  readonly #making = new Map<string, Promise<Expiring>>();

  constructor(options: TokenCacheOptions) {
    this.#options = options;
    this.#tokens = options.maxSize > 0 ? new LRUCache({ max: options.maxSize }) : undefined;
  }

  /**
   * The token of this key, made when there is none that is fresh. Whoever asks meanwhile waits for the same one: `make`
   * has a deadline of its own, and goes on when the first to ask no longer waits.
   */
  async get<T extends Expiring>(
    key: string,
    make: (signal: AbortSignal) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    const { clock, maxDurationMs, observe } = this.#options;
    const known = this.#tokens?.get(key);
    if (known?.freshness.isOver === false) {
      observe?.hit();
      return known.value as T;
    }
    let making = this.#making.get(key);
    if (making === undefined) {
      observe?.miss();
      making = make(AbortSignal.timeout(makeLimitMs))
        .then((value) => {
          this.#tokens?.set(key, { value, freshness: new Freshness(value, clock, maxDurationMs) });
          return value;
        })
        .finally(() => this.#making.delete(key));
      this.#making.set(key, making);
    }
    return (await unlessAborted(making, signal)) as T;
  }

  delete(key: string): void {
    this.#tokens?.delete(key);
  }
}

/** Everything a token depends on, as one short text. Secrets count by what they hold only where they are revealed. */
export function tokenKey(...parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64');
}
