// Client-side apply: what is in the cluster after an install, edits by hand, and an upgrade is what Helm leaves there.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { decodeRelease } from '#helm/index';
import type { Unstructured } from '#kube/object';
import { chartArchive, chartContent, type ChartContent } from '#test/integration/chart-server';
import { clientSideCases, type ClientSideCase } from '#test/integration/client-side-cases';
import { conditionOf, historyOf, ReleaseStage } from '#test/integration/helmrelease-stage';
import { useSharedCluster } from '#test/support/controlplane';
import type { Kubectl } from '#test/support/kubectl';
import { mustRun } from '#test/support/run';
import { tempDir } from '#test/support/temp-dir';
import { toolOrSkip } from '#test/support/tools';

const group = `csa-${randomBytes(4).toString('hex')}.example`;
const cases = clientSideCases(group);
const quiet = { disableWait: true, disableTakeOwnership: true };

describe('Client-side apply of HelmReleases', function () {
  this.timeout(180_000);
  const cluster = useSharedCluster();
  let stage: ReleaseStage;

  before(async () => {
    stage = await ReleaseStage.open(cluster());
    const definition = `customresourcedefinition/widgets.${group}`;
    await cluster().kubectl.apply(widgetDefinition(group));
    await cluster().kubectl.ok(['wait', '--for=condition=Established', definition]);
    for (const [version, which] of [
      ['1.0.0', 'before'],
      ['2.0.0', 'after'],
    ] as const) {
      await stage.server.publish('cases', version, { files: caseChart(version, which) });
    }
    await stage.refresh();
  });
  after(async () => {
    await stage?.stop();
  });

  describe('leaves what Helm leaves', () => {
    const ours = new Map<string, object | undefined>();

    before(async () => {
      const spec = (version: string): object => ({
        ...stage.chart('cases', version),
        releaseName: 'cases',
        install: { ...quiet, serverSideApply: false },
        upgrade: { ...quiet, serverSideApply: 'auto' },
      });
      await stage.apply('cases', spec('1.0.0'));
      await stage.ready('cases');
      await editByHand(cluster().kubectl, stage.namespace);
      await stage.apply('cases', spec('2.0.0'));
      await stage.ready('cases', (object) => historyOf(object)[0]?.version === 2);
      for (const each of cases) ours.set(each.name, await found(cluster().kubectl, stage.namespace, each));
    });

    for (const { tool, args } of [
      { tool: 'helm', args: { install: ['--server-side=false'], upgrade: ['--server-side=false'] } },
      { tool: 'helm3', args: { install: [], upgrade: [] } },
    ] as const) {
      describe(`by ${tool}`, () => {
        let namespace: string;

        before(async function () {
          const program = await toolOrSkip(this, tool);
          namespace = await cluster().namespace('helm');
          const home = await tempDir('helm');
          const env = { KUBECONFIG: cluster().kubeconfigPath, HELM_CACHE_HOME: home, HELM_CONFIG_HOME: home };
          const run = async (action: 'install' | 'upgrade', which: 'before' | 'after'): Promise<void> => {
            const archive = path.join(home, `${which}.tgz`);
            await writeFile(archive, await chartArchive('cases', caseChart('1.0.0', which)));
            await mustRun(program, ['--namespace', namespace, action, 'cases', archive, ...args[action]], { env });
          };
          await run('install', 'before');
          await editByHand(cluster().kubectl, namespace);
          await run('upgrade', 'after');
        });

        for (const each of cases) {
          it(each.name, async () => {
            const wanted = await found(cluster().kubectl, namespace, each);
            assert.notEqual(wanted, undefined);
            assert.deepEqual(ours.get(each.name), wanted);
          });
        }
      });
    }
  });

  it('records the method, and goes on by it', async () => {
    const name = stage.name();
    const record = async (version: number): Promise<string | undefined> => {
      const secret = await stage.find('secrets', `sh.helm.release.v1.${name}.v${version}`);
      const { release } = secret!['data'] as { release: string };
      return decodeRelease(Buffer.from(release, 'base64').toString()).apply_method;
    };
    const managers = async (): Promise<unknown[]> => {
      const { managedFields = [] } = (await stage.find('configmaps', name))!.metadata;
      return managedFields.map(({ manager, operation }) => `${manager} ${operation}`);
    };
    await stage.server.publish('method', '1.0.0');
    await stage.refresh();
    const spec = (tag: string, more: object = {}): object => ({
      ...stage.chart('method'),
      values: { image: { tag } },
      install: { serverSideApply: false },
      ...more,
    });
    await stage.apply(name, spec('one'));
    await stage.ready(name);
    assert.deepEqual([await record(1), await managers()], ['csa', ['helm-controller Update']]);
    await stage.apply(name, spec('two'));
    await stage.ready(name, (object) => historyOf(object)[0]?.version === 2);
    assert.deepEqual([await record(2), await managers()], ['csa', ['helm-controller Update']]);
    await stage.apply(name, spec('three', { upgrade: { serverSideApply: 'enabled' } }));
    await stage.ready(name, (object) => historyOf(object)[0]?.version === 3);
    assert.deepEqual([await record(3), await managers()], [undefined, ['helm-controller Apply']]);
    await stage.apply(name, spec('four', { upgrade: { serverSideApply: 'disabled' } }));
    await stage.ready(name, (object) => historyOf(object)[0]?.version === 4);
    assert.equal(await record(4), 'csa');
    assert.deepEqual((await stage.find('configmaps', name))!['data'], { tag: 'four' });
  });

  it('replaces where it is forced to', async () => {
    const name = stage.name();
    await stage.server.publish('forced', '1.0.0');
    await stage.refresh();
    const spec = (tag: string, force: boolean): object => ({
      ...stage.chart('forced'),
      values: { image: { tag } },
      install: { serverSideApply: false },
      upgrade: { force },
    });
    await stage.apply(name, spec('one', false));
    await stage.ready(name);
    await cluster().kubectl.ok(['-n', stage.namespace, 'patch', 'configmap', name, '-p', '{"data":{"own":"1"}}']);
    const data = async (): Promise<unknown> => (await stage.find('configmaps', name))!['data'];
    await stage.apply(name, spec('two', false));
    await stage.ready(name, (object) => historyOf(object)[0]?.version === 2);
    assert.deepEqual(await data(), { tag: 'two', own: '1' });
    await stage.apply(name, spec('three', true));
    await stage.ready(name, (object) => historyOf(object)[0]?.version === 3);
    assert.deepEqual(await data(), { tag: 'three' });
  });

  it('takes over objects of others, unless told not to', async () => {
    const name = stage.name();
    await stage.server.publish('taken', '1.0.0');
    await stage.refresh();
    const { kubectl } = cluster();
    await kubectl.ok([
      '-n',
      stage.namespace,
      'create',
      'configmap',
      name,
      '--from-literal=own=1',
      '--from-literal=tag=x',
    ]);
    const spec = (disableTakeOwnership: boolean): object => ({
      ...stage.chart('taken'),
      install: { serverSideApply: false, disableTakeOwnership },
    });
    await stage.apply(name, spec(true));
    const failed = await stage.until(name, (each) => conditionOf(each, 'Released')?.status === 'False', 'fails');
    assert.match(conditionOf(failed, 'Released')!.message, /exists and cannot be imported/);
    await stage.apply(name, spec(false));
    await stage.ready(name);
    const { metadata, data } = (await stage.find('configmaps', name)) as Unstructured & { data: unknown };
    assert.deepEqual(data, { own: '1', tag: 'old' });
    assert.equal(metadata.labels!['app.kubernetes.io/managed-by'], 'Helm');
  });

  it('rolls back by the method of the revision it goes back to', async () => {
    const name = stage.name();
    const broken =
      'apiVersion: v1\nkind: Service\nmetadata: {name: "{{ .Release.Name }}"}\nspec: {ports: [{port: 0}]}\n';
    await stage.server.publish('rolled', '1.0.0');
    await stage.server.publish('rolled', '2.0.0', {
      files: chartContent('rolled', '2.0.0', {
        'values.yaml': 'image: {tag: new}\n',
        'templates/service.yaml': broken,
      }),
    });
    await stage.refresh();
    const spec = (version: string): object => ({
      ...stage.chart('rolled', version),
      install: { serverSideApply: false },
      upgrade: { remediation: { remediateLastFailure: true } },
    });
    await stage.apply(name, spec('1.0.0'));
    await stage.ready(name);
    const { kubectl } = cluster();
    await kubectl.ok(['-n', stage.namespace, 'patch', 'configmap', name, '-p', '{"data":{"own":"1"}}']);
    await stage.apply(name, spec('2.0.0'));
    await stage.until(name, (each) => conditionOf(each, 'Remediated')?.status === 'True', 'is rolled back');
    const map = (await stage.find('configmaps', name))!;
    assert.deepEqual(map['data'], { tag: 'old', own: '1' });
    assert.deepEqual(
      map.metadata.managedFields?.map(({ operation }) => operation),
      ['Update', 'Update'],
    );
  });
});

