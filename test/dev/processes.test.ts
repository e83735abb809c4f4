// Servers as processes: identity, the end of their log, and their end when nobody is left to end them.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import process from 'node:process';
import { downControlPlane } from '#dev/down';
import { logTail } from '#dev/log-tail';
import { freePorts } from '#dev/ports';
import { identify, isAlive, signal } from '#dev/process-identity';
import { SpawnedServer } from '#dev/spawned';
import { killLeftovers, type PlaneState, readState, writeState } from '#dev/state-file';
import { tempDir } from '#test/support/temp-dir';
import { until } from '#test/support/wait';

describe('process identity', () => {
  it('is the same for one process and no longer true after its end', async () => {
    const child = spawn('sleep', ['60']);
    const identity = await identify(child.pid ?? 0);
    assert.ok(identity);
    assert.deepEqual(await identify(identity.pid), identity);
    assert.equal(await isAlive(identity), true);
    const gone = once(child, 'exit');
    assert.equal(await signal(identity, 'SIGTERM'), true);
    await gone;
    assert.equal(await isAlive(identity), false);
    assert.equal(await signal(identity, 'SIGTERM'), false);
  });

  it('does not take another process with the same pid for it', async () => {
    const child = spawn('sleep', ['60']);
    try {
      const identity = { pid: child.pid ?? 0, started: 'another time' };
      assert.equal(await signal(identity, 'SIGKILL'), false);
      assert.equal(child.exitCode, null);
      assert.ok(await identify(identity.pid));
    } finally {
      child.kill('SIGKILL');
    }
  });
});

describe('ports', () => {
  it('are different, free, and the preferred ones when those are free', async () => {
    const ports = await freePorts(4);
    assert.equal(new Set(ports).size, 4);
    assert.deepEqual(await freePorts(4, ports), ports);
  });

  it('are others when a preferred one is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const taken = (server.address() as AddressInfo).port;
    try {
      assert.equal((await freePorts(2, [taken, 20_001])).includes(taken), false);
    } finally {
      server.close();
    }
  });
});

describe('the end of a log', () => {
  it('is its last whole lines', async () => {
    const file = path.join(await tempDir(), 'a.log');
    await writeFile(file, 'first\nsecond\nthird\n');
    assert.equal(await logTail(file, { lines: 2 }), 'second\nthird');
    assert.equal(await logTail(file, { lines: 5, bytes: 10 }), 'third');
    assert.equal(await logTail(`${file}.none`, { lines: 2 }), '');
  });
});

describe('a spawned server', () => {
  const script = 'echo starting; echo "no such port" >&2; exit 3';

  it('that ends is reported with its status and the end of its log', async () => {
    const logFile = path.join(await tempDir(), 'server.log');
    const server = await SpawnedServer.start({
      name: 'x',
      binary: '/bin/sh',
      args: ['-c', script],
      logFile,
      onSpawn: () => {},
    });
    const error = await server.crash();
    assert.equal(error.code, 'DEV_COMPONENT_EXITED');
    assert.equal(error.message, `x exited with status 3; the end of ${logFile}:\n  starting\n  no such port`);
  });

  it('that cannot be started says so', async () => {
    const logFile = path.join(await tempDir(), 'server.log');
    const start = SpawnedServer.start({ name: 'x', binary: '/no/such', args: [], logFile, onSpawn: () => {} });
    await assert.rejects(start, { code: 'DEV_COMPONENT_EXITED', message: /^x could not be started: .*ENOENT/ });
  });

  it('that is deaf to SIGTERM, or frozen, is ended all the same', async () => {
    const logFile = path.join(await tempDir(), 'server.log');
    const args = ['-c', 'trap "" TERM; echo up; while :; do sleep 1; done'];
    const server = await SpawnedServer.start({ name: 'x', binary: '/bin/sh', args, logFile, onSpawn: () => {} });
    await until(async () => (await readFile(logFile, 'utf8')) === 'up\n');
    server.signal('SIGSTOP');
    await server.end(50);
    assert.equal(await server.exited, 'was ended by SIGKILL');
  });
});

describe('the reaper', () => {
  it('ends the servers of a process that was killed, and only those it still watches', async () => {
    const script = `
      import { spawn } from 'node:child_process';
      import { Reaper } from '#dev/reaper';
      const reaper = new Reaper();
      const pids = ['60', '61', '62'].map((time) => spawn('sleep', [time], { detached: true, stdio: 'ignore' }).pid);
      for (const pid of pids) reaper.watch(pid);
      reaper.forget(pids[1]);
      console.log(JSON.stringify(pids));
      setInterval(() => {}, 1000);`;
    const parent = spawn(process.execPath, ['--conditions=sluice-source', '--input-type=module', '--eval', script]);
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const pids = JSON.parse(line.toString()) as [number, number, number];
    const [first, forgotten, last] = await Promise.all(pids.map((pid) => identify(pid)));
    assert.ok(first && forgotten && last);
    try {
      parent.kill('SIGKILL');
      await until(async () => !(await isAlive(first)) && !(await isAlive(last)), {
        what: 'both watched ones are gone',
      });
      assert.equal(await isAlive(forgotten), true);
    } finally {
      await signal(forgotten, 'SIGKILL');
    }
  });
});

describe('what a dead keeper left', () => {
  it('is ended by the next start or down, and never a stranger that has its pid now', async () => {
    const [server, stranger] = [spawn('sleep', ['60']), spawn('sleep', ['60'])];
    try {
      const identity = await identify(server.pid ?? 0);
      assert.ok(identity);
      const dir = await tempDir();
      const dead = { pid: process.pid, started: 'long ago' };
      await writeState(dir, state({ etcd: identity, other: { pid: stranger.pid ?? 0, started: 'long ago' } }, dead));
      assert.deepEqual(await downControlPlane(dir), ['etcd']);
      await until(async () => !(await isAlive(identity)));
      assert.ok(await identify(stranger.pid ?? 0));
      assert.equal((await readState(dir))?.phase, 'stopped');
      assert.deepEqual(await downControlPlane(dir), []);
    } finally {
      server.kill('SIGKILL');
      stranger.kill('SIGKILL');
    }
  });

  it('is left alone while the keeper lives', async () => {
    const server = spawn('sleep', ['60']);
    try {
      const [identity, keeper] = await Promise.all([identify(server.pid ?? 0), identify(process.pid)]);
      assert.ok(identity && keeper);
      assert.deepEqual(await killLeftovers(state({ etcd: identity }, keeper)), []);
      assert.equal(await isAlive(identity), true);
    } finally {
      server.kill('SIGKILL');
    }
  });
});

function state(servers: PlaneState['servers'], keeper: PlaneState['keeper']): PlaneState {
  return {
    version: 'v0',
    server: 'https://127.0.0.1:1',
    kubeconfig: '/none',
    ports: { etcd: 1, etcdPeer: 2, apiserver: 3, controllerManager: 4 },
    keeper,
    servers,
    phase: 'running',
  };
}
