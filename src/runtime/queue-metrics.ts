// Metrics of work queues, under client-go's and controller-runtime's names.
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { QueueOptions, WorkQueue } from './queue.ts';

interface Observed {
  readonly queue: WorkQueue;
  readonly concurrency: number;
}

type QueueLabels = 'controller' | 'name';

/** 10 ns to 1000 s by tens, as client-go has them. */
const durationBuckets = Array.from({ length: 12 }, (_, i) => 10 ** (i - 8));

export class QueueMetrics {
  readonly #queues = new Map<string, Observed>();
  readonly #waited: Histogram<QueueLabels>;
  readonly #worked: Histogram<QueueLabels>;

  constructor(registry: Registry) {
    const shared = { labelNames: ['controller', 'name'] as const, registers: [registry] };
    this.#waited = new Histogram({
      name: 'workqueue_queue_duration_seconds',
      help: 'Seconds a key waited in the work queue',
      buckets: durationBuckets,
      ...shared,
    });
    this.#worked = new Histogram({
      name: 'workqueue_work_duration_seconds',
      help: 'Seconds a key was in work',
      buckets: durationBuckets,
      ...shared,
    });
    this.#depth(registry);
    this.#gauge(
      registry,
      'workqueue_unfinished_work_seconds',
      'Seconds all keys in work have been there',
      ({ queue }) => queue.workingMs().reduce((sum, ms) => sum + ms / 1000, 0),
    );
    this.#gauge(
      registry,
      'workqueue_longest_running_processor_seconds',
      'Seconds of the key longest in work',
      ({ queue }) => Math.max(0, ...queue.workingMs()) / 1000,
    );
    this.#counter(registry, 'workqueue_adds_total', 'Keys added to the work queue', ({ queue }) => queue.counts.adds);
    this.#counter(
      registry,
      'workqueue_retries_total',
      'Keys added again after a failure',
      ({ queue }) => queue.counts.retries,
    );
    this.#workers(registry);
  }

  add(controller: string, queue: WorkQueue, concurrency: number): void {
    this.#queues.set(controller, { queue, concurrency });
  }

  times(controller: string): NonNullable<QueueOptions['observe']> {
    const labels = { controller, name: controller };
    return {
      waited: (ms) => this.#waited.observe(labels, ms / 1000),
      worked: (ms) => this.#worked.observe(labels, ms / 1000),
    };
  }

  #depth(registry: Registry): void {
    const queues = this.#queues;
    new Gauge({
      name: 'workqueue_depth',
      help: 'Keys waiting in the work queue',
      labelNames: ['controller', 'name', 'priority'],
      registers: [registry],
      collect() {
        // One total: priority is empty where upstream's queues know none.
        for (const [controller, { queue }] of queues) {
          this.set({ controller, name: controller, priority: '' }, queue.depth);
        }
      },
    });
  }

  #gauge(registry: Registry, name: string, help: string, read: (observed: Observed) => number): void {
    const queues = this.#queues;
    new Gauge({
      name,
      help,
      labelNames: ['controller', 'name'],
      registers: [registry],
      collect() {
        for (const [controller, observed] of queues) this.set({ controller, name: controller }, read(observed));
      },
    });
  }

  /** A counter whose value is kept elsewhere. */
  #counter(registry: Registry, name: string, help: string, read: (observed: Observed) => number): void {
    const queues = this.#queues;
    new Counter({
      name,
      help,
      labelNames: ['controller', 'name'],
      registers: [registry],
      collect() {
        this.reset();
        for (const [controller, observed] of queues) this.inc({ controller, name: controller }, read(observed));
      },
    });
  }

  #workers(registry: Registry): void {
    const queues = this.#queues;
    new Gauge({
      name: 'controller_runtime_active_workers',
      help: 'Workers in use per controller',
      labelNames: ['controller'],
      registers: [registry],
      collect() {
        for (const [controller, { queue }] of queues) this.set({ controller }, queue.active);
      },
    });
    new Gauge({
      name: 'controller_runtime_max_concurrent_reconciles',
      help: 'Workers per controller',
      labelNames: ['controller'],
      registers: [registry],
      collect() {
        for (const [controller, { concurrency }] of queues) this.set({ controller }, concurrency);
      },
    });
  }
}
