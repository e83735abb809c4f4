// A full disk: said on the object, survived by the process, and over as soon as there is room.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { useSharedCluster } from '#test/support/controlplane';
import { condition, configMap, Delivery, gitRepositories, ready } from '#test/support/delivery';
import { mustRun, run } from '#test/support/run';
import { skip } from '#test/support/skip';
import { tempDir } from '#test/support/temp-dir';
import { until } from '#test/support/wait';

describe('a full disk', function () {
  this.timeout(60_000);
  const cluster = useSharedCluster();
  let storage: string;
  let mounted = false;

  before(async function () {
    storage = await tempDir('small');
    const mount = ['-t', 'tmpfs', '-o', 'size=128k', 'tmpfs', storage];
    const outcome = await run('mount', mount).catch((error: Error) => ({ status: 1, stderr: error.message }));
    if (outcome.status !== 0) skip(this, `no small file system to fill: ${outcome.stderr.trim()}`);
    mounted = true;
  });
  after(async () => {
    if (mounted) await mustRun('umount', ['--lazy', storage]);
  });

  it('is told of, leaves no half artifact, and is got over', async () => {
    const delivery = await Delivery.prepare(cluster(), [`--storage-path=${storage}`, '--min-retry-delay=200ms']);
    try {
      await delivery.start();
      const source = await delivery.source('disk', { 'a.yaml': configMap('disk-a', { v: '1' }) });
      await delivery.kustomization('disk', { path: 'deploy', retryInterval: '1s' }).catch(() => undefined);
      // Random bytes do not shrink: this archive is larger than the disk.
      const commit = await source.repo.commit({
        files: { noise: randomBytes(300_000), 'deploy/a.yaml': configMap('disk-a', { v: '2' }) },
      });
      await delivery.annotate('gitrepository', 'disk', commit);
      const failed = await until(
        async () => {
          const object = await delivery.get(gitRepositories, 'disk');
          return object !== undefined && ready(object)?.status === 'False' ? object : undefined;
        },
        { timeout: 20_000, what: 'the failure on the object' },
      );
      assert.match(ready(failed)?.message ?? '', /no space left|ENOSPC/i);
      assert.equal(condition(failed, 'StorageOperationFailed')?.status, 'True');
      const folder = path.join(storage, path.dirname(failed.status?.artifact?.path ?? ''));
      assert.deepEqual(await readdir(folder), [path.basename(failed.status?.artifact?.path ?? '')]);
      assert.equal((await fetch(failed.status?.artifact?.url ?? '')).status, 200, 'the old artifact is still served');
      await mustRun('mount', ['-o', 'remount,size=8m', storage]);
      const revision = await source.fetched();
      await delivery.ready('disk', revision);
      assert.deepEqual(await delivery.data('disk-a'), { v: '2' });
    } finally {
      await delivery.close();
    }
  });
});
