// Deliveries under faults: the process killed at any moment, servers gone and back, leaders lost, other writers.
import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { KubeObject } from '#kube/object';
import { type OwnCluster, useOwnCluster } from '#test/support/controlplane';
import { installCrds } from '#test/support/crds';
import {
  condition,
  configMap,
  configMaps,
  Delivery,
  kustomizations,
  quietFlags,
  type Source,
} from '#test/support/delivery';
import { ServeProcess } from '#test/support/serve-process';
import { tempDir } from '#test/support/temp-dir';
import { until } from '#test/support/wait';

const group = 'kustomize.toolkit.fluxcd.io';
const users = 4;
const names = ['a', 'b', 'c', 'd', 'e', 'f'];
const election = [
  '--enable-leader-election',
  '--leader-election-lease-duration=15s',
  '--leader-election-renew-deadline=10s',
  '--leader-election-retry-period=300ms',
];
/** Makes a process's wall clock wrong by the milliseconds in a file, which may change at any time. */
const wrongClock = `import { readFileSync } from 'node:fs';
const right = Date.now;
Date.now = () => right() + Number(readFileSync(process.env.CLOCK_ERROR_FILE, 'utf8'));`;

/** Numbers that look random and are the same each time. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('deliveries under faults', function () {
  this.timeout(240_000);
  const cluster = useOwnCluster();
  let delivery: Delivery;
  let source: Source;
  let flags: string[];
  let storage: string;
  const processes: ServeProcess[] = [];
  const random = numbers(20_260_101);
  /** Names each Kustomization is to have. */
  let wanted: string[][] = [];

  before(async () => {
    await installCrds(cluster().kubectl);
    delivery = await Delivery.prepare(cluster());
    flags = await quietFlags([
      `--kubeconfig=${cluster().kubeconfigPath}`,
      '--min-retry-delay=100ms',
      '--max-retry-delay=1s',
      '--requeue-dependency=1s',
    ]);
    storage = flags.find((flag) => flag.startsWith('--storage-path='))!.split('=')[1]!;
    const first = serve();
    source = await delivery.source('app', next());
    for (let user = 0; user < users; user++) {
      await delivery.kustomization(`user-${user}`, {
        sourceRef: { kind: 'GitRepository', name: 'app' },
        path: `user-${user}`,
        retryInterval: '1s',
        ...(user > 0 && { dependsOn: [{ name: `user-${user - 1}` }] }),
      });
    }
    await converged();
    await first.end('SIGTERM');
    assert.equal(first.status, 0, first.output);
  });
  const endAll = (): Promise<unknown> => Promise.all(processes.splice(0).map((each) => each.end('SIGKILL')));
  // A process that a failed test leaves running would disturb the next test.
  afterEach(endAll);
  after(async () => {
    await endAll();
    await delivery?.close();
  });

  function serve(more: readonly string[] = [], env: Readonly<Record<string, string>> = {}): ServeProcess {
    const started = ServeProcess.start([...flags, ...more], { RUNTIME_NAMESPACE: delivery.namespace, ...env });
    processes.push(started);
    return started;
  }

  /** The next commit: another choice of names for each Kustomization. */
  function next(): Record<string, string | null> {
    const files: Record<string, string | null> = {};
    wanted = Array.from({ length: users }, (_, user) => {
      const chosen = names.filter(() => random() < 0.5);
      for (const name of names) {
        files[`user-${user}/${name}.yaml`] = chosen.includes(name)
          ? configMap(`u${user}-${name}`, { round: String(random()) })
          : null;
      }
      files[`user-${user}/kustomization.yaml`] = JSON.stringify({ resources: chosen.map((name) => `${name}.yaml`) });
      return chosen.map((name) => `u${user}-${name}`);
    });
    return files;
  }

  async function push(): Promise<void> {
    const commit = await source.repo.commit({ files: next() });
    await delivery.annotate('gitrepository', 'app', commit);
  }

  /** All Ready at the newest commit; the cluster has what it says, and nothing else of theirs. */
  async function converged(): Promise<void> {
    const revision = `main@sha1:${await source.repo.revision('main')}`;
    await until(
      async () => {
        const all = await Promise.all(wanted.map((_, user) => delivery.get(kustomizations, `user-${user}`)));
        return all.every(
          (object) =>
            object !== undefined &&
            condition(object, 'Ready')?.status === 'True' &&
            object.status?.lastAppliedRevision === revision &&
            object.status.observedGeneration === object.metadata.generation,
        );
      },
      { timeout: 60_000, every: 50, what: `all Ready at ${revision}` },
    );
    const { items } = await delivery.client.list<KubeObject>(configMaps, {
      namespace: delivery.namespace,
      labelSelector: `${group}/name,${group}/name notin (late,timed)`,
    });
    const found = items.map(({ metadata }) => metadata.name ?? '');
    assert.deepEqual(found.toSorted(), wanted.flat().toSorted());
    for (const [user, chosen] of wanted.entries()) {
      const object = await delivery.get(kustomizations, `user-${user}`);
      const inventory = object?.status?.inventory?.entries.map(({ id }) => id.split('_')[1]);
      assert.deepEqual(inventory?.toSorted() ?? [], chosen.toSorted());
    }
    const files = await readdir(storage, { recursive: true });
    assert.ok(!files.some((file) => file.includes('.tmp-')), files.join('\n'));
  }

  it('converges after kill -9 at any moment, with nothing lost and nothing left behind', async () => {
    for (let round = 0; round < 8; round++) {
      const running = serve();
      await until(() => running.output.includes('sluice is up') || running.status !== undefined, { timeout: 60_000 });
      await push();
      // A time chosen at random is the point: any moment between fetch and last status write.
      await delay(random() * 700);
      await running.end('SIGKILL');
      // Every other time what the dead process made is no longer wanted when the next one looks.
      if (round % 2 === 1) await push();
    }
    const last = serve();
    await converged();
    await last.end('SIGTERM');
    assert.equal(last.status, 0, last.output);
  });

  it('deletes what a process made that died before it could write that down', async () => {
    const first = serve();
    const kept = { 'kept.yaml': configMap('late-kept') };
    const late = await delivery.source('late', kept);
    await delivery.kustomization('late', { retryInterval: '1s' });
    await delivery.ready('late');
    await first.end('SIGTERM');
    const files = Array.from({ length: 60 }, (_, i) => `late-${String(i).padStart(2, '0')}`);
    await late.repo.commit({
      files: Object.fromEntries(files.map((name) => [`${name}.yaml`, configMap(name)])),
    });
    const doomed = serve();
    await until(() => delivery.get(configMaps, 'late-00'), { timeout: 60_000, every: 1 });
    await doomed.end('SIGKILL');
    await late.repo.commit({ files: Object.fromEntries(files.map((name) => [`${name}.yaml`, null])) });
    const last = serve();
    await delivery.ready('late', await late.fetched());
    const { items } = await delivery.client.list<KubeObject>(configMaps, {
      namespace: delivery.namespace,
      labelSelector: `${group}/name=late`,
    });
    assert.deepEqual(
      items.map(({ metadata }) => metadata.name),
      ['late-kept'],
    );
    await last.end('SIGTERM');
  });

  it('does again what was cut off before anything new comes', async () => {
    for (let round = 0; round < 3; round++) {
      await push();
      const running = serve();
      await until(() => running.output.includes('sluice is up') || running.status !== undefined, { timeout: 60_000 });
      await delay(random() * 400);
      await running.end('SIGKILL');
      const after = serve();
      await converged();
      await after.end('SIGKILL');
    }
  });

  for (const victim of ['kube-apiserver', 'etcd'] as const) {
    it(`goes on when ${victim} dies while it works, and comes back`, async () => {
      const running = serve();
      await until(() => running.output.includes('sluice is up'), { timeout: 60_000 });
      await push();
      await delay(random() * 300);
      await cluster().plane.kill(victim);
      await delay(300);
      await restart(cluster(), victim);
      await until(() => push().then(() => true), { timeout: 30_000, every: 200 });
      await converged();
      assert.equal(running.status, undefined, running.output);
      await running.end('SIGTERM');
    });
  }

  it('hands over to another replica when the leader dies, and never has two', async () => {
    const first = serve(election);
    await until(() => acquired(first), { timeout: 60_000 });
    const second = serve([...election, `--storage-path=${storage}`]);
    await until(() => second.output.includes('sluice is up'), { timeout: 60_000 });
    await push();
    await converged();
    assert.equal(acquired(second), false);
    await push();
    await first.end('SIGKILL');
    await until(() => acquired(second), { timeout: 60_000 });
    await converged();
    const third = serve(election);
    await until(() => third.output.includes('sluice is up'), { timeout: 60_000 });
    const started = performance.now();
    await second.end('SIGTERM');
    await until(() => acquired(third), { timeout: 60_000 });
    assert.ok(performance.now() - started < 10_000, 'a clean stop gives the lease back');
    await third.end('SIGTERM');
  });

  it('goes on when the clock jumps, forwards or back', async () => {
    const file = path.join(await tempDir('clock'), 'error-ms');
    await writeFile(file, '0');
    const running = serve(election, {
      CLOCK_ERROR_FILE: file,
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(wrongClock)}`,
    });
    await until(() => acquired(running), { timeout: 60_000 });
    await delivery.source('timed', { 'timed.yaml': configMap('timed') });
    await delivery.kustomization('timed', { interval: '1s' });
    await delivery.ready('timed');
    for (const hours of [30, -30, 0]) {
      await writeFile(file, String(hours * 3_600_000));
      await push();
      await converged();
      // Its turn comes by the interval alone.
      const before = await delivery.get(configMaps, 'timed');
      await delivery.kubectl.ok(['-n', delivery.namespace, 'delete', 'configmap', 'timed']);
      await until(async () => {
        const after = await delivery.get(configMaps, 'timed');
        return after !== undefined && after.metadata.uid !== before?.metadata.uid;
      });
      assert.equal(running.status, undefined, running.output);
    }
    assert.equal(running.output.split('successfully acquired lease').length, 2, running.output);
    await running.end('SIGTERM');
    assert.equal(running.status, 0, running.output);
  });

  it('keeps the conditions of other writers, however often they write', async () => {
    const running = serve();
    await until(() => running.output.includes('sluice is up'), { timeout: 60_000 });
    const stop = new AbortController();
    let wrote = 0;
    const writing = (async () => {
      while (!stop.signal.aborted) {
        const object = await delivery.get(kustomizations, 'user-0');
        const others = (object?.status?.conditions ?? []).filter(({ type }) => type !== 'Audited');
        const audited = {
          type: 'Audited',
          status: 'True',
          reason: 'Test',
          message: `round ${wrote}`,
          lastTransitionTime: '2026-01-01T00:00:00Z',
        };
        const { resourceVersion } = object!.metadata;
        const body = { metadata: { resourceVersion }, status: { conditions: [...others, audited] } };
        await delivery.patch(kustomizations, 'user-0', body, 'status').then(
          () => wrote++,
          () => undefined,
        );
      }
    })();
    for (let round = 0; round < 2; round++) {
      await push();
      await converged();
    }
    stop.abort();
    await writing;
    assert.ok(wrote > 5);
    const object = await delivery.get(kustomizations, 'user-0');
    assert.equal(condition(object!, 'Audited')?.status, 'True');
    assert.equal(condition(object!, 'Ready')?.status, 'True');
    await running.end('SIGTERM');
  });
});

function acquired(each: ServeProcess): boolean {
  return each.output.includes('successfully acquired lease');
}

/** Starts a server again; the API server too, which ends without its store. */
async function restart({ plane }: OwnCluster, victim: 'kube-apiserver' | 'etcd'): Promise<void> {
  await plane.start(victim);
  if (victim === 'etcd' && plane.pid('kube-apiserver') === undefined) await plane.start('kube-apiserver');
}
