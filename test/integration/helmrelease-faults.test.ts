// HelmReleases under faults: the process killed in the middle of every action. The next one goes on by itself.
import assert from 'node:assert/strict';
import type { HelmRelease } from '#api/helm/helmrelease';
import type { KubeObject } from '#kube/object';
import { helmReleases } from '#controllers/helmrelease/helmrelease';
import { chartContent } from '#test/integration/chart-server';
import { conditionOf, historyOf, ReleaseStage, type ReleaseObject } from '#test/integration/helmrelease-stage';
import { apiProxy, type ApiProxy, type Hold, type ProxiedRequest } from '#test/support/api-proxy';
import { useSharedCluster } from '#test/support/controlplane';
import { quietFlags } from '#test/support/delivery';
import { PodStandIn } from '#test/support/pod-stand-in';
import { mustRun } from '#test/support/run';
import { ServeProcess } from '#test/support/serve-process';
import { tempDir } from '#test/support/temp-dir';
import { toolOrSkip } from '#test/support/tools';
import { until } from '#test/support/wait';

const podKind = { group: '', version: 'v1', plural: 'pods', namespaced: true };
const configMaps = { group: '', version: 'v1', plural: 'configmaps', namespaced: true };

/** What a release of the chart `faulty` consists of; hooks take themselves away when they succeed. */
const content = {
  'values.yaml': 'tag: old\nbroken: false\nextra: false\nreplicas: 1\n',
  'templates/cm.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "{{ .Release.Name }}-a"}\ndata: {tag: "{{ .Values.tag }}"}\n',
  'templates/extra.yaml':
    '{{ if .Values.extra }}\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: "{{ .Release.Name }}-b"}\n{{ end }}\n',
  'templates/service.yaml':
    'apiVersion: v1\nkind: Service\nmetadata: {name: "{{ .Release.Name }}"}\nspec:\n  ports: [{port: 80}]\n',
  'templates/deployment.yaml':
    'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: "{{ .Release.Name }}"}\nspec:\n' +
    '  replicas: {{ .Values.replicas }}\n  selector: {matchLabels: {app: "{{ .Release.Name }}"}}\n' +
    '  template:\n    metadata: {labels: {app: "{{ .Release.Name }}", tag: "{{ .Values.tag }}"}}\n' +
    '    spec: {containers: [{name: x, image: x.invalid/x}]}\n',
  'templates/hook.yaml': hookText('hook', 'pre-install,pre-upgrade,pre-delete'),
  'templates/back.yaml': hookText('back', 'pre-rollback'),
  'templates/test.yaml': hookText('test', 'test'),
  // Everything is applied by then; the API server refuses the name.
  'templates/broken.yaml': `{{ if .Values.broken }}\n${hookText('BROKEN', 'post-upgrade')}{{ end }}\n`,
};

/** A hook that goes away when it succeeded. */
function hookText(suffix: string, events: string): string {
  return (
    `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: "{{ .Release.Name }}-${suffix}"\n  annotations:\n` +
    `    helm.sh/hook: ${events}\n    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded\n`
  );
}

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
  let helm: (args: readonly string[]) => Promise<string>;
  const processes: ServeProcess[] = [];

  before(async function () {
    const program = await toolOrSkip(this, 'helm');
    const home = await tempDir('helm');
    const env = {
      KUBECONFIG: cluster().kubeconfigPath,
      HELM_CACHE_HOME: home,
      HELM_CONFIG_HOME: home,
      HELM_DATA_HOME: home,
    };
    stage = await ReleaseStage.beside(cluster());
    helm = (args) => mustRun(program, ['--namespace', stage.namespace, ...args], { env });
    proxy = await apiProxy(cluster().admin);
    pods = await PodStandIn.start(stage.client, stage.namespace);
    await stage.server.publish('faulty', '1.0.0', { files: chartContent('faulty', '1.0.0', content) });
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

  async function serve(kubeconfig: string): Promise<ServeProcess> {
    const started = ServeProcess.start([...flags, `--kubeconfig=${kubeconfig}`], {
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

  async function recovered(point: Point): Promise<void> {
    const name = nameOf(point);
    if (point.phase === 'uninstall') {
      await gone(name);
      assert.deepEqual(await objectsOf(name), []);
      assert.deepEqual(JSON.parse(await helm(['list', '--filter', `^${name}$`, '-o', 'json'])), []);
      return;
    }
    if (point.phase === 'rollback') {
      const stalled = await stage.until(name, (object) => conditionOf(object, 'Stalled') !== undefined, 'stalls');
      assert.equal(conditionOf(stalled, 'Stalled')!.reason, 'RetriesExceeded');
      assert.equal(conditionOf(stalled, 'Remediated')!.reason, 'RollbackSucceeded');
      await agrees(stalled, ['', '-a']);
      assert.deepEqual((await stage.find('configmaps', `${name}-a`))!['data'], { tag: 'old' });
      return;
    }
    const ready = await stage.ready(name);
    const isUpgrade = point.phase === 'upgrade';
    await agrees(ready, isUpgrade ? ['', '-a', '-b'] : ['', '-a']);
    assert.deepEqual((await stage.find('configmaps', `${name}-a`))!['data'], { tag: isUpgrade ? 'new' : 'old' });
    if (point.phase === 'test') assert.equal(conditionOf(ready, 'TestSuccess')?.reason, 'TestSucceeded');
  }

  /** One revision is deployed, the newest; helm and the history say the same; no object is missing or left over. */
  async function agrees(object: ReleaseObject, suffixes: readonly string[]): Promise<void> {
    const name = object.metadata.name!;
    const [snapshot] = historyOf(object);
    const rows = JSON.parse(await helm(['history', name, '-o', 'json'])) as { revision: number; status: string }[];
    assert.deepEqual(
      rows.filter(({ status }) => status === 'deployed').map(({ revision }) => revision),
      [snapshot!.version],
    );
    assert.equal(rows.at(-1)!.revision, snapshot!.version);
    assert.ok(
      rows.every(({ status }) => !status.startsWith('pending')),
      JSON.stringify(rows),
    );
    const status = JSON.parse(await helm(['status', name, '-o', 'json'])) as {
      info: { status: string };
      version: number;
    };
    assert.deepEqual([status.version, status.info.status], [snapshot!.version, 'deployed']);
    const listed = JSON.parse(await helm(['list', '--filter', `^${name}$`, '-o', 'json'])) as { revision: string }[];
    assert.deepEqual(
      listed.map(({ revision }) => revision),
      [String(snapshot!.version)],
    );
    const wanted = suffixes.map((suffix) => `${name}${suffix}`);
    assert.deepEqual([...new Set(await objectsOf(name))].toSorted(), wanted.toSorted());
  }

  /** Names of the ConfigMaps, Services and Deployments a release of this name made, hooks included. */
  async function objectsOf(name: string): Promise<string[]> {
    const kinds = [
      configMaps,
      { ...configMaps, plural: 'services' },
      { ...configMaps, group: 'apps', plural: 'deployments' },
    ];
    const lists = await Promise.all(
      kinds.map((kind) => stage.client.list<KubeObject>(kind, { namespace: stage.namespace })),
    );
    return lists
      .flatMap(({ items }) => items.map(({ metadata }) => metadata.name ?? ''))
      .filter(
        (each) => each === name || ['-a', '-b', '-hook', '-back', '-test'].some((suffix) => each === name + suffix),
      );
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
