// Variables of Kustomizations that come from ConfigMaps and Secrets.
import assert from 'node:assert/strict';
import { useSharedCluster } from '#test/support/controlplane';
import { configMap, configMaps, Delivery, ready } from '#test/support/delivery';
import { until } from '#test/support/wait';

describe('variables of a Kustomization', function () {
  this.timeout(90_000);
  const cluster = useSharedCluster();
  let delivery: Delivery;
  before(async () => {
    delivery = await (await Delivery.prepare(cluster())).start();
  });
  after(() => delivery.close());

  async function values(kind: 'ConfigMap' | 'Secret', name: string, entries: Record<string, string>): Promise<void> {
    const metadata = { name, namespace: delivery.namespace };
    const content = kind === 'Secret' ? { stringData: entries } : { data: entries };
    await delivery.apply({ apiVersion: 'v1', kind, metadata, ...content });
  }

  it('come from objects in order, those of the spec last', async () => {
    await values('ConfigMap', 'first', { a: 'first', b: 'first', c: 'first' });
    await values('Secret', 'second', { b: 'second', c: 'second', lines: 'one\ntwo\n' });
    await delivery.source('order', { 'a.yaml': configMap('order-a', { seen: '${a} ${b} ${c} ${lines}' }) });
    await delivery.kustomization('order', {
      postBuild: {
        substituteFrom: [
          { kind: 'ConfigMap', name: 'first' },
          { kind: 'Secret', name: 'second' },
        ],
        substitute: { c: 'spec' },
      },
    });
    await delivery.ready('order');
    assert.deepEqual(await delivery.data('order-a'), { seen: 'first second spec onetwo' });
  });

  it('may be missing where they are optional; elsewhere it is told which', async () => {
    await delivery.source('missing', { 'a.yaml': configMap('missing-a', { seen: '${a:=default}' }) });
    const secret = { kind: 'Secret', name: 'nowhere' };
    await delivery.kustomization('missing', { postBuild: { substituteFrom: [secret] } });
    const failed = await delivery.failed('missing', 'BuildFailed');
    assert.match(ready(failed)?.message ?? '', /substitute from 'Secret\/nowhere' error: secrets "nowhere" not found$/);
    await delivery.kustomization('missing', {
      postBuild: { substituteFrom: [{ ...secret, optional: true }], substitute: { b: '' } },
    });
    await delivery.ready('missing');
    assert.deepEqual(await delivery.data('missing-a'), { seen: 'default' });
  });

  it('are substituted anew the moment an object changes that is labelled so', async () => {
    await delivery.source('woken', { 'a.yaml': configMap('woken-a', { seen: '${a}' }) });
    await values('ConfigMap', 'watched', { a: 'old' });
    const labels = { 'reconcile.fluxcd.io/watch': 'Enabled' };
    await delivery.patch(configMaps, 'watched', { metadata: { labels } });
    await delivery.kustomization('woken', {
      postBuild: { substituteFrom: [{ kind: 'ConfigMap', name: 'watched' }] },
    });
    await delivery.ready('woken');
    assert.deepEqual(await delivery.data('woken-a'), { seen: 'old' });
    await delivery.patch(configMaps, 'watched', { data: { a: 'new' } });
    await until(async () => (await delivery.data('woken-a'))?.['seen'] === 'new', { what: 'the new value' });
  });
});
