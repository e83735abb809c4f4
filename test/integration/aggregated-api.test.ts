// Artifacts through the API server with the real kubectl: tables, watches, contents, rights, and namespaces that end.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import { KubeClient } from '#kube/client';
import { loadConfig } from '#kube/config';
import { Informers } from '#kube/informer';
import type { KubeObject, ResourceRef } from '#kube/object';
import { useOwnCluster } from '#test/support/controlplane';
import { installCrds } from '#test/support/crds';
import { GitRepo } from '#test/support/git-repo';
import { gitServer, type GitServer } from '#test/support/git-server';
import { kubectlFor, type Kubectl } from '#test/support/kubectl';
import { run, runBytes } from '#test/support/run';
import { until } from '#test/support/wait';
import { sluiceOn, type TestSluice } from './sluice.ts';

const artifacts: ResourceRef = {
  group: 'artifacts.sluice.dev',
  version: 'v1alpha1',
  plural: 'artifacts',
  namespaced: true,
};
const rbac = path.resolve(import.meta.dirname, '../../deploy/base/rbac.yaml');
const base = '/apis/artifacts.sluice.dev/v1alpha1';

describe('aggregated API', function () {
  this.timeout(180_000);
  const cluster = useOwnCluster();
  let kubectl: Kubectl;
  let sluice: TestSluice;
  let git: GitServer;
  let repo: GitRepo;
  let commit: string;

  const source = (name: string, namespace = 'default', labels = {}): object => ({
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata: { name, namespace, labels },
    spec: { interval: '1h', url: `${git.url}/repo.git`, ref: { branch: 'main' } },
  });
  const fetched = async (name: string, namespace = 'default'): Promise<void> => {
    await kubectl.ok(['-n', namespace, 'wait', '--for=condition=Ready', `gitrepository/${name}`, '--timeout=30s']);
  };
  const conditionsOf = async (namespace: string): Promise<string> =>
    (await kubectl.run(['get', 'namespace', namespace, '-o', 'jsonpath={.status.conditions}'])).stdout;
  const user = async (name: string): Promise<Kubectl> => kubectlFor(await cluster().userKubeconfig({ name }));

  before(async () => {
    ({ kubectl } = cluster());
    await installCrds(kubectl);
    // The roles as they are shipped, without the account of the deployment.
    const documents = parseAllDocuments(await readFile(rbac, 'utf8')).map((document) => document.toJS() as KubeObject);
    await kubectl.apply(documents.filter(({ kind }) => kind === 'ClusterRole'));
    repo = await GitRepo.create();
    commit = await repo.commit({ files: { 'deploy/a.yaml': 'a: 1\n', 'b.txt': 'b\n' } });
    git = await gitServer({ root: path.dirname(repo.dir) });
    sluice = await sluiceOn(cluster());
    await kubectl.apply(source('podinfo', 'default', { team: 'web' }));
    await fetched('podinfo');
  });
  after(async () => {
    await sluice.stop();
    await git.stop();
  });

  it('is known to kubectl as soon as the process says it is up', async () => {
    const listed = await kubectl.ok(['api-resources', '--api-group=artifacts.sluice.dev', '--no-headers']);
    assert.deepEqual(listed.trim().split(/\s+/), [
      'artifacts',
      'art',
      'artifacts.sluice.dev/v1alpha1',
      'true',
      'Artifact',
    ]);
    assert.doesNotMatch(sluice.logged(), /not reachable/);
  });

  it('prints a table, wide and narrow', async () => {
    const [header = '', row = ''] = (await kubectl.ok(['get', 'artifacts', '-A', '-o', 'wide'])).split('\n');
    assert.deepEqual(header.split(/ {2,}/), [
      'NAMESPACE',
      'NAME',
      'KIND',
      'SOURCE',
      'REVISION',
      'SIZE',
      'AGE',
      'FILES',
      'DIGEST',
      'URL',
    ]);
    const cells = row.split(/ {2,}/);
    assert.deepEqual(cells.slice(0, 5), [
      'default',
      'gitrepository-podinfo',
      'GitRepository',
      'podinfo',
      `main@sha1:${commit}`,
    ]);
    assert.match(cells[6] ?? '', /^\d+[sm]/);
    assert.equal(cells[7], '2');
    assert.match(cells[8] ?? '', /^sha256:[0-9a-f]{64}$/);
    const narrow = await kubectl.ok(['get', 'art', '--show-labels', '--sort-by=.status.size', '--no-headers']);
    assert.match(narrow, /^gitrepository-podinfo +GitRepository +podinfo +\S+ +\d+ +\S+ +team=web\n$/);
  });

  it('explains its fields', async () => {
    assert.match(await kubectl.ok(['explain', 'artifacts']), /KIND: +Artifact\nVERSION: +v1alpha1[^]*spec\t<Object>/);
    assert.match(await kubectl.ok(['explain', 'artifact.status.digest']), /FIELD: digest <string>/);
  });

  it('selects by labels and fields', async () => {
    const names = async (...args: string[]): Promise<string> =>
      (await kubectl.ok(['get', 'art', '-o', 'name', ...args])).trim();
    const found = 'artifact.artifacts.sluice.dev/gitrepository-podinfo';
    assert.equal(await names('-l', 'team in (web)'), found);
    assert.equal(await names('-l', 'team!=web'), '');
    assert.equal(await names('--field-selector', 'spec.source.kind=GitRepository,spec.source.name=podinfo'), found);
    assert.equal(await names('--field-selector', 'metadata.name!=gitrepository-podinfo'), '');
    const refused = await kubectl.run(['get', 'art', '--field-selector', 'spec.foo=x']);
    assert.match(refused.stderr, /BadRequest.*field label not supported: spec\.foo/);
  });

  it('can be waited for', async () => {
    const revision = `--for=jsonpath={.status.revision}=main@sha1:${commit}`;
    assert.match(
      await kubectl.ok(['wait', revision, 'artifact/gitrepository-podinfo', '--timeout=10s']),
      /condition met/,
    );
  });

  it('is read only, and says so', async () => {
    const deleted = await kubectl.run(['delete', 'artifact', 'gitrepository-podinfo']);
    assert.equal(
      deleted.stderr,
      'Error from server (MethodNotAllowed): delete is not supported on resources of kind "artifacts.artifacts.sluice.dev"\n',
    );
    const missing = await kubectl.run(['get', 'artifact', 'nope']);
    assert.equal(missing.stderr, 'Error from server (NotFound): artifacts.artifacts.sluice.dev "nope" not found\n');
  });

  it('gives the archive byte for byte', async () => {
    for (const subresource of ['content', 'proxy', 'proxy/artifact.tar.gz']) {
      const url = `${base}/namespaces/default/artifacts/gitrepository-podinfo/${subresource}`;
      const { stdout, stderr } = await runBytes(kubectl.program, ['get', '--raw', url], { env: kubectl.env });
      assert.equal(stderr, '');
      const listed = await run('tar', ['tz'], { stdin: stdout });
      assert.equal(listed.stderr, '');
      assert.deepEqual(listed.stdout.trim().split('\n').toSorted(), ['.', 'b.txt', 'deploy', 'deploy/a.yaml']);
    }
  });

  it('follows a watch: a new source, a change, an end', async () => {
    const watching = spawn(kubectl.program, ['get', 'artifacts', '-w', '--no-headers'], {
      env: { ...process.env, ...kubectl.env },
    });
    let output = '';
    watching.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    try {
      await until(() => output.includes('gitrepository-podinfo'), { what: 'the list' });
      await kubectl.apply(source('second'));
      await until(() => output.includes('gitrepository-second'), { timeout: 30_000, what: 'a new line' });
      const lines = output.trim().split('\n');
      assert.match(
        lines.at(-1) ?? '',
        new RegExp(`^gitrepository-second +GitRepository +second +main@sha1:${commit} +\\d+ +\\d+s$`),
      );
      const before = lines.length;
      await kubectl.ok(['label', 'gitrepository', 'second', 'team=data']);
      await until(() => output.trim().split('\n').length > before, { what: 'the change of a label' });
      await kubectl.ok(['delete', 'gitrepository', 'second']);
      await until(async () => (await kubectl.run(['get', 'artifact', 'gitrepository-second'])).status === 1);
    } finally {
      watching.kill();
    }
  });

  it('serves a client-go like cache by streaming its initial state', async () => {
    const config = await loadConfig({ env: {}, kubeconfig: cluster().kubeconfigPath });
    const client = new KubeClient(config);
    const problems: unknown[] = [];
    const informers = new Informers({ client, streamInitialState: true, onError: (error) => problems.push(error) });
    try {
      const cache = informers.acquire(artifacts);
      await cache.synced(AbortSignal.timeout(40_000));
      assert.ok(cache.store.get('default/gitrepository-podinfo'));
      const metadata = informers.acquire(artifacts, { metadataOnly: true });
      await metadata.synced(AbortSignal.timeout(40_000));
      assert.equal(metadata.store.get('default/gitrepository-podinfo')?.['status'], undefined);
      assert.deepEqual(problems, []);
    } finally {
      await informers.close();
      await client.close();
    }
  });

  it('ends watches when the process stops, leaves the APIService, and serves again after a restart', async () => {
    const watching = spawn(kubectl.program, ['get', 'artifacts', '-w'], { env: { ...process.env, ...kubectl.env } });
    const ended = once(watching, 'exit');
    let output = '';
    watching.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await until(() => output.includes('gitrepository-podinfo'), { what: 'the list' });
    assert.equal((await fetch(`${sluice.addresses.health}/readyz`)).status, 200);
    const begun = performance.now();
    await sluice.stop();
    assert.ok(performance.now() - begun < 20_000, 'a watch must not hold up the end');
    await ended;
    assert.equal((await kubectl.run(['get', 'apiservice', 'v1alpha1.artifacts.sluice.dev'])).status, 0);
    sluice = await sluiceOn(cluster(), { storage: sluice.storage });
    assert.equal(
      await kubectl.ok(['get', 'art', '-o', 'name']),
      'artifact.artifacts.sluice.dev/gitrepository-podinfo\n',
    );
  });

  it('shows what a suspended source has stored after a restart too', async () => {
    const patch = ['patch', 'gitrepository/podinfo', '--type=merge'];
    await kubectl.ok([...patch, '--patch={"spec":{"suspend":true}}']);
    await sluice.stop();
    sluice = await sluiceOn(cluster(), { storage: sluice.storage });
    const url = `${base}/namespaces/default/artifacts/gitrepository-podinfo/files/b.txt`;
    await until(async () => (await kubectl.run(['get', '--raw', url])).stdout === 'b\n', { what: 'the file' });
    await kubectl.ok([...patch, '--patch={"spec":{"suspend":false}}']);
  });

  describe('rights', () => {
    it('refuses a user without any', async () => {
      const jane = await user('jane');
      const { status, stderr } = await jane.run(['get', 'artifacts']);
      assert.equal(status, 1);
      assert.equal(
        stderr,
        'Error from server (Forbidden): artifacts.artifacts.sluice.dev is forbidden: User "jane" cannot list resource "artifacts" in API group "artifacts.sluice.dev" in the namespace "default"\n',
      );
    });

    it('shows artifacts to a viewer of the namespace, and contents to a reader of contents', async () => {
      await kubectl.ok(['create', 'rolebinding', 'viewer', '--clusterrole=view', '--user=joe']);
      const joe = await user('joe');
      await until(async () => (await joe.run(['get', 'artifacts', '-o', 'name'])).status === 0, {
        what: 'the aggregated role',
      });
      const url = `${base}/namespaces/default/artifacts/gitrepository-podinfo/content`;
      const refused = await joe.run(['get', '--raw', url]);
      assert.match(refused.stderr, /User "joe" cannot get resource "artifacts\/content"/);
      assert.equal((await joe.run(['get', 'artifacts', '-A'])).status, 1);
      await kubectl.ok(['create', 'rolebinding', 'reader', '--clusterrole=artifact-content-reader', '--user=joe']);
      await until(async () => (await joe.run(['get', '--raw', url])).status === 0, { timeout: 30_000 });
    });
  });

  describe('namespaces', () => {
    it('end, with the artifacts in them, while the process is up', async () => {
      await kubectl.ok(['create', 'namespace', 'first']);
      await kubectl.apply(source('app', 'first'));
      await fetched('app', 'first');
      await kubectl.ok(['delete', 'namespace', 'first', '--timeout=60s']);
      assert.equal(await kubectl.ok(['get', 'artifacts', '-n', 'first', '-o', 'name']), '');
    });

    it('wait for the process when it is down, and end when it is back', async () => {
      await kubectl.ok(['create', 'namespace', 'second']);
      await sluice.stop();
      const service = await kubectl.get<{ metadata: { name: string } }>([
        'apiservice',
        'v1alpha1.artifacts.sluice.dev',
      ]);
      assert.equal(service.metadata.name, 'v1alpha1.artifacts.sluice.dev');
      await kubectl.ok([
        'wait',
        '--for=condition=Available=False',
        'apiservice/v1alpha1.artifacts.sluice.dev',
        '--timeout=60s',
      ]);
      await kubectl.ok(['delete', 'namespace', 'second', '--wait=false']);
      await until(async () => (await conditionsOf('second')).includes('NamespaceDeletionDiscoveryFailure'), {
        timeout: 60_000,
      });
      assert.match(await conditionsOf('second'), /artifacts\.sluice\.dev\/v1alpha1/);
      sluice = await sluiceOn(cluster(), { storage: sluice.storage });
      await until(async () => (await kubectl.run(['get', 'namespace', 'second'])).status === 1, { timeout: 120_000 });
    });

    it('do not wait once the APIService is gone', async () => {
      await kubectl.ok(['create', 'namespace', 'third']);
      await sluice.stop();
      await kubectl.ok(['delete', 'apiservice', 'v1alpha1.artifacts.sluice.dev']);
      await kubectl.ok(['delete', 'namespace', 'third', '--timeout=90s']);
    });
  });
});
