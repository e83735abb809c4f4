// What is running in a data folder, on disk: lets another process report it, end it, or clean up after a crash.
import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Ports } from './components.ts';
import { isAlive, type ProcessIdentity, signal } from './process-identity.ts';

export interface PlaneState {
  readonly version: string;
  readonly server: string;
  readonly kubeconfig: string;
  readonly ports: Ports;
  /** The process that started the servers and ends them. */
  readonly keeper: ProcessIdentity;
  readonly servers: Readonly<Record<string, ProcessIdentity>>;
  readonly phase: 'starting' | 'running' | 'failed' | 'stopped';
  /** Why it failed. */
  readonly message?: string;
}

const fileName = 'state.json';

export async function readState(dir: string): Promise<PlaneState | undefined> {
  try {
    return JSON.parse(await readFile(path.join(dir, fileName), 'utf8')) as PlaneState;
  } catch {
    return undefined;
  }
}

export async function writeState(dir: string, state: PlaneState): Promise<void> {
  const file = path.join(dir, fileName);
  await writeFile(`${file}.new`, `${JSON.stringify(state, undefined, 2)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

/** Kills servers whose keeper is gone. Only exactly those processes: pid and start time must both match. */
export async function killLeftovers(state: PlaneState): Promise<string[]> {
  if (await isAlive(state.keeper)) return [];
  const killed: string[] = [];
  for (const [name, identity] of Object.entries(state.servers)) {
    if (await signal(identity, 'SIGKILL')) killed.push(name);
  }
  return killed;
}
