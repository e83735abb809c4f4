// From a GitRepository's spec and Secrets to connections with its server, and with those of its submodules.
import type { GitRepository } from '#api/source/gitrepository';
import { httpTransport, publicUrl, sshTransport, type GitTransport } from '#git/index';
import { errorMessage } from '#lib/errors';
import type { Agents, Route } from '#net/agents';
import { StalledError, TransientError } from '#runtime/reconcile-error';
import { credentialsOf, type Credentials, type CredentialsDependencies } from './credentials.ts';

export interface ConnectionDependencies extends CredentialsDependencies {
  readonly agents: Agents;
  readonly userAgent: string;
  /** Key exchanges to offer to SSH servers instead of the default. */
  readonly sshKexAlgorithms?: readonly string[];
  /** Host key signatures to accept instead of those that fit known_hosts. */
  readonly sshHostKeyAlgorithms?: readonly string[];
}

/** Opens connections with one set of credentials. */
export interface Connections {
  /** A connection that is made with the first request. */
  to(url: string): GitTransport;
  /** The server wants another login. */
  reject(): void;
}

export async function connectionsOf(
  repository: GitRepository,
  deps: ConnectionDependencies,
  signal: AbortSignal,
): Promise<Connections> {
  const own = repository.spec.url;
  if (!URL.canParse(own)) {
    throw new StalledError(
      'URLInvalid',
      `failed to parse url '${own}': write a full address such as https://host/repository`,
    );
  }
  const home = new URL(own);
  if (!['http:', 'https:', 'ssh:'].includes(home.protocol) || home.host === '') {
    throw new StalledError('URLInvalid', `failed to parse url '${publicUrl(own)}': write http://, https:// or ssh://`);
  }
  const credentials = await credentialsOf(repository, home, deps, signal);
  return {
    to: (text) => {
      if (!URL.canParse(text)) throw new Error(`'${text}' is not a URL`);
      const url = new URL(text);
      return url.protocol === 'ssh:'
        ? overSsh(text, credentials, deps)
        : overHttp(text, url.origin === home.origin ? credentials : withoutLogin(credentials), deps);
    },
    reject: () => credentials.reject?.(),
  };
}

/** A server that is not the repository's own learns no password, token or client certificate of it. */
function withoutLogin({ proxy, tls }: Credentials): Credentials {
  return {
    ...(proxy !== undefined && { proxy }),
    ...(tls?.ca !== undefined && { tls: { withSystemRoots: true, ca: tls.ca } }),
  };
}

/** A server known_hosts vouches for may see our key: it learns nothing from it. */
function overSsh(url: string, credentials: Credentials, deps: ConnectionDependencies): GitTransport {
  const { identity, knownHosts, passphrase, proxy } = credentials;
  if (identity === undefined || knownHosts === undefined) {
    throw new Error(`'${publicUrl(url)}' needs an 'identity' and 'known_hosts' in the secret`);
  }
  return sshTransport({
    url,
    identity,
    knownHosts,
    ...(passphrase !== undefined && { passphrase }),
    ...(proxy !== undefined && { proxy }),
    ...(deps.sshKexAlgorithms !== undefined && { kexAlgorithms: deps.sshKexAlgorithms }),
    ...(deps.sshHostKeyAlgorithms !== undefined && { hostKeyAlgorithms: deps.sshHostKeyAlgorithms }),
  });
}

function overHttp(text: string, credentials: Credentials, deps: ConnectionDependencies): GitTransport {
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new Error(`transport '${url.protocol.slice(0, -1)}' is not supported`);
  }
  const { tls, proxy, basic, bearerToken } = credentials;
  const route: Route = { ...(tls && { tls }), ...(proxy && { proxy }) };
  let dispatcher;
  try {
    dispatcher = deps.agents.for(url, route);
  } catch (error) {
    const message = `failed to configure authentication options: ${errorMessage(error)}`;
    throw new TransientError('AuthenticationFailed', message, { cause: error });
  }
  return httpTransport({
    url: text,
    dispatcher,
    userAgent: deps.userAgent,
    ...(basic !== undefined && { basic }),
    ...(bearerToken !== undefined && { bearerToken }),
  });
}
