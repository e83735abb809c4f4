// The cluster client against the real kube-apiserver.
import assert from 'node:assert/strict';
import process from 'node:process';
import { applyObject } from '#kube/apply/apply';
import { cleanupPatch, fluxTakeovers } from '#kube/apply/managers';
import { KubeClient } from '#kube/client';
import { loadConfig } from '#kube/config';
import { Discovery, NoMatchError } from '#kube/discovery';
import { EventRecorder } from '#kube/events';
import { Informers } from '#kube/informer';
import { LeaderElector, LEASES, type Lease } from '#kube/lease';
import { pages } from '#kube/list';
import type { KubeObject, ResourceRef } from '#kube/object';
import { fieldConflicts, isAlreadyExists, isConflict, isForbidden, isInvalid, isNotFound } from '#kube/status-error';
import { computeHealth } from '#kube/status/compute';
import { useSharedCluster } from '#test/support/controlplane';
import { until } from '#test/support/wait';

const CONFIG_MAPS: ResourceRef = { group: '', version: 'v1', plural: 'configmaps', namespaced: true };
const DEPLOYMENTS: ResourceRef = { group: 'apps', version: 'v1', plural: 'deployments', namespaced: true };
const CRDS: ResourceRef = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  namespaced: false,
};

function configMap(
  namespace: string,
  name: string,
  data: Record<string, string> = {},
): KubeObject & { data: Record<string, string> } {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data };
}

