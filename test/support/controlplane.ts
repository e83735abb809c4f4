// The control plane in tests: one shared by the whole run with a namespace per test, or one of its own for faults.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import process from 'node:process';
import { findBinaries } from '#dev/binaries';
import { type AdminConfig, type ControlPlane, type ControlPlaneOptions, startControlPlane } from '#dev/control-plane';
import { ask, type SharedPlaneInfo, type UserRequest } from './coordinator.ts';
import { type Kubectl, kubectlFor } from './kubectl.ts';
import { skip } from './skip.ts';
import { tempDir } from './temp-dir.ts';

export interface TestCluster {
  readonly kubeconfigPath: string;
  readonly admin: AdminConfig;
  /** kubectl as cluster admin. */
  readonly kubectl: Kubectl;
  /** Makes a namespace with a name nobody else has. */
  namespace(prefix?: string): Promise<string>;
  /** The path of a kubeconfig of a user with no rights of its own. */
  userKubeconfig(user: UserRequest): Promise<string>;
}

const startLimitMs = 30 * 60_000;

/**
 * The control plane of the run, with Sluice's kinds installed and nothing else of it. What is cluster-wide beyond that
 * (webhook configurations, an APIService) disturbs other tests: use a cluster of your own for it.
 *
 * Registers a `before` hook in the enclosing `describe` and returns a function that gives the shared cluster to the
 * tests. The group is skipped, with the reason, where there is neither a built control plane nor a Go to build one.
 */
export function useSharedCluster(): () => TestCluster {
  let cluster: TestCluster | undefined;
  before(async function () {
    // The very first run builds Kubernetes.
    this.timeout(startLimitMs);
    await skipWithoutBinaries(this);
    const info = await ask<SharedPlaneInfo>('/controlplane');
    cluster = await testCluster(info.kubeconfigPath, info.admin, (user) => ask<string>('/user', user));
  });
  return () => {
    if (cluster === undefined) throw new Error('the cluster is there from the first `it` on');
    return cluster;
  };
}

/** As useSharedCluster, but a control plane nobody else uses, whose servers may be killed, restarted and frozen. */
export function useOwnCluster(options: Pick<ControlPlaneOptions, 'extraArgs' | 'onCrash'> = {}): () => OwnCluster {
  let own: OwnCluster | undefined;
  before(async function () {
    this.timeout(startLimitMs);
    await skipWithoutBinaries(this);
    const dir = await tempDir('controlplane');
    const plane = await startControlPlane({ ...options, dir, env: process.env, progress: tell });
    const cluster = await testCluster(plane.kubeconfigPath, plane.admin, (user) => plane.userKubeconfig(user));
    own = { ...cluster, plane };
  });
  after(async function () {
    this.timeout(60_000);
    await own?.plane.stop();
  });
  return () => {
    if (own === undefined) throw new Error('the cluster is there from the first `it` on');
    return own;
  };
}

export interface OwnCluster extends TestCluster {
  readonly plane: ControlPlane;
}

async function testCluster(
  kubeconfigPath: string,
  admin: AdminConfig,
  userKubeconfig: TestCluster['userKubeconfig'],
): Promise<TestCluster> {
  const kubectl = await kubectlFor(kubeconfigPath);
  const namespace = async (prefix = 'test'): Promise<string> => {
    const name = `${prefix}-${randomBytes(5).toString('hex')}`;
    await kubectl.ok(['create', 'namespace', name]);
    return name;
  };
  return { kubeconfigPath, admin, kubectl, namespace, userKubeconfig };
}

async function skipWithoutBinaries(context: Mocha.Context): Promise<void> {
  if (spawnSync('go', ['version']).status === 0) return;
  // Without Go this only looks, and says what is missing.
  await findBinaries({ env: process.env, progress: () => undefined }).catch((error: Error) =>
    skip(context, error.message),
  );
}

function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}
