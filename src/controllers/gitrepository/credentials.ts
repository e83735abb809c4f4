// The Secrets a GitRepository refers to, checked and turned into credentials.
import type { GitRepository } from '#api/source/gitrepository';
import { isEncryptedKey } from '#git/index';
import type { KubeClient } from '#kube/client';
import { errorMessage } from '#lib/errors';
import type { Secret } from '#lib/secret';
import { parseProxyUrl, type ProxyOptions } from '#net/proxy';
import type { TlsOptions } from '#net/tls';
import { StalledError, TransientError } from '#runtime/reconcile-error';
import { readSecret, type SecretData } from '../source/secret.ts';

/** What a GitRepository logs in with; what is missing is not used. */
export interface Credentials {
  readonly basic?: { readonly username: string; readonly password: Secret };
  readonly bearerToken?: Secret;
  readonly tls?: TlsOptions;
  readonly identity?: Secret;
  readonly passphrase?: Secret;
  readonly knownHosts?: string;
  readonly proxy?: ProxyOptions;
}

const maxProxyAddress = 2048;

export async function credentialsOf(
  repository: GitRepository,
  url: URL,
  client: Pick<KubeClient, 'get'>,
  signal: AbortSignal,
): Promise<Credentials> {
  const { spec, metadata } = repository;
  const read = async (name: string | undefined): Promise<SecretData | undefined> => {
    if (name === undefined) return undefined;
    try {
      return await readSecret(client, metadata.namespace ?? '', name, signal);
    } catch (error) {
      signal.throwIfAborted();
      throw new TransientError('AuthenticationFailed', errorMessage(error), { cause: error });
    }
  };
  const proxy = proxyOf(await read(spec.proxySecretRef?.name), spec.proxySecretRef?.name);
  requireProvider(repository);
  const secret = await read(spec.secretRef?.name);
  const name = `${metadata.namespace}/${spec.secretRef?.name}`;
  if (secret?.has('githubAppID') === true) {
    const message = `secretRef '${name}' has github app data but provider is not set to github`;
    throw new TransientError('InvalidProviderConfiguration', message);
  }
  const own = url.protocol === 'ssh:' ? sshCredentials(secret, name) : httpCredentials(secret, url);
  return { ...own, ...(proxy !== undefined && { proxy }) };
}

function requireProvider({ spec }: GitRepository): void {
  const { provider = 'generic' } = spec;
  if (provider === 'generic') return;
  const reason = 'InvalidProviderConfiguration';
  if (provider === 'github' && spec.secretRef === undefined) {
    throw new StalledError(reason, 'secretRef with github app data must be specified when provider is set to github');
  }
  throw new StalledError(
    reason,
    `provider '${provider}' is not supported: set provider to generic and give user and password, a token or a key in secretRef`,
  );
}

function sshCredentials(secret: SecretData | undefined, name: string): Credentials {
  const identity = secret?.text('identity');
  const knownHosts = secret?.open('known_hosts');
  if (!identity?.reveal()) throw invalid(`invalid 'ssh' auth option: 'identity' is required`);
  if (!knownHosts) throw invalid(`invalid 'ssh' auth option: 'known_hosts' is required`);
  const passphrase = secret?.text('password');
  if (passphrase === undefined && isEncryptedKey(identity.reveal())) {
    throw new TransientError(
      'AuthenticationFailed',
      `SSH identity key is encrypted but no 'password' field was provided in the secret '${name}'`,
    );
  }
  return { identity, knownHosts, ...(passphrase !== undefined && { passphrase }) };
}

function httpCredentials(secret: SecretData | undefined, url: URL): Credentials {
  if (secret === undefined) return {};
  const tls = tlsOf(secret);
  const bearerToken = secret.text('bearerToken');
  if (bearerToken !== undefined) {
    if (url.username !== '' || url.password !== '') {
      throw invalid('basic auth and bearer token cannot be set at the same time');
    }
    return { ...tls, bearerToken };
  }
  const username = secret.open('username') ?? decodeURIComponent(url.username);
  const password = secret.text('password');
  if (password?.reveal() && username === '') {
    const scheme = url.protocol.slice(0, -1);
    throw invalid(`invalid '${scheme}' auth option: 'password' requires 'username' to be set`);
  }
  return username === '' || password === undefined ? tls : { ...tls, basic: { username, password } };
}

function tlsOf(secret: SecretData): Pick<Credentials, 'tls'> {
  const ca = secret.open('ca.crt') ?? secret.open('caFile');
  const cert = secret.open('tls.crt');
  const key = secret.text('tls.key');
  if ((cert === undefined) !== (key === undefined)) {
    const [present, absent] = cert === undefined ? ['tls.key', 'tls.crt'] : ['tls.crt', 'tls.key'];
    throw invalid(`the secret has '${present}' but not '${absent}': a client certificate needs both`);
  }
  if (ca === undefined && cert === undefined) return {};
  return {
    tls: {
      withSystemRoots: true,
      ...(ca !== undefined && { ca }),
      ...(cert !== undefined && key !== undefined && { cert, key }),
    },
  };
}

function invalid(why: string): TransientError {
  return new TransientError('AuthenticationFailed', `failed to configure authentication options: ${why}`);
}

function proxyOf(secret: SecretData | undefined, name: string | undefined): ProxyOptions | undefined {
  if (secret === undefined) return undefined;
  const address = secret.open('address');
  if (!address) throw invalidProxy(`the secret '${name}' has no key 'address'`);
  if (address.length > maxProxyAddress) throw invalidProxy(`the address is longer than ${maxProxyAddress} characters`);
  try {
    const proxy = parseProxyUrl(address);
    const username = secret.open('username') ?? proxy.username;
    const password = secret.text('password') ?? proxy.password;
    return { url: proxy.url, ...(username && { username }), ...(password && { password }) };
  } catch (error) {
    throw invalidProxy(errorMessage(error));
  }
}

function invalidProxy(why: string): TransientError {
  return new TransientError('AuthenticationFailed', `failed to configure proxy options: ${why}`);
}
