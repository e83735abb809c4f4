// Sluice in the process of a test, against a control plane of the test's own.
import { Writable } from 'node:stream';
import { parseServeFlags } from '#cli/serve/flags';
import { startSluice, type RunningSluice } from '#cli/serve/process';
import type { TestCluster } from '#test/support/controlplane';
import { tempDir } from '#test/support/temp-dir';

export interface SluiceOptions {
  readonly roles?: readonly string[];
  /** Keeps what an earlier process stored. */
  readonly storage?: string;
  /** Flag by name, without dashes: replaces that of the test. */
  readonly flags?: Readonly<Record<string, string>>;
}

export interface TestSluice extends RunningSluice {
  readonly storage: string;
  /** What it logged, line by line. */
  readonly logged: () => string;
}

/** Everything on loopback and ports of its own; webhooks by URL, the aggregated API through a local Service. */
export async function sluiceOn(cluster: TestCluster, options: SluiceOptions = {}): Promise<TestSluice> {
  const storage = options.storage ?? (await tempDir('storage'));
  const flags: Record<string, string> = {
    kubeconfig: cluster.kubeconfigPath,
    'storage-path': storage,
    'webhook-url': 'local',
    role: options.roles?.join(',') ?? 'all',
  };
  for (const server of ['storage', 'metrics', 'health', 'webhook', 'apiserver'])
    flags[`${server}-addr`] = '127.0.0.1:0';
  Object.assign(flags, options.flags);
  const lines: string[] = [];
  const stdout = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
  const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
  const running = await startSluice(parseServeFlags(args, {}), { env: { RUNTIME_NAMESPACE: 'default' }, stdout });
  return { ...running, storage, logged: () => lines.join('') };
}
