// HelmReleases on a real control plane, from a chart repository to a release that the real helm knows.
import assert from 'node:assert/strict';
import { chartContent } from '#test/integration/chart-server';
import { conditionOf, conditionsOf, historyOf, ReleaseStage } from '#test/integration/helmrelease-stage';
import { useSharedCluster } from '#test/support/controlplane';
import { until } from '#test/support/wait';

describe('HelmRelease on a cluster', function () {
  this.timeout(120_000);
  const cluster = useSharedCluster();
  let stage: ReleaseStage;

  before(async () => {
    stage = await ReleaseStage.open(cluster());
    await stage.server.publish('app', '1.0.0');
    await stage.refresh();
  });
  after(async () => {
    await stage?.stop();
  });

  it('installs, upgrades for new values and a new chart, and uninstalls', async () => {
    const name = stage.name();
    await stage.apply(name, stage.chart('app', '1.x'));
    const installed = await stage.ready(name);
    assert.deepEqual(conditionsOf(installed), ['Ready=True InstallSucceeded', 'Released=True InstallSucceeded']);
    const message = `Helm install succeeded for release ${stage.namespace}/${name}.v1 with chart app@1.0.0`;
    assert.equal(conditionOf(installed, 'Ready')!.message, message);
    assert.deepEqual(
      historyOf(installed).map(({ version, status }) => [version, status]),
      [[1, 'deployed']],
    );

    await stage.apply(name, { ...stage.chart('app', '1.x'), values: { image: { tag: 'new' } } });
    const upgraded = await stage.ready(name, (object) => historyOf(object)[0]?.version === 2);
    assert.deepEqual(
      historyOf(upgraded).map(({ version, status }) => [version, status]),
      [
        [2, 'deployed'],
        [1, 'superseded'],
      ],
    );
    const map = await stage.find('configmaps', name);
    assert.deepEqual(map!['data'], { tag: 'new' });
    assert.deepEqual(map!.metadata.labels, {
      'app.kubernetes.io/managed-by': 'Helm',
      'helm.toolkit.fluxcd.io/name': name,
      'helm.toolkit.fluxcd.io/namespace': stage.namespace,
    });

    await stage.server.publish('app', '1.1.0', { files: chartContent('app', '1.1.0') });
    await stage.refresh();
    const renewed = await stage.ready(name, (object) => historyOf(object)[0]?.chartVersion === '1.1.0');
    assert.equal(historyOf(renewed)[0]!.version, 3);

    await stage.delete(name);
    assert.equal(await stage.find('configmaps', name), undefined);
    assert.equal(await stage.find('secrets', `sh.helm.release.v1.${name}.v3`), undefined);
    const chart = (): Promise<unknown> =>
      stage.find('helmcharts', `${stage.namespace}-${name}`, 'source.toolkit.fluxcd.io');
    await until(async () => (await chart()) === undefined, { what: 'the end of the HelmChart' });
  });
});
