// The HelmChart a HelmRelease makes, on a real control plane: what leaves the template leaves it, and where it may be.
import assert from 'node:assert/strict';
import { helmCharts } from '#controllers/helmrelease/chart-template';
import { isNotFound } from '#kube/status-error';
import { chartContent } from '#test/integration/chart-server';
import { conditionOf, conditionsOf, historyOf, ReleaseStage } from '#test/integration/helmrelease-stage';
import { useSharedCluster } from '#test/support/controlplane';

describe('chart template of a HelmRelease', function () {
  this.timeout(120_000);
  const cluster = useSharedCluster();
  let stage: ReleaseStage;

  before(async () => {
    stage = await ReleaseStage.open(cluster(), ['--no-cross-namespace-refs']);
    await stage.server.publish('site', '1.0.0', { files: chartContent('site', '1.0.0', {}) });
    await stage.refresh();
  });
  after(async () => {
    await stage?.stop();
  });

  it('takes away the labels it no longer has, and leaves those of others', async () => {
    const name = stage.name();
    const { chart } = stage.chart('site');
    const metadata = { labels: { team: 'blue', tier: 'web' }, annotations: { note: 'x' } };
    await stage.apply(name, { chart: { ...chart, metadata } });
    await stage.ready(name);
    const key = { namespace: stage.namespace, name: `${stage.namespace}-${name}` };
    const body = { metadata: { labels: { theirs: 'yes' } } };
    await stage.client.patch(helmCharts, key, { type: 'merge', body });
    await stage.apply(name, { chart: { ...chart, metadata: { labels: { team: 'blue' } } } });
    await stage.ready(name);
    const made = await stage.client.get(helmCharts, key);
    assert.deepEqual(made.metadata.labels, {
      team: 'blue',
      theirs: 'yes',
      'helm.toolkit.fluxcd.io/name': name,
      'helm.toolkit.fluxcd.io/namespace': stage.namespace,
    });
    assert.equal(made.metadata.annotations?.['note'], undefined);
  });

  it('makes nothing in another namespace where that is not allowed', async () => {
    const name = stage.name();
    const other = await cluster().namespace('other');
    const sourceRef = { kind: 'HelmRepository', name: 'charts', namespace: other };
    await stage.apply(name, { chart: { spec: { chart: 'site', sourceRef } } });
    const stalled = await stage.until(name, (object) => conditionOf(object, 'Stalled') !== undefined, 'stalls');
    assert.deepEqual(conditionsOf(stalled), ['Stalled=True AccessDenied', 'Ready=False AccessDenied']);
    const made = `${stage.namespace}-${name}`;
    assert.equal(
      conditionOf(stalled, 'Ready')!.message,
      `cross-namespace references are not allowed: cannot access HelmChart ${other}/${made}`,
    );
    await assert.rejects(stage.client.get(helmCharts, { namespace: other, name: made }), isNotFound);
    await stage.delete(name);
  });

  it('brings a release back to Ready when a spec that failed is taken back', async () => {
    const name = stage.name();
    await stage.apply(name, stage.chart('site'));
    await stage.ready(name);
    const postRenderers = [{ kustomize: { patches: [{ patch: 'kind: [', target: { kind: '.*' } }] } }];
    await stage.apply(name, { ...stage.chart('site'), postRenderers });
    await stage.until(name, (object) => conditionOf(object, 'Ready')?.reason === 'UpgradeFailed', 'fails');
    await stage.apply(name, stage.chart('site'));
    const ready = await stage.ready(name);
    assert.deepEqual(conditionsOf(ready), ['Ready=True UpgradeSucceeded', 'Released=True UpgradeSucceeded']);
    assert.equal(historyOf(ready)[0]!.version, 1);
  });
});
