// Kustomizations end to end: what is built is applied, what is no longer built goes, and the object says so.
import assert from 'node:assert/strict';
import { useSharedCluster } from '#test/support/controlplane';
import { condition, configMap, configMaps, Delivery, kustomizations, ready } from '#test/support/delivery';
import { until } from '#test/support/wait';

describe('Kustomization delivery', function () {
  this.timeout(60_000);
  const cluster = useSharedCluster();
  let delivery: Delivery;
  before(async () => {
    delivery = await (await Delivery.prepare(cluster())).start(['--requeue-dependency=30s']);
  });
  after(async () => {
    await delivery.close();
  });

  it('applies, follows a push, prunes, and deletes what it made', async () => {
    const source = await delivery.source('life', {
      'a.yaml': configMap('life-a', { v: '1' }),
      'b.yaml': configMap('life-b'),
    });
    await delivery.kustomization('life');
    await delivery.ready('life');
    assert.deepEqual(await delivery.data('life-a'), { v: '1' });
    const revision = await source.push({ 'a.yaml': configMap('life-a', { v: '2' }), 'b.yaml': null });
    const object = await delivery.ready('life', revision);
    assert.deepEqual(await delivery.data('life-a'), { v: '2' });
    assert.equal(await delivery.get(configMaps, 'life-b'), undefined);
    assert.deepEqual(object.status?.inventory?.entries, [{ id: `${delivery.namespace}_life-a__ConfigMap`, v: 'v1' }]);
    await delivery.kubectl.ok(['-n', delivery.namespace, 'delete', 'kustomization', 'life', '--timeout=20s']);
    assert.equal(await delivery.get(configMaps, 'life-a'), undefined);
  });

  it('substitutes variables after the build, and says which object it could not', async () => {
    const source = await delivery.source('vars', {
      'a.yaml': configMap('vars-a', { who: '${who:=nobody} of ${where}', literal: '$${who}' }),
      'b.yaml': configMap(
        'vars-b',
        { raw: '${who}' },
        { annotations: { 'kustomize.toolkit.fluxcd.io/substitute': 'disabled' } },
      ),
    });
    await delivery.kustomization('vars', { postBuild: { substitute: { where: 'here' } } });
    await delivery.ready('vars');
    assert.deepEqual(await delivery.data('vars-a'), { who: 'nobody of here', literal: '${who}' });
    assert.deepEqual(await delivery.data('vars-b'), { raw: '${who}' });
    await source.push({ 'a.yaml': configMap('vars-a', { who: '${who' }) });
    const object = await delivery.failed('vars', 'BuildFailed');
    assert.match(
      ready(object)?.message ?? '',
      /^post build failed for 'ConfigMap\.v1\.\[noGrp\]\/vars-a': envsubst error: variable substitution failed: missing closing brace$/,
    );
  });

  it('wakes dependents at once, whatever the requeue delay', async () => {
    const source = await delivery.source('chain', { 'a.yaml': configMap('chain-a') });
    for (const [name, after] of [
      ['chain-3', 'chain-2'],
      ['chain-2', 'chain-1'],
    ] as const) {
      await delivery.kustomization(name, {
        sourceRef: { kind: 'GitRepository', name: 'chain' },
        dependsOn: [{ name: after }],
        namePrefix: `${name}-`,
      });
      const waiting = await delivery.failed(name, 'DependencyNotReady');
      assert.match(ready(waiting)?.message ?? '', new RegExp(`^dependency '${delivery.namespace}/${after}' `));
    }
    await delivery.kustomization('chain-1', { sourceRef: { kind: 'GitRepository', name: 'chain' } });
    await delivery.ready('chain-1');
    const started = performance.now();
    await delivery.ready('chain-3');
    // Nobody told of it, it would look again after half a minute.
    assert.ok(performance.now() - started < 15_000, `took ${performance.now() - started} ms`);
    const revision = await source.push({ 'a.yaml': configMap('chain-a', { v: '2' }) });
    for (const name of ['chain-1', 'chain-2', 'chain-3']) await delivery.ready(name, revision);
  });

  it('takes an empty namespace of a reference for its own', async () => {
    await delivery.source('empty', { 'a.yaml': configMap('empty-a') });
    const sourceRef = { kind: 'GitRepository', name: 'empty', namespace: '' };
    await delivery.kustomization('empty', { sourceRef });
    await delivery.kustomization('empty-too', {
      sourceRef,
      namePrefix: 'too-',
      dependsOn: [{ name: 'empty', namespace: '' }],
    });
    await delivery.ready('empty-too');
  });

  it('waits as the dependency expression says', async () => {
    await delivery.source('expr', { 'a.yaml': configMap('expr-a') });
    await delivery.kustomization('expr-b', {
      sourceRef: { kind: 'GitRepository', name: 'expr' },
      namePrefix: 'b-',
      dependsOn: [{ name: 'expr', readyExpr: 'dep.metadata.labels["go"] == self.metadata.name' }],
    });
    await delivery.kustomization('expr', {}, { labels: { go: 'no' } });
    const waiting = await delivery.when(
      'expr-b',
      (object) => ready(object)?.message.endsWith(' readyExpr eval') === true,
    );
    assert.equal(ready(waiting)?.reason, 'DependencyNotReady');
    await delivery.patch(kustomizations, 'expr', { metadata: { labels: { go: 'expr-b' } } });
    await delivery.ready('expr-b');
    await delivery.patch(kustomizations, 'expr-b', { spec: { dependsOn: [{ name: 'expr', readyExpr: 'dep.(' }] } });
    const stalled = await delivery.failed('expr-b', 'InvalidCELExpression');
    assert.match(
      ready(stalled)?.message ?? '',
      /^Reconciliation failed terminally due to configuration error: failed to evaluate dependency expr: /,
    );
    assert.equal(condition(stalled, 'Stalled')?.status, 'True');
    assert.equal(stalled.status?.observedGeneration, stalled.metadata.generation);
  });

  it('suspends and resumes, acknowledging requests all the while', async () => {
    const source = await delivery.source('pause', { 'a.yaml': configMap('pause-a', { v: '1' }) });
    await delivery.kustomization('pause');
    await delivery.ready('pause');
    await delivery.patch(kustomizations, 'pause', { spec: { suspend: true } });
    await source.push({ 'a.yaml': configMap('pause-a', { v: '2' }) });
    await delivery.reconcile('pause');
    assert.deepEqual(await delivery.data('pause-a'), { v: '1' });
    await delivery.patch(kustomizations, 'pause', { spec: { suspend: false } });
    await until(async () => (await delivery.data('pause-a'))?.['v'] === '2');
  });

  it('puts drift back at the interval and on request, and takes over what kubectl edited', async () => {
    await delivery.source('drift', { 'a.yaml': configMap('drift-a', { v: '1' }) });
    await delivery.kustomization('drift', { interval: '2s' });
    await delivery.ready('drift');
    await delivery.kubectl.ok([
      '-n',
      delivery.namespace,
      'patch',
      'configmap',
      'drift-a',
      '--type=merge',
      '-p',
      '{"data":{"v":"x","more":"y"}}',
    ]);
    await until(async () => JSON.stringify(await delivery.data('drift-a')) === '{"v":"1"}');
    await delivery.patch(kustomizations, 'drift', { spec: { interval: '1h' } });
    await delivery.ready('drift');
    await delivery.kubectl.ok(['-n', delivery.namespace, 'delete', 'configmap', 'drift-a']);
    await delivery.reconcile('drift');
    assert.deepEqual(await delivery.data('drift-a'), { v: '1' });
  });
});
