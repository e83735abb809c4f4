// From a HelmRepository's spec and Secrets to a client of its server.
import type { HelmRepository } from '#api/source/helmrepository';
import { RepositoryClient } from '#helm/repository/index';
import type { KubeClient } from '#kube/client';
import { durationMs } from '#lib/duration-ms';
import { errorMessage } from '#lib/errors';
import type { Agents, Route } from '#net/agents';
import type { TlsOptions } from '#net/tls';
import { StalledError, TransientError } from '#runtime/reconcile-error';
import { readSecret, type SecretData } from './secret.ts';

export interface ConnectionDependencies {
  readonly client: Pick<KubeClient, 'get'>;
  readonly agents: Agents;
  readonly userAgent: string;
}

const defaultTimeoutMs = 60_000;

/** ms a request may take. */
export function timeoutOf({ spec }: Pick<HelmRepository, 'spec'>): number {
  return durationMs(spec.timeout, defaultTimeoutMs);
}

/** Opens nothing yet. Throws a ReconcileError when the spec or its Secrets cannot be used. */
export async function connectionTo(
  repository: Pick<HelmRepository, 'metadata' | 'spec'>,
  deps: ConnectionDependencies,
  signal: AbortSignal,
): Promise<RepositoryClient> {
  const { spec } = repository;
  requireUrl(spec.url);
  const secret = await secretOf(repository, spec.secretRef?.name, { deps, signal, what: 'authentication' });
  const certificates = await secretOf(repository, spec.certSecretRef?.name, {
    deps,
    signal,
    what: 'TLS authentication',
  });
  const tls = tlsOf(certificates ?? secret);
  const route: Route = tls === undefined ? {} : { tls };
  const url = new URL(spec.url);
  try {
    // The pool is made here, where its certificates can be told to be wrong.
    deps.agents.for(url, route);
  } catch (error) {
    throw authenticationFailed(`failed to construct Helm client's TLS config: ${errorMessage(error)}`, error);
  }
  return new RepositoryClient({
    url: spec.url,
    userAgent: deps.userAgent,
    passCredentials: spec.passCredentials === true,
    dispatcher: (target) => deps.agents.for(target, route),
    ...basicOf(repository, secret),
  });
}

function requireUrl(url: string): void {
  if (!URL.canParse(url)) {
    throw new StalledError('URLInvalid', `invalid Helm repository URL: cannot parse '${url}': write a full address`);
  }
  const { protocol } = new URL(url);
  if (protocol === 'http:' || protocol === 'https:') return;
  if (protocol === 'oci:') {
    const why = "'oci' URL scheme cannot be used with 'default' HelmRepository type";
    throw new StalledError('URLInvalid', `invalid Helm repository URL: ${why}`);
  }
  throw new StalledError('Failed', `failed to construct Helm client: scheme "${protocol.slice(0, -1)}" not supported`);
}

interface SecretRequest {
  readonly deps: ConnectionDependencies;
  readonly signal: AbortSignal;
  /** What it is for, in the error. */
  readonly what: string;
}

async function secretOf(
  repository: Pick<HelmRepository, 'metadata'>,
  name: string | undefined,
  { deps, signal, what }: SecretRequest,
): Promise<SecretData | undefined> {
  if (name === undefined) return undefined;
  const { namespace = '' } = repository.metadata;
  try {
    return await readSecret(deps.client, namespace, name, signal);
  } catch (error) {
    throw authenticationFailed(`failed to get ${what} secret '${namespace}/${name}': ${errorMessage(error)}`, error);
  }
}

function basicOf(
  { metadata, spec }: Pick<HelmRepository, 'metadata' | 'spec'>,
  secret: SecretData | undefined,
): Pick<ConstructorParameters<typeof RepositoryClient>[0], 'basic'> {
  const username = secret?.open('username');
  const password = secret?.text('password');
  if (username === undefined && password === undefined) return {};
  if (username !== undefined && password !== undefined) return { basic: { username, password } };
  const [has, lacks] = username === undefined ? ['password', 'username'] : ['username', 'password'];
  const name = `${metadata.namespace ?? ''}/${spec.secretRef?.name ?? ''}`;
  const why = `secret '${name}': malformed basic auth - has '${has}' but missing '${lacks}'`;
  throw authenticationFailed(`failed to get authentication secret '${name}': ${why}`);
}

function tlsOf(secret: SecretData | undefined): TlsOptions | undefined {
  const ca = secret?.open('ca.crt') ?? secret?.open('caFile');
  const cert = secret?.open('tls.crt') ?? secret?.open('certFile');
  const key = secret?.text('tls.key') ?? secret?.text('keyFile');
  if ((cert === undefined) !== (key === undefined)) {
    const lacks = cert === undefined ? 'tls.crt' : 'tls.key';
    throw authenticationFailed(`failed to construct Helm client's TLS config: the Secret lacks '${lacks}'`);
  }
  if (ca === undefined && cert === undefined) return undefined;
  if (ca !== undefined && !ca.includes('-----BEGIN CERTIFICATE-----')) {
    throw authenticationFailed("failed to construct Helm client's TLS config: failed to parse CA certificate");
  }
  return {
    withSystemRoots: true,
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && key !== undefined && { cert, key }),
  };
}

function authenticationFailed(message: string, cause?: unknown): TransientError {
  return new TransientError('AuthenticationFailed', message, { cause });
}
