// A cluster other than our own: its client and caches, which stay when only the credentials change.
import { KubeClient, type ClientOptions } from '#kube/client';
import type { ClusterConfig } from '#kube/cluster-config';
import type { Credential, Credentials } from '#kube/credentials';
import { Discovery } from '#kube/discovery';
import { Informers } from '#kube/informer';
import { tlsFingerprint } from '#net/tls';
import { LiveObjects, type LiveObjectsOptions } from '#runtime/live-objects';
import { ExistenceLists, type Cluster } from './cluster.ts';

export interface RemoteClusterOptions {
  /** Which of the cluster's objects are ours. */
  readonly owned: Pick<LiveObjectsOptions, 'labelSelector' | 'ownerOf'>;
  /** Monotonic ms. */
  readonly now: () => number;
  readonly userAgent: string;
  /** Told of each finished request. */
  readonly observe: NonNullable<ClientOptions['observe']>;
}

/** Credentials that others can take the place of: what is under way goes on with the new ones. */
class ReplaceableCredentials implements Credentials {
  current: Credentials;

  constructor(current: Credentials) {
    this.current = current;
  }

  get(signal?: AbortSignal): Credential | Promise<Credential> {
    return this.current.get(signal);
  }

  invalidate(): boolean {
    return this.current.invalidate();
  }
}

export class RemoteCluster {
  readonly base: Omit<Cluster, 'identity'>;
  readonly #credentials: ReplaceableCredentials;
  readonly #fingerprint: string;

  constructor(config: ClusterConfig, { owned, now, userAgent, observe }: RemoteClusterOptions) {
    const { cert: _cert, key: _key, ...tls } = config.tls;
    this.#fingerprint = fingerprintOf(config);
    this.#credentials = new ReplaceableCredentials(credentialsOf(config));
    const client = new KubeClient({ ...config, tls, credentials: this.#credentials }, { userAgent, observe });
    const informers = new Informers({ client });
    this.base = {
      client,
      informers,
      discovery: new Discovery({ client }),
      live: new LiveObjects({ informers, ...owned }),
      existence: new ExistenceLists(now),
    };
  }

  /** Goes on with this configuration when it leads to the same server in the same way; tells whether it does. */
  takeOver(config: ClusterConfig): boolean {
    if (fingerprintOf(config) !== this.#fingerprint) return false;
    this.#credentials.current = credentialsOf(config);
    return true;
  }

  async close(): Promise<void> {
    const { live, informers, client } = this.base;
    live.close();
    await informers.close();
    await client.close();
  }
}

/** Everything but who we are. A socket opened with a client certificate says who we are, so whether there is one counts. */
function fingerprintOf({ server, tls, proxy, impersonate }: ClusterConfig): string {
  const { cert, key: _key, ...trust } = tls;
  return JSON.stringify([
    server,
    tlsFingerprint(trust),
    proxy?.url,
    proxy?.password?.reveal(),
    impersonate,
    cert !== undefined,
  ]);
}

/** The whole of who we are, a client certificate among it: of a cluster's credentials it is the part that can change. */
function credentialsOf({ tls, credentials }: ClusterConfig): Credentials {
  const { cert, key } = tls;
  if (cert === undefined) return credentials;
  const complete = (credential: Credential): Credential => ({ cert, ...(key && { key }), ...credential });
  return {
    get: (signal) => {
      const found = credentials.get(signal);
      return found instanceof Promise ? found.then(complete) : complete(found);
    },
    invalidate: () => credentials.invalidate(),
  };
}
