// What `make run` shows: a delivery from a Git repository that can be pushed to, on a control plane of its own.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { isAlive } from '#dev/process-identity';
import { readState } from '#dev/state-file';
import { type Kubectl, kubectlFor } from '#test/support/kubectl';
import { mustRun } from '#test/support/run';
import { tempDir } from '#test/support/temp-dir';
import { until } from '#test/support/wait';

const main = path.resolve(import.meta.dirname, '../../src/main.ts');
const gitEnv = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1', GIT_TERMINAL_PROMPT: '0' };

interface Demo {
  readonly child: ChildProcess;
  readonly output: () => string;
}

function startDemo(dir: string): Demo {
  const args = ['--conditions=sluice-source', main, 'dev', 'demo', '--dir', dir];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
  return { child, output: () => Buffer.concat(chunks).toString('utf8') };
}

async function untilUp({ child, output }: Demo): Promise<void> {
  const isUp = (): boolean => output().includes('Ctrl-C ends everything');
  await until(() => isUp() || child.exitCode !== null, { timeout: 90_000, what: 'all it prints' });
  assert.ok(isUp(), output());
}

describe('make run', function () {
  this.timeout(180_000);
  let dir: string;
  let demo: Demo;
  let kubectl: Kubectl;

  before(async () => {
    dir = await tempDir('demo');
    demo = startDemo(dir);
    await untilUp(demo);
    kubectl = await kubectlFor(path.join(dir, 'kubeconfig'));
  });
  after(() => {
    demo.child.kill('SIGKILL');
  });

  it('says what it did, where to look and what to try', () => {
    const output = demo.output();
    assert.match(output, /^GitRepository sample is Ready: stored artifact for revision 'main@sha1:[0-9a-f]{40}'$/m);
    assert.match(output, /^Kustomization sample is Ready: Applied revision: main@sha1:[0-9a-f]{40}$/m);
    assert.ok(output.includes(`export KUBECONFIG='${dir}/kubeconfig'`), output);
    assert.match(output, /^gitrepository-sample +GitRepository +sample +main@sha1:/m);
    assert.match(output, /and its answer:\n.*spec\.interval/);
  });

  it('has delivered the sample', async () => {
    const image = await kubectl.ok(['-n', 'sample', 'get', 'deploy', 'hello', '-o', 'jsonpath={..image}']);
    assert.equal(image, 'ghcr.io/example/hello:1.0.0');
    assert.match(await kubectl.ok(['get', 'gitrepositories,kustomizations']), /gitrepository.*sample.*True/);
  });

  it('follows what is pushed', async () => {
    const [url = ''] = /http:\/\/\S+sample\.git/.exec(demo.output()) ?? [];
    const clone = await tempDir('clone');
    await mustRun('git', ['clone', '--quiet', url, clone], { env: gitEnv });
    const settings = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'hello-settings' },
      data: { greeting: 'changed' },
    };
    await writeFile(path.join(clone, 'deploy', 'settings.yaml'), JSON.stringify(settings));
    const identity = ['-c', 'user.name=Jane', '-c', 'user.email=jane@example.com'];
    await mustRun('git', ['-C', clone, ...identity, 'commit', '--quiet', '--all', '-m', 'change'], { env: gitEnv });
    await mustRun('git', ['-C', clone, 'push', '--quiet'], { env: gitEnv });
    await kubectl.ok(['annotate', 'gitrepository', 'sample', `reconcile.fluxcd.io/requestedAt=${Date.now()}`]);
    const greeting = ['-n', 'sample', 'get', 'configmap', 'hello-settings', '-o', 'jsonpath={.data.greeting}'];
    await until(async () => (await kubectl.ok(greeting)) === 'changed', { timeout: 30_000 });
  });

  it('leaves nothing running after Ctrl-C, and is up again in seconds with its data', async () => {
    const identities = Object.values((await readState(dir))?.servers ?? {});
    assert.equal(identities.length, 3);
    const ended = once(demo.child, 'exit');
    demo.child.kill('SIGINT');
    assert.deepEqual(await ended, [0, null], demo.output());
    for (const identity of identities) assert.equal(await isAlive(identity), false);
    demo = startDemo(dir);
    await untilUp(demo);
    const greeting = ['-n', 'sample', 'get', 'configmap', 'hello-settings', '-o', 'jsonpath={.data.greeting}'];
    assert.equal(await kubectl.ok(greeting), 'changed');
  });
});
