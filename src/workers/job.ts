// What a job is: a function on structured-cloneable values that a worker thread can run.

/** Passed to every job beside its input. */
export interface JobContext {
  /** Bytes a job may return, all strings and buffers together; the job fails with JOB_OUTPUT_TOO_LARGE above it. */
  readonly maxOutputBytes: number;
}

/** The export named `run` of a `job.ts`. */
export type Job<Input, Output> = (input: Input, context: JobContext) => Output | Promise<Output>;

/** What travels to a worker. */
export interface JobRequest {
  /** URL of the module that exports `run`. */
  readonly module: string;
  readonly input: unknown;
  readonly maxOutputBytes: number;
}

/** What comes back: errors as data, since structured cloning keeps neither class nor code. */
export type JobResponse =
  | { readonly ok: true; readonly output: unknown }
  | { readonly ok: false; readonly error: JobFailure };

export interface JobFailure {
  readonly code: string;
  readonly message: string;
  readonly stack?: string;
  /** Own enumerable fields of the error besides code and message; cloneable values only. */
  readonly data: Readonly<Record<string, unknown>>;
}
