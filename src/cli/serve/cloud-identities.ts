// Cloud identities in the process: who may get tokens, how they are kept, and what kubeconfigs of objects may do.
import { CloudHttp, cloudProviders, GitHubApps, Identities, TokenCache, type Providers } from '#cloudauth/index';
import type { KubeConfigOptions } from '#controllers/apply/kubeconfig';
import type { GitLogins } from '#controllers/gitrepository/provider-login';
import type { Environment } from '#kube/cluster-config';
import type { KubeClient } from '#kube/client';
import type { Informers } from '#kube/informer';
import type { Clock } from '#lib/clock';
import { Agents } from '#net/agents';
import type { Metrics } from '#runtime/metrics';
import { NamedObjects } from '#runtime/named-objects';
import { ServiceAccounts } from '#runtime/service-accounts';
import { KeyServices } from '#sops/services/index';
import type { ServeFlags } from './flags.ts';

export interface CloudIdentities {
  readonly identities: Identities;
  readonly providers: Providers;
  /** For whoever follows `spec.kubeConfig`. */
  readonly kubeConfigs: Omit<KubeConfigOptions, 'objects'>;
  /** For whoever follows `spec.decryption`. */
  readonly keyServices: KeyServices;
  /** For GitRepositories with a provider. */
  readonly gitLogins: GitLogins;
  close(): Promise<void>;
}

export interface CloudIdentitiesOptions {
  readonly flags: ServeFlags;
  readonly env: Environment;
  readonly client: KubeClient;
  readonly informers: Informers;
  readonly agents: Agents;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly userAgent: string;
}

export function openIdentities(options: CloudIdentitiesOptions): CloudIdentities {
  const { flags, env, client, informers, agents, clock, metrics, userAgent } = options;
  const objects = new NamedObjects({ client, informers });
  const accounts = new ServiceAccounts(client, objects);
  const cache = new TokenCache({
    clock,
    maxSize: flags.tokenCacheMaxSize,
    maxDurationMs: flags.tokenCacheMaxDuration,
    observe: metrics.cache('token'),
  });
  const { ObjectLevelWorkloadIdentity: objectLevel } = flags.featureGates;
  const identities = new Identities({ accounts, cache, objectLevel });
  const local = new Agents();
  const http = new CloudHttp({ agents, local, clock, userAgent });
  const providers = cloudProviders({ http, env, clock }, { accounts });
  return {
    identities,
    providers,
    kubeConfigs: {
      identities,
      providers,
      clock,
      env,
      trust: { exec: flags.insecureKubeconfigExec, insecureTls: flags.insecureKubeconfigTls, files: false },
      defaultAccount: flags.defaultKubeconfigServiceAccount,
    },
    gitLogins: {
      identities,
      providers,
      githubApps: new GitHubApps({ http, clock, cache }),
      // Without the gate the flag is about delivering alone.
      defaultAccount: objectLevel ? flags.defaultServiceAccount : '',
    },
    keyServices: new KeyServices({ http, env, clock, identities, providers }),
    close: () => {
      objects.close();
      return local.close();
    },
  };
}
