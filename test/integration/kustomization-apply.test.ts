// How Kustomizations apply: steering by marks, immutable fields, definitions with their objects, rights, deletion policies.
import assert from 'node:assert/strict';
import type { ResourceRef, Unstructured } from '#kube/object';
import { useSharedCluster } from '#test/support/controlplane';
import { condition, configMap, configMaps, Delivery, kustomizations, ready } from '#test/support/delivery';
import { until } from '#test/support/wait';

const group = 'kustomize.toolkit.fluxcd.io';
const deployments: ResourceRef = { group: 'apps', version: 'v1', plural: 'deployments', namespaced: true };
const services: ResourceRef = { group: '', version: 'v1', plural: 'services', namespaced: true };

function marked(name: string, key: string, value: string): string {
  return configMap(name, { v: '1' }, { annotations: { [`${group}/${key}`]: value } });
}

function immutable(v: string): string {
  const metadata = { name: 'fixed' };
  return `${JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', immutable: true, metadata, data: { v } })}\n`;
}

const deployment = (name: string): string =>
  `${JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'app', image: 'ghcr.io/example/app:1.0.0' }] },
      },
    },
  })}\n`;

const pods: ResourceRef = { group: '', version: 'v1', plural: 'pods', namespaced: true };

const pod = (name: string): string =>
  `${JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: { containers: [{ name: 'app', image: 'ghcr.io/example/app:1.0.0' }] },
  })}\n`;

