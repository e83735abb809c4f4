// HelmReleases whose chart is an object's that is there already: chartRef to each kind, and what can be wrong with it.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { Unstructured } from '#kube/object';
import { chartArchive, chartContent } from '#test/integration/chart-server';
import { conditionOf, historyOf, ReleaseStage, type ReleaseObject } from '#test/integration/helmrelease-stage';
import { useSharedCluster } from '#test/support/controlplane';

const group = 'source.toolkit.fluxcd.io';
const plurals = { OCIRepository: 'ocirepositories', ExternalArtifact: 'externalartifacts', HelmChart: 'helmcharts' };
type Kind = keyof typeof plurals;

const specs = {
  OCIRepository: { interval: '1h', url: 'oci://registry.invalid/charts/app' },
  ExternalArtifact: { sourceRef: { apiVersion: 'example.com/v1', kind: 'Maker', name: 'maker' } },
  HelmChart: {
    interval: '1h',
    chart: 'app',
    version: '1.x',
    sourceRef: { kind: 'HelmRepository', name: 'charts' },
  },
};

const ref = (kind: Kind): { group: string; version: string; plural: string; namespaced: true } => ({
  group,
  version: 'v1',
  plural: plurals[kind],
  namespaced: true,
});

const chartRef = (kind: Kind, name: string): object => ({ chartRef: { kind, name } });
const mutated = (version: string, digest: string): string => `${version}+${digest.slice('sha256:'.length, 19)}`;

function chart(version: string, tag = 'old'): Promise<Buffer> {
  const values = { 'values.yaml': `replicas: 1\nimage:\n  tag: ${tag}\n` };
  return chartArchive('app', chartContent('app', version, values));
}

