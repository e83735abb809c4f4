// HelmReleases under faults: the process killed in the middle of every action. The next one goes on by itself.
import assert from 'node:assert/strict';
import type { HelmRelease } from '#api/helm/helmrelease';
import { helmReleases } from '#controllers/helmrelease/helmrelease';
import { FaultyRelease, type HelmCommand, helmFor, publishFaulty } from '#test/integration/faulty-release';
import { conditionOf, ReleaseStage } from '#test/integration/helmrelease-stage';
import { apiProxy, type ApiProxy, type Hold, type ProxiedRequest } from '#test/support/api-proxy';
import { useSharedCluster } from '#test/support/controlplane';
import { quietFlags } from '#test/support/delivery';
import { PodStandIn } from '#test/support/pod-stand-in';
import { ServeProcess } from '#test/support/serve-process';
import { tempDir } from '#test/support/temp-dir';
import { until } from '#test/support/wait';

const podKind = { group: '', version: 'v1', plural: 'pods', namespaced: true };

type Matcher = (request: ProxiedRequest) => boolean;
type Phase = 'install' | 'upgrade' | 'test' | 'rollback' | 'uninstall';

interface Point {
  readonly phase: Phase;
  readonly at: string;
  readonly where: 'before' | 'after';
  readonly request: (release: string) => Matcher;
}

const write =
  (method: string, path: (release: string) => string, body: (release: string) => string = () => ''): Point['request'] =>
  (release) =>
  (request) =>
    request.method === method &&
    request.path.split('?', 1)[0]!.endsWith(path(release)) &&
    request.body.includes(body(release));

const record = (version: number): Point['request'] =>
  write(
    'POST',
    () => '/secrets',
    (release) => `sh.helm.release.v1.${release}.v${version}"`,
  );
const outcome = (version: number): Point['request'] =>
  write(
    'PUT',
    (release) => `/secrets/sh.helm.release.v1.${release}.v${version}`,
    () => '"status":"deployed"',
  );
const hook = write(
  'POST',
  () => '/configmaps',
  (release) => `"${release}-hook"`,
);
const told = (reason: string): Point['request'] =>
  write(
    'PATCH',
    (release) => `/helmreleases/${release}/status`,
    () => `"reason":"${reason}"`,
  );

interface Releasing {
  readonly version: number;
  readonly tag: string;
  readonly hook: Point['request'];
  readonly reason: string;
}

function releasing(phase: 'install' | 'upgrade' | 'rollback', { version, tag, reason, ...more }: Releasing): Point[] {
  const first = write(
    'PATCH',
    (release) => `/configmaps/${release}-a`,
    () => `"tag":"${tag}"`,
  );
  const last = write(
    'PATCH',
    (release) => `/deployments/${release}`,
    () => `"tag":"${tag}"`,
  );
  return [
    { phase, at: 'before its record', where: 'before', request: record(version) },
    { phase, at: 'when its record is written', where: 'after', request: record(version) },
    { phase, at: 'before a hook', where: 'before', request: more.hook },
    { phase, at: 'during a hook', where: 'after', request: more.hook },
    { phase, at: 'before the first object', where: 'before', request: first },
    { phase, at: 'between objects', where: 'after', request: first },
    { phase, at: 'during the wait', where: 'after', request: last },
    { phase, at: 'before its outcome is recorded', where: 'before', request: outcome(version) },
    { phase, at: 'when its outcome is recorded', where: 'after', request: outcome(version) },
    { phase, at: 'before its outcome is told', where: 'before', request: told(reason) },
  ];
}

const test = write(
  'POST',
  () => '/configmaps',
  (release) => `"${release}-test"`,
);

