// Kustomizations of tenants, who get no more than the flags of the process leave them.
import assert from 'node:assert/strict';
import type { RunningSluice } from '#cli/serve/process';
import { useSharedCluster } from '#test/support/controlplane';
import { condition, configMap, Delivery, kustomizations, ready } from '#test/support/delivery';
import { tempDir } from '#test/support/temp-dir';

describe('a Kustomization of a tenant', function () {
  this.timeout(90_000);
  const cluster = useSharedCluster();
  let delivery: Delivery;
  before(async () => {
    const flags = ['--default-service-account=tenant', '--no-cross-namespace-refs=true'];
    delivery = await (await Delivery.prepare(cluster(), flags)).start();
  });
  after(() => delivery.close());

  for (const [name, spec] of [
    ['absent', {}],
    ['empty', { serviceAccountName: '' }],
  ] as const) {
    it(`acts as the default account where its own is ${name}`, async () => {
      await delivery.source(name, { 'a.yaml': configMap(`${name}-a`) });
      await delivery.kustomization(name, spec);
      const failed = await delivery.failed(name, 'ReconciliationFailed');
      assert.match(ready(failed)?.message ?? '', /\(Forbidden\): .* "system:serviceaccount:[^:]+:tenant" cannot patch/);
      assert.equal(await delivery.data(`${name}-a`), undefined);
    });
  }

  it('stalls on a source of another namespace', async () => {
    await delivery.kustomization('across', {
      sourceRef: { kind: 'GitRepository', name: 'app', namespace: 'elsewhere' },
    });
    const failed = await delivery.failed('across', 'AccessDenied');
    const message = "can't access 'GitRepository/elsewhere/app', cross-namespace references have been blocked";
    assert.equal(ready(failed)?.message, message);
    assert.equal(condition(failed, 'Stalled')?.reason, 'AccessDenied');
    assert.equal((await delivery.get(kustomizations, 'across'))?.status?.observedGeneration, -1);
  });
});

describe('a Kustomization of a shard', function () {
  this.timeout(90_000);
  const cluster = useSharedCluster();
  let delivery: Delivery;
  before(async () => {
    delivery = await Delivery.prepare(cluster());
  });
  after(() => delivery.close());

  it('is delivered by its shard alone, from a source of any', async () => {
    const { sluice: rest } = await delivery.start(['--watch-label-selector=!sharding.fluxcd.io/key']);
    try {
      await delivery.source('base', { 'a.yaml': configMap('base-a') });
      await delivery.start([
        '--watch-label-selector=sharding.fluxcd.io/key=one',
        `--storage-path=${await tempDir('shard')}`,
      ]);
      const spec = { sourceRef: { kind: 'GitRepository', name: 'base' } };
      const labels = { 'sharding.fluxcd.io/key': 'one' };
      await delivery.kustomization('own', { ...spec, namePrefix: 'own-' }, { labels });
      await delivery.kustomization('other', { ...spec, namePrefix: 'other-' });
      await delivery.ready('own');
      await delivery.ready('other');
      assert.deepEqual(await reconciledBy(delivery.sluice), ['own']);
      assert.deepEqual(await reconciledBy(rest), ['other']);
    } finally {
      await rest.stop();
    }
  });
});

/** Names of the Kustomizations it reconciled. */
async function reconciledBy({ context }: RunningSluice): Promise<string[]> {
  const metrics = await context.metrics.registry.metrics();
  const counts = metrics.matchAll(/^gotk_reconcile_duration_seconds_count\{kind="Kustomization",name="([^"]+)"/gm);
  return [...counts].map(([, name = '']) => name);
}
