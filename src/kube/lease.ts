// Leader election by a Lease, as client-go does it: one holder, clocks of others never trusted, loss told at once.
import { delay } from '#lib/backoff';
import { systemClock, type Clock } from '#lib/clock';
import type { KubeClient } from './client.ts';
import type { KubeObject, ResourceRef } from './object.ts';
import { isAlreadyExists, isConflict, isNotFound } from './status-error.ts';

export interface LeaseSpec {
  holderIdentity?: string | null;
  leaseDurationSeconds?: number | null;
  acquireTime?: string | null;
  renewTime?: string | null;
  leaseTransitions?: number | null;
}

export interface Lease extends KubeObject {
  spec?: LeaseSpec;
}

export const LEASES: ResourceRef = { group: 'coordination.k8s.io', version: 'v1', plural: 'leases', namespaced: true };

export interface LeaderElectionOptions {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly name: string;
  /** Must be unique: the pod's name and something random. */
  readonly identity: string;
  readonly clock?: Clock;
  /** How long others wait on a holder that is silent. @default 35_000 */
  readonly leaseDurationMs?: number;
  /** How long the holder tries to renew before it gives up. @default 30_000 */
  readonly renewDeadlineMs?: number;
  /** @default 5_000 */
  readonly retryPeriodMs?: number;
  /** Give the lease up on a clean stop, so that another can lead at once. @default true */
  readonly releaseOnStop?: boolean;
  readonly labels?: Readonly<Record<string, string>>;
  /** We lead; `signal` aborts when that ends. */
  readonly onStartedLeading: (signal: AbortSignal) => void;
  /** We led and do no more, by loss or by stop. After a loss the process must not go on writing. */
  readonly onStoppedLeading: (why: 'stopped' | 'lost') => void;
  /** Somebody, maybe we, is the leader. */
  readonly onNewLeader?: (identity: string) => void;
  readonly onError?: (error: unknown) => void;
  /** A number in [0, 1). @default Math.random */
  readonly random?: () => number;
}

interface Observed {
  readonly lease: Lease;
  /** The fields that tell one renewal from another. */
  readonly record: string;
  /** When we saw it, by our own clock: the times inside it are another machine's. */
  readonly at: number;
}

// As client-go: waits between tries are spread over one to 2.2 periods, so that candidates do not march in step.
const JITTER = 1.2;

export class LeaderElector {
  readonly #options: LeaderElectionOptions;
  readonly #clock: Clock;
  readonly #leaseDurationMs: number;
  readonly #renewDeadlineMs: number;
  readonly #retryPeriodMs: number;
  #observed: Observed | undefined;
  #reported = '';
  #leading = false;

