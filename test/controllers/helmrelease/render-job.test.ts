// A render in a worker thread: questions to the cluster while it waits, and an end to what takes too long.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import type { RenderInput, RenderOutput } from '#controllers/helmrelease/render-job';
import { defaultCapabilities, serveLookups } from '#helm/index';
import { chartArchive } from '#test/helm/support/archive';
import { withTempDir } from '#test/support/temp-dir';
import { WorkerPool } from '#workers/pool';

const job = new URL('../../../src/controllers/helmrelease/render-job.ts', import.meta.url);

async function inputOf(dir: string, template: string): Promise<RenderInput> {
  const archive = chartArchive({ 'templates/a.yaml': template });
  const hash = createHash('sha256').update(archive).digest('hex');
  const file = path.join(dir, `${hash}.tgz`);
  await writeFile(file, archive);
  return {
    type: 'render',
    chart: { path: file, digest: `sha256:${hash}` },
    values: {},
    release: { name: 'rel', namespace: 'ns', revision: 1, isUpgrade: false },
    capabilities: defaultCapabilities(),
    skipSchemaValidation: false,
    postRendering: { owner: { name: 'rel', namespace: 'ns' } },
  };
}

describe('render job', function () {
  this.timeout(30_000);
  let pool: WorkerPool;

  beforeEach(() => {
    pool = new WorkerPool({ threads: 1 });
  });

  afterEach(() => pool.close());

  it('answers lookups from the main thread while the worker waits', async () => {
    const { port1, port2 } = new MessageChannel();
    const signal = new SharedArrayBuffer(4);
    const asked: unknown[] = [];
    serveLookups(port1, signal, async (query) => {
      asked.push(query);
      return query.name === 'there' ? { data: { n: 1_000_000, f: 1.5 } } : undefined;
    });
    try {
      await withTempDir(async (dir) => {
        const template =
          'kind: A\nmetadata: {name: a}\na: {{ (lookup "v1" "Secret" "ns" "there").data.n }}\nb: {{ lookup "v1" "Secret" "ns" "gone" | toJson }}\n';
        const input = { ...(await inputOf(dir, template)), lookup: { port: port2, signal } };
        const output = await pool.run<RenderOutput>(job, input, { transfer: [port2] });
        assert.deepEqual(
          output.objects.map(({ a, b }) => ({ a, b })),
          [{ a: 1_000_000, b: {} }],
        );
      });
    } finally {
      port1.close();
    }
    assert.deepEqual(asked, [
      { apiVersion: 'v1', kind: 'Secret', namespace: 'ns', name: 'there' },
      { apiVersion: 'v1', kind: 'Secret', namespace: 'ns', name: 'gone' },
    ]);
  });

  it('ends a render that takes too long, and serves the next one', async () => {
    await withTempDir(async (dir) => {
      const endless = await inputOf(dir, '{{ range $i := (int64 9000000000000000000) }}{{ end }}');
      await assert.rejects(pool.run(job, endless, { timeoutMs: 1500 }), { code: /^JOB_/ });
      const next = await pool.run<RenderOutput>(job, await inputOf(dir, 'kind: A\nmetadata: {name: a}\n'));
      assert.equal(next.objects.length, 1);
    });
  });
});
