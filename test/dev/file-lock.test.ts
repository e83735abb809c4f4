// The lock between processes: one at a time, taken over from the dead, bounded in time.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { withFileLock } from '#dev/file-lock';
import { identify } from '#dev/process-identity';
import { run } from '#test/support/run';
import { tempDir } from '#test/support/temp-dir';

const timeoutMs = 10_000;

describe('file lock', () => {
  let file: string;
  beforeEach(async () => {
    file = path.join(await tempDir('lock'), 'the.lock');
  });

  it('lets one in at a time and leaves nothing behind', async () => {
    let inside = 0;
    const order: number[] = [];
    const work = (n: number): Promise<void> =>
      withFileLock(file, { timeoutMs }, async () => {
        inside += 1;
        assert.equal(inside, 1);
        await new Promise((resolve) => setImmediate(resolve));
        order.push(n);
        inside -= 1;
      });
    await Promise.all([1, 2, 3, 4].map(work));
    assert.deepEqual(
      order.toSorted((a, b) => a - b),
      [1, 2, 3, 4],
    );
    assert.deepEqual(await readdir(path.dirname(file)), []);
  });

  it('holds between processes', async () => {
    const counter = path.join(path.dirname(file), 'counter');
    await writeFile(counter, '0');
    // Each adds 1 by reading and writing, which loses counts when two do it at once.
    const script = `
      import { readFileSync, writeFileSync } from 'node:fs';
      import { withFileLock } from '#dev/file-lock';
      const [file, counter] = process.argv.slice(1);
      for (let i = 0; i < 20; i += 1) {
        await withFileLock(file, { timeoutMs: 20000 }, async () => {
          const seen = Number(readFileSync(counter, 'utf8'));
          await new Promise((resolve) => setImmediate(resolve));
          writeFileSync(counter, String(seen + 1));
        });
      }`;
    const args = ['--conditions=sluice-source', '--input-type=module', '--eval', script, file, counter];
    const runs = await Promise.all([
      run(process.execPath, args),
      run(process.execPath, args),
      run(process.execPath, args),
    ]);
    assert.deepEqual(
      runs.map(({ status, stderr }) => ({ status, stderr })),
      Array.from({ length: 3 }, () => ({ status: 0, stderr: '' })),
    );
    assert.equal(await readFile(counter, 'utf8'), '60');
  });

  it('is taken over from a process that died', async () => {
    const child = spawn('sleep', ['60']);
    const owner = await identify(child.pid ?? 0);
    await writeFile(file, JSON.stringify({ ...owner, nonce: 'x' }));
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    assert.equal(await withFileLock(file, { timeoutMs }, () => Promise.resolve('in')), 'in');
  });

  it('is taken over when its file says nothing', async () => {
    await writeFile(file, '');
    assert.equal(await withFileLock(file, { timeoutMs }, () => Promise.resolve('in')), 'in');
  });

  it('says who holds it, and gives up at the deadline', async () => {
    const child = spawn('sleep', ['60']);
    try {
      await writeFile(file, JSON.stringify({ ...(await identify(child.pid ?? 0)), nonce: 'x' }));
      const told: number[] = [];
      await assert.rejects(
        withFileLock(file, { timeoutMs: 50, onWait: (pid) => told.push(pid) }, () => Promise.resolve()),
        { code: 'DEV_LOCKED', message: `${file} is held by process ${child.pid}: wait for it or end it` },
      );
      assert.deepEqual(told, [child.pid]);
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('is given back when the work fails', async () => {
    await assert.rejects(
      withFileLock(file, { timeoutMs }, () => Promise.reject(new Error('no'))),
      /no/,
    );
    assert.equal(await withFileLock(file, { timeoutMs: 50 }, () => Promise.resolve('in')), 'in');
  });
});