const allPoints: readonly Point[] = [
  ...releasing('install', { version: 1, tag: 'old', hook, reason: 'InstallSucceeded' }),
  ...releasing('upgrade', { version: 2, tag: 'new', hook, reason: 'UpgradeSucceeded' }),
  // Revision 2 is the broken upgrade.
  ...releasing('rollback', {
    version: 3,
    tag: 'old',
    hook: write(
      'POST',
      () => '/configmaps',
      (release) => `"${release}-back"`,
    ),
    reason: 'RollbackSucceeded',
  }),
  { phase: 'test', at: 'before a test', where: 'before', request: test },
  { phase: 'test', at: 'during a test', where: 'after', request: test },
  {
    phase: 'test',
    at: 'before its result is recorded',
    where: 'before',
    request: write(
      'PUT',
      (release) => `/secrets/sh.helm.release.v1.${release}.v1`,
      () => '"status":"deployed"',
    ),
  },
  { phase: 'uninstall', at: 'before a hook', where: 'before', request: hook },
  { phase: 'uninstall', at: 'during a hook', where: 'after', request: hook },
  {
    phase: 'uninstall',
    at: 'before the first object',
    where: 'before',
    request: write('DELETE', (release) => `/services/${release}`),
  },
  {
    phase: 'uninstall',
    at: 'between objects',
    where: 'after',
    request: write('DELETE', (release) => `/configmaps/${release}-a`),
  },
  {
    phase: 'uninstall',
    at: 'before its record goes',
    where: 'before',
    request: write('DELETE', (release) => `/secrets/sh.helm.release.v1.${release}.v1`),
  },
  {
    phase: 'uninstall',
    at: 'when its record is gone',
    where: 'after',
    request: write('DELETE', (release) => `/secrets/sh.helm.release.v1.${release}.v1`),
  },
  {
    phase: 'uninstall',
    at: 'before its HelmChart goes',
    where: 'before',
    request: write('DELETE', (release) => `-${release}`),
  },
  {
    phase: 'uninstall',
    at: 'before its finalizer goes',
    where: 'before',
    request: write(
      'PATCH',
      (release) => `/helmreleases/${release}`,
      () => 'finalizers',
    ),
  },
];

const nameOf = ({ phase, at }: Point): string => `${phase}-${at.toLowerCase().replaceAll(/[^a-z]+/g, '-')}`;

