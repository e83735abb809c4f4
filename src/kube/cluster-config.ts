// Where a cluster is, and who we are to it.
import type { ProxyOptions } from '#net/proxy';
import type { TlsOptions } from '#net/tls';
import type { Credentials } from './credentials.ts';
import type { Impersonation } from './impersonate.ts';

/** Everything the transport needs to know of a cluster. */
export interface ClusterConfig {
  /** Base URL of the API server; may have a path. */
  readonly server: string;
  readonly tls: TlsOptions;
  readonly credentials: Credentials;
  readonly proxy?: ProxyOptions;
  readonly impersonate?: Impersonation;
  /** The namespace of the context or of the pod. */
  readonly namespace: string;
}

/** Environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;
