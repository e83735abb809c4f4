// Settings of install, upgrade, rollback and uninstall: each makes the difference it is for.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chartContent, type ChartContent } from '#test/integration/chart-server';
import { conditionOf, historyOf, ReleaseStage, type ReleaseObject } from '#test/integration/helmrelease-stage';
import type { Unstructured } from '#kube/object';
import { useSharedCluster } from '#test/support/controlplane';
import { until } from '#test/support/wait';

const header = (apiVersion: string, kind: string, name = ''): string =>
  `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: "{{ .Release.Name }}${name}"}\n`;
const workload = (more = ''): string =>
  `${header('apps/v1', 'Deployment')}spec:\n  selector: {matchLabels: {app: "{{ .Release.Name }}"}}\n${more}` +
  '  template:\n    metadata: {labels: {app: "{{ .Release.Name }}"}}\n    spec: {containers: [{name: a, image: x.invalid/a}]}\n';
const job = `${header('batch/v1', 'Job')}spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: x.invalid/a}]}}}\n`;
const broken = `${header('v1', 'Service')}spec: {ports: [{port: 0}]}\n`;
const failed = (object: ReleaseObject): boolean => conditionOf(object, 'Released')?.status === 'False';

describe('Settings of HelmReleases', function () {
  this.timeout(180_000);
  const cluster = useSharedCluster();
  let stage: ReleaseStage;

  before(async () => {
    stage = await ReleaseStage.open(cluster());
  });
  after(async () => {
    await stage?.stop();
  });

  /** A chart of its own for each test; the name of its release is the chart's. */
  async function publish(name: string, version: string, files: ChartContent = {}): Promise<void> {
    await stage.server.publish(name, version, { files: chartContent(name, version, files) });
    await stage.refresh();
  }

  function releasedAs(name: string, version: number): Promise<ReleaseObject> {
    return stage.ready(name, (object) => historyOf(object)[0]?.version === version);
  }

  const differences: readonly {
    readonly what: string;
    readonly files: ChartContent;
    readonly without: object;
    readonly message: RegExp;
    readonly with: object;
  }[] = [
    {
      what: 'disableOpenAPIValidation: fields the server does not know',
      files: { 'templates/more.yaml': `${header('v1', 'ConfigMap', '-more')}unheardOf: 1\n` },
      without: {},
      message: /unheardOf/,
      with: { install: { disableOpenAPIValidation: true } },
    },
    {
      what: 'disableSchemaValidation: values the chart refuses',
      files: { 'values.schema.json': '{"required": ["wanted"]}' },
      without: {},
      message: /values don't meet the specifications of the schema/,
      with: { install: { disableSchemaValidation: true } },
    },
    {
      what: 'disableWait: what never gets ready',
      files: { 'templates/workload.yaml': workload() },
      without: { timeout: '1s' },
      message: /context deadline exceeded: .*Deployment/,
      with: { timeout: '20s', install: { disableWait: true } },
    },
    {
      what: 'disableWaitForJobs: Jobs that never end',
      files: { 'templates/job.yaml': job },
      without: { timeout: '1s' },
      message: /context deadline exceeded: .*Job/,
      with: { timeout: '20s', install: { disableWaitForJobs: true } },
    },
    {
      what: 'disableHooks: hooks that fail',
      files: {
        'templates/hook.yaml': broken.replace('"}', '", annotations: {helm.sh/hook: pre-install}}'),
      },
      without: {},
      message: /failed pre-install: .*port/s,
      with: { install: { disableHooks: true } },
    },
    {
      what: 'waitStrategy: what only expressions keep waiting',
      files: {},
      without: {
        timeout: '1s',
        healthCheckExprs: [{ apiVersion: 'v1', kind: 'ConfigMap', current: 'has(data.never)' }],
      },
      message: /context deadline exceeded: .*ConfigMap/,
      with: {
        timeout: '20s',
        healthCheckExprs: [{ apiVersion: 'v1', kind: 'ConfigMap', current: 'has(data.never)' }],
        waitStrategy: { name: 'legacy' },
      },
    },
  ];
  for (const { what, files, without, message, with: setting } of differences) {
    it(what, async () => {
      const name = stage.name();
      await publish(name, '1.0.0', files);
      await stage.apply(name, { ...stage.chart(name), ...without });
      const refused = await stage.until(name, failed, 'fails');
      assert.match(conditionOf(refused, 'Released')!.message, message);
      await stage.delete(name);
      await stage.apply(name, { ...stage.chart(name), ...setting });
      await stage.ready(name);
    });
  }

  it('does not wait for a Deployment that is paused', async () => {
    const name = stage.name();
    await publish(name, '1.0.0', { 'templates/workload.yaml': workload('  paused: true\n') });
    await stage.apply(name, { ...stage.chart(name), timeout: '20s' });
    await stage.ready(name);
  });

  for (const cleanupOnFail of [false, true]) {
    it(`cleanupOnFail: ${cleanupOnFail}`, async () => {
      const name = stage.name();
      await publish(name, '1.0.0');
      await publish(name, '2.0.0', {
        'templates/new.yaml': header('v1', 'ConfigMap', '-new'),
        'templates/broken.yaml': broken,
      });
      await stage.apply(name, stage.chart(name, '1.0.0'));
      await stage.ready(name);
      await stage.apply(name, { ...stage.chart(name, '2.0.0'), upgrade: { cleanupOnFail } });
      await stage.until(name, failed, 'fails');
      assert.equal((await stage.find('configmaps', `${name}-new`)) === undefined, cleanupOnFail);
      assert.notEqual(await stage.find('configmaps', name), undefined);
    });
  }

  it('crds: Skip, Create and CreateReplace', async () => {
    const group = `crds-${randomBytes(4).toString('hex')}.example`;
    const files = (mark: string): ChartContent => ({ 'crds/thing.yaml': JSON.stringify(definition(group, mark)) });
    const mark = async (): Promise<string | undefined> => {
      const args = ['get', 'crd', `things.${group}`, '--ignore-not-found', '-o', 'jsonpath={.metadata.labels.mark}'];
      return cluster().kubectl.ok(args);
    };
    const name = stage.name();
    await publish(name, '1.0.0', files('one'));
    await publish(name, '2.0.0', files('two'));
    await publish(name, '3.0.0', files('three'));
    await stage.apply(name, { ...stage.chart(name, '1.0.0'), install: { crds: 'Skip' } });
    await stage.ready(name);
    assert.equal(await mark(), '');
    const upgrade = async (version: string, revision: number, crds: string): Promise<void> => {
      await stage.apply(name, { ...stage.chart(name, version), upgrade: { crds } });
      await releasedAs(name, revision);
    };
    await upgrade('2.0.0', 2, 'Create');
    assert.equal(await mark(), 'two');
    await upgrade('1.0.0', 3, 'Create');
    assert.equal(await mark(), 'two');
    await upgrade('3.0.0', 4, 'CreateReplace');
    assert.equal(await mark(), 'three');
    await cluster().kubectl.ok(['delete', 'crd', `things.${group}`]);
  });

  it('keepHistory and replace: a name that was used before', async () => {
    const name = stage.name();
    await publish(name, '1.0.0');
    await stage.apply(name, { ...stage.chart(name), uninstall: { keepHistory: true } });
    await stage.ready(name);
    await stage.delete(name);
    const kept = await stage.find('secrets', `sh.helm.release.v1.${name}.v1`);
    assert.equal(kept!.metadata.labels!['status'], 'uninstalled');
    await stage.apply(name, stage.chart(name));
    const refused = await stage.until(name, failed, 'fails');
    assert.match(conditionOf(refused, 'Released')!.message, /: cannot re-use a name that is still in use$/);
    await stage.apply(name, { ...stage.chart(name), install: { replace: true } });
    await releasedAs(name, 2);
  });

  it('maxHistory: how many revisions stay', async () => {
    const name = stage.name();
    await publish(name, '1.0.0');
    for (let i = 1; i <= 4; i++) {
      await stage.apply(name, { ...stage.chart(name), maxHistory: 2, values: { i } });
      await releasedAs(name, i);
    }
    const stored = [];
    for (let i = 1; i <= 4; i++) {
      if ((await stage.find('secrets', `sh.helm.release.v1.${name}.v${i}`)) !== undefined) stored.push(i);
    }
    assert.deepEqual(stored, [3, 4]);
  });

  it('chartNameChangeStrategy: another chart in the place of the old one', async () => {
    const name = stage.name();
    await publish(`${name}-a`, '1.0.0');
    await publish(`${name}-b`, '1.0.0');
    const spec = (chart: string, chartNameChangeStrategy?: string): object => ({
      ...stage.chart(`${name}-${chart}`),
      upgrade: { chartNameChangeStrategy },
    });
    const uid = async (): Promise<string | undefined> => (await stage.find('configmaps', name))?.metadata.uid;
    await stage.apply(name, spec('a'));
    await stage.ready(name);
    const first = await uid();
    await stage.apply(name, spec('b', 'InPlaceUpdate'));
    await releasedAs(name, 2);
    assert.equal(await uid(), first);
    await stage.apply(name, spec('a', 'Reinstall'));
    await stage.ready(name, (object) => historyOf(object)[0]?.chartName === `${name}-a`);
    assert.notEqual(await uid(), first);
  });

  for (const deletionPropagation of ['background', 'orphan']) {
    it(`deletionPropagation: ${deletionPropagation}`, async () => {
      const name = stage.name();
      await publish(name, '1.0.0', { 'templates/workload.yaml': workload() });
      const spec = { install: { disableWait: true }, uninstall: { deletionPropagation } };
      await stage.apply(name, { ...stage.chart(name), ...spec });
      await stage.ready(name);
      const owned = (): Promise<Unstructured[]> => madeOf('replicasets.apps', name);
      await until(async () => (await owned()).length > 0, { what: 'a ReplicaSet' });
      await stage.delete(name);
      assert.equal(await stage.find('deployments', name, 'apps'), undefined);
      if (deletionPropagation === 'orphan') {
        const [left] = await owned();
        assert.equal(left!.metadata.ownerReferences, undefined);
      } else await until(async () => (await owned()).length === 0, { what: 'the end of the ReplicaSet' });
    });
  }

  for (const recreate of [false, true]) {
    it(`rollback.recreate: ${recreate}`, async () => {
      const name = stage.name();
      const files = { 'templates/workload.yaml': workload() };
      await publish(name, '1.0.0', files);
      await publish(name, '2.0.0', { ...files, 'templates/broken.yaml': broken });
      const spec = (version: string): object => ({
        ...stage.chart(name, version),
        install: { disableWait: true },
        upgrade: { disableWait: true, remediation: { remediateLastFailure: true } },
        rollback: { disableWait: true, recreate },
      });
      await stage.apply(name, spec('1.0.0'));
      await stage.ready(name);
      const pods = (): Promise<Unstructured[]> => madeOf('pods', name);
      const [before] = await until(async () => {
        const found = await pods();
        return found.length > 0 ? found : undefined;
      });
      await stage.apply(name, spec('2.0.0'));
      await stage.until(name, (each) => conditionOf(each, 'Remediated')?.status === 'True', 'is rolled back');
      const uids = (await pods()).map(({ metadata }) => metadata.uid);
      assert.equal(uids.includes(before!.metadata.uid), !recreate);
    });
  }

  async function madeOf(kind: string, name: string): Promise<Unstructured[]> {
    const args = [kind, '--namespace', stage.namespace, '--selector', `app=${name}`];
    const { items } = await cluster().kubectl.get<{ items: Unstructured[] }>(args);
    return items;
  }
});

function definition(group: string, mark: string): object {
  const schema = { openAPIV3Schema: { type: 'object' } };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `things.${group}`, labels: { mark } },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural: 'things', kind: 'Thing' },
      versions: [{ name: 'v1', served: true, storage: true, schema }],
    },
  };
}