describe('HelmReleases whose process is killed', function () {
  this.timeout(240_000);
  const cluster = useSharedCluster();
  let stage: ReleaseStage;
  let proxy: ApiProxy;
  let pods: PodStandIn;
  let flags: string[];
  let helm: HelmCommand;
  const processes: ServeProcess[] = [];

  before(async function () {
    stage = await ReleaseStage.beside(cluster());
    helm = await helmFor(this, stage, { kubeconfig: cluster().kubeconfigPath });
    proxy = await apiProxy(cluster().admin);
    pods = await PodStandIn.start(stage.client, stage.namespace);
    await publishFaulty(stage);
    flags = await quietFlags([
      '--min-retry-delay=100ms',
      '--max-retry-delay=1s',
      '--requeue-dependency=1s',
      '--concurrent=50',
    ]);
  });
  after(async () => {
    await Promise.all(processes.map((each) => each.end('SIGKILL')));
    await pods?.stop();
    await proxy?.stop();
    await stage?.stop();
  });

  async function serve(kubeconfig: string, more: readonly string[] = []): Promise<ServeProcess> {
    const started = ServeProcess.start([...flags, `--kubeconfig=${kubeconfig}`, ...more], {
      RUNTIME_NAMESPACE: stage.namespace,
    });
    processes.push(started);
    await until(() => started.output.includes('sluice is up') || started.status !== undefined, { timeout: 30_000 });
    assert.equal(started.status, undefined, started.output);
    return started;
  }

  function spec(point: Point, values: Record<string, unknown> = {}): Partial<HelmRelease['spec']> {
    return {
      ...(stage.chart('faulty') as Pick<HelmRelease['spec'], 'chart'>),
      values: values as never,
      // A broken upgrade takes the replicas away and does not wait, so that the way back has something to wait for.
      upgrade: { remediation: { retries: 1 }, disableWait: point.phase === 'rollback' },
      ...(point.phase === 'test' && { test: { enable: true } }),
    };
  }

  /** Gets a release to each of the points in one process, and kills it; the next one is left running. */
  async function killAt(points: readonly Point[]): Promise<ServeProcess> {
    const doomed = await serve(proxy.kubeconfigPath);
    const there = points.filter(({ phase }) => phase !== 'install' && phase !== 'test');
    await Promise.all(there.map((point) => stage.apply(nameOf(point), spec(point))));
    await Promise.all(there.map((point) => stage.ready(nameOf(point))));
    const holds = points.map((point) => proxy.hold(point.where, point.request(nameOf(point))));
    await Promise.all(points.map((point) => begin(point)));
    const reached = new Set<Point>();
    for (const [i, point] of points.entries()) void reach(point, holds[i]!).then(() => reached.add(point));
    await until(() => reached.size === points.length, { timeout: 20_000 }).catch((cause: unknown) => {
      const missing = points.filter((point) => !reached.has(point)).map(nameOf);
      throw new Error(`not reached: ${missing.join(', ')}\n${doomed.output}`, { cause });
    });
    await doomed.end('SIGKILL');
    for (const { release } of holds) release();
    for (const point of points) pods.decide(nameOf(point), 'runs');
    return serve(cluster().kubeconfigPath);
  }

  async function begin(point: Point): Promise<void> {
    const name = nameOf(point);
    if (point.at === 'during the wait') pods.decide(name, 'waits');
    switch (point.phase) {
      case 'uninstall':
        await stage.client.delete(helmReleases, { namespace: stage.namespace, name });
        break;
      case 'upgrade':
        await stage.apply(name, spec(point, { tag: 'new', extra: true }));
        break;
      case 'rollback':
        await stage.apply(name, spec(point, { tag: 'new', extra: true, broken: true, replicas: 0 }));
        break;
      default:
        await stage.apply(name, spec(point));
    }
  }

  /** A wait is reached when the last object is applied, and the Pods it waits for are there. */
  async function reach(point: Point, { reached, release }: Hold): Promise<void> {
    await reached;
    if (point.at !== 'during the wait') return;
    release();
    const labelSelector = `app=${nameOf(point)},tag=${point.phase === 'upgrade' ? 'new' : 'old'}`;
    await until(
      async () => (await stage.client.list(podKind, { namespace: stage.namespace, labelSelector })).items.length > 0,
      { timeout: 60_000, what: `Pods of ${nameOf(point)}` },
    );
  }

  for (const phase of ['install', 'upgrade', 'test', 'rollback', 'uninstall'] as const) {
    const points = allPoints.filter((point) => point.phase === phase);
    describe(`in the middle of ${phase === 'install' || phase === 'upgrade' || phase === 'uninstall' ? 'an' : 'a'} ${phase}`, () => {
      let next: ServeProcess | undefined;
      before(async () => {
        next = await killAt(points);
      });
      after(() => next?.end('SIGKILL'));
      for (const point of points) it(point.at, () => recovered(point));
    });
  }

  it('upgrades with an empty storage, the charts of which have to be had again', async () => {
    const release = new FaultyRelease(stage, helm, 'storage-lost');
    const first = await serve(cluster().kubeconfigPath);
    const { chart } = stage.chart('faulty');
    await stage.apply(release.name, { chart });
    await stage.ready(release.name);
    await first.end('SIGKILL');
    await stage.apply(release.name, { chart, values: { tag: 'new' } });
    const next = await serve(cluster().kubeconfigPath, [`--storage-path=${await tempDir('storage')}`]);
    await stage.ready(release.name);
    await release.agrees();
    assert.equal(await release.tag(), 'new');
    await next.end('SIGKILL');
  });

  async function recovered(point: Point): Promise<void> {
    const name = nameOf(point);
    const release = new FaultyRelease(stage, helm, name);
    if (point.phase === 'uninstall') {
      await gone(name);
      await release.isGone();
      return;
    }
    if (point.phase === 'rollback') {
      const stalled = await stage.until(name, (object) => conditionOf(object, 'Stalled') !== undefined, 'stalls');
      assert.equal(conditionOf(stalled, 'Stalled')!.reason, 'RetriesExceeded');
      assert.equal(conditionOf(stalled, 'Remediated')!.reason, 'RollbackSucceeded');
      await release.agrees();
      assert.equal(await release.tag(), 'old');
      return;
    }
    const ready = await stage.ready(name);
    const isUpgrade = point.phase === 'upgrade';
    await release.agrees(isUpgrade ? ['', '-a', '-b'] : ['', '-a']);
    assert.equal(await release.tag(), isUpgrade ? 'new' : 'old');
    if (point.phase === 'test') assert.equal(conditionOf(ready, 'TestSuccess')?.reason, 'TestSucceeded');
  }

  function gone(name: string): Promise<boolean> {
    return until(
      async () => {
        const left = await stage.find('helmreleases', name, 'helm.toolkit.fluxcd.io', 'v2');
        if (left === undefined) return true;
        throw new Error(JSON.stringify(left['status']));
      },
      { what: `${name} is gone`, timeout: 30_000 },
    );
  }
});
