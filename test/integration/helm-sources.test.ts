// HelmRepository and HelmChart on a real API server: what becomes of an index and of the charts in it.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { access, rm } from 'node:fs/promises';
import type http from 'node:http';
import path from 'node:path';
import { loadArchive } from '#helm/engine/index';
import { chartContent, chartServer, type ChartServer } from '#test/integration/chart-server';
import { conditionOf, conditionsOf, HelmStage } from '#test/integration/helm-stage';
import { useSharedCluster } from '#test/support/controlplane';
import { until } from '#test/support/wait';

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

describe('HelmRepository and HelmChart on a cluster', function () {
  this.timeout(60_000);
  const cluster = useSharedCluster();
  let stage: HelmStage;
  let server: ChartServer;

  before(async () => {
    server = await chartServer();
    await server.publish('app', '1.0.0');
    await server.publish('app', '1.1.0');
    await server.publish('app', '2.0.0-rc.1');
    stage = await HelmStage.open(cluster());
  });
  after(async () => {
    await stage?.stop();
    await server?.stop();
  });

  it('stores an index as JSON under the digest of what the server sent', async () => {
    const name = await stage.repository({ url: server.url });
    const object = await stage.untilReady('HelmRepository', name);
    const revision = sha256(server.files.get('index.yaml') as string);
    assert.deepEqual(conditionsOf(object), ['Ready=True Succeeded', 'ArtifactInStorage=True Succeeded']);
    assert.equal(conditionOf(object, 'Ready')!.message, `stored artifact: revision 'sha256:${revision}'`);
    const { artifact, url, observedGeneration } = object.status!;
    const folder = `helmrepository/${stage.namespace}/${name}`;
    assert.equal(artifact!.revision, `sha256:${revision}`);
    assert.equal(artifact!.path, `${folder}/index-${revision}.yaml`);
    assert.equal(url, artifact!.url.replace(/index-.*$/, 'index.yaml'));
    assert.equal(observedGeneration, 1);
    const stored = await stage.download(object);
    assert.equal(artifact!.digest, `sha256:${sha256(stored)}`);
    assert.deepEqual(
      (JSON.parse(stored.toString()) as { entries: { app: { version: string }[] } }).entries.app.map(
        ({ version }) => version,
      ),
      ['2.0.0-rc.1', '1.1.0', '1.0.0'],
    );
    assert.ok(stored.equals(Buffer.from(await (await fetch(url ?? '')).arrayBuffer())));
    const event = await stage.event(name, 'NewArtifact');
    assert.equal(event.message, `stored fetched index of size ${artifact!.size}B from '${server.url}'`);
    assert.deepEqual(event.metadata.annotations, {
      'source.toolkit.fluxcd.io/revision': artifact!.revision,
      'source.toolkit.fluxcd.io/digest': artifact!.digest,
    });
  });

  it('pulls the greatest chart a range allows, byte for byte', async () => {
    const repository = await stage.repository({ url: server.url });
    const sourceRef = { kind: 'HelmRepository', name: repository };
    const name = await stage.chart({ chart: 'app', version: '1.x', sourceRef });
    const object = await stage.untilReady('HelmChart', name);
    assert.deepEqual(conditionsOf(object), [
      'Ready=True ChartPullSucceeded',
      'ArtifactInStorage=True ChartPullSucceeded',
    ]);
    assert.equal(conditionOf(object, 'Ready')!.message, `pulled 'app' chart with version '1.1.0'`);
    const { status } = object;
    assert.equal(status!.artifact!.revision, '1.1.0');
    assert.equal(status!.artifact!.path, `helmchart/${stage.namespace}/${name}/app-1.1.0.tgz`);
    assert.equal(status!.url, status!.artifact!.url.replace('app-1.1.0.tgz', 'latest.tar.gz'));
    assert.equal(status!.observedChartName, 'app');
    const source = await stage.get('HelmRepository', repository);
    assert.equal(status!.observedSourceArtifactRevision, source.status!.artifact!.revision);
    assert.ok((await stage.download(object)).equals(server.files.get('charts/app-1.1.0.tgz') as Buffer));
    await stage.event(name, 'ChartPullSucceeded');
  });

  it('asks once for an index that did not change, and writes nothing', async () => {
    const name = await stage.repository({ url: server.url });
    const before = await stage.untilReady('HelmRepository', name);
    await stage.request('HelmRepository', name);
    const heard = await stage.get('HelmRepository', name);
    server.requests.length = 0;
    await stage.request('HelmRepository', name);
    const after = await stage.get('HelmRepository', name);
    assert.deepEqual(server.requests, ['GET /index.yaml 304']);
    assert.deepEqual(after.status!.artifact, before.status!.artifact);
    assert.deepEqual(after.status!.conditions, heard.status!.conditions);
    await stage.event(name, 'NewArtifact');
    assert.equal((await stage.events(name)).filter(({ reason }) => reason === 'NewArtifact').length, 1);
  });

  it('remembers across a restart what it knows of an index, and makes a lost table again', async () => {
    const own = await chartServer();
    await own.publish('app', '1.0.0');
    const first = await HelmStage.open(cluster());
    const repository = await first.repository({ url: own.url });
    await first.untilReady('HelmRepository', repository);
    await first.stop();
    await rm(path.join(first.storage, '.helm-index', first.namespace, repository), { recursive: true });
    own.requests.length = 0;
    const second = await HelmStage.open(cluster(), [], first);
    try {
      await until(() => own.requests.length > 0, { what: 'the index is asked for' });
      const sourceRef = { kind: 'HelmRepository', name: repository };
      const chart = await second.chart({ chart: 'app', version: '1.0.0', sourceRef });
      await second.untilReady('HelmChart', chart);
      await second.stop();
      own.requests.length = 0;
      const third = await HelmStage.open(cluster(), [], first);
      await until(() => own.requests.length > 0, { what: 'the index is asked for' });
      await third.stop();
      assert.deepEqual(own.requests, ['GET /index.yaml 304']);
    } finally {
      await own.stop();
    }
  });

  it('follows a new version in the index at once, and keeps to its range', async () => {
    const own = await chartServer();
    try {
      await own.publish('app', '1.0.0');
      const repository = await stage.repository({ url: own.url });
      const sourceRef = { kind: 'HelmRepository', name: repository };
      const [following, pinned] = await Promise.all([
        stage.chart({ chart: 'app', version: '1.x', sourceRef }),
        stage.chart({ chart: 'app', version: '1.0.0', sourceRef }),
      ]);
      await stage.untilReady('HelmChart', following);
      const before = await stage.untilReady('HelmChart', pinned);
      await own.publish('app', '1.0.1');
      await own.publish('app', '2.0.0');
      await stage.request('HelmRepository', repository);
      const after = await stage.untilReady('HelmChart', following, {
        when: ({ status }) => status?.artifact?.revision === '1.0.1',
      });
      assert.equal(conditionOf(after, 'Ready')!.message, `pulled 'app' chart with version '1.0.1'`);
      const seen = await stage.untilReady('HelmChart', pinned, {
        when: ({ status }) => status?.observedSourceArtifactRevision === after.status!.observedSourceArtifactRevision,
      });
      assert.deepEqual(seen.status!.artifact, before.status!.artifact);
    } finally {
      await own.stop();
    }
  });

  it('merges values files of the chart and says which there were', async () => {
    const own = await chartServer();
    try {
      const files = chartContent('app', '1.0.0', { 'values-prod.yaml': 'image:\n  tag: new\nextra: null\n' });
      await own.publish('app', '1.0.0', { files });
      const repository = await stage.repository({ url: own.url });
      const name = await stage.chart({
        chart: 'app',
        sourceRef: { kind: 'HelmRepository', name: repository },
        valuesFiles: ['values.yaml', 'values-prod.yaml', 'values-missing.yaml'],
        ignoreMissingValuesFiles: true,
      });
      const object = await stage.untilReady('HelmChart', name);
      const { status } = object;
      assert.equal(status!.artifact!.revision, '1.0.0+1');
      assert.deepEqual(status!.observedValuesFiles, ['values.yaml', 'values-prod.yaml']);
      assert.equal(
        conditionOf(object, 'Ready')!.message,
        `packaged 'app' chart with version '1.0.0+1' and merged values files [values.yaml values-prod.yaml]`,
      );
      const chart = loadArchive(await stage.download(object));
      assert.equal(chart.metadata.version, '1.0.0+1');
      assert.deepEqual(chart.values, { extra: null, image: { tag: 'new' }, replicas: 1 });
      await stage.event(name, 'ChartPackageSucceeded');
      await stage.make(
        'HelmChart',
        {
          chart: 'app',
          sourceRef: { kind: 'HelmRepository', name: repository },
          valuesFiles: ['values-missing.yaml'],
        },
        name,
      );
      const failed = await stage.untilReady('HelmChart', name, { status: 'False' });
      assert.deepEqual(conditionsOf(failed), [
        'Stalled=True ValuesFilesError',
        'Ready=False ValuesFilesError',
        'BuildFailed=True ValuesFilesError',
        'ArtifactInStorage=True ChartPackageSucceeded',
      ]);
      assert.equal(
        conditionOf(failed, 'Ready')!.message,
        `values files merge error: no values file found at path 'values-missing.yaml'`,
      );
    } finally {
      await own.stop();
    }
  });

  it('cleans up after objects that are deleted', async () => {
    const repository = await stage.repository({ url: server.url });
    await stage.untilReady('HelmRepository', repository);
    const name = await stage.chart({ chart: 'app', sourceRef: { kind: 'HelmRepository', name: repository } });
    const object = await stage.untilReady('HelmChart', name);
    await stage.delete('HelmRepository', repository);
    const { url } = object.status!.artifact!;
    assert.equal((await fetch(url)).status, 200);
    await stage.request('HelmChart', name);
    const orphan = await stage.untilReady('HelmChart', name, { status: 'False' });
    assert.equal(
      conditionOf(orphan, 'FetchFailed')!.message,
      `failed to get source: helmrepositories.source.toolkit.fluxcd.io "${repository}" not found`,
    );
    assert.equal(conditionOf(orphan, 'FetchFailed')!.reason, 'SourceUnavailable');
    await stage.delete('HelmChart', name);
    assert.equal((await fetch(url)).status, 404);
    await assert.rejects(access(path.join(stage.storage, '.helm-index', stage.namespace, repository)));
  });

  it('leaves a registry alone, and takes back what it wrote of an index before', async () => {
    const url = 'oci://registry.example.com/charts';
    const name = await stage.repository({ url: server.url });
    await stage.untilReady('HelmRepository', name);
    await stage.make('HelmRepository', { type: 'oci', url }, name);
    const bare = await until(async () => {
      const object = await stage.get('HelmRepository', name);
      return Object.keys(object.status ?? {}).length === 0 && object.metadata.finalizers === undefined
        ? object
        : undefined;
    });
    assert.deepEqual(bare.status, {});
    const chart = await stage.chart({ chart: 'app', sourceRef: { kind: 'HelmRepository', name } });
    const object = await stage.untilReady('HelmChart', chart, { status: 'False' });
    assert.match(conditionOf(object, 'Ready')!.message, /charts from OCI registries cannot be pulled yet/);
    await stage.repository({ type: 'default', url: server.url }, name);
    await stage.untilReady('HelmRepository', name);
  });

  it('says nothing of a source that was made with it and comes a moment later', async () => {
    const own = await chartServer();
    try {
      await own.publish('app', '1.0.0');
      const index = own.files.get('index.yaml') as Buffer | string;
      const held: http.ServerResponse[] = [];
      own.files.set('index.yaml', (_request, response) => void held.push(response));
      const repository = await stage.repository({ url: own.url });
      const name = await stage.chart({ chart: 'app', sourceRef: { kind: 'HelmRepository', name: repository } });
      // The first thing its controller does.
      await until(async () => (await stage.get('HelmChart', name)).metadata.finalizers !== undefined);
      await until(() => held.length > 0);
      own.files.set('index.yaml', index);
      for (const response of held) response.end(index);
      await stage.untilReady('HelmChart', name);
      await until(async () => (await stage.events(name)).length > 0);
      assert.deepEqual(
        (await stage.events(name)).map(({ reason }) => reason),
        ['ChartPullSucceeded'],
      );
    } finally {
      await own.stop();
    }
  });

  it('waits for the artifact of its source and goes on the moment it is there', async () => {
    const own = await chartServer();
    try {
      own.files.set('index.yaml', (_request, response) => void response.writeHead(503).end());
      const repository = await stage.repository({ url: own.url });
      const name = await stage.chart({ chart: 'app', sourceRef: { kind: 'HelmRepository', name: repository } });
      const waiting = await stage.untilReady('HelmChart', name, {
        status: 'False',
        when: (object) => conditionOf(object, 'FetchFailed')?.reason === 'NoSourceArtifact',
      });
      assert.equal(
        conditionOf(waiting, 'Ready')!.message,
        `no artifact available for HelmRepository source '${repository}'`,
      );
      await own.publish('app', '1.0.0');
      await stage.untilReady('HelmChart', name);
      assert.equal(conditionOf(await stage.get('HelmChart', name), 'FetchFailed'), undefined);
    } finally {
      await own.stop();
    }
  });
});
