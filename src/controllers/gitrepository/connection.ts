// From a GitRepository's spec and Secrets to a connection with its server.
import type { Dispatcher } from 'undici';
import type { GitRepository } from '#api/source/gitrepository';
import { httpTransport, type GitTransport } from '#git/index';
import type { KubeClient } from '#kube/client';
import { errorMessage } from '#lib/errors';
import type { Agents, Route } from '#net/agents';
import { parseProxyUrl, type ProxyOptions } from '#net/proxy';
import { StalledError, TransientError } from '#runtime/reconcile-error';
import { readSecret, type SecretData } from '../source/secret.ts';

export interface ConnectionDependencies {
  readonly client: Pick<KubeClient, 'get'>;
  readonly agents: Agents;
  readonly userAgent: string;
}

/** Opens nothing yet: the transport connects with its first request. */
export async function connectionTo(
  repository: GitRepository,
  deps: ConnectionDependencies,
  signal: AbortSignal,
): Promise<GitTransport> {
  const { spec } = repository;
  if (!URL.canParse(spec.url)) {
    throw new StalledError(
      'URLInvalid',
      `failed to parse url '${spec.url}': write a full address such as https://host/repository`,
    );
  }
  const url = new URL(spec.url);
  const secret = await optionalSecret(repository, spec.secretRef?.name, deps, signal);
  const proxy = await proxyOf(repository, deps, signal);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new StalledError(
      'URLInvalid',
      `cannot fetch '${spec.url}': transport '${url.protocol.slice(0, -1)}' is not supported`,
    );
  }
  const route: Route = { ...tlsOf(secret), ...(proxy && { proxy }) };
  return httpTransport({
    url: spec.url,
    dispatcher: dispatcherFor(deps.agents, url, route),
    userAgent: deps.userAgent,
    ...credentialsOf(url, secret),
  });
}

async function optionalSecret(
  repository: GitRepository,
  name: string | undefined,
  deps: ConnectionDependencies,
  signal: AbortSignal,
): Promise<SecretData | undefined> {
  if (name === undefined) return undefined;
  try {
    return await readSecret(deps.client, repository.metadata.namespace ?? '', name, signal);
  } catch (error) {
    throw new TransientError('AuthenticationFailed', errorMessage(error), { cause: error });
  }
}

async function proxyOf(
  repository: GitRepository,
  deps: ConnectionDependencies,
  signal: AbortSignal,
): Promise<ProxyOptions | undefined> {
  const secret = await optionalSecret(repository, repository.spec.proxySecretRef?.name, deps, signal);
  if (secret === undefined) return undefined;
  const address = secret.open('address');
  if (!address) throw proxyFailure(`the Secret '${repository.spec.proxySecretRef?.name}' has no key 'address'`);
  try {
    const proxy = parseProxyUrl(address);
    const username = secret.open('username') ?? proxy.username;
    const password = secret.text('password') ?? proxy.password;
    return { url: proxy.url, ...(username && { username }), ...(password && { password }) };
  } catch (error) {
    throw proxyFailure(errorMessage(error));
  }
}

function proxyFailure(why: string): TransientError {
  return new TransientError('AuthenticationFailed', `failed to configure proxy options: ${why}`);
}

function tlsOf(secret: SecretData | undefined): Pick<Route, 'tls'> {
  const ca = secret?.open('ca.crt') ?? secret?.open('caFile');
  const cert = secret?.open('tls.crt');
  const key = secret?.text('tls.key');
  if (ca === undefined && cert === undefined) return {};
  return {
    tls: {
      withSystemRoots: true,
      ...(ca !== undefined && { ca }),
      ...(cert !== undefined && key !== undefined && { cert, key }),
    },
  };
}

function credentialsOf(
  url: URL,
  secret: SecretData | undefined,
): Pick<Parameters<typeof httpTransport>[0], 'basic' | 'bearerToken'> {
  if (secret === undefined) return {};
  const bearerToken = secret.text('bearerToken');
  if (bearerToken !== undefined) return { bearerToken };
  const username = secret.open('username');
  const password = secret.text('password');
  if (password !== undefined && username === undefined) {
    const scheme = url.protocol.slice(0, -1);
    const why = `invalid '${scheme}' auth option: 'password' requires 'username' to be set`;
    throw new TransientError('AuthenticationFailed', `failed to configure authentication options: ${why}`);
  }
  return username === undefined || password === undefined ? {} : { basic: { username, password } };
}

function dispatcherFor(agents: Agents, url: URL, route: Route): Dispatcher {
  try {
    return agents.for(url, route);
  } catch (error) {
    const message = `failed to configure authentication options: ${errorMessage(error)}`;
    throw new TransientError('AuthenticationFailed', message, { cause: error });
  }
}
