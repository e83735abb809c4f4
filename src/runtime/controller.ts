// A controller: workers that take keys from a queue, reconcile them one at a time, and decide when to come again.
import type { KindDefinition } from '#api/kind';
import type { Clock } from '#lib/clock';
import { errorMessage } from '#lib/errors';
import type { Logger } from './log.ts';
import type { ControllerMetrics, ReconcileOutcome } from './metrics.ts';
import { Priority, WorkQueue } from './queue.ts';
import { ReconcileError, WaitingError } from './reconcile-error.ts';

/** What a reconcile asks for. An empty result: come again only when something changes. */
export interface Result {
  /** ms until the next periodic run; none after 0. */
  readonly requeueAfter?: number;
  /** Run again at once, slowed down by backoff. */
  readonly requeue?: boolean;
}

/** Why a wait was given up: there is something newer to do. */
export class SupersededError extends Error {
  constructor() {
    super('a newer change is waiting');
    this.name = 'SupersededError';
  }
}

export interface ReconcileContext {
  /** Aborted when the process drains for longer than its grace period or loses leadership. */
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** Aborted when the object, or something it depends on, changes during the run: long waits should end then. */
  readonly superseded: AbortSignal;
  /** Calls the listener for each such change until the run ends; at once, if there was one already. */
  readonly onNews: (listener: () => void) => void;
}

interface Run {
  readonly superseded: AbortController;
  readonly listeners: (() => void)[];
}

/** Makes the world agree with one object, named `namespace/name`. Level-based: it looks at what is, not at what happened. */
export type Reconcile = (key: string, context: ReconcileContext) => Promise<Result>;

export interface ControllerOptions {
  /** What it reconciles: told in each line of the log. */
  readonly kind: Pick<KindDefinition, 'group' | 'kind'>;
  readonly concurrency: number;
  readonly reconcile: Reconcile;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: ControllerMetrics;
  /** Backoff of failures, ms. Flux's flags `--min-retry-delay` and `--max-retry-delay`. */
  readonly minRetryDelay?: number;
  readonly maxRetryDelay?: number;
}

export class Controller {
  /** Lower-case kind, e.g. `gitrepository`: the value of the `controller` label and log key. */
  readonly name: string;
  readonly queue: WorkQueue;
  readonly #options: ControllerOptions;
  #workers: Promise<void>[] = [];
  readonly #abort = new AbortController();
  readonly #runs = new Map<string, Run>();
  #sequence = 0;

  constructor(options: ControllerOptions) {
    this.name = options.kind.kind.toLowerCase();
    this.#options = options;
    this.queue = new WorkQueue({
      clock: options.clock,
      minDelay: options.minRetryDelay ?? 750,
      maxDelay: options.maxRetryDelay ?? 15 * 60_000,
      observe: options.metrics.queueTimes(this.name),
      onSuperseded: (key) => this.#tellNews(key),
    });
    options.metrics.observeQueue(this.name, this.queue, options.concurrency);
  }

  start(): void {
    this.#workers = Array.from({ length: this.#options.concurrency }, () => this.#work());
  }

  /**
   * Stops taking work and waits for what is under way; after `graceMs` it is aborted. Resolves when every worker has
   * ended, at the latest shortly after the abort.
   */
  async stop(graceMs: number): Promise<void> {
    this.queue.close();
    const cancel = this.#options.clock.after(graceMs, () => this.#abort.abort(new Error('the process is stopping')));
    await Promise.all(this.#workers);
    cancel();
  }

  /** Aborts running work at once: used when leadership is lost. */
  abort(reason: Error): void {
    this.queue.close();
    this.#abort.abort(reason);
  }

  async #work(): Promise<void> {
    for (;;) {
      const key = await this.queue.get();
      if (key === undefined) return;
      try {
        await this.#run(key);
      } finally {
        this.queue.done(key);
      }
    }
  }

  async #run(key: string): Promise<void> {
    const { clock, metrics } = this.#options;
    this.queue.cancelDelay(key);
    const slash = key.indexOf('/');
    const [namespace, name] = [key.slice(0, slash), key.slice(slash + 1)];
    const { group, kind } = this.#options.kind;
    const log = this.#options.log.child({
      controller: this.name,
      controllerGroup: group,
      controllerKind: kind,
      [kind]: { name, namespace },
      namespace,
      name,
      reconcileID: `${process.pid.toString(36)}-${(this.#sequence++).toString(36)}`,
    });
    const started = clock.monotonic();
    const run: Run = { superseded: new AbortController(), listeners: [] };
    this.#runs.set(key, run);
    const context = {
      signal: this.#abort.signal,
      log,
      superseded: run.superseded.signal,
      onNews: (listener: () => void) => {
        run.listeners.push(listener);
        if (run.superseded.signal.aborted) listener();
      },
    };
    try {
      const result = await this.#options.reconcile(key, context);
      this.#settle(key, result);
      metrics.reconciled(this.name, outcomeOf(result), clock.monotonic() - started);
    } catch (error) {
      this.#fail(key, error, log);
      metrics.reconciled(this.name, outcomeOfError(error), clock.monotonic() - started);
    } finally {
      this.#runs.delete(key);
    }
  }

  #tellNews(key: string): void {
    const run = this.#runs.get(key);
    run?.superseded.abort(new SupersededError());
    run?.listeners.forEach((listener) => listener());
  }

  #settle(key: string, result: Result): void {
    if (result.requeue === true) {
      this.queue.addRateLimited(key);
      return;
    }
    this.queue.forget(key);
    this.#comeAgain(key, result.requeueAfter ?? 0);
  }

  /** An interval of nothing is none: at once again and again, one object would leave no time for anything else. */
  #comeAgain(key: string, afterMs: number): void {
    if (afterMs > 0) this.queue.addAfter(key, afterMs, Priority.periodic);
  }

  #fail(key: string, error: unknown, log: Logger): void {
    if (this.#abort.signal.aborted) return;
    if (error instanceof WaitingError) {
      this.queue.forget(key);
      this.#comeAgain(key, error.retryAfter);
      log.info({ reason: error.reason }, `reconciliation waiting: ${error.message}`);
      return;
    }
    if (error instanceof ReconcileError && error.treatment.next === 'stop') {
      this.queue.forget(key);
      log.error({ reason: error.reason, error: error.message }, 'reconciliation stalled');
      return;
    }
    const delay = this.queue.addRateLimited(key);
    const stack = error instanceof ReconcileError || !(error instanceof Error) ? {} : { stacktrace: error.stack };
    log.error({ error: errorMessage(error), ...stack, retryIn: `${delay}ms` }, 'Reconciler error');
  }
}

/** A wait is no failure; a stop is one nobody retries. */
function outcomeOfError(error: unknown): ReconcileOutcome {
  if (error instanceof WaitingError) return 'requeue_after';
  return error instanceof ReconcileError && error.treatment.next === 'stop' ? 'terminal_error' : 'error';
}

function outcomeOf(result: Result): 'success' | 'requeue' | 'requeue_after' {
  if (result.requeue === true) return 'requeue';
  return (result.requeueAfter ?? 0) > 0 ? 'requeue_after' : 'success';
}
