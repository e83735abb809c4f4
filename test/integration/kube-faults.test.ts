// The cluster client while its API server crashes and comes back.
import assert from 'node:assert/strict';
import process from 'node:process';
import { KubeClient } from '#kube/client';
import { loadConfig } from '#kube/config';
import { EventRecorder } from '#kube/events';
import { Informers } from '#kube/informer';
import { LeaderElector } from '#kube/lease';
import type { ResourceRef } from '#kube/object';
import { isConnectionRefused } from '#kube/transport';
import { useOwnCluster } from '#test/support/controlplane';
import { until } from '#test/support/wait';

const CONFIG_MAPS: ResourceRef = { group: '', version: 'v1', plural: 'configmaps', namespaced: true };
const EVENTS: ResourceRef = { ...CONFIG_MAPS, plural: 'events' };

const make = (name: string, namespace = 'default') => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace },
});

describe('cluster client and a crashing API server', function () {
  this.timeout(120_000);
  const cluster = useOwnCluster();
  let client: KubeClient;

  before(async () => {
    client = new KubeClient(await loadConfig({ env: process.env, kubeconfig: cluster().kubeconfigPath }));
  });

  after(() => client?.close());

  it('caches catch up with what changed while they could not look, deletions too', async () => {
    await client.create(CONFIG_MAPS, make('stays'));
    await client.create(CONFIG_MAPS, make('goes'));
    const phases: string[] = [];
    const informers = new Informers({ client, onError: (_error, { phase }) => phases.push(phase) });
    try {
      const informer = informers.acquire(CONFIG_MAPS, { namespace: 'default' });
      const heard: string[] = [];
      informer.addHandler({
        // kube-controller-manager makes this one in every namespace, at a moment of its own.
        add: ({ metadata }, initial) => {
          if (!initial && metadata.name !== 'kube-root-ca.crt') heard.push(`add ${metadata.name}`);
        },
        delete: ({ metadata }) => void heard.push(`delete ${metadata.name}`),
      });
      await informer.synced();
      await cluster().plane.kill('kube-apiserver');
      await until(() => phases.includes('watch'));
      assert.equal(informer.store.has('default/goes'), true);
      await cluster().plane.start('kube-apiserver');
      // Another connection: the informer's own may still be waiting out its pause.
      const other = new KubeClient(client.config);
      await other.delete(CONFIG_MAPS, { namespace: 'default', name: 'goes' });
      await other.create(CONFIG_MAPS, make('comes'));
      await other.close();
      await until(() => heard.length >= 2, { timeout: 60_000 });
      assert.deepEqual(heard.toSorted(), ['add comes', 'delete goes']);
      const known = [...informer.store.keys()].filter((key) => key !== 'default/kube-root-ca.crt');
      assert.deepEqual(known.toSorted(), ['default/comes', 'default/stays']);
    } finally {
      await informers.close();
    }
  });

  it('a leader that cannot renew says so before anybody else may lead', async () => {
    const told: string[] = [];
    const lost = Promise.withResolvers<void>();
    const stop = new AbortController();
    const election = new LeaderElector({
      client,
      namespace: 'default',
      name: 'election',
      identity: 'me',
      leaseDurationMs: 20_000,
      renewDeadlineMs: 2000,
      retryPeriodMs: 200,
      onStartedLeading: () => told.push('started'),
      onStoppedLeading: (why) => {
        told.push(why);
        lost.resolve();
      },
    }).run(stop.signal);
    await until(() => told.includes('started'));
    const before = performance.now();
    await cluster().plane.kill('kube-apiserver');
    await lost.promise;
    assert.deepEqual(told, ['started', 'lost']);
    assert.ok(performance.now() - before < 20_000, 'lost within the lease duration');
    await election;
    await cluster().plane.start('kube-apiserver');
  });

  it('requests fail at once, saying why, and events are written when it is back', async () => {
    const about = await client.get(CONFIG_MAPS, { namespace: 'default', name: 'stays' });
    // The first wait of an event that could not be written is this part of ten seconds.
    const recorder = new EventRecorder({ client, component: 'test', random: () => 0.05 });
    await cluster().plane.kill('kube-apiserver');
    await assert.rejects(client.get(CONFIG_MAPS, { namespace: 'default', name: 'stays' }), isConnectionRefused);
    recorder.record(about, { type: 'Normal', reason: 'Outage', message: 'noted while nobody listened' });
    await cluster().plane.start('kube-apiserver');
    await recorder.flush(AbortSignal.timeout(60_000));
    const { items } = await client.list(EVENTS, { namespace: 'default', fieldSelector: 'reason=Outage' });
    assert.deepEqual(
      items.map((item) => item['message']),
      ['noted while nobody listened'],
    );
    recorder.close();
  });
});
