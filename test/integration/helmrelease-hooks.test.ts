// Hooks and tests of a chart with Jobs and Pods that run: their order, what is left of them, how they fail; and objects
// that are to be kept.
import assert from 'node:assert/strict';
import type { KubeObject } from '#kube/object';
import { chartContent, type ChartContent } from '#test/integration/chart-server';
import {
  conditionOf,
  conditionsOf,
  historyOf,
  ReleaseStage,
  type ReleaseObject,
} from '#test/integration/helmrelease-stage';
import { useSharedCluster } from '#test/support/controlplane';
import { PodStandIn } from '#test/support/pod-stand-in';
import { until } from '#test/support/wait';

const jobs = { group: 'batch', version: 'v1', plural: 'jobs', namespaced: true };

interface HookAnnotations {
  readonly on: string;
  readonly weight?: number;
  readonly policy?: string;
}

function metadata(suffix: string, { on, weight, policy }: HookAnnotations): string {
  const annotations = {
    'helm.sh/hook': on,
    ...(weight !== undefined && { 'helm.sh/hook-weight': String(weight) }),
    ...(policy !== undefined && { 'helm.sh/hook-delete-policy': policy }),
  };
  return `metadata: {name: "{{ .Release.Name }}-${suffix}", annotations: ${JSON.stringify(annotations)}}\n`;
}

const container = '[{name: x, image: x.invalid/x}]';
const map = (suffix: string, hook: HookAnnotations): string =>
  `apiVersion: v1\nkind: ConfigMap\n${metadata(suffix, hook)}`;
/** Its Pods have the hook's name as `app`, by which the stand-in for nodes decides what becomes of them. */
const job = (suffix: string, hook: HookAnnotations): string =>
  `apiVersion: batch/v1\nkind: Job\n${metadata(suffix, hook)}spec:\n  backoffLimit: 0\n  template:\n` +
  `    metadata: {labels: {app: "{{ .Release.Name }}-${suffix}"}}\n    spec: {restartPolicy: Never, containers: ${container}}\n`;
const pod = (suffix: string, hook: HookAnnotations): string =>
  `apiVersion: v1\nkind: Pod\n${metadata(suffix, hook).replace('metadata: {', `metadata: {labels: {app: "{{ .Release.Name }}-${suffix}"}, `)}` +
  `spec: {restartPolicy: Never, containers: ${container}}\n`;

const at = (version: number) => (object: ReleaseObject) => historyOf(object)[0]?.version === version;

function phases(object: ReleaseObject): (string | undefined)[] {
  const { testHooks = {} } = historyOf(object)[0]!;
  return Object.entries(testHooks)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { phase }]) => `${name.slice(name.lastIndexOf('-') + 1)} ${phase}`);
}

const kept = (policy: string): string =>
  `{{ if .Values.extra }}\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: "{{ .Release.Name }}-kept", ` +
  `annotations: {helm.sh/resource-policy: ${policy}}}\ndata: {round: "{{ .Values.extra }}"}\n{{ end }}\n`;

