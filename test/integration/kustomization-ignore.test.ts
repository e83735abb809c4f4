// spec.ignore of a Kustomization: fields that others may set, on a real API server.
import assert from 'node:assert/strict';
import type { ResourceRef, Unstructured } from '#kube/object';
import { useSharedCluster } from '#test/support/controlplane';
import { Delivery, ready } from '#test/support/delivery';

const deployments: ResourceRef = { group: 'apps', version: 'v1', plural: 'deployments', namespaced: true };
const replicasOfApp = [{ paths: ['/spec/replicas'], target: { kind: 'Deployment', name: 'app.*' } }];

interface Deployed extends Unstructured {
  readonly spec: { readonly replicas: number; readonly revisionHistoryLimit: number };
}

function deployment(name: string, spec: object): string {
  const labels = { app: name };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'app', image: 'app:1' }] } };
  return JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: { selector: { matchLabels: labels }, template, ...spec },
  });
}

function applierOf(object: Unstructured, manager: string): string {
  const entries = object.metadata.managedFields ?? [];
  return JSON.stringify(entries.filter((entry) => entry.manager === manager && entry.operation === 'Apply'));
}

describe('ignored fields of a Kustomization', function () {
  this.timeout(90_000);
  const cluster = useSharedCluster();
  let delivery: Delivery;
  before(async () => {
    delivery = await Delivery.prepare(cluster());
    await delivery.start();
  });
  after(() => delivery.close());

  async function live(name: string): Promise<Deployed> {
    const object = await delivery.get<Deployed>(deployments, name);
    assert.ok(object);
    return object;
  }

  it('are made as the manifest has them, and left alone from then on', async () => {
    const source = await delivery.source('scaled', {
      'a.yaml': deployment('app-scaled', { replicas: 2, revisionHistoryLimit: 5 }),
      'b.yaml': deployment('other', { replicas: 2 }),
    });
    await delivery.kustomization('scaled', { ignore: replicasOfApp });
    await delivery.ready('scaled');
    assert.equal((await live('app-scaled')).spec.replicas, 2);

    for (const name of ['app-scaled', 'other']) await delivery.patch(deployments, name, { spec: { replicas: 4 } });
    const { generation } = (await live('app-scaled')).metadata;
    await delivery.reconcile('scaled');
    assert.equal((await live('app-scaled')).metadata.generation, generation);
    assert.equal((await live('app-scaled')).spec.replicas, 4);
    assert.equal((await live('other')).spec.replicas, 2);

    // Whatever else changes is applied; the ignored field keeps its value.
    const revision = await source.push({
      'a.yaml': deployment('app-scaled', { replicas: 2, revisionHistoryLimit: 6 }),
    });
    await delivery.ready('scaled', revision);
    const { spec } = await live('app-scaled');
    assert.deepEqual([spec.replicas, spec.revisionHistoryLimit], [4, 6]);
  });

  it('are given up where somebody else applies them', async () => {
    const source = await delivery.source('shared', {
      'a.yaml': deployment('app-shared', { replicas: 2, revisionHistoryLimit: 5 }),
    });
    await delivery.kustomization('shared', { ignore: replicasOfApp });
    await delivery.ready('shared');
    const claim = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'app-shared' },
      spec: { replicas: 7 },
    };
    const { namespace } = delivery;
    const scaler = { ...claim, metadata: { ...claim.metadata, namespace } };
    await delivery.client.apply(deployments, scaler, { fieldManager: 'scaler', force: true });
    const revision = await source.push({
      'a.yaml': deployment('app-shared', { replicas: 2, revisionHistoryLimit: 6 }),
    });
    await delivery.ready('shared', revision);
    const object = await live('app-shared');
    assert.deepEqual([object.spec.replicas, object.spec.revisionHistoryLimit], [7, 6]);
    assert.ok(!applierOf(object, 'kustomize-controller').includes('f:replicas'));
    assert.ok(applierOf(object, 'scaler').includes('f:replicas'));
  });

  it('take the value kubectl gave them, whose other fields are taken over', async () => {
    await delivery.source('edited', { 'a.yaml': deployment('app-edited', { replicas: 2, revisionHistoryLimit: 5 }) });
    await delivery.kustomization('edited', { ignore: replicasOfApp });
    await delivery.ready('edited');
    const body = { spec: { replicas: 3, revisionHistoryLimit: 9 } };
    const key = { namespace: delivery.namespace, name: 'app-edited' };
    await delivery.client.patch(deployments, key, { type: 'merge', body }, { fieldManager: 'kubectl-edit' });
    await delivery.reconcile('edited');
    const object = await live('app-edited');
    assert.deepEqual([object.spec.replicas, object.spec.revisionHistoryLimit], [3, 5]);
    assert.ok((object.metadata.managedFields ?? []).every(({ manager }) => manager !== 'kubectl-edit'));
  });

  it('are put back once the rule is gone', async () => {
    await delivery.source('ruled', { 'a.yaml': deployment('app-ruled', { replicas: 2 }) });
    await delivery.kustomization('ruled', { ignore: replicasOfApp });
    await delivery.ready('ruled');
    await delivery.patch(deployments, 'app-ruled', { spec: { replicas: 4 } });
    await delivery.reconcile('ruled');
    assert.equal((await live('app-ruled')).spec.replicas, 4);
    await delivery.kustomization('ruled');
    await delivery.ready('ruled');
    assert.equal((await live('app-ruled')).spec.replicas, 2);
  });

  it('must be chosen by patterns that can be read', async () => {
    await delivery.source('unreadable', { 'a.yaml': deployment('app-unreadable', { replicas: 2 }) });
    await delivery.kustomization('unreadable', { ignore: [{ paths: ['/spec/replicas'], target: { kind: '(' } }] });
    const { status } = await delivery.failed('unreadable', 'ReconciliationFailed');
    assert.match(
      ready({ status } as never)?.message ?? '',
      /^failed to create ignore rule selector: invalid kind regex: error parsing regexp: missing closing \): `/,
    );
  });
});
