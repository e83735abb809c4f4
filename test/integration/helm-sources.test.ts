import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chartServer, type ChartServer } from '#test/integration/chart-server';
import { conditionOf, conditionsOf, HelmStage } from '#test/integration/helm-stage';
import { useSharedCluster } from '#test/support/controlplane';

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
    assert.deepEqual(Buffer.from(await (await fetch(url!)).arrayBuffer()), stored);
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
    assert.deepEqual(await stage.download(object), server.files.get('charts/app-1.1.0.tgz'));
    await stage.event(name, 'ChartPullSucceeded');
  });
});
