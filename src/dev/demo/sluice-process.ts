// `sluice serve` as a process of its own against a local control plane, on free loopback ports.
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import type { DevError } from '../errors.ts';
import { freePorts } from '../ports.ts';
import { answers, untilTrue } from '../probe.ts';
import { Reaper } from '../reaper.ts';
import { SpawnedServer } from '../spawned.ts';

export interface SluiceOptions {
  /** How this program is started, without a subcommand. */
  readonly program: readonly string[];
  readonly dir: string;
  readonly kubeconfig: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface SluiceProcess {
  readonly logFile: string;
  /** Rejects when it ends without being asked to. */
  readonly failed: Promise<never>;
  stop(): Promise<void>;
}

const startLimitMs = 30_000;
const graceMs = 10_000;

export async function startSluiceProcess(options: SluiceOptions): Promise<SluiceProcess> {
  const { dir, kubeconfig } = options;
  const storage = path.join(dir, 'artifacts');
  const logFile = path.join(dir, 'logs', 'sluice.log');
  await mkdir(storage, { recursive: true });
  const [artifacts = 0, health = 0, metrics = 0, webhooks = 0, apiserver = 0] = await freePorts(5);
  const flags = {
    kubeconfig,
    'storage-path': storage,
    'storage-addr': `127.0.0.1:${artifacts}`,
    'health-addr': `127.0.0.1:${health}`,
    'metrics-addr': `127.0.0.1:${metrics}`,
    'webhook-addr': `127.0.0.1:${webhooks}`,
    'webhook-url': `https://127.0.0.1:${webhooks}`,
    'apiserver-addr': `127.0.0.1:${apiserver}`,
  };
  const reaper = new Reaper();
  const [binary = process.execPath, ...before] = options.program;
  const server = await SpawnedServer.start({
    name: 'sluice',
    binary,
    args: [...before, 'serve', ...Object.entries(flags).map(([name, value]) => `--${name}=${value}`)],
    logFile,
    env: options.env,
    onSpawn: (pid) => reaper.watch(pid),
  });
  let stopping = false;
  const failed = server.crash().then((error: DevError): never | Promise<never> => {
    if (stopping) return new Promise<never>(() => undefined);
    throw error;
  });
  failed.catch(() => undefined);
  const stop = async (): Promise<void> => {
    stopping = true;
    await server.end(graceMs);
    reaper.forget(server.identity.pid);
    await reaper.close();
  };
  try {
    const ready = (): Promise<boolean> => answers({ url: `http://127.0.0.1:${health}/readyz` });
    await untilTrue('sluice', ready, { timeoutMs: startLimitMs, failure: failed });
  } catch (error) {
    await stop();
    throw error;
  }
  return { logFile, failed, stop };
}
