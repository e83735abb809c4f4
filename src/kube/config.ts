// Where the cluster is and who we are to it: in a pod from the service account, elsewhere from a kubeconfig.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock, type Clock } from '#lib/clock';
import { CodedError } from '#lib/errors';
import type { ClusterConfig, Environment } from './cluster-config.ts';
import { TokenFile } from './credentials.ts';

export interface LoadOptions {
  readonly env: Environment;
  /** Path from `--kubeconfig`: wins over everything. */
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly clock?: Clock;
}

/** `--kubeconfig`, `$KUBECONFIG`, the pod's service account, `~/.kube/config`: the first there is. */
export async function loadConfig(options: LoadOptions): Promise<ClusterConfig> {
  const { env, clock = systemClock } = options;
  const paths = options.kubeconfig ? [options.kubeconfig] : (env['KUBECONFIG'] ?? '').split(':').filter(Boolean);
  if (paths.length === 0 && env['KUBERNETES_SERVICE_HOST'] && existsSync(join(SERVICE_ACCOUNT_DIR, 'token'))) {
    return inClusterConfig({ env, clock });
  }
  if (paths.length === 0 && env['HOME']) paths.push(join(env['HOME'], '.kube', 'config'));
  // Parsing YAML is not needed in a pod, so a pod does not load it.
  const { loadKubeconfigFiles } = await import('./kubeconfig.ts');
  return loadKubeconfigFiles(paths, { clock, env, ...(options.context !== undefined && { context: options.context }) });
}

const SERVICE_ACCOUNT_DIR = '/var/run/secrets/kubernetes.io/serviceaccount';

export interface InClusterOptions {
  readonly env: Environment;
  readonly clock?: Clock;
  /** @default the mounted service account */
  readonly dir?: string;
}

/** The configuration of a pod. The token is read again as the kubelet rotates it. */
export async function inClusterConfig(options: InClusterOptions): Promise<ClusterConfig> {
  const { env, clock = systemClock, dir = SERVICE_ACCOUNT_DIR } = options;
  const host = env['KUBERNETES_SERVICE_HOST'];
  const port = env['KUBERNETES_SERVICE_PORT'];
  if (!host || !port) {
    throw new CodedError(
      'KUBE_CONFIG',
      'not in a cluster: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be set; outside, name a kubeconfig',
    );
  }
  const [ca, namespace] = await Promise.all([
    readFile(join(dir, 'ca.crt'), 'utf8'),
    readFile(join(dir, 'namespace'), 'utf8').catch(() => 'default'),
  ]);
  return {
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    tls: { ca },
    credentials: new TokenFile(join(dir, 'token'), clock),
    namespace: namespace.trim() || 'default',
  };
}
