// Metrics under the names dashboards for Flux already use, and a few of our own (prefix `sluice_`).
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import { QueueMetrics } from './queue-metrics.ts';
import type { QueueOptions, WorkQueue } from './queue.ts';

/** `terminal_error` counts as an error that is not retried. */
export type ReconcileOutcome = 'success' | 'requeue' | 'requeue_after' | 'error' | 'terminal_error';

/** What a controller reports about itself. */
export interface ControllerMetrics {
  observeQueue(controller: string, queue: WorkQueue, concurrency: number): void;
  /** Where the queue of a controller reports how long keys waited and were in work. */
  queueTimes(controller: string): QueueTimes;
  /** One finished reconcile; duration in ms. */
  reconciled(controller: string, outcome: ReconcileOutcome, durationMs: number): void;
}

export type QueueTimes = NonNullable<QueueOptions['observe']>;

/** Per-object durations, removed with the object. */
export interface ObjectMetrics {
  observed(object: ObjectLabels, durationMs: number): void;
  forget(object: ObjectLabels): void;
}

export interface ObjectLabels {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
}

/** Requests to the API server, as client-go counts them. */
export interface RequestMetrics {
  requested(labels: { readonly code: string; readonly method: string; readonly host: string }): void;
}

const reconcileTimeBuckets = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5, 1.75, 2,
  2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
];

/** Ten exponential buckets from 10 ms to 30 min. */
const objectBuckets = Array.from({ length: 10 }, (_, i) => 0.01 * (1800 / 0.01) ** (i / 9));

/** The process's registry and everything that is written to it. */
export class Metrics implements ControllerMetrics, ObjectMetrics, RequestMetrics {
  readonly registry = new Registry();
  readonly #queues = new QueueMetrics(this.registry);
  readonly #caches = new Map<string, { hits: number; misses: number }>();
  readonly #total: Counter<'controller' | 'result'>;
  readonly #errors: Counter<'controller'>;
  readonly #terminal: Counter<'controller'>;
  readonly #time: Histogram<'controller'>;
  readonly #object: Histogram<'kind' | 'name' | 'namespace'>;
  readonly #requests: Counter<'code' | 'method' | 'host'>;
  readonly #reviews: Histogram<'path' | 'allowed'>;

  constructor() {
    const registers = [this.registry];
    this.#total = new Counter({
      name: 'controller_runtime_reconcile_total',
      help: 'Reconciliations per controller and result',
      labelNames: ['controller', 'result'],
      registers,
    });
    this.#errors = new Counter({
      name: 'controller_runtime_reconcile_errors_total',
      help: 'Failed reconciliations per controller',
      labelNames: ['controller'],
      registers,
    });
    this.#terminal = new Counter({
      name: 'controller_runtime_terminal_reconcile_errors_total',
      help: 'Failed reconciliations per controller that are not retried',
      labelNames: ['controller'],
      registers,
    });
    this.#time = new Histogram({
      name: 'controller_runtime_reconcile_time_seconds',
      help: 'Seconds per reconciliation per controller',
      labelNames: ['controller'],
      buckets: reconcileTimeBuckets,
      registers,
    });
    this.#object = new Histogram({
      name: 'gotk_reconcile_duration_seconds',
      help: 'Seconds per reconciliation of one object',
      labelNames: ['kind', 'name', 'namespace'],
      buckets: objectBuckets,
      registers,
    });
    this.#requests = new Counter({
      name: 'rest_client_requests_total',
      help: 'Requests to the API server by status code, method and host',
      labelNames: ['code', 'method', 'host'],
      registers,
    });
    this.#reviews = new Histogram({
      name: 'sluice_admission_review_seconds',
      help: 'Seconds per admission review, by webhook and verdict',
      labelNames: ['path', 'allowed'],
      buckets: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1],
      registers,
    });
    this.#cacheGauges();
  }

  /** Process metrics and event-loop delay; separate, since they start timers. Returns a function that stops them. */
  observeProcess(): () => void {
    collectDefaultMetrics({ register: this.registry });
    const delay = monitorEventLoopDelay({ resolution: 20 });
    delay.enable();
    new Gauge({
      name: 'sluice_event_loop_delay_seconds',
      help: 'Delay of the event loop since the last scrape, by quantile',
      labelNames: ['quantile'],
      registers: [this.registry],
      collect() {
        this.set({ quantile: '0.5' }, delay.percentile(50) / 1e9);
        this.set({ quantile: '0.99' }, delay.percentile(99) / 1e9);
        this.set({ quantile: '1' }, delay.max / 1e9);
        delay.reset();
      },
    });
    return () => delay.disable();
  }

  observeQueue(controller: string, queue: WorkQueue, concurrency: number): void {
    this.#queues.add(controller, queue, concurrency);
    for (const result of ['success', 'requeue', 'requeue_after', 'error']) this.#total.inc({ controller, result }, 0);
    this.#errors.inc({ controller }, 0);
    this.#terminal.inc({ controller }, 0);
  }

  queueTimes(controller: string): QueueTimes {
    return this.#queues.times(controller);
  }

  reconciled(controller: string, outcome: ReconcileOutcome, durationMs: number): void {
    const terminal = outcome === 'terminal_error';
    this.#total.inc({ controller, result: terminal ? 'error' : outcome });
    if (terminal || outcome === 'error') this.#errors.inc({ controller });
    if (terminal) this.#terminal.inc({ controller });
    this.#time.observe({ controller }, durationMs / 1000);
  }

  observed(object: ObjectLabels, durationMs: number): void {
    this.#object.observe({ kind: object.kind, name: object.name, namespace: object.namespace }, durationMs / 1000);
  }

  forget(object: ObjectLabels): void {
    this.#object.remove({ kind: object.kind, name: object.name, namespace: object.namespace });
  }

  requested(labels: { readonly code: string; readonly method: string; readonly host: string }): void {
    this.#requests.inc({ code: labels.code, method: labels.method, host: labels.host });
  }

  /** One answered admission review. */
  reviewed(review: { readonly path: string; readonly allowed: boolean; readonly ms: number }): void {
    this.#reviews.observe({ path: review.path, allowed: String(review.allowed) }, review.ms / 1000);
  }

  /** A counter pair for one named cache. */
  cache(name: string): { hit(): void; miss(): void } {
    const counts = { hits: 0, misses: 0 };
    this.#caches.set(name, counts);
    return {
      hit: () => void counts.hits++,
      miss: () => void counts.misses++,
    };
  }

  #cacheGauges(): void {
    const caches = this.#caches;
    new Gauge({
      name: 'sluice_cache_requests',
      help: 'Look-ups in a cache since start, by result',
      labelNames: ['cache', 'result'],
      registers: [this.registry],
      collect() {
        for (const [cache, { hits, misses }] of caches) {
          this.set({ cache, result: 'hit' }, hits);
          this.set({ cache, result: 'miss' }, misses);
        }
      },
    });
  }
}
