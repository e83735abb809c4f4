// What benches of whole deliveries share: a control plane, namespaces, and what a piece of work costs.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { startControlPlane } from '#dev/control-plane';
import { installCrds } from '#test/support/crds';
import { kubectlFor, type Kubectl } from '#test/support/kubectl';

export interface BenchCluster {
  readonly kubeconfigPath: string;
  readonly kubectl: Kubectl;
  /** For files of the bench; gone after {@link BenchCluster.stop}. */
  readonly folder: string;
  /** Makes a namespace. */
  readonly namespace: (prefix?: string) => Promise<string>;
  readonly stop: () => Promise<void>;
}

/** The cluster of a kubeconfig, or one of the bench's own. */
export async function benchCluster(name: string, given: string | undefined): Promise<BenchCluster> {
  const folder = await mkdtemp(path.join(tmpdir(), `${name}-bench-`));
  const plane =
    given === undefined
      ? await startControlPlane({ dir: folder, env: process.env, progress: () => undefined })
      : undefined;
  const kubeconfigPath = given ?? plane!.kubeconfigPath;
  const kubectl = await kubectlFor(kubeconfigPath);
  await installCrds(kubectl);
  return {
    kubeconfigPath,
    kubectl,
    folder,
    namespace: async (prefix = 'bench') => {
      const made = `${prefix}-${randomBytes(4).toString('hex')}`;
      await kubectl.ok(['create', 'namespace', made]);
      return made;
    },
    stop: async () => {
      await plane?.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export interface Cost {
  readonly seconds: number;
  /** Requests to the API server; undefined where nobody counts them. */
  readonly requests: number | undefined;
}

/** `requests` tells how many there were so far. */
export async function timed(work: () => Promise<unknown>, requests?: () => Promise<number>): Promise<Cost> {
  const before = await requests?.();
  const start = performance.now();
  await work();
  const seconds = (performance.now() - start) / 1000;
  return { seconds, requests: requests === undefined ? undefined : (await requests()) - before! };
}
