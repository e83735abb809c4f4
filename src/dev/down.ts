// Ends a control plane from another process than the one that started it.
import { setTimeout as delay } from 'node:timers/promises';
import { isAlive, signal } from './process-identity.ts';
import { killLeftovers, readState, writeState } from './state-file.ts';

const limitMs = 20_000;

/** Asks the keeper to end its servers, ends them itself if it does not; returns the names of what was ended. */
export async function downControlPlane(dir: string): Promise<string[]> {
  const state = await readState(dir);
  if (state === undefined) return [];
  if (!(await signal(state.keeper, 'SIGTERM'))) {
    const ended = await killLeftovers(state);
    if (state.phase !== 'stopped') await writeState(dir, { ...state, servers: {}, phase: 'stopped' });
    return ended;
  }
  const deadline = performance.now() + limitMs;
  while ((await isAlive(state.keeper)) && performance.now() < deadline) await delay(50);
  // A keeper that hangs is ended hard; its reaper then ends the servers.
  await signal(state.keeper, 'SIGKILL');
  const names = Object.keys(state.servers);
  while (await anyAlive(state.servers)) {
    await killLeftovers(state);
    await delay(50);
  }
  return names;
}

async function anyAlive(servers: Readonly<Record<string, { pid: number; started: string }>>): Promise<boolean> {
  for (const identity of Object.values(servers)) if (await isAlive(identity)) return true;
  return false;
}