describe('HelmReleases with a chartRef', function () {
  this.timeout(60_000);
  const cluster = useSharedCluster();
  let stage: ReleaseStage;

  before(async () => {
    stage = await ReleaseStage.open(cluster(), ['--requeue-dependency=1h', '--max-retry-delay=1s']);
    await stage.server.publish('app', '1.0.0');
    await stage.refresh();
  });
  after(async () => {
    await stage?.stop();
  });

  async function source(kind: Kind, name: string): Promise<void> {
    const { namespace } = stage;
    const object: Unstructured = { apiVersion: `${group}/v1`, kind, metadata: { name, namespace }, spec: specs[kind] };
    await stage.client.create(ref(kind), object);
  }

  /** Serves the archive and says in the source's status that it is the artifact. `more` is put over that. */
  async function offer(kind: Kind, name: string, { archive, revision, ...more }: Offer): Promise<string> {
    const path = `artifacts/${name}-${createHash('sha256').update(archive).digest('hex').slice(0, 8)}.tgz`;
    stage.server.files.set(path, archive);
    const digest = `sha256:${createHash('sha256').update(archive).digest('hex')}`;
    const artifact = {
      path,
      url: `${stage.server.url}/${path}`,
      revision: revision.replace('DIGEST', digest),
      digest,
      size: archive.length,
      lastUpdateTime: new Date().toISOString().replace(/\.\d+/, ''),
      ...more,
    };
    const body = { status: { ...(kind !== 'ExternalArtifact' && { observedGeneration: 1 }), artifact } };
    const key = { namespace: stage.namespace, name };
    await stage.client.patch(ref(kind), key, { type: 'merge', body }, { subresource: 'status' });
    return digest;
  }

  function notReady(name: string, reason: string): Promise<ReleaseObject> {
    return stage.until(name, (object) => conditionOf(object, 'Ready')?.reason === reason, `says ${reason}`);
  }

  async function tag(name: string): Promise<unknown> {
    return ((await stage.find('configmaps', name))?.['data'] as { tag?: unknown } | undefined)?.tag;
  }

  for (const [kind, revision, version] of [
    ['OCIRepository', '1.0.0@DIGEST', '1.0.0'],
    ['OCIRepository', 'latest@DIGEST', '1.0.0'],
    ['OCIRepository', '1.0.0_build@DIGEST', '1.0.0+build'],
    ['ExternalArtifact', 'latest@DIGEST', '1.0.0'],
  ] as const) {
    it(`${kind} of ${revision}: is installed, and upgraded as soon as there is another content`, async () => {
      const name = stage.name();
      await source(kind, name);
      const first = await offer(kind, name, { archive: await chart(version, 'one'), revision });
      await stage.apply(name, chartRef(kind, name));
      const installed = await stage.ready(name);
      const [snapshot] = historyOf(installed);
      assert.equal(snapshot!.chartVersion, mutated('1.0.0', first));
      assert.equal(snapshot!.ociDigest, first);
      assert.equal(installed.status!.lastAttemptedRevision, mutated('1.0.0', first));
      assert.equal(installed.status!.lastAttemptedRevisionDigest, first);
      assert.equal(installed.status!.helmChart, undefined);
      assert.equal(await tag(name), 'one');

      const second = await offer(kind, name, { archive: await chart(version, 'two'), revision });
      const upgraded = await stage.ready(name, (object) => historyOf(object)[0]?.version === 2);
      assert.deepEqual(
        historyOf(upgraded).map(({ ociDigest }) => ociDigest),
        [second, first],
      );
      assert.equal(await tag(name), 'two');
      await stage.delete(name);
      assert.equal(await tag(name), undefined);
    });
  }

  it('ExternalArtifact of a plain revision: the version is the chart’s own', async () => {
    const name = stage.name();
    await source('ExternalArtifact', name);
    await offer('ExternalArtifact', name, { archive: await chart('1.2.3'), revision: 'v7' });
    await stage.apply(name, chartRef('ExternalArtifact', name));
    const [snapshot] = historyOf(await stage.ready(name));
    assert.deepEqual([snapshot!.chartVersion, snapshot!.ociDigest], ['1.2.3', undefined]);
  });

  it('HelmChart: is installed, and stays when the release goes', async () => {
    const name = stage.name();
    await source('HelmChart', name);
    await stage.apply(name, chartRef('HelmChart', name));
    const [snapshot] = historyOf(await stage.ready(name));
    assert.equal(snapshot!.chartVersion, '1.0.0');
    await stage.server.publish('app', '1.1.0');
    await stage.refresh();
    await stage.ready(name, (object) => historyOf(object)[0]?.chartVersion === '1.1.0');
    await stage.delete(name);
    assert.notEqual(await stage.find('helmcharts', name, group), undefined);
  });

  it('in the place of a template: the HelmChart made of that goes, the release stays', async () => {
    const name = stage.name();
    await stage.apply(name, stage.chart('app', '1.0.0'));
    await stage.ready(name);
    await source('OCIRepository', name);
    const digest = await offer('OCIRepository', name, {
      archive: await chart('1.0.0', 'oci'),
      revision: '1.0.0@DIGEST',
    });
    await stage.apply(name, chartRef('OCIRepository', name));
    const ready = await stage.ready(name, (object) => historyOf(object)[0]?.version === 2);
    assert.equal(historyOf(ready)[0]!.chartVersion, mutated('1.0.0', digest));
    assert.equal(ready.status!.helmChart, undefined);
    assert.equal(await stage.find('helmcharts', `${stage.namespace}-${name}`, group), undefined);
  });

  describe('that cannot be followed', () => {
    it('to nothing: says so, and installs the moment it is there', async () => {
      const name = stage.name();
      await stage.apply(name, chartRef('OCIRepository', name));
      const waiting = await notReady(name, 'ArtifactFailed');
      const text = `could not get Source object: ocirepositories.${group} "${name}" not found`;
      assert.equal(conditionOf(waiting, 'Ready')!.message, text);
      await source('OCIRepository', name);
      const unready = await notReady(name, 'SourceNotReady');
      const why = `OCIRepository '${stage.namespace}/${name}' is not ready: latest generation of object has not been reconciled`;
      assert.equal(conditionOf(unready, 'Ready')!.message, why);
      await offer('OCIRepository', name, { archive: await chart('1.0.0'), revision: '1.0.0@DIGEST' });
      await stage.ready(name);
    });

    it('to another version than the tag says', async () => {
      const name = stage.name();
      await source('OCIRepository', name);
      await offer('OCIRepository', name, { archive: await chart('1.0.0'), revision: '2.0.0@DIGEST' });
      await stage.apply(name, chartRef('OCIRepository', name));
      const failed = await notReady(name, 'ChartMutateError');
      const text = `artifact revision 2.0.0 does not match chart version 1.0.0`;
      assert.equal(conditionOf(failed, 'Ready')!.message, text);
      assert.equal((await stage.event(name, 'ChartMutateError')).message, text);
      await offer('OCIRepository', name, { archive: await chart('2.0.0'), revision: '2.0.0@DIGEST' });
      await stage.ready(name);
    });

    it('to other bytes than its digest says', async () => {
      const name = stage.name();
      await source('OCIRepository', name);
      const digest = `sha256:${'0'.repeat(64)}`;
      await offer('OCIRepository', name, { archive: await chart('1.0.0'), revision: `1.0.0@${digest}`, digest });
      await stage.apply(name, chartRef('OCIRepository', name));
      const failed = await notReady(name, 'ArtifactFailed');
      assert.equal(
        conditionOf(failed, 'Ready')!.message,
        `Could not load chart: computed digest doesn't match provided '${digest}'`,
      );
      assert.equal(await tag(name), undefined);
      await offer('OCIRepository', name, { archive: await chart('1.0.0', 'right'), revision: '1.0.0@DIGEST' });
      await stage.ready(name);
      assert.equal(await tag(name), 'right');
    });

    it('to an artifact that is gone', async () => {
      const name = stage.name();
      await source('ExternalArtifact', name);
      const url = `${stage.server.url}/nowhere.tgz`;
      await offer('ExternalArtifact', name, { archive: await chart('1.0.0', 'gone'), revision: 'one', url });
      await stage.apply(name, chartRef('ExternalArtifact', name));
      const failed = await notReady(name, 'ArtifactFailed');
      assert.equal(conditionOf(failed, 'Ready')!.message, 'Source not ready: artifact not found. Retrying in 30s');
      await offer('ExternalArtifact', name, { archive: await chart('1.0.0'), revision: 'two' });
      await stage.ready(name);
    });

    it('to what is no chart', async () => {
      const name = stage.name();
      await source('ExternalArtifact', name);
      await offer('ExternalArtifact', name, { archive: Buffer.from('no archive'), revision: 'one' });
      await stage.apply(name, chartRef('ExternalArtifact', name));
      const failed = await notReady(name, 'ArtifactFailed');
      assert.match(conditionOf(failed, 'Ready')!.message, /^Could not load chart: /);
      await stage.delete(name);
    });

    it('to a kind that has no charts: the API server refuses it', async () => {
      await assert.rejects(
        stage.apply(stage.name(), { chartRef: { kind: 'GitRepository', name: 'app' } }),
        /spec\.chartRef\.kind: Unsupported value: "GitRepository": supported values: "OCIRepository", "HelmChart", "ExternalArtifact"/,
      );
    });

    it('because there is none, or a template beside it', async () => {
      const both = { ...stage.chart('app'), ...chartRef('HelmChart', 'app') };
      for (const spec of [{}, both]) {
        await assert.rejects(stage.apply(stage.name(), spec), /either chart or chartRef must be set/);
      }
    });
  });
});

interface Offer {
  readonly archive: Buffer;
  /** DIGEST stands for that of the archive. */
  readonly revision: string;
  readonly digest?: string;
  readonly url?: string;
}
