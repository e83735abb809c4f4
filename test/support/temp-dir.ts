// Temporary folders of one test run: all below one folder that the run removes at its end.
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';

const prefix = 'sluice-test-';

/** The environment variable that carries the run's folder from mocha's main process to its workers. */
export const runFolderVariable = 'SLUICE_TEST_RUN_DIR';

/** A new empty folder. It disappears with the run; `withTempDir` removes it sooner. */
export function tempDir(name = 'dir'): Promise<string> {
  return mkdtemp(path.join(process.env[runFolderVariable] ?? os.tmpdir(), `${name}-`));
}

export async function withTempDir<T>(work: (dir: string) => Promise<T>): Promise<T> {
  const dir = await tempDir();
  try {
    return await work(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Makes the folder of this run, and removes those of runs that were killed. */
export async function createRunFolder(): Promise<string> {
  for (const entry of await readdir(os.tmpdir())) {
    const pid = new RegExp(`^${prefix}(\\d+)-`).exec(entry)?.[1];
    if (pid !== undefined && !exists(Number(pid))) {
      await rm(path.join(os.tmpdir(), entry), { recursive: true, force: true });
    }
  }
  return mkdtemp(path.join(os.tmpdir(), `${prefix}${process.pid}-`));
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
