// The worker pool: results, errors, limits of time, memory and output, cancellation.
import assert from 'node:assert/strict';
import { JobError, WorkerPool } from '#workers/pool';
import type { SampleInput } from './jobs/sample.ts';

const sample = new URL('./jobs/sample.ts', import.meta.url);

describe('WorkerPool', () => {
  let pool: WorkerPool;
  before(() => {
    pool = new WorkerPool({ threads: 1, memoryMiB: 64, idleMs: 1000 });
  });
  after(() => pool.close());

  const run = (input: SampleInput, options = {}): Promise<unknown> => pool.run(sample, input, options);

  it('runs a job off the main thread', async () => {
    const result = (await run({ do: 'thread' })) as { threadId: number };
    assert.notEqual(result.threadId, 0);
  });

  it('carries structured values both ways', async () => {
    const value = { a: [1n, 2.5, null], b: new Map([['k', new Uint8Array([1, 2])]]) };
    assert.deepEqual(await run({ do: 'echo', value }), value);
  });

  it('keeps code, message and data of an error', async () => {
    await assert.rejects(run({ do: 'fail' }), (error: JobError) => {
      assert.ok(error instanceof JobError);
      assert.equal(error.code, 'SAMPLE_BROKEN');
      assert.equal(error.message, 'line 7 is broken');
      assert.equal(error.data['line'], 7);
      return true;
    });
  });

  it('ends an endless job at its time limit and serves the next one', async () => {
    await assert.rejects(run({ do: 'spin' }, { timeoutMs: 200 }), { code: 'JOB_TIMEOUT' });
    assert.equal(await run({ do: 'echo', value: 'alive' }), 'alive');
  });

  it('ends a job whose caller gave up, with the caller’s reason', async () => {
    const abort = new AbortController();
    const running = run({ do: 'spin' }, { signal: abort.signal });
    const reason = new Error('superseded');
    abort.abort(reason);
    await assert.rejects(running, (error) => error === reason);
    assert.equal(await run({ do: 'echo', value: 1 }), 1);
  });

  it('refuses a job that needs too much memory, and survives it', async () => {
    await assert.rejects(run({ do: 'hoard' }, { timeoutMs: 60_000 }), { code: 'JOB_OUT_OF_MEMORY' });
    assert.equal(await run({ do: 'echo', value: 2 }), 2);
  }).timeout(60_000);

  it('refuses a result above the output limit', async () => {
    await assert.rejects(run({ do: 'flood', bytes: 2000 }, { maxOutputBytes: 1000 }), { code: 'JOB_OUTPUT_TOO_LARGE' });
  });

  it('refuses more jobs than may wait', async () => {
    const small = new WorkerPool({ threads: 1, maxQueue: 1 });
    try {
      const first = small.run(sample, { do: 'spin' }, { timeoutMs: 3000 }).catch((error: JobError) => error.code);
      const second = small.run(sample, { do: 'echo', value: 1 }, { timeoutMs: 10_000 });
      const more = Array.from({ length: 3 }, () =>
        small.run(sample, { do: 'echo', value: 1 }).then(
          () => 'served',
          (error: JobError) => error.code,
        ),
      );
      assert.ok((await Promise.all(more)).includes('JOB_QUEUE_FULL'));
      assert.equal(await first, 'JOB_TIMEOUT');
      assert.equal(await second, 1);
    } finally {
      await small.close();
    }
  });

  it('does not stall the main thread while a job computes', async () => {
    const abort = new AbortController();
    const running = run({ do: 'spin' }, { signal: abort.signal }).catch(() => undefined);
    const started = performance.now();
    let turns = 0;
    while (turns < 50) {
      await new Promise((resolve) => setImmediate(resolve));
      turns++;
    }
    const elapsed = performance.now() - started;
    abort.abort();
    await running;
    assert.ok(elapsed < 5000, `50 turns of the event loop took ${elapsed} ms`);
  });
});
