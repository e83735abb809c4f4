// Which events are worth a request, by client-go's rules: repeats are counted, similar ones combined, floods dropped.
import { LRUCache } from 'lru-cache';
import type { Clock } from '#lib/clock';
import type { ObjectReference } from './object-reference.ts';

export interface Occurrence {
  readonly involved: ObjectReference;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** An Event as far as we know it to be on the server. */
export interface EventState {
  /** Empty until it was given a name. */
  name: string;
  /** The server has it: further counts are patches. */
  stored: boolean;
  message: string;
  count: number;
  readonly firstMs: number;
  lastMs: number;
}

interface Correlated {
  /** Equal for occurrences that are one Event. */
  readonly key: string;
  readonly state: EventState;
}

// client-go's figures.
const CACHE_SIZE = 4096;
const SPAM_BURST = 25;
const SPAM_REFILL_MS = 300_000;
const SIMILAR_LIMIT = 10;
const SIMILAR_WINDOW_MS = 600_000;

export class EventCorrelator {
  readonly #clock: Clock;
  readonly #events = new LRUCache<string, EventState>({ max: CACHE_SIZE });
  readonly #similar = new LRUCache<string, { readonly messages: Set<string>; lastMs: number }>({ max: CACHE_SIZE });
  readonly #buckets = new LRUCache<string, { tokens: number; atMs: number }>({ max: CACHE_SIZE });

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts the occurrence in; undefined when the object has had its share of events for now. */
  observe(occurrence: Occurrence): Correlated | undefined {
    const now = this.#clock.now();
    const { apiVersion, kind, namespace, name, uid } = occurrence.involved;
    // Joined as JSON: no two objects can spell the same key.
    const object = [apiVersion, kind, namespace, name, uid];
    if (!this.#admit(JSON.stringify([...object, occurrence.type]), now)) return undefined;
    const group = JSON.stringify([...object, occurrence.type, occurrence.reason]);
    const combined = this.#isCombined(group, occurrence.message, now);
    const key = combined ? group : JSON.stringify([...object, occurrence.type, occurrence.reason, occurrence.message]);
    const message = combined ? `(combined from similar events): ${occurrence.message}` : occurrence.message;
    const known = this.#events.get(key);
    const state = known ?? { name: '', stored: false, message, count: 0, firstMs: now, lastMs: now };
    state.message = message;
    state.count++;
    state.lastMs = now;
    if (known === undefined) this.#events.set(key, state);
    return { key, state };
  }

  #admit(key: string, now: number): boolean {
    const bucket = this.#buckets.get(key) ?? { tokens: SPAM_BURST, atMs: now };
    bucket.tokens = Math.min(SPAM_BURST, bucket.tokens + (now - bucket.atMs) / SPAM_REFILL_MS);
    bucket.atMs = now;
    this.#buckets.set(key, bucket);
    if (bucket.tokens < 1) return false;
    bucket.tokens--;
    return true;
  }

  /** From the tenth different message for one reason on, they become one Event that shows the latest. */
  #isCombined(group: string, message: string, now: number): boolean {
    const known = this.#similar.get(group);
    const record =
      known === undefined || now - known.lastMs > SIMILAR_WINDOW_MS
        ? { messages: new Set<string>(), lastMs: now }
        : known;
    record.messages.add(message);
    record.lastMs = now;
    this.#similar.set(group, record);
    if (record.messages.size < SIMILAR_LIMIT) return false;
    const [oldest] = record.messages;
    if (oldest !== undefined) record.messages.delete(oldest);
    return true;
  }
}
