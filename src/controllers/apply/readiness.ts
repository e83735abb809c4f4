// Waits until objects are ready: woken by their watches, never polling.
import type { Unstructured } from '#kube/object';
import { computeHealth, type Health, type HealthResult, type Inspected } from '#kube/status/compute';
import { timerMs } from '#lib/time-limit';
import type { LiveKind } from '#runtime/live-objects';
import { isLaterVersion } from './fingerprint.ts';

export interface ReadinessTarget {
  /** `Kind/namespace/name`. */
  readonly subject: string;
  readonly key: string;
  /** The object as last written: older news of it do not count. */
  readonly object: Unstructured;
  /** The watch that tells of it; undefined when the kind cannot be watched. */
  readonly kind: () => Promise<LiveKind | undefined>;
}

export interface WaitOptions {
  readonly timeoutMs: number;
  /** End as soon as one object has failed for good. */
  readonly failFast: boolean;
  readonly signal: AbortSignal;
  /** Judges an object; the rules of kstatus by default. */
  readonly health?: (object: Inspected | undefined) => HealthResult;
}

/** Not all objects became ready. The message lists those that did not. */
export class NotReadyError extends Error {
  /** Whether it was given up because something failed, rather than took too long. */
  readonly failedEarly: boolean;
  /** A line for each object that was not ready. */
  readonly pending: readonly string[];

  constructor(message: string, failedEarly: boolean, pending: readonly string[]) {
    super(message);
    this.name = 'NotReadyError';
    this.failedEarly = failedEarly;
    this.pending = pending;
  }
}

/** Some health rules depend on the time that passed: nothing happens, and yet the verdict changes. */
const reassessMs = 15_000;

/** Resolves when all targets are Current. Throws {@link NotReadyError}, or the signal's reason. */
export async function awaitReady(targets: readonly ReadinessTarget[], options: WaitOptions): Promise<void> {
  const wait = new ReadinessWait(targets, options);
  try {
    await wait.begin();
    await wait.done;
  } finally {
    wait.end();
  }
}

class ReadinessWait {
  readonly #targets: readonly ReadinessTarget[];
  readonly #options: WaitOptions;
  readonly #judge: (object: Inspected | undefined) => HealthResult;
  /** What is not Current yet, with the last verdict. */
  readonly #pending = new Map<ReadinessTarget, HealthResult>();
  readonly #kinds = new Map<ReadinessTarget, LiveKind>();
  /** Targets the watch has told of: when such a one is not there, it is gone. */
  readonly #seen = new Set<ReadinessTarget>();
  readonly #cleanups: (() => void)[] = [];
  readonly #settled = Promise.withResolvers<void>();

  constructor(targets: readonly ReadinessTarget[], options: WaitOptions) {
    this.#targets = targets;
    this.#options = options;
    this.#judge = options.health ?? ((object) => computeHealth(object));
  }

  get done(): Promise<void> {
    return this.#settled.promise;
  }

  async begin(): Promise<void> {
    const { signal, timeoutMs } = this.#options;
    signal.throwIfAborted();
    const listening = new Map<LiveKind, Map<string, ReadinessTarget>>();
    for (const target of this.#targets) {
      this.#pending.set(target, this.#judge(target.object));
      const kind = await target.kind();
      // Nobody tells of it: what the apply's answer said has to do.
      if (kind === undefined) continue;
      this.#kinds.set(target, kind);
      let keys = listening.get(kind);
      if (keys === undefined) listening.set(kind, (keys = new Map()));
      keys.set(target.key, target);
    }
    for (const [kind, keys] of listening) {
      const leave = kind.onChange((key) => {
        const target = keys.get(key);
        if (target !== undefined) this.#assess(target);
      });
      this.#cleanups.push(leave);
    }
    const timeout = setTimeout(() => this.#timedOut(), timerMs(timeoutMs));
    const reassess = setInterval(() => this.#assessAll(), reassessMs);
    const abort = (): void => this.#settled.reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    this.#cleanups.push(
      () => clearTimeout(timeout),
      () => clearInterval(reassess),
      () => signal.removeEventListener('abort', abort),
    );
    this.#assessAll();
  }

  end(): void {
    for (const cleanup of this.#cleanups.splice(0)) cleanup();
    // When begin failed nobody awaits `done`.
    this.#settled.promise.catch(() => undefined);
  }

  #assessAll(): void {
    for (const target of this.#targets) this.#assess(target, false);
    this.#conclude();
  }

  #assess(target: ReadinessTarget, conclude = true): void {
    const verdict = this.#verdict(target);
    if (verdict.status === 'Current') this.#pending.delete(target);
    else this.#pending.set(target, verdict);
    if (conclude) this.#conclude();
  }

  #verdict(target: ReadinessTarget): HealthResult {
    const kind = this.#kinds.get(target);
    if (kind === undefined) return this.#judge(target.object);
    const live = kind.get(target.key);
    if (live !== undefined) this.#seen.add(target);
    const written = target.object.metadata.resourceVersion;
    const stale =
      live !== undefined && written !== undefined && isLaterVersion(written, live.metadata.resourceVersion ?? '');
    // The cache may not have seen our own write yet: older news say nothing about what was applied.
    if (stale || (live === undefined && written !== undefined && !this.#seen.has(target))) {
      return this.#judge(target.object);
    }
    return this.#judge(live);
  }

  #conclude(): void {
    if (this.#pending.size === 0) {
      this.#settled.resolve();
      return;
    }
    if (!this.#options.failFast) return;
    const failed = this.#describe((status) => status === 'Failed');
    if (failed.length === 0) return;
    const text = `failed early due to stalled resources: [${failed.join(', ')}]`;
    this.#settled.reject(new NotReadyError(text, true, this.#lines()));
  }

  #timedOut(): void {
    const open = this.#describe(() => true);
    this.#settled.reject(new NotReadyError(`timeout waiting for: [${open.join(', ')}]`, false, this.#lines()));
  }

  #lines(): string[] {
    return [...this.#pending].map(([{ subject }, { status, message }]) => `${subject} is ${status}: ${message}`);
  }

  #describe(pick: (status: Health) => boolean): string[] {
    return [...this.#pending]
      .filter(([, { status }]) => pick(status))
      .map(([{ subject }, { status, message }]) => {
        const detail = status === 'Failed' && message !== '' ? `: ${message}` : '';
        return `${subject} status: '${status}'${detail}`;
      });
  }
}