describe('Hooks of HelmReleases', function () {
  this.timeout(120_000);
  const cluster = useSharedCluster();
  let stage: ReleaseStage;
  let pods: PodStandIn;

  before(async () => {
    stage = await ReleaseStage.open(cluster(), ['--max-retry-delay=1s']);
    pods = await PodStandIn.start(stage.client, stage.namespace);
  });
  after(async () => {
    await pods?.stop();
    await stage?.stop();
  });

  /** A chart of its own for each test; the release has its name. */
  async function publish(files: ChartContent, version = '1.0.0', name = stage.name()): Promise<string> {
    await stage.server.publish(name, version, { files: chartContent(name, version, files) });
    await stage.refresh();
    return name;
  }

  /** Settled for now: failed, with nothing under way. */
  function failed(name: string): Promise<ReleaseObject> {
    return stage.until(name, (object) => conditionOf(object, 'Released')?.status === 'False', 'fails');
  }

  it('run one after another, by weight and then by name, around the objects', async () => {
    const name = await publish({
      'templates/1.yaml': map('b', { on: 'pre-install', weight: 0 }),
      'templates/2.yaml': map('a', { on: 'pre-install', weight: 0 }),
      'templates/3.yaml': map('first', { on: 'pre-install', weight: -5 }),
      'templates/4.yaml': job('last', { on: 'pre-install', weight: 10 }),
      'templates/5.yaml': map('after', { on: 'post-install' }),
      'templates/6.yaml': map('later', { on: 'pre-upgrade' }),
    });
    pods.decide(`${name}-last`, 'waits');
    await stage.apply(name, stage.chart(name));
    await until(() => stage.find('jobs', `${name}-last`, 'batch'));
    assert.equal(await stage.find('configmaps', name), undefined);
    pods.decide(`${name}-last`, 'succeeds');
    await stage.ready(name);
    const made = await Promise.all(
      ['first', 'a', 'b', '', 'after'].map(async (suffix) => {
        const found = await stage.find('configmaps', suffix === '' ? name : `${name}-${suffix}`);
        return Number(found!.metadata.resourceVersion);
      }),
    );
    assert.deepEqual(
      made,
      made.toSorted((a, b) => a - b),
    );
    assert.equal(await stage.find('configmaps', `${name}-later`), undefined);
  });

  it('are made anew, or are gone, as their policies say', async () => {
    const on = 'pre-install,pre-upgrade';
    const name = await publish({
      'templates/1.yaml': job('default', { on }),
      'templates/2.yaml': job('succeeded', { on, policy: 'hook-succeeded' }),
      'templates/3.yaml': job('failed', { on, policy: 'before-hook-creation,hook-failed' }),
    });
    await stage.apply(name, stage.chart(name));
    await stage.ready(name);
    const uids = async (): Promise<(string | undefined)[]> =>
      Promise.all(
        ['default', 'succeeded', 'failed'].map(
          async (suffix) => (await stage.find('jobs', `${name}-${suffix}`, 'batch'))?.metadata.uid,
        ),
      );
    const first = await uids();
    assert.deepEqual(
      first.map((uid) => uid !== undefined),
      [true, false, true],
    );
    await stage.apply(name, { ...stage.chart(name), values: { replicas: 2 } });
    await stage.ready(name, at(2));
    const second = await uids();
    assert.deepEqual(
      second.map((uid) => uid !== undefined),
      [true, false, true],
    );
    assert.equal(first.includes(second[0]), false);
    // Hooks are not the release's: they stay when it goes.
    await stage.delete(name);
    assert.deepEqual(await uids(), second);
  });

  it('that fail keep the objects from being applied, and are told', async () => {
    const name = await publish({
      'templates/1.yaml': job('done', { on: 'pre-install', policy: 'hook-succeeded' }),
      'templates/2.yaml': job('fails', { on: 'pre-install', weight: 1 }),
      'templates/3.yaml': job('never', { on: 'pre-install', weight: 2 }),
    });
    pods.decide(`${name}-fails`, 'fails');
    await stage.apply(name, stage.chart(name));
    const object = await failed(name);
    assert.equal(
      conditionOf(object, 'Released')!.message,
      `Helm install failed for release ${stage.namespace}/${name} with chart ${name}@1.0.0: failed pre-install: job ${name}-fails failed: BackoffLimitExceeded`,
    );
    assert.equal(await stage.find('configmaps', name), undefined);
    const left = await Promise.all(
      ['done', 'fails', 'never'].map((hook) => stage.find('jobs', `${name}-${hook}`, 'batch')),
    );
    assert.deepEqual(
      left.map((hook) => hook !== undefined),
      [false, true, false],
    );
  });

  it('that fail are gone where they are to be', async () => {
    const name = await publish({ 'templates/1.yaml': pod('fails', { on: 'post-install', policy: 'hook-failed' }) });
    pods.decide(`${name}-fails`, 'fails');
    await stage.apply(name, stage.chart(name));
    const object = await failed(name);
    assert.match(conditionOf(object, 'Released')!.message, /: failed post-install: pod \S+-fails failed$/);
    assert.equal(await stage.find('pods', `${name}-fails`), undefined);
    assert.notEqual(await stage.find('configmaps', name), undefined);
  });

  it('that take too long end at the timeout of the action', async () => {
    const name = await publish({ 'templates/1.yaml': job('slow', { on: 'pre-install' }) });
    pods.decide(`${name}-slow`, 'waits');
    await stage.apply(name, { ...stage.chart(name), install: { timeout: '1s' } });
    const object = await failed(name);
    assert.match(conditionOf(object, 'Released')!.message, /: failed pre-install: .*context deadline exceeded/);
    assert.equal(historyOf(object)[0]!.status, 'failed');
  });

  it('that somebody deletes while they run are no longer waited for', async () => {
    const name = await publish({ 'templates/1.yaml': job('slow', { on: 'pre-install' }) });
    pods.decide(`${name}-slow`, 'waits');
    await stage.apply(name, stage.chart(name));
    await until(() => stage.find('jobs', `${name}-slow`, 'batch'));
    await stage.client.delete(jobs, { namespace: stage.namespace, name: `${name}-slow` });
    await stage.ready(name);
  });

  describe('for tests', () => {
    const tests = {
      'templates/1.yaml': pod('one', { on: 'test', weight: 1, policy: 'before-hook-creation' }),
      'templates/2.yaml': pod('two', { on: 'test', weight: 2 }),
    };

    it('run Pods, and say how many succeeded', async () => {
      const name = await publish(tests);
      await stage.apply(name, { ...stage.chart(name), test: { enable: true } });
      const ready = await stage.ready(name);
      assert.match(conditionOf(ready, 'Ready')!.message, /: 2 test hooks completed successfully$/);
      assert.deepEqual(phases(ready), ['one Succeeded', 'two Succeeded']);
    });

    it('that fail make the release fail, and are remediated', async () => {
      const name = await publish(tests);
      pods.decide(`${name}-two`, 'fails');
      const remediation = { retries: 1, remediateLastFailure: true };
      await stage.apply(name, { ...stage.chart(name), test: { enable: true }, install: { remediation } });
      const stalled = await stage.until(name, (object) => conditionOf(object, 'Stalled') !== undefined, 'stalls');
      assert.deepEqual(conditionsOf(stalled).slice(0, 2), ['Stalled=True RetriesExceeded', 'Ready=False TestFailed']);
      assert.match(conditionOf(stalled, 'TestSuccess')!.message, /: pod \S+-two failed$/);
      assert.deepEqual(phases(stalled), ['one Succeeded', 'two Failed']);
      assert.equal(stalled.status!.installFailures, 2);
      assert.equal(await stage.find('configmaps', name), undefined);
    });

    it('that fail are told, and no more, where failures are ignored', async () => {
      const name = await publish(tests);
      pods.decide(`${name}-two`, 'fails');
      await stage.apply(name, { ...stage.chart(name), test: { enable: true, ignoreFailures: true } });
      const ready = await stage.ready(name);
      assert.equal(conditionOf(ready, 'TestSuccess')!.status, 'False');
      assert.equal(conditionOf(ready, 'Ready')!.reason, 'InstallSucceeded');
      assert.equal((await stage.event(name, 'TestFailed')).type, 'Warning');
    });

    it('that fail after an upgrade take it back', async () => {
      const name = await publish(tests);
      const spec = { ...stage.chart(name), test: { enable: true }, upgrade: { remediation: { retries: 1 } } };
      await stage.apply(name, spec);
      await stage.ready(name);
      pods.decide(`${name}-two`, 'fails');
      await stage.apply(name, { ...spec, values: { image: { tag: 'new' } } });
      const stalled = await stage.until(name, (object) => conditionOf(object, 'Stalled') !== undefined, 'stalls');
      assert.equal(conditionOf(stalled, 'Remediated')!.reason, 'RollbackSucceeded');
      assert.deepEqual((await stage.find('configmaps', name))!['data'], { tag: 'old' });
    });
  });

  describe('and objects to keep', () => {
    it('stay when an upgrade has them no more, and when the release goes', async () => {
      const name = await publish({ 'templates/kept.yaml': kept('keep') });
      await stage.apply(name, { ...stage.chart(name), values: { extra: 'one' } });
      await stage.ready(name);
      const { uid } = (await stage.find('configmaps', `${name}-kept`))!.metadata;
      await stage.apply(name, stage.chart(name));
      await stage.ready(name, at(2));
      assert.equal((await stage.find('configmaps', `${name}-kept`))?.metadata.uid, uid);
      await stage.apply(name, { ...stage.chart(name), values: { extra: 'two' } });
      await stage.ready(name, at(3));
      await stage.delete(name);
      assert.equal(await stage.find('configmaps', name), undefined);
      const left = await stage.find('configmaps', `${name}-kept`);
      assert.deepEqual([left?.metadata.uid, left?.['data']], [uid, { round: 'two' }]);
      // And are taken up again by a release of the same name.
      await stage.apply(name, { ...stage.chart(name), values: { extra: 'three' } });
      await stage.ready(name);
      const again: KubeObject & { data?: unknown } = (await stage.find('configmaps', `${name}-kept`))!;
      assert.deepEqual([again.metadata.uid, again.data], [uid, { round: 'three' }]);
    });
  });

  it('and definitions: made where they are missing, renewed where the spec says so', async () => {
    const kind = stage.name('kind').replace('-', '');
    const definition = (mark: string): string =>
      JSON.stringify({
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: { name: `${kind}s.${stage.namespace}.example`, labels: { mark } },
        spec: {
          group: `${stage.namespace}.example`,
          scope: 'Namespaced',
          names: { kind: 'Thing', listKind: 'ThingList', plural: `${kind}s`, singular: kind },
          versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
        },
      });
    const crds = {
      group: 'apiextensions.k8s.io',
      version: 'v1',
      plural: 'customresourcedefinitions',
      namespaced: false,
    };
    const key = { name: `${kind}s.${stage.namespace}.example` };
    const mark = async (): Promise<unknown> =>
      (await stage.client.get<KubeObject>(crds, key)).metadata.labels?.['mark'];
    const [one, two] = [
      await publish({ 'crds/thing.yaml': definition('one') }),
      await publish({ 'crds/thing.yaml': definition('two') }),
    ];
    try {
      await stage.apply(one, { ...stage.chart(one), install: { crds: 'Create' } });
      await stage.ready(one);
      assert.equal(await mark(), 'one');
      await stage.apply(two, { ...stage.chart(two), install: { crds: 'Create' } });
      await stage.ready(two);
      assert.equal(await mark(), 'one');
      await stage.delete(two);
      await stage.apply(two, { ...stage.chart(two), install: { crds: 'CreateReplace' } });
      await stage.ready(two);
      assert.equal(await mark(), 'two');
      await stage.delete(two);
      assert.equal(await mark(), 'two');
    } finally {
      await stage.client.delete(crds, key);
    }
  });
});
