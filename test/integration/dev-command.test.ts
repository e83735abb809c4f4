// `sluice dev` as a person uses it: up, env, status, down; Ctrl-C; a keeper that was killed.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import process from 'node:process';
import { isAlive } from '#dev/process-identity';
import { readState } from '#dev/state-file';
import { type Completed, mustRun, run } from '#test/support/run';
import { tempDir } from '#test/support/temp-dir';
import { requireTool } from '#test/support/tools';
import { until } from '#test/support/wait';

const main = path.resolve(import.meta.dirname, '../../src/main.ts');
const node = ['--conditions=sluice-source', main, 'dev'];

describe('sluice dev', function () {
  this.timeout(90_000);
  let dir: string;
  const sluice = (...args: string[]): Promise<Completed> => run(process.execPath, [...node, ...args, '--dir', dir]);

  beforeEach(async () => {
    dir = await tempDir("it's");
  });
  afterEach(async () => {
    await sluice('down');
  });

  async function nothingRuns(): Promise<void> {
    const state = await readState(dir);
    for (const identity of Object.values(state?.servers ?? {})) await until(async () => !(await isAlive(identity)));
  }

  it('up leaves it running, env points kubectl at it, down ends it', async () => {
    const up = await sluice('up');
    assert.equal(up.status, 0, up.stderr);
    assert.match(up.stdout, /^up: https:\/\/127\.0\.0\.1:\d+\nexport KUBECONFIG=/);
    const state = await readState(dir);
    assert.equal((await sluice('up')).stdout, `already up: ${state?.server}\n`);
    const status = await sluice('status');
    assert.equal(status.status, 0);
    assert.match(status.stdout, /^running {2}Kubernetes v1\.35\.4 {2}https:/);
    assert.match(status.stdout, /etcd {2}pid \d+ {2}running/);
    const kubectl = await requireTool('kubectl');
    const shell = `eval "$("$1" "$2" "$3" "$4" env --dir "$5")" && exec "$6" get ns -o name`;
    const args = ['-c', shell, 'sh', process.execPath, ...node, dir, kubectl];
    assert.match(await mustRun('sh', args), /^namespace\/default$/m);
    assert.equal((await sluice('down')).stdout, 'ended: etcd, kube-apiserver, kube-controller-manager\n');
    for (const identity of Object.values(state?.servers ?? {})) assert.equal(await isAlive(identity), false);
    assert.equal((await sluice('status')).status, 1);
    assert.equal((await sluice('env')).stderr, 'sluice dev env: no control plane runs: sluice dev up\n');
    assert.equal((await sluice('down')).stdout, 'nothing runs\n');
  });

  it('in the foreground stays until Ctrl-C and then leaves nothing', async () => {
    const keeper = spawn(process.execPath, [...node, 'up', '--foreground', '--dir', dir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(keeper, 'exit');
    await once(keeper.stdout, 'data');
    const state = await readState(dir);
    assert.equal(Object.keys(state?.servers ?? {}).length, 3);
    keeper.kill('SIGINT');
    assert.deepEqual(await ended, [0, null]);
    for (const identity of Object.values(state?.servers ?? {})) assert.equal(await isAlive(identity), false);
  });

  it('Ctrl-C while it starts leaves nothing either', async () => {
    const starter = spawn(process.execPath, [...node, 'up', '--dir', dir], { stdio: 'ignore' });
    const ended = once(starter, 'exit');
    await until(async () => (await readState(dir))?.servers['etcd'] !== undefined);
    starter.kill('SIGINT');
    assert.notDeepEqual(await ended, [0, null]);
    await until(async () => (await readState(dir))?.phase === 'stopped');
    await nothingRuns();
  });

  it('says so when a server died, and starts again', async () => {
    assert.equal((await sluice('up')).status, 0);
    const etcd = (await readState(dir))?.servers['etcd'];
    process.kill(etcd?.pid ?? 0, 'SIGKILL');
    await until(async () => (await readState(dir))?.phase === 'failed', { timeout: 20_000 });
    const status = await sluice('status');
    assert.equal(status.status, 1);
    assert.match(status.stdout, /^failed .*\netcd was ended by SIGKILL; the end of .*etcd\.log:/s);
    await until(
      async () => {
        const state = await readState(dir);
        return state !== undefined && !(await isAlive(state.keeper));
      },
      { timeout: 20_000 },
    );
    const again = await sluice('up');
    assert.equal(again.status, 0, again.stderr);
  });

  it('down after the keeper was killed finds nothing left', async () => {
    assert.equal((await sluice('up')).status, 0);
    const state = await readState(dir);
    process.kill(state?.keeper.pid ?? 0, 'SIGKILL');
    await nothingRuns();
    assert.match((await sluice('status')).stdout, /^abandoned /);
    await sluice('down');
    assert.match((await sluice('status')).stdout, /^stopped /);
  });

  it('refuses what it does not know', async () => {
    const wrong = await sluice('sideways');
    assert.equal(wrong.status, 2);
    assert.match(wrong.stderr, /^usage: sluice dev /);
    assert.match((await sluice('up', '--no-such')).stderr, /Unknown option '--no-such'/);
  });
});