async function editByHand(kubectl: Kubectl, namespace: string): Promise<void> {
  for (const { name, resource, edit } of cases) {
    const target = ['--namespace', namespace, resource, `cases-${name}`];
    if (edit === 'delete') await kubectl.ok(['delete', ...target]);
    else if (edit !== undefined) {
      const type = resource.endsWith(group) ? 'merge' : 'strategic';
      await kubectl.ok(['patch', ...target, '--type', type, '--patch', JSON.stringify(edit)]);
    }
  }
}

async function found(
  kubectl: Kubectl,
  namespace: string,
  { resource, name }: ClientSideCase,
): Promise<object | undefined> {
  const target = ['--namespace', namespace, resource, `cases-${name}`, '--ignore-not-found', '-o', 'json'];
  const text = await kubectl.ok(['get', ...target]);
  return text === '' ? undefined : comparable(JSON.parse(text) as Unstructured);
}

function caseChart(version: string, which: 'before' | 'after'): ChartContent {
  const templates = cases.map(({ name, kind, apiVersion, [which]: body }) => {
    // Lines that begin with a space belong to the metadata.
    const [, metadata = '', rest = ''] = /^((?: .*\n?)*)([\s\S]*)$/.exec(body) ?? [];
    const head = `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata:\n  name: {{ .Release.Name }}-${name}\n`;
    return [`templates/${name}.yaml`, `${head}${metadata === '' ? '' : `${metadata.trimEnd()}\n`}${rest}\n`];
  });
  const { 'Chart.yaml': chart = '', 'values.yaml': values = '' } = chartContent('cases', version);
  return { 'Chart.yaml': chart, 'values.yaml': values, ...(Object.fromEntries(templates) as ChartContent) };
}

function widgetDefinition(ofGroup: string): object {
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `widgets.${ofGroup}` },
    spec: {
      group: ofGroup,
      scope: 'Namespaced',
      names: { plural: 'widgets', kind: 'Widget' },
      versions: [{ name: 'v1', served: true, storage: true, schema }],
    },
  };
}

/** What is the same in two namespaces when it was made in the same way. */
function comparable(object: Unstructured): object {
  const { labels = {}, annotations = {}, finalizers } = object.metadata;
  const { metadata: _metadata, status: _status, ...rest } = object;
  const spec = { ...(rest['spec'] as Record<string, unknown> | undefined) };
  for (const assigned of ['clusterIP', 'clusterIPs']) delete spec[assigned];
  return {
    ...rest,
    ...(rest['spec'] !== undefined && { spec }),
    labels: without(labels, /^helm\.toolkit\.fluxcd\.io\//),
    annotations: without(annotations, /^(meta\.helm\.sh|deployment\.kubernetes\.io)\//),
    finalizers,
  };
}

function without(values: Record<string, string>, pattern: RegExp): object {
  return Object.fromEntries(Object.entries(values).filter(([key]) => !pattern.test(key)));
}
