// Charts people use: a HelmRelease makes the objects the real helm makes, changes them, and leaves nothing behind.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { chartContent } from '#test/integration/chart-server';
import { conditionOf, historyOf, ReleaseStage } from '#test/integration/helmrelease-stage';
import type { Unstructured } from '#kube/object';
import { useOwnCluster } from '#test/support/controlplane';
import { installCrds } from '#test/support/crds';
import { mustRun, run } from '#test/support/run';
import { skip } from '#test/support/skip';
import { tempDir } from '#test/support/temp-dir';
import { toolOrSkip } from '#test/support/tools';

/** Archives of the corpus, by name and version. */
const charts = [
  'kubernetes-ingress-nginx--ingress-nginx-4.15.1',
  'stefanprodan-podinfo--podinfo-6.14.1',
  'groundhog2k-helm-charts--mysql-3.1.3',
  'nats-io-k8s--surveyor-0.20.9',
  'argoproj-argocd-example-apps--helm-guestbook-0.1.0',
  'prometheus-community-helm-charts--prometheus-nats-exporter-2.23.2',
  'prometheus-community-helm-charts--prometheus-json-exporter-0.19.2',
  'prometheus-community-helm-charts--prometheus-pushgateway-3.8.0',
  'stevehipwell-helm-charts--plantuml-3.48.0',
  'prometheus-community-helm-charts--prometheus-statsd-exporter-1.0.0',
  'prometheus-community-helm-charts--prometheus-snmp-exporter-9.17.1',
  'sigstore-helm-charts--tsa-2.1.1',
  'kubernetes-sigs-descheduler--descheduler-0.36.0',
  'kubereboot-charts--kured-6.1.0',
  'kubernetes-sigs-secrets-store-csi-driver--secrets-store-csi-driver-1.6.0',
  'grafana-helm-charts--fluent-bit-2.6.0',
  'falcosecurity-charts--k8s-metacollector-0.3.1',
  'groundhog2k-helm-charts--valkey-2.3.3',
  'dexidp-helm-charts--dex-0.24.0',
  'nats-io-k8s--nack-0.34.0',
  'ory-k8s--hydra-maester-0.62.1',
  'helm-charts--node-red-1.4.3',
] as const;

const corpus = path.resolve(import.meta.dirname, '../../../shared/tools/unpack.sh');

