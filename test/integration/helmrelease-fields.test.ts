// Fields of HelmReleases that change how a release is made, beside the real helm where it can do the same.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { chartArchive, chartContent, type ChartContent } from '#test/integration/chart-server';
import { conditionOf, historyOf, ReleaseStage } from '#test/integration/helmrelease-stage';
import { useSharedCluster } from '#test/support/controlplane';
import { mustRun } from '#test/support/run';
import { tempDir } from '#test/support/temp-dir';
import { toolOrSkip } from '#test/support/tools';

describe('Fields of HelmReleases', function () {
  this.timeout(180_000);
  const cluster = useSharedCluster();
  let stage: ReleaseStage;

  before(async () => {
    stage = await ReleaseStage.open(cluster());
  });
  after(async () => {
    await stage?.stop();
  });

  async function publish(chart: string, version: string, files: ChartContent = {}): Promise<ChartContent> {
    const content = chartContent(chart, version, files);
    await stage.server.publish(chart, version, { files: content });
    await stage.refresh();
    return content;
  }

  async function dataOf(name: string): Promise<unknown> {
    return (await stage.find('configmaps', name))?.['data'];
  }

  describe('upgrade.preserveValues', () => {
    const template =
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "{{ .Release.Name }}"}\ndata:\n  values: {{ .Values | toJson | quote }}\n';
    const before = { 'templates/cm.yaml': template, 'values.yaml': 'own: 1\nshared: {a: 1, b: 1}\nlist: [1]\n' };
    const after = { 'templates/cm.yaml': template, 'values.yaml': 'own: 2\nnew: 2\nshared: {a: 2, c: 2}\nlist: [2]\n' };
    const first = { shared: { a: 'first', d: 'first' }, only: 'first' };
    const second = { shared: { a: 'second' }, second: true, only: null };

    it('goes on from the values of the release before, as helm does', async function () {
      const program = await toolOrSkip(this, 'helm');
      const [name, chart] = [stage.name(), 'reused'];
      const archives = [await publish(chart, '1.0.0', before), await publish(chart, '2.0.0', after)];
      const spec = (version: string, values: object): object => ({
        ...stage.chart(chart, version),
        releaseName: 'same',
        values,
        upgrade: { preserveValues: true },
      });
      await stage.apply(name, spec('1.0.0', first));
      await stage.ready(name);
      await stage.apply(name, spec('2.0.0', second));
      await stage.ready(name, (object) => historyOf(object)[0]?.version === 2);

      const namespace = await cluster().namespace('reused');
      const home = await tempDir('helm');
      const env = { KUBECONFIG: cluster().kubeconfigPath, HELM_CACHE_HOME: home, HELM_CONFIG_HOME: home };
      const helm = (where: string, args: readonly string[]): Promise<string> =>
        mustRun(program, ['--namespace', where, ...args], { env });
      for (const [i, values] of [first, second].entries()) {
        const [archive, file] = [path.join(home, `${i}.tgz`), path.join(home, `${i}.json`)];
        await writeFile(archive, await chartArchive(chart, archives[i]!));
        await writeFile(file, JSON.stringify(values));
        const how = i === 0 ? ['install'] : ['upgrade', '--reuse-values'];
        await helm(namespace, [...how, 'same', archive, '-f', file]);
      }
      const valuesIn = async (where: string): Promise<unknown> =>
        JSON.parse(await helm(where, ['get', 'values', 'same', '-o', 'json']));
      assert.deepEqual(await valuesIn(stage.namespace), await valuesIn(namespace));
      const rendered = await cluster().kubectl.get<{ data: unknown }>(['-n', namespace, 'configmap', 'same']);
      assert.deepEqual(await dataOf('same'), rendered.data);

      // What was kept is no reason to upgrade again.
      await stage.request(name);
      assert.equal(historyOf(await stage.ready(name))[0]!.version, 2);
      await stage.apply(name, spec('2.0.0', { shared: { a: 'third' } }));
      await stage.ready(name, (object) => historyOf(object)[0]?.version === 3);
      assert.deepEqual(await valuesIn(stage.namespace), {
        ...((await valuesIn(namespace)) as object),
        shared: { a: 'third', d: 'first' },
      });
    });
  });

  describe('the events of failures', () => {
    it('end with the last steps, and hold no value', async () => {
      const name = stage.name();
      const secret = 'apiVersion: v1\nkind: Secret\nmetadata: {name: "{{ .Release.Name }}"}\nstringData: {a: hidden}\n';
      const broken =
        'apiVersion: v1\nkind: Service\nmetadata: {name: "{{ .Release.Name }}"}\nspec: {ports: [{port: 0}]}\n';
      await publish('failing', '1.0.0', {
        'templates/secret.yaml': secret,
        'templates/hook.yaml': configMap('-hook', '  annotations: {helm.sh/hook: pre-install}\n'),
        'templates/service.yaml': broken,
      });
      await stage.apply(name, stage.chart('failing'));
      const failed = await stage.until(name, (each) => conditionOf(each, 'Released')?.status === 'False', 'fails');
      const { message } = await stage.event(name, 'InstallFailed');
      const [told = '', steps = ''] = message.split('\n\nLast Helm logs:\n\n');
      assert.equal(told, conditionOf(failed, 'Released')!.message);
      const stamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z: /;
      assert.deepEqual(
        steps.split('\n').map((line) => line.replace(stamp, '')),
        [
          'rendering failing@1.0.0 as revision 1',
          `pre-install hook ConfigMap/${name}-hook started, with timeout of 5m0s`,
          `pre-install hook ConfigMap/${name}-hook succeeded`,
          `Secret/${stage.namespace}/${name} created`,
          `ConfigMap/${stage.namespace}/${name} created`,
        ],
      );
      assert.ok(!message.includes('hidden'));
    });

    it('tell what was not ready', async () => {
      const name = stage.name();
      await publish('waiting', '1.0.0', {
        'templates/claim.yaml':
          'apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: "{{ .Release.Name }}"}\nspec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}, storageClassName: none}\n',
      });
      await stage.apply(name, { ...stage.chart('waiting'), timeout: '1s' });
      const { message } = await stage.event(name, 'InstallFailed');
      const claim = `PersistentVolumeClaim/${stage.namespace}/${name}`;
      assert.match(message, /: waiting for 2 object\(s\) with timeout of 1s\n/);
      assert.match(message.split('\n').at(-1)!, new RegExp(`: ${claim} is InProgress: PVC is not Bound`));
    });
  });

  describe('postRenderStrategy', () => {
    const hooked = '  annotations: {helm.sh/hook: pre-install}\n';
    const patch = '- {op: add, path: /data/patched, value: "yes"}';
    const postRenderers = [{ kustomize: { patches: [{ patch, target: { kind: 'ConfigMap' } }] } }];
    const seen: Record<string, { a: string; patched?: string }> = {
      nohooks: { a: '1' },
      combined: { a: '1', patched: 'yes' },
      separate: { a: '1', patched: 'yes' },
    };

    before(async () => {
      const both = `${configMap('-hook', hooked)}---\n${configMap('')}`;
      await publish('strategies', '1.0.0', { 'templates/cm.yaml': both });
      await publish('twice', '1.0.0', { 'templates/hook.yaml': configMap('', hooked) });
    });

    for (const [strategy, data] of Object.entries(seen)) {
      it(`${strategy}: what post-renderers do to hooks`, async () => {
        const name = stage.name();
        await stage.apply(name, { ...stage.chart('strategies'), postRenderers, postRenderStrategy: strategy });
        await stage.ready(name);
        assert.deepEqual(await dataOf(name), { a: '1', patched: 'yes' });
        const hook = (await stage.find('configmaps', `${name}-hook`))!;
        assert.deepEqual(hook['data'], data);
        const { labels = {}, annotations = {} } = hook.metadata;
        assert.equal('helm.toolkit.fluxcd.io/name' in labels, strategy !== 'nohooks');
        assert.deepEqual(annotations, { 'helm.sh/hook': 'pre-install' });
      });
    }

    it('keeps apart what is a hook and an object of the release only where it is separate', async () => {
      const [together, apart] = [stage.name(), stage.name()];
      const spec = (strategy: string): object => ({ ...stage.chart('twice'), postRenderStrategy: strategy });
      await stage.apply(together, spec('combined'));
      const failed = await stage.until(together, (each) => conditionOf(each, 'Released')?.status === 'False', 'fails');
      assert.match(
        conditionOf(failed, 'Released')!.message,
        /may not add resource with an already registered id: ConfigMap/,
      );
      await stage.apply(apart, spec('separate'));
      await stage.ready(apart);
      assert.deepEqual(await dataOf(apart), { tag: 'old' });
    });

    it('takes for a hook what a post-renderer made one, and the other way round', async () => {
      const name = stage.name();
      const path = '/metadata/annotations/helm.sh~1hook';
      const patches = [
        patchOf(`${name}-hook`, [{ op: 'remove', path }]),
        patchOf(name, [{ op: 'add', path, value: 'post-install' }]),
      ];
      await stage.apply(name, {
        ...stage.chart('strategies'),
        postRenderers: [{ kustomize: { patches } }],
        postRenderStrategy: 'combined',
      });
      const ready = await stage.ready(name);
      const ids = ready.status!.inventory!.entries.map(({ id }) => id);
      assert.deepEqual(ids, [`${stage.namespace}_${name}-hook__ConfigMap`]);
      assert.notEqual(await dataOf(name), undefined);
    });
  });
});

function configMap(name: string, annotation = ''): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}${name}\n${annotation}data: {a: "1"}\n`;
}

function patchOf(name: string, operations: readonly object[]): object {
  return { patch: JSON.stringify(operations), target: { kind: 'ConfigMap', name } };
}
