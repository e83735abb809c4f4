// Releases of HelmReleases and of the real helm: each reads, and goes on from, what the other made.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { chartArchive, chartContent } from '#test/integration/chart-server';
import { conditionOf, conditionsOf, historyOf, ReleaseStage } from '#test/integration/helmrelease-stage';
import { useSharedCluster } from '#test/support/controlplane';
import { mustRun } from '#test/support/run';
import { tempDir } from '#test/support/temp-dir';
import { toolOrSkip } from '#test/support/tools';
import { until } from '#test/support/wait';

describe('HelmReleases beside the real helm', function () {
  this.timeout(180_000);
  const cluster = useSharedCluster();
  let stage: ReleaseStage;
  let helm: (args: readonly string[]) => Promise<string>;

  before(async function () {
    const program = await toolOrSkip(this, 'helm');
    const home = await tempDir('helm');
    const env = {
      KUBECONFIG: cluster().kubeconfigPath,
      HELM_CACHE_HOME: home,
      HELM_CONFIG_HOME: home,
      HELM_DATA_HOME: home,
    };
    stage = await ReleaseStage.open(cluster());
    helm = (args) => mustRun(program, ['--namespace', stage.namespace, ...args], { env });
    await stage.server.publish('app', '1.0.0', {
      files: chartContent('app', '1.0.0', { 'templates/NOTES.txt': 'Hello {{ .Release.Name }}\n' }),
    });
    await stage.server.publish('app', '1.1.0');
    await stage.refresh();
  });
  after(async () => {
    await stage?.stop();
  });

  it('needs no request while nothing changes', async () => {
    const name = stage.name();
    const { chart } = stage.chart('app');
    const spec = { chart: { spec: { ...chart.spec, interval: '1h' } }, driftDetection: { mode: 'enabled' } };
    await stage.apply(name, { ...spec, interval: '500ms' });
    const before = await stage.ready(name);
    // Events and informers of what came before may still be on their way; an interval with a request of its own would
    // leave no window of three without one.
    const quiet = async (): Promise<boolean> => {
      const [requests, runs] = [await stage.requests(), await stage.runsOf(name)];
      await until(async () => (await stage.runsOf(name)) >= runs + 3, {
        timeout: 20_000,
        what: 'three more intervals',
      });
      return (await stage.requests()) === requests;
    };
    await until(quiet, { timeout: 25_000, what: 'three intervals without a request' });
    assert.equal((await stage.get(name)).metadata.resourceVersion, before.metadata.resourceVersion);
  });

  it('makes releases that helm lists, tells of, and rolls back', async () => {
    const name = stage.name();
    await stage.apply(name, { ...stage.chart('app', '1.0.0'), values: { image: { tag: 'one' } } });
    await stage.ready(name);
    await stage.apply(name, { ...stage.chart('app', '1.1.0'), values: { image: { tag: 'two' } } });
    await stage.ready(name, (object) => historyOf(object)[0]?.version === 2);
    const [listed] = JSON.parse(await helm(['list', '--filter', `^${name}$`, '-o', 'json'])) as Record<
      string,
      string
    >[];
    assert.deepEqual([listed!['revision'], listed!['status'], listed!['chart']], ['2', 'deployed', 'app-1.1.0']);
    const history = JSON.parse(await helm(['history', name, '-o', 'json'])) as Record<string, unknown>[];
    assert.deepEqual(
      history.map(({ revision, status, description }) => [revision, status, description]),
      [
        [1, 'superseded', 'Install complete'],
        [2, 'deployed', 'Upgrade complete'],
      ],
    );
    assert.deepEqual(JSON.parse(await helm(['get', 'values', name, '-o', 'json'])), { image: { tag: 'two' } });
    assert.equal((await helm(['get', 'notes', name, '--revision', '1'])).trim(), `NOTES:\nHello ${name}`);
    assert.match(await helm(['get', 'manifest', name]), /tag: two\n/);
    assert.match(await helm(['status', name]), /STATUS: deployed/);

    await helm(['rollback', name, '1']);
    assert.deepEqual((await stage.find('configmaps', name))!['data'], { tag: 'one' });
    await stage.request(name);
    const back = await stage.ready(name, (object) => historyOf(object)[0]?.version === 4);
    assert.equal(historyOf(back).length, 1);
    assert.deepEqual((await stage.find('configmaps', name))!['data'], { tag: 'two' });
  });

  it('takes over a release that helm made, with its objects and its revisions', async () => {
    const name = stage.name();
    const archive = path.join(await tempDir('chart'), 'app.tgz');
    const more = {
      'templates/other.yaml':
        'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-other\ndata: {old: "1"}\n',
    };
    await writeFile(archive, await chartArchive('app', chartContent('app', '0.9.0', more)));
    await helm(['install', name, archive, '--set', 'image.tag=helm']);
    const uid = (await stage.find('configmaps', name))!.metadata.uid;
    await stage.apply(name, { ...stage.chart('app', '1.1.0'), values: { image: { tag: 'ours' } } });
    const ready = await stage.ready(name);
    assert.deepEqual(conditionsOf(ready), ['Ready=True UpgradeSucceeded', 'Released=True UpgradeSucceeded']);
    assert.equal(historyOf(ready)[0]!.version, 2);
    const map = (await stage.find('configmaps', name))!;
    assert.equal(map.metadata.uid, uid);
    assert.deepEqual(map['data'], { tag: 'ours' });
    assert.equal(await stage.find('configmaps', `${name}-other`), undefined);
    const history = JSON.parse(await helm(['history', name, '-o', 'json'])) as Record<string, unknown>[];
    assert.deepEqual(
      history.map(({ status }) => status),
      ['superseded', 'deployed'],
    );
    await stage.delete(name);
    assert.equal(await stage.find('configmaps', name), undefined);
  });

  it('refuses objects of others where the spec says so', async () => {
    const name = stage.name();
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: stage.namespace } };
    await cluster().kubectl.apply(object);
    await stage.apply(name, { ...stage.chart('app'), install: { disableTakeOwnership: true } });
    const failed = await stage.until(name, (each) => conditionOf(each, 'Released')?.status === 'False', 'fails');
    const text = `Unable to continue with install: ConfigMap "${name}" in namespace "${stage.namespace}" exists and cannot be imported into the current release: invalid ownership metadata; label validation error: missing key "app.kubernetes.io/managed-by": must be set to "Helm"; annotation validation error: missing key "meta.helm.sh/release-name": must be set to "${name}"; annotation validation error: missing key "meta.helm.sh/release-namespace": must be set to "${stage.namespace}"`;
    assert.equal(
      conditionOf(failed, 'Released')!.message,
      `Helm install failed for release ${stage.namespace}/${name} with chart app@1.1.0: ${text}`,
    );
    assert.equal(await stage.find('secrets', `sh.helm.release.v1.${name}.v1`), undefined);
  });
});
