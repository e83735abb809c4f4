// Charts in a Git repository on a real API server: directories, packages, values files, dependencies.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { loadArchive } from '#helm/engine/index';
import { chartArchive, chartContent, chartServer, type ChartServer } from '#test/integration/chart-server';
import { conditionOf, conditionsOf, HelmStage } from '#test/integration/helm-stage';
import { useSharedCluster } from '#test/support/controlplane';
import { GitRepo } from '#test/support/git-repo';
import { gitServer, type GitServer } from '#test/support/git-server';
import { run } from '#test/support/run';
import { tempDir } from '#test/support/temp-dir';
import { toolOrSkip } from '#test/support/tools';

const dependencies = (...lines: readonly string[]): string => `dependencies:\n${lines.join('\n')}\n`;

function below(folder: string, files: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([name, text]) => [`${folder}/${name}`, text]));
}

describe('HelmChart from a GitRepository', function () {
  this.timeout(60_000);
  const cluster = useSharedCluster();
  let stage: HelmStage;
  let repo: GitRepo;
  let git: GitServer;
  let charts: ChartServer;
  let url: string;
  let packed: Buffer;

  before(async () => {
    const root = await tempDir('git-root');
    repo = await GitRepo.create({ root, name: 'repo' });
    git = await gitServer({ root });
    url = `${git.url}/repo.git`;
    charts = await chartServer();
    await charts.publish('remote', '0.3.0');
    await charts.publish('remote', '0.4.0');
    packed = await chartArchive('packed', chartContent('packed', '3.0.0'));
    const app = chartContent('app', '1.2.3');
    const umbrella = `${app['Chart.yaml']!.replace('name: app', 'name: umbrella')}${dependencies(
      '- name: local',
      '  repository: file://../local',
      '  version: ^1',
      '- name: remote',
      `  repository: ${charts.url}`,
      '  version: ~0.3',
      '  alias: faraway',
    )}`;
    const files = {
      ...below('charts/app', { ...app, '.helmignore': 'secret.txt\n', 'secret.txt': 'not for others\n' }),
      ...below('charts/local', chartContent('local', '1.0.1')),
      ...below('charts/umbrella', { ...app, 'Chart.yaml': umbrella }),
      'charts/empty/README.md': 'no chart\n',
      'values/prod.yaml': 'image:\n  tag: prod\nlist: [1]\n',
      'values/more.yaml': 'list: [2]\nport: 30000000\n',
      'packed.tgz': packed,
    };
    await repo.commit({ files });
    stage = await HelmStage.open(cluster());
    await stage.make('GitRepository', { url, ref: { branch: 'main' }, timeout: '10s' }, 'source');
    await stage.untilReady('GitRepository', 'source');
  });
  after(async () => {
    await stage?.stop();
    await git?.stop();
    await charts?.stop();
  });

  function chart(chartPath: string, spec: object = {}, name?: string): Promise<string> {
    return stage.chart({ chart: chartPath, sourceRef: { kind: 'GitRepository', name: 'source' }, ...spec }, name);
  }

  it('packs a directory the same way every time, without what .helmignore names', async () => {
    const names = await Promise.all([chart('./charts/app'), chart('charts/app/')]);
    const objects = await Promise.all(names.map((name) => stage.untilReady('HelmChart', name)));
    const [first, second] = await Promise.all(objects.map((object) => stage.download(object)));
    assert.deepEqual(first, second);
    const [object] = objects;
    assert.deepEqual(conditionsOf(object!), [
      'Ready=True ChartPackageSucceeded',
      'ArtifactInStorage=True ChartPackageSucceeded',
    ]);
    assert.equal(conditionOf(object!, 'Ready')!.message, `packaged 'app' chart with version '1.2.3'`);
    assert.equal(object!.status!.artifact!.revision, '1.2.3');
    assert.equal(object!.status!.artifact!.digest, `sha256:${createHash('sha256').update(first!).digest('hex')}`);
    const loaded = loadArchive(first!);
    assert.deepEqual(
      [...loaded.templates, ...loaded.files].map(({ name }) => name),
      ['templates/cm.yaml', '.helmignore'],
    );
  });

  it('adds the commit and the generation to the version, and merges values files of the repository', async () => {
    const name = await chart('charts/app', {
      reconcileStrategy: 'Revision',
      valuesFiles: ['charts/app/values.yaml', 'values/prod.yaml', '/values/more.yaml'],
    });
    const object = await stage.untilReady('HelmChart', name);
    const commit = await repo.revision('main');
    const version = `1.2.3+${commit.slice(0, 12)}.1`;
    assert.equal(object.status!.artifact!.revision, version);
    assert.equal(object.status!.observedSourceArtifactRevision, `main@sha1:${commit}`);
    const loaded = loadArchive(await stage.download(object));
    assert.equal(loaded.metadata.version, version);
    assert.deepEqual(loaded.values, { replicas: 1, image: { tag: 'prod' }, list: [2], port: 30_000_000 });
  });

  it('brings in dependencies from the repository and from Helm repositories', async function () {
    const helm = await toolOrSkip(this, 'helm');
    const name = await chart('charts/umbrella');
    const object = await stage.untilReady('HelmChart', name);
    const archive = await stage.download(object);
    const names = loadArchive(archive).subcharts.map(({ metadata }) => `${metadata.name} ${metadata.version}`);
    assert.deepEqual(names, ['local 1.0.1', 'remote 0.3.0']);
    await stage.event(name, 'ResolvedDependencies');
    // The real Helm takes it for complete.
    const file = path.join(await tempDir(), 'umbrella.tgz');
    await writeFile(file, archive);
    const rendered = await run(helm, ['template', 'x', file]);
    assert.equal(rendered.status, 0, rendered.stderr);
    assert.match(rendered.stdout, /umbrella\/charts\/faraway\/templates\/cm\.yaml/);
    assert.match(rendered.stdout, /umbrella\/charts\/local\/templates\/cm\.yaml/);
  });

  it('takes a package as it is', async () => {
    const object = await stage.untilReady('HelmChart', await chart('packed.tgz'));
    assert.equal(conditionOf(object, 'Ready')!.message, `pulled 'packed' chart with version '3.0.0'`);
    assert.ok(packed.equals(await stage.download(object)));
  });

  it('stalls where there is no chart, and on values files that lead nowhere', async () => {
    const nowhere = await chart('charts/nowhere');
    const missing = await chart('charts/app', { valuesFiles: ['../../etc/passwd'] });
    const empty = await chart('charts/empty');
    for (const [name, message] of [
      [nowhere, /^invalid chart reference: stat \/charts\/nowhere: no such file or directory$/],
      [
        missing,
        /^values files merge error: no values file found at path '\/etc\/passwd' \(reference '\.\.\/\.\.\/etc\/passwd'\)$/,
      ],
      [empty, /^invalid chart reference: Chart\.yaml file is missing$/],
    ] as const) {
      const object = await stage.untilReady('HelmChart', name, {
        status: 'False',
        when: (found) => conditionOf(found, 'Stalled') !== undefined,
      });
      assert.match(conditionOf(object, 'Ready')!.message, message);
    }
  });

  it('follows commits as the strategy says', async () => {
    const byVersion = await chart('charts/app');
    const byRevision = await chart('charts/app', { reconcileStrategy: 'Revision' });
    const before = await stage.untilReady('HelmChart', byVersion);
    await stage.untilReady('HelmChart', byRevision);
    const commit = await repo.commit({ files: { 'charts/app/templates/more.yaml': '# nothing\n' } });
    await stage.request('GitRepository', 'source');
    const revision = `1.2.3+${commit.slice(0, 12)}`;
    const followed = await stage.untilReady('HelmChart', byRevision, {
      when: ({ status }) => status?.artifact?.revision === revision,
    });
    assert.equal(loadArchive(await stage.download(followed)).templates.length, 2);
    const seen = await stage.untilReady('HelmChart', byVersion, {
      when: ({ status }) => status?.observedSourceArtifactRevision === `main@sha1:${commit}`,
    });
    assert.deepEqual(seen.status!.artifact, before.status!.artifact);
  });

  it('takes no chart of an earlier path for that of a path which came to be later', async () => {
    const name = await chart('charts/app');
    await stage.untilReady('HelmChart', name);
    await chart('later/app', {}, name);
    await stage.untilReady('HelmChart', name, {
      status: 'False',
      when: (found) => conditionOf(found, 'Stalled') !== undefined,
    });
    await repo.commit({ files: below('later/app', chartContent('app', '1.2.3', { 'new.txt': 'new\n' })) });
    await stage.request('GitRepository', 'source');
    const object = await stage.untilReady('HelmChart', name);
    const names = loadArchive(await stage.download(object)).files.map((file) => file.name);
    assert.deepEqual(names, ['new.txt']);
  });

  it('names the dependency that cannot be had', async () => {
    const content = chartContent('broken', '1.0.0');
    const entry = (...lines: readonly string[]): string => content['Chart.yaml']! + dependencies(...lines);
    const files = {
      ...below('broken/local', {
        ...content,
        'Chart.yaml': entry('- name: x', '  repository: file://../x', '  version: "1"'),
      }),
      ...below('broken/version', {
        ...content,
        'Chart.yaml': entry('- name: local', '  repository: file://../../charts/local', '  version: ^2'),
      }),
      ...below('broken/remote', {
        ...content,
        'Chart.yaml': entry('- name: remote', `  repository: ${charts.url}/`, '  version: ^7'),
      }),
      ...below('broken/alias', {
        ...content,
        'Chart.yaml': entry('- name: x', '  repository: "@stable"', '  version: "1"'),
      }),
    };
    const commit = await repo.commit({ files });
    await stage.request('GitRepository', 'source');
    await stage.untilReady('GitRepository', 'source', {
      when: ({ status }) => status?.artifact?.revision === `main@sha1:${commit}`,
    });
    for (const [folder, message] of [
      ['local', /^dependency build error: no chart found at '\/broken\/x' \(reference 'file:\/\/\.\.\/x'\)$/],
      ['version', /^dependency build error: can't get a valid version for constraint '\^2' of 'local'/],
      ['remote', /^dependency build error: failed to add remote dependency 'remote': .*matching '\^7' found$/],
      ['alias', /aliased repository dependency is not supported$/],
    ] as const) {
      const name = await chart(`broken/${folder}`);
      const object = await stage.untilReady('HelmChart', name, {
        status: 'False',
        when: (found) => conditionOf(found, 'BuildFailed') !== undefined,
      });
      assert.equal(conditionOf(object, 'Ready')!.reason, 'DependencyBuildError');
      assert.match(conditionOf(object, 'Ready')!.message, message);
    }
  });
});