describe('Kustomization apply', function () {
  this.timeout(60_000);
  const cluster = useSharedCluster();
  let delivery: Delivery;
  before(async () => {
    delivery = await (await Delivery.prepare(cluster())).start();
  });
  after(async () => {
    await delivery.close();
  });

  it('skips, merges, keeps and spares what is marked so', async () => {
    const source = await delivery.source('marks', {
      'a.yaml': marked('m-once', 'ssa', 'IfNotPresent'),
      'b.yaml': marked('m-off', 'reconcile', 'disabled'),
      'c.yaml': marked('m-merge', 'ssa', 'Merge'),
      'd.yaml': marked('m-stay', 'prune', 'disabled'),
      'e.yaml': configMap('m-plain', { v: '1' }),
    });
    await delivery.kustomization('marks');
    await delivery.ready('marks');
    assert.equal(await delivery.data('m-off'), undefined);
    const edit = JSON.stringify({ data: { v: 'edited', own: 'mine' } });
    for (const name of ['m-once', 'm-merge', 'm-plain']) {
      await delivery.kubectl.ok(['-n', delivery.namespace, 'patch', 'cm', name, '--type=merge', '-p', edit]);
    }
    await delivery.reconcile('marks');
    assert.deepEqual(await delivery.data('m-once'), { v: 'edited', own: 'mine' });
    assert.deepEqual(await delivery.data('m-merge'), { v: '1', own: 'mine' });
    assert.deepEqual(await delivery.data('m-plain'), { v: '1' });
    const revision = await source.push({ 'd.yaml': null, 'e.yaml': null });
    const object = await delivery.ready('marks', revision);
    await delivery.gone(configMaps, 'm-plain');
    assert.deepEqual(await delivery.data('m-stay'), { v: '1' });
    assert.deepEqual(
      object.status?.inventory?.entries.map(({ id }) => id.split('_')[1]),
      ['m-merge', 'm-off', 'm-once'],
    );
  });

  it('makes an object anew for an immutable field only where that is allowed', async () => {
    const source = await delivery.source('force', { 'a.yaml': immutable('1') });
    await delivery.kustomization('force');
    await delivery.ready('force');
    await source.push({ 'a.yaml': immutable('2') });
    const failed = await delivery.failed('force', 'ReconciliationFailed');
    assert.match(ready(failed)?.message ?? '', /^ConfigMap\/.*\/fixed apply failed \(Invalid\): .*immutable/);
    assert.deepEqual(await delivery.data('fixed'), { v: '1' });
    const before = await delivery.get(configMaps, 'fixed');
    await delivery.patch(kustomizations, 'force', { spec: { force: true } });
    await delivery.ready('force');
    assert.deepEqual(await delivery.data('fixed'), { v: '2' });
    assert.notEqual((await delivery.get(configMaps, 'fixed'))?.metadata.uid, before?.metadata.uid);
  });

  it('applies a definition and an object of it together, and prunes both', async () => {
    const name = `gadgets.${delivery.namespace}.example.com`;
    const definition = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name },
      spec: {
        group: `${delivery.namespace}.example.com`,
        scope: 'Namespaced',
        names: { plural: 'gadgets', singular: 'gadget', kind: 'Gadget', listKind: 'GadgetList' },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
          },
        ],
      },
    };
    const gadget = {
      apiVersion: `${delivery.namespace}.example.com/v1`,
      kind: 'Gadget',
      metadata: { name: 'one' },
      spec: { size: 3 },
    };
    const gadgets: ResourceRef = { group: definition.spec.group, version: 'v1', plural: 'gadgets', namespaced: true };
    const source = await delivery.source('gadgets', {
      'a.yaml': JSON.stringify(gadget),
      'z.yaml': JSON.stringify(definition),
    });
    await delivery.kustomization('gadgets');
    await delivery.ready('gadgets');
    assert.notEqual(await delivery.get(gadgets, 'one'), undefined);
    const revision = await source.push({ 'a.yaml': null, 'z.yaml': null, 'b.yaml': configMap('gadget-left') });
    await delivery.ready('gadgets', revision);
    await until(async () => (await delivery.kubectl.run(['get', 'crd', name])).status !== 0);
  });

  it('acts as the service account it names, which may do only what it may', async () => {
    await delivery.source('rights', { 'a.yaml': configMap('rights-a') });
    await delivery.kustomization('rights', { serviceAccountName: 'deployer', retryInterval: '1s' });
    const refused = await delivery.failed('rights', 'ReconciliationFailed');
    assert.match(
      ready(refused)?.message ?? '',
      /^ConfigMap\/.*\/rights-a apply failed \(Forbidden\): .*system:serviceaccount:.*:deployer.* cannot patch resource "configmaps"/,
    );
    const ns = ['-n', delivery.namespace];
    await delivery.kubectl.ok([...ns, 'create', 'serviceaccount', 'deployer']);
    await delivery.kubectl.ok([
      ...ns,
      'create',
      'rolebinding',
      'd',
      '--clusterrole=edit',
      `--serviceaccount=${delivery.namespace}:deployer`,
    ]);
    await delivery.ready('rights');
    await delivery.kubectl.ok([...ns, 'delete', 'serviceaccount', 'deployer']);
    await delivery.kubectl.ok([...ns, 'delete', 'kustomization', 'rights', '--timeout=20s']);
    assert.notEqual(await delivery.get(configMaps, 'rights-a'), undefined);
    await until(async () =>
      (await delivery.events('rights')).some((line) => /^Warning \S+ unable to prune objects: /.test(line)),
    );
  });

  for (const [policy, prune, stays] of [
    ['Orphan', true, true],
    ['MirrorPrune', false, true],
    ['Delete', false, false],
    ['WaitForTermination', true, false],
  ] as const) {
    it(`${stays ? 'leaves' : 'deletes'} its objects by the policy ${policy} with prune ${prune}`, async () => {
      const name = `policy-${policy.toLowerCase()}`;
      await delivery.source(name, { 'a.yaml': configMap(`${name}-a`) });
      await delivery.kustomization(name, { deletionPolicy: policy, prune });
      await delivery.ready(name);
      await delivery.kubectl.ok(['-n', delivery.namespace, 'delete', 'kustomization', name, '--timeout=20s']);
      assert.equal((await delivery.get(configMaps, `${name}-a`)) !== undefined, stays);
    });
  }

  it('deletes what it made even while it fails', async () => {
    const source = await delivery.source('failing', { 'a.yaml': configMap('failing-a') });
    await delivery.kustomization('failing');
    await delivery.ready('failing');
    await source.push({ 'b.yaml': 'not: {yaml' });
    await delivery.failed('failing', 'BuildFailed');
    await delivery.kubectl.ok(['-n', delivery.namespace, 'delete', 'kustomization', 'failing', '--timeout=20s']);
    assert.equal(await delivery.get(configMaps, 'failing-a'), undefined);
  });

  it('keeps on record what it made before the apply failed, and deletes that too', async () => {
    await delivery.source('half', {
      'a.yaml': configMap('half-a'),
      'b.yaml': '{"apiVersion":"v1","kind":"Service","metadata":{"name":"half-b"},"spec":{"ports":[{"port":99999}]}}\n',
    });
    await delivery.kustomization('half');
    const failed = await delivery.failed('half', 'ReconciliationFailed');
    assert.match(ready(failed)?.message ?? '', /^Service\/.*\/half-b apply failed \(Invalid\): /);
    assert.equal(condition(failed, 'Reconciling')?.reason, 'ProgressingWithRetry');
    assert.notEqual(failed.status?.observedGeneration, failed.metadata.generation);
    assert.notEqual(await delivery.get(configMaps, 'half-a'), undefined);
    await delivery.kubectl.ok(['-n', delivery.namespace, 'delete', 'kustomization', 'half', '--timeout=20s']);
    assert.equal(await delivery.get(configMaps, 'half-a'), undefined);
  });

  it('says which path is missing', async () => {
    await delivery.source('path', { 'a.yaml': configMap('path-a') });
    await delivery.kustomization('path', { path: './deploy' });
    const failed = await delivery.failed('path', 'ArtifactFailed');
    assert.equal(ready(failed)?.message, 'kustomization path not found: stat /deploy: no such file or directory');
    assert.equal(failed.status?.lastAttemptedRevision, undefined);
  });

  it('waits for what it applied by watching it, and says what failed', async () => {
    const source = await delivery.source('health', { 'a.yaml': pod('health-a'), 'b.yaml': configMap('health-b') });
    await delivery.kustomization('health', { wait: true, timeout: '40s' });
    const waiting = await delivery.when('health', (object) => condition(object, 'Healthy')?.status === 'Unknown');
    assert.match(
      condition(waiting, 'Healthy')?.message ?? '',
      /^Running health checks for revision main@sha1:.* with a timeout of 40s$/,
    );
    const status = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
    await delivery.patch(pods, 'health-a', { status }, 'status');
    const healthy = await delivery.ready('health');
    assert.match(condition(healthy, 'Healthy')?.message ?? '', /^Health check passed in /);
    const waitingState = { waiting: { reason: 'CrashLoopBackOff' } };
    const crashing = { name: 'app', image: 'x', imageID: 'x', ready: false, restartCount: 9, state: waitingState };
    const broken = { conditions: [{ type: 'Ready', status: 'False' }], containerStatuses: [crashing] };
    await delivery.patch(pods, 'health-a', { status: broken }, 'status');
    await source.push({ 'b.yaml': configMap('health-b', { v: '2' }) });
    const failed = await delivery.failed('health', 'HealthCheckFailed');
    assert.match(
      ready(failed)?.message ?? '',
      /^health check failed after \S+: failed early due to stalled resources: \[Pod\/\S+\/health-a status: 'Failed'/,
    );
    assert.equal(failed.status?.history?.[0]?.['lastReconciledStatus'], 'HealthCheckFailed');
    assert.notEqual(failed.status?.lastAppliedRevision, failed.status?.lastAttemptedRevision);
  });

  it('gives up waiting when something newer comes', async () => {
    const source = await delivery.source('newer', { 'a.yaml': deployment('newer-a') });
    await delivery.kustomization('newer', { wait: true, timeout: '10m' });
    await delivery.when('newer', (object) => condition(object, 'Healthy')?.status === 'Unknown');
    const revision = await source.push({ 'a.yaml': null, 'b.yaml': configMap('newer-b') });
    await delivery.ready('newer', revision);
    assert.equal(await delivery.get(deployments, 'newer-a'), undefined);
  });

  it('waits for objects it names, by expression where it has one', async () => {
    await delivery.source('named', { 'a.yaml': configMap('named-a', { phase: 'Busy' }) });
    await delivery.kustomization('named', {
      healthChecks: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'named-other', namespace: delivery.namespace }],
      healthCheckExprs: [{ apiVersion: 'v1', kind: 'ConfigMap', current: 'data.phase == "Done"' }],
    });
    await delivery.when('named', (object) => condition(object, 'Healthy')?.status === 'Unknown');
    await delivery.kubectl.ok([
      '-n',
      delivery.namespace,
      'create',
      'configmap',
      'named-other',
      '--from-literal=phase=Busy',
    ]);
    await delivery.patch(configMaps, 'named-other', { data: { phase: 'Done' } });
    await delivery.ready('named');
    await delivery.patch(kustomizations, 'named', {
      spec: { healthCheckExprs: [{ apiVersion: 'v1', kind: 'ConfigMap', current: 'data.(' }] },
    });
    const stalled = await delivery.failed('named', 'InvalidCELExpression');
    assert.equal(condition(stalled, 'Stalled')?.status, 'True');
  });

  it('asks the API server nothing when nothing changed', async () => {
    await delivery.source('idle', {
      'a.yaml': configMap('idle-a'),
      'b.yaml': deployment('idle-b'),
      'c.yaml': '{"apiVersion":"v1","kind":"Service","metadata":{"name":"idle-c"},"spec":{"ports":[{"port":80}]}}\n',
    });
    await delivery.kustomization('idle', { interval: '1s' });
    await delivery.ready('idle');
    const { registry } = delivery.sluice.context.metrics;
    const counters = async (name: string, labels: RegExp): Promise<string[]> =>
      (await registry.metrics()).split('\n').filter((line) => line.startsWith(`${name}{`) && labels.test(line));
    const requests = (): Promise<string[]> => counters('rest_client_requests_total', /./);
    const runs = async (): Promise<number> => {
      const lines = await counters('controller_runtime_reconcile_total', /controller="kustomization"/);
      return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
    };
    // Objects of other tests may still be written or tried again: a run that asks would leave no three intervals quiet.
    const threeQuietIntervals = async (): Promise<boolean> => {
      const [sent, ran] = [await requests(), await runs()];
      await until(async () => (await runs()) >= ran + 3, { timeout: 20_000, what: 'three intervals' });
      return sent.join('\n') === (await requests()).join('\n');
    };
    await until(threeQuietIntervals, { timeout: 40_000, what: 'three intervals without a request' });
    assert.notEqual(await delivery.get(services, 'idle-c'), undefined);
  });

  it('rolls back nothing and loses nothing when it is changed and deleted in the middle', async () => {
    await delivery.source('middle', { 'a.yaml': deployment('middle-a'), 'b.yaml': configMap('middle-b') });
    await delivery.kustomization('middle', { wait: true, timeout: '10m' });
    await delivery.when('middle', (object) => condition(object, 'Healthy')?.status === 'Unknown');
    await delivery.patch(kustomizations, 'middle', { spec: { namePrefix: 'new-' } });
    await delivery.kubectl.ok(['-n', delivery.namespace, 'delete', 'kustomization', 'middle', '--timeout=30s']);
    const left = await delivery.kubectl.get<{ items: Unstructured[] }>([
      'deployments,configmaps',
      `--namespace=${delivery.namespace}`,
      `--selector=${group}/name=middle`,
    ]);
    assert.deepEqual(left.items, []);
  });
});
