// What a HelmRelease does about failures, drift, tests and hooks, on a real control plane.
import assert from 'node:assert/strict';
import { chartContent } from '#test/integration/chart-server';
import { conditionOf, conditionsOf, historyOf, ReleaseStage } from '#test/integration/helmrelease-stage';
import { decodeRelease, encodeRelease } from '#helm/index';
import { useSharedCluster } from '#test/support/controlplane';
import { until } from '#test/support/wait';

const secrets = { group: '', version: 'v1', plural: 'secrets', namespaced: true };
const configMaps = { group: '', version: 'v1', plural: 'configmaps', namespaced: true };

/** A Service whose port the API server refuses when it is too large. */
const service =
  'apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ .Release.Name }}\nspec:\n  ports:\n  - port: {{ .Values.port }}\n';

function hook(name: string, annotations: Record<string, string>): string {
  const lines = Object.entries(annotations).map(([key, value]) => `    helm.sh/${key}: "${value}"`);
  return `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-${name}\n  annotations:\n${lines.join('\n')}\n`;
}

describe('actions of a HelmRelease', function () {
  this.timeout(120_000);
  const cluster = useSharedCluster();
  let stage: ReleaseStage;

  before(async () => {
    stage = await ReleaseStage.open(cluster());
    const { server } = stage;
    const values = { 'values.yaml': 'port: 80\nimage:\n  tag: old\n', 'templates/svc.yaml': service };
    await server.publish('svc', '1.0.0', { files: chartContent('svc', '1.0.0', values) });
    await server.publish('hooked', '1.0.0', {
      files: chartContent('hooked', '1.0.0', {
        'templates/before.yaml': hook('before', { hook: 'pre-install,pre-upgrade', 'hook-weight': '2' }),
        'templates/after.yaml': hook('after', { hook: 'post-install', 'hook-delete-policy': 'hook-succeeded' }),
        'templates/last.yaml': hook('last', { hook: 'pre-delete' }),
        'templates/tests/one.yaml': hook('one', { hook: 'test' }),
        'templates/tests/two.yaml': hook('two', { hook: 'test' }),
        'templates/lookup.yaml':
          'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-seen\n' +
          'data:\n  seen: {{ (lookup "v1" "Namespace" "" .Release.Namespace).metadata.name | quote }}\n' +
          '  crds: {{ .Capabilities.APIVersions.Has "apiextensions.k8s.io/v1/CustomResourceDefinition" | quote }}\n',
      }),
    });
    await stage.refresh();
  });
  after(async () => {
    await stage?.stop();
  });

  // No node is there that could run it.
  async function untilStuck(on: string): Promise<string> {
    const name = stage.name();
    await stage.apply(name, stuck(on));
    await until(() => stage.find('jobs', `${name}-hook`, 'batch'));
    return name;
  }

  /** A release of a chart whose only hook runs at the event given, and does not end. */
  function stuck(on: string): object {
    return { ...stage.chart('stuck'), values: { on } };
  }

  it('rolls back a broken upgrade, and upgrades again once it is mended', async () => {
    const name = stage.name();
    const spec = { ...stage.chart('svc'), upgrade: { remediation: { retries: 1 } } };
    await stage.apply(name, spec);
    await stage.ready(name);
    await stage.apply(name, { ...spec, values: { port: 99_999 } });
    const stalled = await stage.until(name, (object) => conditionOf(object, 'Stalled') !== undefined, 'stalls');
    assert.deepEqual(conditionsOf(stalled), [
      'Stalled=True RetriesExceeded',
      'Ready=False RollbackSucceeded',
      'Released=False UpgradeFailed',
      'Remediated=True RollbackSucceeded',
    ]);
    assert.equal(conditionOf(stalled, 'Stalled')!.message, 'Failed to upgrade after 2 attempt(s)');
    assert.match(
      conditionOf(stalled, 'Released')!.message,
      /^Helm upgrade failed for release .* with chart svc@1\.0\.0: cannot patch ".*" with kind Service: /,
    );
    assert.equal(stalled.status!.upgradeFailures, 2);
    assert.equal(historyOf(stalled)[0]!.status, 'deployed');
    const port = (await stage.find('services', name))!['spec'] as { ports: { port: number }[] };
    assert.equal(port.ports[0]!.port, 80);
    assert.equal((await stage.event(name, 'UpgradeFailed')).type, 'Warning');
    assert.equal((await stage.event(name, 'RollbackSucceeded')).type, 'Normal');

    await stage.apply(name, { ...spec, values: { port: 81 } });
    const mended = await stage.ready(name);
    assert.deepEqual(conditionsOf(mended), ['Ready=True UpgradeSucceeded', 'Released=True UpgradeSucceeded']);
    assert.equal(mended.status!.upgradeFailures, undefined);
  });

  it('uninstalls a failed installation before it tries again, and stops when no retry is left', async () => {
    const name = stage.name();
    const spec = { ...stage.chart('svc'), values: { port: 99_999 } };
    await stage.apply(name, { ...spec, install: { remediation: { retries: 1, remediateLastFailure: true } } });
    const stalled = await stage.until(name, (object) => conditionOf(object, 'Stalled') !== undefined, 'stalls');
    assert.equal(conditionOf(stalled, 'Stalled')!.message, 'Failed to install after 2 attempt(s)');
    assert.equal(conditionOf(stalled, 'Remediated')!.reason, 'UninstallSucceeded');
    assert.equal(conditionOf(stalled, 'Ready')!.reason, 'InstallFailed');
    assert.equal(await stage.find('configmaps', name), undefined);
    assert.equal(await stage.find('secrets', `sh.helm.release.v1.${name}.v1`), undefined);
    await stage.apply(name, stage.chart('svc'));
    await stage.ready(name);
  });

  it('leaves a failed installation as it is without retries, and retries it where told to', async () => {
    const name = stage.name();
    const spec = { ...stage.chart('svc'), values: { port: 99_999 } };
    await stage.apply(name, { ...spec, install: { strategy: { name: 'RetryOnFailure', retryInterval: '1h' } } });
    const failed = await stage.until(
      name,
      (object) => conditionOf(object, 'Reconciling')?.reason === 'ProgressingWithRetry',
      'waits for its retry',
    );
    assert.deepEqual(conditionsOf(failed), [
      'Reconciling=True ProgressingWithRetry',
      'Ready=False InstallFailed',
      'Released=False InstallFailed',
    ]);
    assert.equal(conditionOf(failed, 'Reconciling')!.message, 'retrying after 1h0m0s');
    await stage.request(name);
    const again = await stage.until(name, (object) => historyOf(object)[0]?.version === 2, 'is upgraded');
    assert.equal(conditionOf(again, 'Released')!.reason, 'UpgradeFailed');
  });

  it('puts back what others change, and leaves alone what it is told to', async () => {
    const name = stage.name();
    const ignore = [{ paths: ['/data/mine'], target: { kind: 'ConfigMap' } }];
    await stage.apply(name, { ...stage.chart('svc'), driftDetection: { mode: 'enabled', ignore } });
    await stage.ready(name);
    const key = { namespace: stage.namespace, name };
    const body = { data: { tag: 'edited', mine: 'kept' } };
    await stage.client.patch(configMaps, key, { type: 'merge', body }, { fieldManager: 'kubectl-edit' });
    await stage.client.delete({ ...configMaps, plural: 'services' }, key);
    await stage.request(name);
    await stage.ready(name);
    assert.deepEqual((await stage.find('configmaps', name))!['data'], { tag: 'old', mine: 'kept' });
    assert.notEqual(await stage.find('services', name), undefined);
    const detected = await stage.event(name, 'DriftDetected');
    const lines = detected.message.split('\n');
    assert.equal(
      lines[0],
      `Cluster state of release ${stage.namespace}/${name}.v1 has drifted from the desired state:`,
    );
    assert.deepEqual(lines.slice(1).toSorted(), [
      `ConfigMap/${stage.namespace}/${name} changed (0 additions, 1 changes, 0 removals)`,
      `Service/${stage.namespace}/${name} removed`,
    ]);
    assert.match(
      (await stage.event(name, 'DriftCorrected')).message,
      /^Cluster state of release .* has been corrected:\nService\/.* created\nConfigMap\/.* configured$/,
    );
  });

  it('runs hooks and tests, and renders with the live cluster', async () => {
    const name = stage.name();
    const filters = [{ name: `${name}-two`, exclude: true }];
    await stage.apply(name, { ...stage.chart('hooked'), test: { enable: true, filters } });
    const ready = await stage.ready(name);
    assert.equal(
      conditionOf(ready, 'Ready')!.message,
      `Helm test succeeded for release ${stage.namespace}/${name}.v1 with chart hooked@1.0.0: 1 test hook completed successfully`,
    );
    assert.deepEqual(conditionsOf(ready), [
      'Ready=True TestSucceeded',
      'Released=True InstallSucceeded',
      'TestSuccess=True TestSucceeded',
    ]);
    const [snapshot] = historyOf(ready);
    assert.deepEqual(Object.keys(snapshot!.testHooks ?? {}), [`${name}-one`]);
    assert.equal(snapshot!.testHooks![`${name}-one`]!.phase, 'Succeeded');
    const before = await stage.find('configmaps', `${name}-before`);
    assert.equal(before!.metadata.labels?.['helm.toolkit.fluxcd.io/name'], undefined);
    assert.equal(await stage.find('configmaps', `${name}-after`), undefined);
    assert.equal(await stage.find('configmaps', `${name}-two`), undefined);
    assert.deepEqual((await stage.find('configmaps', `${name}-seen`))!['data'], {
      seen: stage.namespace,
      crds: 'true',
    });
    await stage.delete(name);
    assert.notEqual(await stage.find('configmaps', `${name}-last`), undefined);
    assert.equal(await stage.find('configmaps', name), undefined);
  });

  it('unlocks a release that an interrupted action left pending', async () => {
    const name = stage.name();
    await stage.apply(name, stage.chart('svc'));
    await stage.ready(name);
    const key = { namespace: stage.namespace, name: `sh.helm.release.v1.${name}.v1` };
    const secret = await stage.client.get(secrets, key);
    const { release } = secret['data'] as { release: string };
    const record = decodeRelease(Buffer.from(release, 'base64').toString());
    assert.equal(record.info.status, 'deployed');
    const pending = encodeRelease({ ...record, info: { ...record.info, status: 'pending-upgrade' } });
    const body = {
      metadata: { labels: { status: 'pending-upgrade' } },
      data: { release: Buffer.from(pending).toString('base64') },
    };
    await stage.client.patch(secrets, key, { type: 'merge', body });
    await stage.request(name);
    const ready = await stage.ready(name, (object) => historyOf(object)[0]?.version === 2);
    assert.equal(historyOf(ready)[0]!.status, 'deployed');
    assert.match(
      (await stage.event(name, 'PendingRelease')).message,
      /^Unlocked Helm release .*\.v1 with chart svc@1\.0\.0 in pending-upgrade state$/,
    );
  });

  it('takes values from labelled objects, and again as soon as they change', async () => {
    const name = stage.name();
    const labels = { 'reconcile.fluxcd.io/watch': 'Enabled' };
    const values = (tag: string): object => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: `${name}-values`, namespace: stage.namespace, labels },
      data: { 'values.yaml': `image:\n  tag: ${tag}\n`, port: '8080' },
    });
    const valuesFrom = [
      { kind: 'ConfigMap', name: `${name}-values` },
      { kind: 'ConfigMap', name: `${name}-values`, valuesKey: 'port', targetPath: 'port' },
      { kind: 'Secret', name: 'absent', optional: true },
    ];
    await stage.apply(name, { ...stage.chart('svc'), valuesFrom });
    const waiting = await stage.until(
      name,
      (object) => conditionOf(object, 'Ready')?.reason === 'ValuesError',
      'waits',
    );
    assert.equal(
      conditionOf(waiting, 'Ready')!.message,
      `could not resolve ConfigMap chart values reference '${stage.namespace}/${name}-values' with key 'values.yaml': configmaps "${name}-values" not found`,
    );
    await stage.client.apply(configMaps, values('one') as never, { fieldManager: 'test', force: true });
    await stage.ready(name);
    assert.deepEqual((await stage.find('configmaps', name))!['data'], { tag: 'one' });
    await stage.client.apply(configMaps, values('two') as never, { fieldManager: 'test', force: true });
    await until(async () => ((await stage.find('configmaps', name))!['data'] as { tag: string }).tag === 'two');
  });

  it('waits for what it depends on, and goes on the moment that is ready', async () => {
    const [first, second] = [stage.name(), stage.name()];
    await stage.apply(second, { ...stage.chart('svc'), dependsOn: [{ name: first }] });
    const waiting = await stage.until(
      second,
      (object) => conditionOf(object, 'Ready')?.reason === 'DependencyNotReady',
      'waits',
    );
    assert.equal(
      conditionOf(waiting, 'Ready')!.message,
      `unable to get '${stage.namespace}/${first}' dependency: helmreleases.helm.toolkit.fluxcd.io "${first}" not found`,
    );
    await stage.apply(first, stage.chart('svc'));
    await stage.ready(second);
  });

  it('installs over its own objects when the record of them is gone', async () => {
    const name = stage.name();
    await stage.apply(name, stage.chart('svc'));
    await stage.ready(name);
    const { uid } = (await stage.find('services', name))!.metadata;
    await stage.client.delete(secrets, { namespace: stage.namespace, name: `sh.helm.release.v1.${name}.v1` });
    await until(async () => {
      await stage.request(name);
      return (await stage.find('secrets', `sh.helm.release.v1.${name}.v1`)) !== undefined;
    });
    await stage.ready(name);
    assert.equal((await stage.find('services', name))!.metadata.uid, uid);
  });

  it('moves to another name by uninstalling what was there', async () => {
    const name = stage.name();
    await stage.apply(name, stage.chart('svc'));
    await stage.ready(name);
    await stage.apply(name, { ...stage.chart('svc'), releaseName: `${name}-moved` });
    const moved = await stage.ready(name, (object) => historyOf(object)[0]?.name === `${name}-moved`);
    assert.equal(historyOf(moved).length, 1);
    assert.equal(await stage.find('services', name), undefined);
    assert.notEqual(await stage.find('services', `${name}-moved`), undefined);
    assert.equal(await stage.find('secrets', `sh.helm.release.v1.${name}.v1`), undefined);
  });

  it('asks for nothing that the answers to its deletions told', async () => {
    // Releases of other tests may still be tried again: a deletion that asks would do so each time.
    await until(
      async () => {
        const name = stage.name();
        await stage.apply(name, stage.chart('svc'));
        await stage.ready(name);
        const notFound = await stage.requests(404);
        await stage.delete(name);
        assert.equal(await stage.find('services', name), undefined);
        // Both are the test's own.
        return (await stage.requests(404)) - notFound === 2;
      },
      { what: 'a deletion without a question' },
    );
  });

  it('is gone no sooner than its objects', async () => {
    const name = stage.name();
    await stage.apply(name, stage.chart('svc'));
    await stage.ready(name);
    const finalizers = (list: readonly string[]): Promise<unknown> =>
      stage.client.patch(
        configMaps,
        { namespace: stage.namespace, name },
        { type: 'merge', body: { metadata: { finalizers: list } } },
      );
    await finalizers(['sluice.example.com/slow']);
    const deletion = stage.delete(name);
    await until(async () => (await stage.find('services', name)) === undefined);
    await until(async () => (await stage.find('configmaps', name))?.metadata.deletionTimestamp !== undefined);
    assert.notEqual(await stage.find('secrets', `sh.helm.release.v1.${name}.v1`), undefined);
    await finalizers([]);
    await deletion;
    assert.equal(await stage.find('secrets', `sh.helm.release.v1.${name}.v1`), undefined);
  });

  it('leaves everything when it is suspended while it is deleted', async () => {
    const name = stage.name();
    await stage.apply(name, stage.chart('svc'));
    await stage.ready(name);
    await stage.apply(name, { ...stage.chart('svc'), suspend: true });
    await stage.delete(name);
    assert.notEqual(await stage.find('services', name), undefined);
    assert.notEqual(await stage.find('secrets', `sh.helm.release.v1.${name}.v1`), undefined);
  });

  it('gives up a wait that can no longer matter', async () => {
    const name = stage.name();
    const deployment =
      'apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{ .Release.Name }}\nspec:\n' +
      '  replicas: {{ .Values.replicas }}\n  selector: {matchLabels: {app: x}}\n' +
      '  template:\n    metadata: {labels: {app: x}}\n    spec: {containers: [{name: x, image: x.invalid/x}]}\n';
    const files = chartContent('slow', '1.0.0', { 'templates/deployment.yaml': deployment });
    await stage.server.publish('slow', '1.0.0', { files });
    await stage.refresh();
    await stage.apply(name, stage.chart('slow'));
    // No node is there that could run it.
    await until(async () => (await stage.find('deployments', name, 'apps')) !== undefined, { timeout: 20_000 });
    const secret = await stage.find('secrets', `sh.helm.release.v1.${name}.v1`);
    assert.equal(secret!.metadata.labels!['status'], 'pending-install');
    await stage.apply(name, { ...stage.chart('slow'), values: { replicas: 0 } });
    const ready = await stage.ready(name);
    assert.deepEqual(
      historyOf(ready).map(({ version, status }) => [version, status]),
      [
        [2, 'deployed'],
        [1, 'failed'],
      ],
    );
    assert.equal(ready.status!.installFailures, undefined);
    const canceled = await stage.event(name, 'HealthCheckCanceled');
    assert.equal(canceled.message, 'New reconciliation triggered, health checks canceled');
  });

  describe('a hook that does not end', () => {
    const job =
      'apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: {{ .Release.Name }}-hook\n  annotations:\n' +
      '    helm.sh/hook: {{ .Values.on }}\n    helm.sh/hook-delete-policy: hook-failed\n' +
      'spec:\n  template:\n    spec: {restartPolicy: Never, containers: [{name: x, image: x.invalid/x}]}\n';
    before(async () => {
      const content = chartContent('stuck', '1.0.0', { 'templates/job.yaml': job });
      await stage.server.publish('stuck', '1.0.0', { files: content });
      await stage.refresh();
    });

    it('is given up for another spec', async () => {
      const name = await untilStuck('pre-install');
      await stage.apply(name, stuck('never'));
      const ready = await stage.ready(name);
      assert.deepEqual(
        historyOf(ready).map(({ version, status }) => [version, status]),
        [
          [2, 'deployed'],
          [1, 'failed'],
        ],
      );
      assert.equal(ready.status!.installFailures, undefined);
      assert.equal(await stage.find('jobs', `${name}-hook`, 'batch'), undefined);
    });

    it('does not keep the release from being deleted', async () => {
      const name = await untilStuck('post-install');
      await stage.delete(name);
      assert.equal(await stage.find('secrets', `sh.helm.release.v1.${name}.v1`), undefined);
    });

    it('is not counted as a failed test for another spec', async () => {
      const name = stage.name();
      await stage.apply(name, { ...stuck('test'), test: { enable: true } });
      await until(() => stage.find('jobs', `${name}-hook`, 'batch'));
      await stage.apply(name, { ...stuck('never'), test: { enable: true } });
      const ready = await stage.ready(name);
      assert.equal(conditionOf(ready, 'TestSuccess')!.message.endsWith('no test hooks'), true);
      assert.equal(ready.status!.failures, undefined);
    });
  });

  it('upgrades once for another rendering of the same chart', async () => {
    const name = stage.name();
    await stage.apply(name, stage.chart('svc'));
    await stage.ready(name);
    const patch = `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\ndata:\n  patched: "yes"\n`;
    const postRenderers = [{ kustomize: { patches: [{ patch }] } }];
    const commonMetadata = { labels: { team: 'blue' }, annotations: { note: 'x' } };
    await stage.apply(name, { ...stage.chart('svc'), postRenderers, commonMetadata });
    const upgraded = await stage.ready(name, (object) => historyOf(object)[0]?.version === 2);
    assert.notEqual(upgraded.status!.observedPostRenderersDigest, undefined);
    const map = (await stage.find('configmaps', name))!;
    assert.deepEqual(map['data'], { tag: 'old', patched: 'yes' });
    assert.equal(map.metadata.labels!['team'], 'blue');
    assert.equal(map.metadata.annotations!['note'], 'x');
    await stage.request(name);
    assert.equal(historyOf(await stage.ready(name))[0]!.version, 2);
  });
});