  constructor(options: LeaderElectionOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#leaseDurationMs = options.leaseDurationMs ?? 35_000;
    this.#renewDeadlineMs = options.renewDeadlineMs ?? 30_000;
    this.#retryPeriodMs = options.retryPeriodMs ?? 5_000;
    if (this.#leaseDurationMs <= this.#renewDeadlineMs)
      throw new RangeError('leaseDuration must be greater than renewDeadline');
    if (this.#renewDeadlineMs <= JITTER * this.#retryPeriodMs) {
      throw new RangeError(`renewDeadline must be greater than retryPeriod × ${JITTER}`);
    }
    if (options.identity === '') throw new RangeError('the identity must not be empty');
  }

  isLeader(): boolean {
    return this.#leading;
  }

  /** Tries until it leads, leads until it loses or `signal` aborts, then resolves. */
  async run(signal: AbortSignal): Promise<void> {
    if (!(await this.#acquire(signal))) return;
    const { onStartedLeading, onStoppedLeading } = this.#options;
    const term = new AbortController();
    this.#leading = true;
    try {
      onStartedLeading(term.signal);
      await this.#renewUntilLost(signal);
    } finally {
      this.#leading = false;
      term.abort(new Error(signal.aborted ? 'stopped leading' : 'lost the lease'));
      onStoppedLeading(signal.aborted ? 'stopped' : 'lost');
      if (this.#options.releaseOnStop ?? true) await this.#release();
    }
  }

  async #acquire(signal: AbortSignal): Promise<boolean> {
    const { random = Math.random } = this.#options;
    while (!signal.aborted) {
      if (await this.#attempt(signal)) return true;
      await delay(this.#retryPeriodMs * (1 + JITTER * random()), this.#clock, signal).catch(() => undefined);
    }
    return false;
  }

  async #renewUntilLost(signal: AbortSignal): Promise<void> {
    let renewedAt = this.#clock.monotonic();
    while (!signal.aborted) {
      const wait = delay(this.#retryPeriodMs, this.#clock, signal);
      if (
        !(await wait.then(
          () => true,
          () => false,
        ))
      )
        return;
      if (await this.#renewOnce(signal, renewedAt + this.#renewDeadlineMs)) renewedAt = this.#clock.monotonic();
      else return;
    }
  }

  /** Tries again and again until the deadline. A request that hangs is cut there too. */
  async #renewOnce(signal: AbortSignal, deadline: number): Promise<boolean> {
    const controller = new AbortController();
    const onAbort = (): void => controller.abort(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    const cancel = this.#clock.after(Math.max(0, deadline - this.#clock.monotonic()), () =>
      controller.abort(new Error('the renew deadline passed')),
    );
    try {
      while (!controller.signal.aborted) {
        if (await this.#attempt(controller.signal)) return true;
        await delay(this.#retryPeriodMs, this.#clock, controller.signal).catch(() => undefined);
      }
      return false;
    } finally {
      cancel();
      signal.removeEventListener('abort', onAbort);
    }
  }

  async #attempt(signal: AbortSignal): Promise<boolean> {
    try {
      return await this.#acquireOrRenew(signal);
    } catch (error) {
      // Losing a race is an answer, not a fault.
      const race = isConflict(error) || isAlreadyExists(error);
      if (!race && !signal.aborted) this.#options.onError?.(error);
      return false;
    } finally {
      this.#reportLeader();
    }
  }

  async #acquireOrRenew(signal: AbortSignal): Promise<boolean> {
    const { client, namespace, name, identity } = this.#options;
    const current = await this.#read(signal);
    const now = this.#clock.monotonic();
    if (current === undefined) {
      const lease = {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: this.#metadata(),
        spec: this.#spec(undefined),
      };
      this.#see(await client.create<Lease>(LEASES, lease, { signal, timeoutMs: this.#renewDeadlineMs }));
      return true;
    }
    const held = current.spec ?? {};
    const mine = held.holderIdentity === identity;
    const seenAt = this.#observed?.at ?? now;
    const validMs = (held.leaseDurationSeconds ?? 0) * 1000;
    if (held.holderIdentity && !mine && seenAt + validMs > now) return false;
    const metadata = {
      ...current.metadata,
      namespace,
      name,
      labels: { ...current.metadata.labels, ...this.#options.labels },
    };
    const next = { ...current, metadata, spec: this.#spec(held) };
    this.#see(await client.update<Lease>(LEASES, next, { signal, timeoutMs: this.#renewDeadlineMs }));
    return true;
  }

  async #read(signal: AbortSignal): Promise<Lease | undefined> {
    const { client, namespace, name } = this.#options;
    try {
      const lease = await client.get<Lease>(LEASES, { namespace, name }, { signal, timeoutMs: this.#renewDeadlineMs });
      this.#see(lease);
      return lease;
    } catch (error) {
      if (!isNotFound(error)) throw error;
      this.#observed = undefined;
      return undefined;
    }
  }

  /** Notes when a record was first seen. One that does not change is one whose holder is silent. */
  #see(lease: Lease): void {
    const { holderIdentity, renewTime, acquireTime, leaseTransitions, leaseDurationSeconds } = lease.spec ?? {};
    const record = JSON.stringify([holderIdentity, renewTime, acquireTime, leaseTransitions, leaseDurationSeconds]);
    const at = this.#observed?.record === record ? this.#observed.at : this.#clock.monotonic();
    this.#observed = { lease, record, at };
  }

  #spec(held: LeaseSpec | undefined): LeaseSpec {
    const { identity } = this.#options;
    const now = microTime(this.#clock.now());
    const mine = held?.holderIdentity === identity;
    return {
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(this.#leaseDurationMs / 1000),
      acquireTime: mine ? (held?.acquireTime ?? now) : now,
      renewTime: now,
      leaseTransitions: (held?.leaseTransitions ?? 0) + (held === undefined || mine ? 0 : 1),
    };
  }

  #metadata(): KubeObject['metadata'] {
    const { namespace, name, labels } = this.#options;
    return { namespace, name, ...(labels && { labels: { ...labels } }) };
  }

  /** Leaves a lease that anybody may take at once. Best effort: it runs out by itself too. */
  async #release(): Promise<void> {
    const { client, identity } = this.#options;
    const lease = this.#observed?.lease;
    if (lease?.spec?.holderIdentity !== identity) return;
    const now = microTime(this.#clock.now());
    const { leaseTransitions = 0 } = lease.spec;
    const spec = { holderIdentity: '', leaseDurationSeconds: 1, acquireTime: now, renewTime: now, leaseTransitions };
    try {
      // With the version last seen: if somebody else took over meanwhile this is a conflict, and right so.
      await client.update<Lease>(LEASES, { ...lease, spec }, { timeoutMs: Math.min(this.#renewDeadlineMs, 5_000) });
    } catch (error) {
      if (!isConflict(error) && !isNotFound(error)) this.#options.onError?.(error);
    }
  }

  #reportLeader(): void {
    const holder = this.#observed?.lease.spec?.holderIdentity ?? '';
    if (holder === '' || holder === this.#reported) return;
    this.#reported = holder;
    this.#options.onNewLeader?.(holder);
  }
}

/** metav1.MicroTime. */
function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}