describe('HelmReleases of charts people use', function () {
  this.timeout(300_000);
  let program: string;
  let folder: string;
  before(async function () {
    program = await toolOrSkip(this, 'helm');
    const unpacked = await run('bash', [corpus]).catch(() => undefined);
    if (unpacked?.status !== 0) skip(this, 'the charts are not there');
    folder = path.join(unpacked.stdout.trim(), 'charts');
  });
  // Some bring webhooks, which would judge the objects of every test on a cluster.
  const cluster = useOwnCluster();
  let stage: ReleaseStage;
  let namespace: string;
  let helm: (args: readonly string[]) => Promise<string>;

  before(async () => {
    const home = await tempDir('helm');
    const env = {
      KUBECONFIG: cluster().kubeconfigPath,
      HELM_CACHE_HOME: home,
      HELM_CONFIG_HOME: home,
      HELM_DATA_HOME: home,
    };
    await installCrds(cluster().kubectl);
    stage = await ReleaseStage.open(cluster());
    namespace = await cluster().namespace('charts');
    helm = (args) => mustRun(program, ['--namespace', namespace, ...args], { env });
  });
  after(async () => {
    await stage?.stop();
  });

  for (const file of charts) {
    it(file, async () => {
      const archive = path.join(folder, `${file}.tgz`);
      const [, chart = '', version = ''] = /^.*?--(.*)-(v?\d+\.\d+\..*)$/.exec(file) ?? [];
      await helm(['install', chart, archive, '--no-hooks', '--wait=hookOnly']);
      const wanted = await objectsOf(await helm(['get', 'manifest', chart]));
      assert.ok(wanted.size > 0);
      // Nothing in these charts has a finalizer, so the deletion itself is the end of it.
      await helm(['uninstall', chart, '--no-hooks', '--wait=hookOnly']);

      stage.server.add(chart, version, await readFile(archive));
      await stage.refresh();
      const spec = {
        ...stage.chart(chart, version),
        releaseName: chart,
        targetNamespace: namespace,
        storageNamespace: namespace,
        install: { disableWait: true, disableHooks: true },
        upgrade: { disableWait: true, disableHooks: true },
        uninstall: { disableHooks: true },
      };
      await stage.apply(chart, spec);
      const installed = await stage.until(
        chart,
        (object) => conditionOf(object, 'Released') !== undefined,
        'is released',
      );
      assert.equal(conditionOf(installed, 'Released')!.status, 'True', conditionOf(installed, 'Released')!.message);
      const made = await objectsOf(await helm(['get', 'manifest', chart]));
      assert.deepEqual([...made.keys()].toSorted(), [...wanted.keys()].toSorted());
      for (const [id, object] of wanted) assert.deepEqual(made.get(id), object, id);

      await stage.apply(chart, { ...spec, commonMetadata: { labels: { round: 'second' } } });
      await stage.ready(chart, (object) => historyOf(object)[0]?.version === 2);
      const manifest = await helm(['get', 'manifest', chart]);
      await stage.delete(chart);
      const { stdout } = await cluster().kubectl.run(
        ['get', '-f', '-', '-n', namespace, '--ignore-not-found', '-o', 'name'],
        { stdin: manifest },
      );
      assert.equal(stdout, '');
    });
  }

  it('installs definitions before what they define', async () => {
    const name = stage.name();
    const plural = `${name.replace('-', '')}things`;
    const crd = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `${plural}.charts.example.com` },
      spec: {
        group: 'charts.example.com',
        names: { plural, singular: plural.slice(0, -1), kind: 'Thing', listKind: 'ThingList' },
        scope: 'Namespaced',
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
          },
        ],
      },
    };
    const more = {
      'crds/thing.yaml': JSON.stringify(crd),
      'templates/thing.yaml':
        '{{- if .Capabilities.APIVersions.Has "charts.example.com/v1/Thing" }}\n' +
        'apiVersion: charts.example.com/v1\nkind: Thing\nmetadata:\n  name: {{ .Release.Name }}\nspec: {size: 1}\n{{- end }}\n',
    };
    await stage.server.publish('defined', '1.0.0', { files: chartContent('defined', '1.0.0', more) });
    await stage.refresh();
    await stage.apply(name, stage.chart('defined'));
    await stage.ready(name);
    assert.deepEqual((await stage.find(plural, name, 'charts.example.com'))!['spec'], { size: 1 });
    await stage.delete(name);
    assert.equal(await stage.find(plural, name, 'charts.example.com'), undefined);
    await cluster().kubectl.ok(['delete', 'crd', crd.metadata.name]);
  });

  /** The live objects of a manifest, without what the server or the owner makes different each time. */
  async function objectsOf(manifest: string): Promise<Map<string, unknown>> {
    const args = ['get', '-f', '-', '-n', namespace, '-o', 'json'];
    const found = JSON.parse(await cluster().kubectl.ok(args, { stdin: manifest })) as Unstructured;
    const items = Array.isArray(found['items']) ? (found['items'] as Unstructured[]) : [found];
    return new Map(items.map((live) => [`${live.apiVersion}/${live.kind}/${live.metadata.name}`, normalized(live)]));
  }
});

function normalized(live: Unstructured): unknown {
  const { labels = {}, annotations = {}, name, namespace } = live.metadata;
  const { status: _status, ...body } = structuredClone(live);
  const own = ['helm.toolkit.fluxcd.io/name', 'helm.toolkit.fluxcd.io/namespace'];
  const metadata = {
    name,
    namespace,
    labels: Object.fromEntries(Object.entries(labels).filter(([key]) => !own.includes(key))),
    annotations: Object.fromEntries(Object.entries(annotations).filter(([key]) => !key.startsWith('deployment.'))),
  };
  const spec = body['spec'] as Record<string, unknown> | undefined;
  if (live.kind === 'Service' && spec !== undefined) {
    delete spec['clusterIP'];
    delete spec['clusterIPs'];
    delete spec['healthCheckNodePort'];
    for (const port of (spec['ports'] ?? []) as Record<string, unknown>[]) delete port['nodePort'];
  }
  if (live.kind === 'PersistentVolumeClaim' && spec !== undefined) delete spec['volumeName'];
  return { ...body, metadata };
}
