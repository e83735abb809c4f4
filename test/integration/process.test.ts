// The serving process as a whole: what it listens on, what it says of itself, and how it begins and ends.
import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { useSharedCluster } from '#test/support/controlplane';
import { configMap, Delivery, gitRepositories, quietFlags } from '#test/support/delivery';
import { ServeProcess } from '#test/support/serve-process';
import { tempDir } from '#test/support/temp-dir';
import { until } from '#test/support/wait';

describe('sluice serve', function () {
  this.timeout(60_000);
  const cluster = useSharedCluster();

  it('answers for itself, serves what it fetched, and is gone after a stop', async () => {
    const delivery = await (await Delivery.prepare(cluster())).start();
    try {
      const { addresses } = delivery.sluice;
      for (const probe of ['livez', 'readyz', 'healthz']) {
        assert.equal((await fetch(`${addresses.health}/${probe}`)).status, 200, probe);
      }
      assert.equal((await fetch(`${addresses.health}/other`)).status, 404);
      await delivery.source('served', { 'a.yaml': configMap('served-a') });
      await delivery.kustomization('served');
      await delivery.ready('served');
      const metrics = await (await fetch(`${addresses.metrics}/metrics`)).text();
      assert.match(
        metrics,
        /controller_runtime_reconcile_total\{controller="kustomization",result="requeue_after"\} [1-9]/,
      );
      assert.match(metrics, /gotk_reconcile_duration_seconds_count\{kind="Kustomization",name="served"/);
      assert.match(metrics, /^sluice_event_loop_delay_seconds\{quantile="0.99"\} /m);
      const artifact = (await delivery.get(gitRepositories, 'served'))?.status?.artifact;
      assert.ok(artifact?.url.startsWith(addresses.artifacts));
      assert.equal((await fetch(artifact!.url)).status, 200);
      const lines = delivery.log
        .join('')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as object);
      assert.ok(lines.every((line) => 'level' in line && 'ts' in line && 'msg' in line));
      await delivery.stop();
      for (const url of Object.values(addresses)) await assert.rejects(fetch(url), TypeError);
    } finally {
      await delivery.close();
    }
  });

  it('takes up artifacts it finds, and leftovers of a crash away', async () => {
    const storage = await tempDir('kept');
    const delivery = await Delivery.prepare(cluster(), [`--storage-path=${storage}`]);
    try {
      await delivery.start();
      await delivery.source('kept', { 'a.yaml': configMap('kept-a') });
      const before = (await delivery.get(gitRepositories, 'kept'))?.status?.artifact;
      await delivery.stop();
      const folder = path.join(storage, 'gitrepository', delivery.namespace, 'kept');
      await mkdir(folder, { recursive: true });
      await writeFile(path.join(folder, '.tmp-00'), 'half of an archive');
      const fetched = delivery.server.requests.filter((request) => request.startsWith('POST')).length;
      await delivery.start();
      await until(async () => (await delivery.get(gitRepositories, 'kept'))?.status?.artifact?.url !== before?.url);
      assert.deepEqual(await readdir(folder), [path.basename(before!.path)]);
      const again = delivery.server.requests.filter(
        (request) => request.includes('git-upload-pack') && request.startsWith('POST'),
      );
      assert.ok(again.length <= fetched + 1, 'it only asks whether anything is new');
    } finally {
      await delivery.close();
    }
  });

  for (const [what, args, status, message] of [
    [
      'a storage path that is not there',
      ['--storage-path=/nonexistent/x'],
      1,
      /--storage-path: \/nonexistent\/x is not a directory/,
    ],
    ['a flag it does not know', ['--bogus'], 2, /bogus/],
    ['an address it cannot have', ['--health-addr=127.0.0.1:1:2'], 2, /--health-addr: .* is not an address/],
    ['a kubeconfig that is not there', ['--kubeconfig=/nonexistent/config'], 1, /\/nonexistent\/config/],
  ] as const) {
    it(`ends with a sentence about ${what}`, async () => {
      const flags = await quietFlags([`--kubeconfig=${cluster().kubeconfigPath}`, ...args]);
      const started = ServeProcess.start(flags);
      await until(() => started.status !== undefined, { timeout: 40_000 });
      assert.equal(started.status, status, started.output);
      assert.match(started.output, message);
      assert.doesNotMatch(started.output, /\n\s+at /, 'no stack');
    });
  }

  it('ends cleanly when told to, with the work under way done', async () => {
    const delivery = await Delivery.prepare(cluster());
    const flags = await quietFlags([`--kubeconfig=${cluster().kubeconfigPath}`]);
    const started = ServeProcess.start(flags, { RUNTIME_NAMESPACE: delivery.namespace });
    try {
      await until(() => started.output.includes('sluice is up'), { timeout: 40_000 });
      await delivery.source('ending', { 'a.yaml': configMap('ending-a') });
      await delivery.kustomization('ending');
      await delivery.ready('ending');
      const asked = performance.now();
      await started.end('SIGTERM');
      assert.equal(started.status, 0, started.output);
      assert.ok(performance.now() - asked < 20_000);
    } finally {
      await started.end('SIGKILL');
      await delivery.close();
    }
  });
});
