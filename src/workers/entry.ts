// The code every worker thread runs: loads the job's module once, runs it, turns what it throws into data.
import { IdleCollection } from './idle-collection.ts';
import type { Job, JobFailure, JobRequest, JobResponse } from './job.ts';
import { outputBytes } from './output-size.ts';

// One per worker thread.
const garbage = new IdleCollection();

/** Called by the pool for each task. */
export async function work(request: JobRequest): Promise<JobResponse> {
  garbage.cancel();
  try {
    const module = (await import(request.module)) as { run: Job<unknown, unknown> };
    const output = await module.run(request.input, { maxOutputBytes: request.maxOutputBytes });
    const bytes = outputBytes(output, request.maxOutputBytes);
    if (bytes > request.maxOutputBytes) {
      const message = `the result is larger than ${request.maxOutputBytes} bytes`;
      return { ok: false, error: { code: 'JOB_OUTPUT_TOO_LARGE', message, data: {} } };
    }
    return { ok: true, output };
  } catch (error) {
    return { ok: false, error: failureOf(error) };
  } finally {
    garbage.schedule();
  }
}

function failureOf(error: unknown): JobFailure {
  if (!(error instanceof Error)) return { code: 'JOB_FAILED', message: String(error), data: {} };
  const data: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(error)) {
    if (key === 'code' || typeof value === 'function' || typeof value === 'symbol') continue;
    if (value !== null && typeof value === 'object') continue;
    data[key] = value;
  }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : 'JOB_FAILED';
  return { code, message: error.message, ...(error.stack === undefined ? {} : { stack: error.stack }), data };
}