describe('cluster client on a real API server', () => {
  const cluster = useSharedCluster();
  let client: KubeClient;
  let namespace: string;

  before(async () => {
    client = new KubeClient(await loadConfig({ env: process.env, kubeconfig: cluster().kubeconfigPath }));
    namespace = await cluster().namespace('kube');
  });

  after(() => client?.close());

  it('creates, reads, changes and deletes', async () => {
    const key = { namespace, name: 'verbs' };
    const created = await client.create(CONFIG_MAPS, configMap(namespace, 'verbs', { a: '1' }));
    await assert.rejects(client.create(CONFIG_MAPS, configMap(namespace, 'verbs')), isAlreadyExists);
    const updated = await client.update(CONFIG_MAPS, { ...created, data: { a: '2' } });
    await assert.rejects(client.update(CONFIG_MAPS, { ...created, data: { a: '3' } }), isConflict);
    assert.notEqual(updated.metadata.resourceVersion, created.metadata.resourceVersion);
    await client.patch(CONFIG_MAPS, key, { type: 'merge', body: { data: { b: 'x' } } });
    await client.patch(CONFIG_MAPS, key, { type: 'json', body: [{ op: 'remove', path: '/data/a' }] });
    await client.patch(CONFIG_MAPS, key, { type: 'strategic', body: { data: { c: 'y' } } }, { dryRun: true });
    assert.deepEqual((await client.get(CONFIG_MAPS, key))['data'], { b: 'x' });
    const metadata = await client.get(CONFIG_MAPS, key, { metadataOnly: true });
    assert.equal(metadata.kind, 'PartialObjectMetadata');
    assert.equal(metadata['data'], undefined);
    await assert.rejects(client.delete(CONFIG_MAPS, key, { preconditions: { uid: 'another' } }), isConflict);
    await client.delete(CONFIG_MAPS, key);
    await assert.rejects(
      client.get(CONFIG_MAPS, key),
      (error: Error) => isNotFound(error) && error.message === 'configmaps "verbs" not found',
    );
    await assert.rejects(client.create(CONFIG_MAPS, configMap(namespace, 'Not A Name')), isInvalid);
  });

  it('writes status apart from spec', async () => {
    const template = {
      metadata: { labels: { a: 'b' } },
      spec: { containers: [{ name: 'c', image: 'example.com/none' }] },
    };
    const spec = { replicas: 0, selector: { matchLabels: { a: 'b' } }, template };
    const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd', namespace }, spec };
    await client.apply(DEPLOYMENTS, deployment, { fieldManager: 'test' });
    const patch = { type: 'merge', body: { status: { collisionCount: 7 }, spec: { paused: true } } } as const;
    const patched = await client.patch(DEPLOYMENTS, { namespace, name: 'd' }, patch, { subresource: 'status' });
    assert.equal((patched['spec'] as { paused?: boolean }).paused, undefined);
    assert.equal((patched['status'] as { collisionCount?: number }).collisionCount, 7);
    // The deployment controller runs: with no replicas wanted it reports the deployment available.
    await until(
      async () => computeHealth(await client.get(DEPLOYMENTS, { namespace, name: 'd' })).status === 'Current',
    );
  });

  it('applies: created, unchanged, configured, and whose field it is', async () => {
    const object = configMap(namespace, 'applied', { a: '1' });
    const options = { fieldManager: 'one' };
    const first = await applyObject(client, CONFIG_MAPS, object, options);
    const liveVersion = first.object.metadata.resourceVersion;
    const second = await applyObject(client, CONFIG_MAPS, object, { ...options, liveVersion });
    const third = await applyObject(client, CONFIG_MAPS, { ...object, data: { a: '2' } } as KubeObject, {
      ...options,
      liveVersion,
    });
    assert.deepEqual([first.action, second.action, third.action], ['created', 'unchanged', 'configured']);
    const conflict = client.apply(CONFIG_MAPS, object, { fieldManager: 'two' });
    await assert.rejects(conflict, (error) => {
      assert.deepEqual(fieldConflicts(error), [{ manager: 'one', field: '.data.a', message: 'conflict with "one"' }]);
      return true;
    });
    await client.apply(CONFIG_MAPS, object, { fieldManager: 'two', force: true });
    assert.deepEqual((await client.get(CONFIG_MAPS, { namespace, name: 'applied' }))['data'], { a: '1' });
  });

  it('takes kubectl’s fields over, so that an apply can remove them', async () => {
    const { kubectl } = cluster();
    await kubectl.apply(configMap(namespace, 'taken', { mine: '1', theirs: '2' }));
    const key = { namespace, name: 'taken' };
    const rules = {
      fieldManager: 'kustomize-controller',
      takeovers: fluxTakeovers('kustomize-controller'),
      annotations: ['kubectl.kubernetes.io/last-applied-configuration'],
    };
    const body = cleanupPatch(await client.get(CONFIG_MAPS, key), rules);
    await client.patch(CONFIG_MAPS, key, { type: 'json', body }, { fieldManager: 'kustomize-controller' });
    await client.apply(CONFIG_MAPS, configMap(namespace, 'taken', { mine: '1' }), {
      fieldManager: 'kustomize-controller',
      force: true,
    });
    const live = await client.get(CONFIG_MAPS, key);
    assert.deepEqual(live['data'], { mine: '1' });
    assert.deepEqual(
      live.metadata.managedFields?.map(({ manager, operation }) => `${manager} ${operation}`),
      ['kustomize-controller Apply'],
    );
    assert.equal(live.metadata.annotations, undefined);
  });

  it('acts as somebody else, with all their groups', async () => {
    const { kubectl } = cluster();
    const jane = client.as({
      user: 'jane',
      groups: [`readers-${namespace}`, 'with, comma'],
      extra: { 'example.com/why': ['a', 'b'] },
    });
    await assert.rejects(
      jane.list(CONFIG_MAPS, { namespace }),
      (error) => isForbidden(error) && /User "jane" cannot list resource "configmaps"/.test(error.message),
    );
    await kubectl.ok([
      '-n',
      namespace,
      'create',
      'rolebinding',
      'r',
      '--clusterrole=view',
      `--group=readers-${namespace}`,
    ]);
    await until(() => jane.list(CONFIG_MAPS, { namespace }));
    const review = JSON.stringify({ kind: 'SelfSubjectReview', apiVersion: 'authentication.k8s.io/v1' });
    const { body } = await jane.raw({
      method: 'POST',
      path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
      body: review,
    });
    const { status } = JSON.parse(body) as {
      status: { userInfo: { groups: string[]; extra: Record<string, string[]> } };
    };
    assert.deepEqual(status.userInfo.groups, [`readers-${namespace}`, 'with, comma', 'system:authenticated']);
    assert.deepEqual(status.userInfo.extra, { 'example.com/why': ['a', 'b'] });
  });

  it('reads lists page by page', async () => {
    const own = await cluster().namespace('pages');
    for (let i = 0; i < 7; i++) await client.create(CONFIG_MAPS, configMap(own, `cm-${i}`));
    const sizes: number[] = [];
    for await (const page of pages(client, CONFIG_MAPS, {
      namespace: own,
      limit: 3,
      fieldSelector: 'metadata.name!=kube-root-ca.crt',
    }))
      sizes.push(page.items.length);
    assert.equal(
      sizes.reduce((sum, size) => sum + size, 0),
      7,
    );
    assert.equal(sizes.length >= 3, true);
    const { items: all } = await client.list(CONFIG_MAPS, { namespace: own, labelSelector: '!x' });
    assert.equal(all.filter(({ metadata }) => metadata.name?.startsWith('cm-')).length, 7);
    assert.deepEqual(new Set(all.map(({ kind }) => kind)), new Set(['ConfigMap']));
    await client.deleteCollection(CONFIG_MAPS, { namespace: own });
    await until(async () =>
      (await client.list(CONFIG_MAPS, { namespace: own })).items.every(
        ({ metadata }) => !metadata.name?.startsWith('cm-'),
      ),
    );
  });

  for (const streamInitialState of [true, false]) {
    it(`keeps a cache, its state ${streamInitialState ? 'streamed' : 'listed'}`, async () => {
      const own = await cluster().namespace('informer');
      await client.create(CONFIG_MAPS, configMap(own, 'before', { a: '1' }));
      const problems: unknown[] = [];
      const informers = new Informers({ client, streamInitialState, onError: (error) => problems.push(error) });
      try {
        const informer = informers.acquire(CONFIG_MAPS, {
          namespace: own,
          fieldSelector: 'metadata.name!=kube-root-ca.crt',
        });
        const heard: string[] = [];
        informer.addHandler({
          add: ({ metadata }, initial) => void heard.push(`add ${metadata.name} ${initial}`),
          update: (old, next) =>
            void heard.push(`update ${JSON.stringify(old['data'])} ${JSON.stringify(next['data'])}`),
          delete: ({ metadata }) => void heard.push(`delete ${metadata.name}`),
        });
        await informer.synced();
        assert.equal(informer.store.get(`${own}/before`)?.kind, 'ConfigMap');
        await client.create(CONFIG_MAPS, configMap(own, 'after'));
        await client.patch(
          CONFIG_MAPS,
          { namespace: own, name: 'before' },
          { type: 'merge', body: { data: { a: '2' } } },
        );
        await client.delete(CONFIG_MAPS, { namespace: own, name: 'after' });
        await until(() => heard.length === 4);
        assert.deepEqual(heard, ['add before true', 'add after false', 'update {"a":"1"} {"a":"2"}', 'delete after']);
        assert.deepEqual(problems, []);
      } finally {
        await informers.close();
      }
    });
  }

  it('finds kinds, those that come later too', async () => {
    const discovery = new Discovery({ client });
    const deployment = await discovery.resourceOf({ apiVersion: 'apps/v1', kind: 'Deployment' });
    assert.equal(deployment.plural, 'deployments');
    assert.deepEqual(deployment.subresources.toSorted(), ['scale', 'status']);
    assert.equal(
      (await discovery.resourceFor({ group: 'autoscaling', kind: 'HorizontalPodAutoscaler' })).version,
      'v2',
    );
    const group = `${namespace}.example.com`;
    const thing = { apiVersion: `${group}/v1`, kind: 'Thing' };
    await assert.rejects(discovery.resourceOf(thing), NoMatchError);
    const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
    const crd = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `things.${group}` },
      spec: {
        group,
        scope: 'Cluster',
        names: { plural: 'things', kind: 'Thing' },
        versions: [{ name: 'v1', served: true, storage: true, schema }],
      },
    };
    await client.apply(CRDS, crd, { fieldManager: 'test' });
    try {
      await until(async () => computeHealth(await client.get(CRDS, { name: `things.${group}` })).status === 'Current');
      const found = await until(() => discovery.resourceOf(thing));
      assert.equal(found.namespaced, false);
      await client.create(found, { ...thing, metadata: { name: 'x' } });
    } finally {
      await client.delete(CRDS, { name: `things.${group}` });
    }
  });

  it('hands leadership over when the leader stops', async () => {
    const told: string[] = [];
    const elect = (identity: string, stop: AbortController): Promise<void> =>
      new LeaderElector({
        client,
        namespace,
        name: 'election',
        identity,
        leaseDurationMs: 3000,
        renewDeadlineMs: 2000,
        retryPeriodMs: 200,
        onStartedLeading: () => told.push(`${identity} leads`),
        onStoppedLeading: (why) => told.push(`${identity} ${why}`),
      }).run(stop.signal);
    const stops = [new AbortController(), new AbortController()] as const;
    const first = elect('a', stops[0]);
    await until(() => told.length === 1);
    const second = elect('b', stops[1]);
    const held = await client.get<Lease>(LEASES, { namespace, name: 'election' });
    assert.equal(held.spec?.holderIdentity, 'a');
    stops[0].abort();
    await first;
    await until(() => told.length === 3);
    assert.deepEqual(told, ['a leads', 'a stopped', 'b leads']);
    stops[1].abort();
    await second;
    assert.equal((await client.get<Lease>(LEASES, { namespace, name: 'election' })).spec?.leaseTransitions, 1);
  });

  it('writes events that kubectl shows, counted', async () => {
    const recorder = new EventRecorder({
      client,
      component: 'source-controller',
      host: 'here',
      onDrop: (reason, error) => assert.fail(`${reason}: ${String(error)}`),
    });
    const object = await client.create(CONFIG_MAPS, configMap(namespace, 'noted'));
    for (let i = 0; i < 3; i++) {
      recorder.record(object, {
        type: 'Warning',
        reason: 'Failed',
        message: 'it did not work',
        annotations: { 'example.com/r': 'x' },
      });
      await recorder.flush();
    }
    recorder.close();
    const { kubectl } = cluster();
    const { items } = await kubectl.get<{ items: { count: number; message: string; source: object }[] }>([
      '-n',
      namespace,
      'events',
      '--field-selector',
      'involvedObject.name=noted',
    ]);
    assert.equal(items.length, 1);
    assert.equal(items[0]?.count, 3);
    assert.deepEqual(items[0]?.source, { component: 'source-controller', host: 'here' });
    assert.match(
      await kubectl.ok(['-n', namespace, 'describe', 'configmap', 'noted']),
      /Warning\s+Failed\s+.*\(x3 over .*\)\s+source-controller\s+it did not work/,
    );
  });
});
