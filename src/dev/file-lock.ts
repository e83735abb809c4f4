// A lock between processes: a file that names its owner, so that a lock whose owner died is taken over, not waited for.
import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { DevError } from './errors.ts';
import { identify, isAlive, type ProcessIdentity } from './process-identity.ts';

export interface LockOptions {
  /** Called once when somebody else holds the lock. */
  readonly onWait?: (ownerPid: number) => void;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

interface Owner extends ProcessIdentity {
  /** Tells two takings by one process apart. */
  readonly nonce: string;
}

/** Runs `work` while holding the lock at `file`. */
export async function withFileLock<T>(file: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  const release = await acquire(file, options);
  try {
    return await work();
  } finally {
    await release();
  }
}

async function acquire(file: string, options: LockOptions): Promise<() => Promise<void>> {
  await mkdir(path.dirname(file), { recursive: true });
  const self = await identify(process.pid);
  const owner: Owner = { pid: process.pid, started: self?.started ?? '', nonce: randomUUID() };
  const content = JSON.stringify(owner);
  const mine = `${file}.${owner.nonce}`;
  await writeFile(mine, content);
  const deadline = performance.now() + options.timeoutMs;
  let told = false;
  try {
    for (;;) {
      // link() fails when the name exists and shows the whole content when it does not: no half-written lock is seen.
      if (await link(mine, file).then(() => true, isNotExists)) return () => release(file, content);
      const holder = await readOwner(file);
      if (holder === undefined) continue;
      if (!(await isAlive(holder.owner))) {
        await removeStale(file, holder.content, mine);
        continue;
      }
      if (!told) options.onWait?.(holder.owner.pid);
      told = true;
      if (performance.now() > deadline) {
        throw new DevError('DEV_LOCKED', `${file} is held by process ${holder.owner.pid}: wait for it or end it`);
      }
      await delay(100, undefined, options.signal === undefined ? {} : { signal: options.signal });
    }
  } finally {
    await rm(mine, { force: true });
  }
}

function isNotExists(error: NodeJS.ErrnoException): false {
  if (error.code === 'EEXIST') return false;
  throw error;
}

async function readOwner(file: string): Promise<{ owner: Owner; content: string } | undefined> {
  const content = await readFile(file, 'utf8').catch(() => undefined);
  if (content === undefined) return undefined;
  try {
    return { owner: JSON.parse(content) as Owner, content };
  } catch {
    // Not written by us (a crash of the machine can leave an empty file): nobody holds it.
    return { owner: { pid: 0, started: 'nobody', nonce: '' }, content };
  }
}

// Two processes may find the same dead owner; the rename lets one of them win, and a fresh lock that was moved by
// mistake goes back.
async function removeStale(file: string, staleContent: string, mine: string): Promise<void> {
  const aside = `${mine}.stale`;
  try {
    await rename(file, aside);
    if ((await readFile(aside, 'utf8')) !== staleContent) await link(aside, file).catch(() => undefined);
  } catch {
    // Somebody else was first.
  } finally {
    await rm(aside, { force: true });
  }
}

async function release(file: string, content: string): Promise<void> {
  if ((await readFile(file, 'utf8').catch(() => '')) === content) await rm(file, { force: true });
}
