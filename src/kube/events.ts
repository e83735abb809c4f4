// Kubernetes Events: written in the background from a bounded queue, so that no reconcile ever waits for one.
import { delay } from '#lib/backoff';
import { systemClock, type Clock } from '#lib/clock';
import { timestamp } from '#lib/timestamp';
import type { KubeClient } from './client.ts';
import { EventCorrelator, type EventState, type Occurrence } from './event-correlator.ts';
import { referenceTo, type ObjectReference } from './object-reference.ts';
import type { KubeObject, ResourceRef } from './object.ts';
import { isAlreadyExists, isNotFound, StatusError } from './status-error.ts';

export const EVENTS: ResourceRef = { group: '', version: 'v1', plural: 'events', namespaced: true };

export interface EventRecorderOptions {
  readonly client: KubeClient;
  /** `source.component` and reportingComponent. */
  readonly component: string;
  /** `source.host` and reportingInstance. @default none */
  readonly host?: string;
  readonly clock?: Clock;
  /** Different events waiting to be sent; beyond it new ones are dropped. @default 1000 */
  readonly queueLimit?: number;
  /** Requests under way at once. @default 4 */
  readonly concurrency?: number;
  /** An event that was not written, and why. */
  readonly onDrop?: (reason: 'spam' | 'queue-full' | 'refused' | 'unreachable', error?: unknown) => void;
  readonly random?: () => number;
}

export interface EventInput {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface Pending {
  readonly occurrence: Occurrence;
  readonly state: EventState;
  /** It occurred again while it was being written. */
  again: boolean;
  sending: boolean;
}

const MAX_TRIES = 12;
const RETRY_MS = 10_000;
const MESSAGE_LIMIT = 64 << 10;

export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #clock: Clock;
  readonly #correlator: EventCorrelator;
  readonly #pending = new Map<string, Pending>();
  readonly #stop = new AbortController();
  readonly #idle = new Set<() => void>();
  #senders = 0;
  #serial = 0;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#correlator = new EventCorrelator(this.#clock);
  }

  /** Notes an event about `object` and returns at once. */
  record(object: KubeObject, input: EventInput): void {
    if (this.#stop.signal.aborted) return;
    const occurrence: Occurrence = { ...input, message: clip(input.message), involved: referenceTo(object) };
    const correlated = this.#correlator.observe(occurrence);
    if (correlated === undefined) return this.#options.onDrop?.('spam');
    const { key, state } = correlated;
    const waiting = this.#pending.get(key);
    if (waiting !== undefined) {
      // Not sent yet: the state already has the new count, and one request will carry both.
      waiting.again = waiting.sending;
      return;
    }
    if (this.#pending.size >= (this.#options.queueLimit ?? 1000)) return this.#options.onDrop?.('queue-full');
    this.#pending.set(key, { occurrence, state, again: false, sending: false });
    if (this.#senders < (this.#options.concurrency ?? 4)) void this.#send();
  }

  /** Resolves when everything noted so far is written or given up, or when `signal` aborts. */
  async flush(signal?: AbortSignal): Promise<void> {
    if (this.#pending.size === 0) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.#idle.delete(done);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      this.#idle.add(done);
      if (signal?.aborted) done();
      else signal?.addEventListener('abort', done, { once: true });
    });
  }

  /** Drops what waits and stops. */
  close(): void {
    this.#stop.abort(new Error('the event recorder is closed'));
    this.#pending.clear();
    for (const done of Array.from(this.#idle)) done();
  }

  /** One sender: takes events in order until none waits. */
  async #send(): Promise<void> {
    this.#senders++;
    try {
      for (let next = this.#next(); next !== undefined; next = this.#next()) {
        const [key, pending] = next;
        pending.sending = true;
        await this.#writeWithRetries(pending);
        pending.sending = false;
        this.#pending.delete(key);
        if (pending.again && !this.#stop.signal.aborted) this.#pending.set(key, { ...pending, again: false });
      }
    } finally {
      this.#senders--;
      if (this.#pending.size === 0) for (const done of Array.from(this.#idle)) done();
    }
  }

  #next(): [string, Pending] | undefined {
    for (const entry of this.#pending) if (!entry[1].sending) return entry;
    return undefined;
  }

  async #writeWithRetries(pending: Pending): Promise<void> {
    const { onDrop, random = Math.random } = this.#options;
    const { signal } = this.#stop;
    for (let tries = 1; !signal.aborted; tries++) {
      try {
        await this.#write(pending);
        return;
      } catch (error) {
        if (signal.aborted) return;
        // The server has looked at it and said no: it will say so again.
        if (error instanceof StatusError && error.status < 500 && error.status !== 429)
          return onDrop?.('refused', error);
        if (tries >= MAX_TRIES) return onDrop?.('unreachable', error);
        // The first wait is a random part of the whole one: after an outage not everybody comes back at once.
        await delay(tries === 1 ? RETRY_MS * random() : RETRY_MS, this.#clock, signal).catch(() => undefined);
      }
    }
  }

  async #write({ occurrence, state }: Pending): Promise<void> {
    const { client } = this.#options;
    const { signal } = this.#stop;
    if (state.stored) {
      const body = { count: state.count, message: state.message, lastTimestamp: timestamp(state.lastMs) };
      const key = { namespace: eventNamespace(occurrence.involved), name: state.name };
      try {
        await client.patch(EVENTS, key, { type: 'strategic', body }, { signal });
        return;
      } catch (error) {
        // Events live an hour: the one we count on may be gone.
        if (!isNotFound(error)) throw error;
      }
    }
    state.name = this.#name(occurrence.involved.name);
    try {
      await client.create(EVENTS, this.#body(occurrence, state), { signal });
    } catch (error) {
      // A lost answer to an earlier try: it is there.
      if (!isAlreadyExists(error)) throw error;
    }
    state.stored = true;
  }

  #body(occurrence: Occurrence, state: EventState): KubeObject {
    const { component, host } = this.#options;
    const event = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: {
        name: state.name,
        namespace: eventNamespace(occurrence.involved),
        ...(occurrence.annotations && { annotations: { ...occurrence.annotations } }),
      },
      involvedObject: occurrence.involved,
      type: occurrence.type,
      reason: occurrence.reason,
      message: state.message,
      count: state.count,
      firstTimestamp: timestamp(state.firstMs),
      lastTimestamp: timestamp(state.lastMs),
      source: { component, ...(host !== undefined && { host }) },
      reportingComponent: component,
      reportingInstance: host ?? '',
    };
    return event;
  }

  /** The object's name and a number nobody else takes: nanoseconds in client-go, milliseconds and a counter here. */
  #name(objectName: string): string {
    this.#serial = (this.#serial + 1) % 1_000_000;
    const unique = (BigInt(this.#clock.now()) * 1_000_000n + BigInt(this.#serial)).toString(16);
    return `${objectName.slice(0, 253 - unique.length - 1)}.${unique}`;
  }
}

/** Events about cluster-scoped objects live in `default`. */
function eventNamespace(involved: ObjectReference): string {
  return involved.namespace || 'default';
}

function clip(message: string): string {
  return message.length <= MESSAGE_LIMIT ? message : `${message.slice(0, MESSAGE_LIMIT - 3)}...`;
}
