// Building from Go modules: once, whole, with progress, and with errors that say what to do.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { findBinaries } from '#dev/binaries';
import { ensureGoBuild, type GoBuild } from '#dev/go-build';
import { run } from '#test/support/run';
import { skip } from '#test/support/skip';
import { tempDir } from '#test/support/temp-dir';

describe('go build', function () {
  this.timeout(180_000);
  let build: GoBuild;
  let progress: string[];

  before(function () {
    if (spawnSync('go', ['version']).status !== 0) skip(this, 'go is not here');
  });
  beforeEach(async () => {
    const dir = await tempDir('go');
    const recipe = path.join(dir, 'recipe');
    await mkdir(path.join(recipe, 'hello'), { recursive: true });
    await writeFile(path.join(recipe, 'go.mod'), 'module example.test/recipe\n\ngo 1.20\n');
    const program = 'package main\n\nvar name = "nobody"\n\nfunc main() { println("hello", name) }\n';
    await writeFile(path.join(recipe, 'hello', 'main.go'), program);
    progress = [];
    build = {
      recipe,
      target: path.join(dir, 'out'),
      commands: [{ name: 'greet', importPath: 'example.test/recipe/hello', ldflags: '-X main.name=Jane' }],
      env: process.env,
      progress: (line) => progress.push(line),
    };
  });

  it('puts the program where it belongs, with progress, and nothing beside it', async () => {
    await ensureGoBuild(build);
    assert.deepEqual(await readdir(build.target), ['greet']);
    assert.equal((await run(path.join(build.target, 'greet'), [])).stderr, 'hello Jane\n');
    assert.match(progress[0] ?? '', /^building greet: 0 modules fetched, 0 packages compiled, 0 s$/);
    assert.match(progress.at(-1) ?? '', /^built greet in \d+ s$/);
  });

  it('happens once, also when two ask at the same time, and then needs no Go', async () => {
    await Promise.all([ensureGoBuild(build), ensureGoBuild(build)]);
    assert.equal(progress.filter((line) => line.startsWith('built')).length, 1);
    const { mtimeMs } = await stat(path.join(build.target, 'greet'));
    await ensureGoBuild({ ...build, env: { PATH: '/nonexistent' } });
    assert.equal((await stat(path.join(build.target, 'greet'))).mtimeMs, mtimeMs);
  });

  it('that fails shows what the compiler said and leaves no program', async () => {
    await writeFile(path.join(build.recipe ?? '', 'hello', 'main.go'), 'package main\n\nfunc main() { nothing() }\n');
    await assert.rejects(ensureGoBuild(build), { code: 'DEV_BUILD_FAILED', message: /undefined: nothing/ });
    assert.deepEqual(await readdir(build.target), []);
  });

  it('without Go says what is missing', async () => {
    await assert.rejects(ensureGoBuild({ ...build, env: { PATH: '/nonexistent' } }), {
      code: 'DEV_TOOLCHAIN_MISSING',
      message: 'building greet needs Go on the PATH: install it',
    });
  });

  it('can be ended', async () => {
    await assert.rejects(ensureGoBuild({ ...build, signal: AbortSignal.abort() }), { name: 'AbortError' });
  });
});

describe('the control plane’s programs', () => {
  it('come from KUBEBUILDER_ASSETS when that is set, and it must have them', async () => {
    const dir = await tempDir('assets');
    await writeFile(path.join(dir, 'etcd'), '', { mode: 0o755 });
    await assert.rejects(findBinaries({ env: { KUBEBUILDER_ASSETS: dir }, progress: () => undefined }), {
      code: 'DEV_BINARIES_MISSING',
      message: `${dir}/kube-apiserver is missing: put it there, or unset KUBEBUILDER_ASSETS to let Sluice build its own`,
    });
    for (const name of ['kube-apiserver', 'kube-controller-manager'])
      await writeFile(path.join(dir, name), '', { mode: 0o755 });
    assert.deepEqual(await findBinaries({ env: { KUBEBUILDER_ASSETS: dir }, progress: () => undefined }), {
      etcd: `${dir}/etcd`,
      'kube-apiserver': `${dir}/kube-apiserver`,
      'kube-controller-manager': `${dir}/kube-controller-manager`,
    });
  });
});
