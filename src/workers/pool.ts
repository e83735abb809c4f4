// The pool of worker threads: heavy CPU work leaves the main thread here, with limits on time, memory and output.
import { availableParallelism } from 'node:os';
import type { MessagePort } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { CodedError } from '#lib/errors';
import { FairQueue } from './fair-queue.ts';
import type { JobRequest, JobResponse } from './job.ts';

export interface PoolOptions {
  /** Threads at most. @default cores - 1, at least 1: the main thread keeps a core for webhooks */
  readonly threads?: number;
  /** Heap of one thread, MiB; a job that needs more fails with JOB_OUT_OF_MEMORY. @default 512 */
  readonly memoryMiB?: number;
  /** ms a thread may idle before it is given back. @default 60000 */
  readonly idleMs?: number;
  /** Jobs waiting at most; one more is refused with JOB_QUEUE_FULL. @default 10000 */
  readonly maxQueue?: number;
}

export interface RunOptions {
  /** Ends the job, thread included. */
  readonly signal?: AbortSignal;
  /** ms a job may run, measured from when a thread takes it. @default 120000 */
  readonly timeoutMs?: number;
  /** Whose job it is, e.g. `namespace/name`: the queue takes turns between owners. @default '' */
  readonly owner?: string;
  /** @default 256 MiB */
  readonly maxOutputBytes?: number;
  /** Objects moved to the worker, such as a MessagePort. */
  readonly transfer?: readonly (ArrayBuffer | MessagePort)[];
}

/** A job failed in its worker. `code` is that of the error thrown there, or one of the JOB_ codes. */
export class JobError extends CodedError {
  readonly data: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, data: Readonly<Record<string, unknown>> = {}, options?: ErrorOptions) {
    super(code, message, options);
    this.data = data;
  }
}

const entry = new URL(import.meta.url.endsWith('.ts') ? './entry.ts' : './entry.js', import.meta.url);
const MiB = 1024 * 1024;

// Piscina's type for this names structuredClone's options by mistake; at run time it is the list.
type TransferList = NonNullable<NonNullable<Parameters<Piscina['run']>[1]>['transferList']>;

interface Ticket {
  readonly owner: string;
  readonly admit: () => void;
}

/**
 * Piscina runs the threads; who goes next is decided here, so that turns are fair, a job's time counts from its
 * start, and a queued job never waits for a thread that a killed job took with it.
 */
export class WorkerPool {
  readonly #piscina: Piscina<JobRequest, JobResponse>;
  readonly #waiting = new FairQueue<Ticket>((ticket) => ticket.owner);
  readonly #threads: number;
  readonly #maxQueue: number;
  #running = 0;

  constructor(options: PoolOptions = {}) {
    this.#maxQueue = options.maxQueue ?? 10_000;
    this.#threads = options.threads ?? Math.max(1, availableParallelism() - 1);
    this.#piscina = new Piscina({
      filename: entry.href,
      name: 'work',
      minThreads: 0,
      maxThreads: this.#threads,
      idleTimeout: options.idleMs ?? 60_000,
      concurrentTasksPerWorker: 1,
      // An idle worker that blocks in Atomics.wait cannot answer anything else; messages wake it quickly enough.
      atomics: 'disabled',
      resourceLimits: {
        maxOldGenerationSizeMb: options.memoryMiB ?? 512,
        // Collected often: jobs make much short-lived garbage, and memory is dearer than CPU.
        maxYoungGenerationSizeMb: 8,
        // Helm lets templates include each other a thousand deep; Node's own stack ends before.
        stackSizeMb: 32,
      },
    });
  }

  /** Jobs waiting and running. */
  get load(): { readonly waiting: number; readonly running: number } {
    return { waiting: this.#waiting.size, running: this.#running };
  }

  /** Runs `run` of the module at `url` in a worker. Rejects with a {@link JobError}, or with the signal's reason. */
  async run<Output>(url: URL, input: unknown, options: RunOptions = {}): Promise<Output> {
    options.signal?.throwIfAborted();
    await this.#turn(options);
    try {
      const request: JobRequest = { module: url.href, input, maxOutputBytes: options.maxOutputBytes ?? 256 * MiB };
      const response = await this.#execute(request, options);
      if (response.ok) return response.output as Output;
      const { code, message, data } = response.error;
      throw new JobError(code, message, data);
    } finally {
      this.#running--;
      this.#admitNext();
    }
  }

  /** Ends all threads; running jobs fail. */
  async close(): Promise<void> {
    await this.#piscina.destroy();
  }

  /** Resolves when it is this job's turn; by then it counts as running. */
  async #turn(options: RunOptions): Promise<void> {
    if (this.#running < this.#threads && this.#waiting.size === 0) {
      this.#running++;
      return;
    }
    if (this.#waiting.size >= this.#maxQueue) {
      throw new JobError('JOB_QUEUE_FULL', `${this.#maxQueue} jobs are waiting already; try again later`);
    }
    const { signal } = options;
    await new Promise<void>((resolve, reject) => {
      const ticket: Ticket = {
        owner: options.owner ?? '',
        admit: () => {
          signal?.removeEventListener('abort', giveUp);
          resolve();
        },
      };
      const giveUp = (): void => {
        this.#waiting.remove(ticket);
        reject(signal!.reason as Error);
      };
      signal?.addEventListener('abort', giveUp, { once: true });
      this.#waiting.push(ticket);
    });
  }

  #admitNext(): void {
    if (this.#running >= this.#threads) return;
    const next = this.#waiting.shift();
    if (next === null) return;
    this.#running++;
    next.admit();
  }

  async #execute(request: JobRequest, options: RunOptions): Promise<JobResponse> {
    const timeoutMs = options.timeoutMs ?? 120_000;
    const timeout = AbortSignal.timeout(timeoutMs);
    const signal = options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal]);
    try {
      return await this.#piscina.run(request, {
        signal,
        ...(options.transfer === undefined ? {} : { transferList: [...options.transfer] as unknown as TransferList }),
      });
    } catch (error) {
      options.signal?.throwIfAborted();
      if (timeout.aborted) throw new JobError('JOB_TIMEOUT', `the job did not end within ${timeoutMs} ms`);
      throw poolFailure(error);
    }
  }
}

function poolFailure(error: unknown): JobError {
  if (error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return new JobError('JOB_OUT_OF_MEMORY', 'the job needed more memory than a worker may have', {}, { cause: error });
  }
  return new JobError('JOB_FAILED', error instanceof Error ? error.message : String(error), {}, { cause: error });
}
