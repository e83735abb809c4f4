// What a GitRepository logs in with: the Secrets it refers to, checked, and what its provider adds to them.
import type { GitRepository } from '#api/source/gitrepository';
import { isEncryptedKey } from '#git/index';
import type { KubeClient } from '#kube/client';
import { errorMessage } from '#lib/errors';
import type { Secret } from '#lib/secret';
import { parseProxyUrl, type ProxyOptions } from '#net/proxy';
import type { TlsOptions } from '#net/tls';
import { TransientError } from '#runtime/reconcile-error';
import { readSecret, type SecretData } from '../source/secret.ts';
import { providerLogin, type GitLogins } from './provider-login.ts';

/** What a GitRepository logs in with; what is missing is not used. */
export interface Credentials {
  readonly basic?: { readonly username: string; readonly password: Secret };
  readonly bearerToken?: Secret;
  readonly tls?: TlsOptions;
  readonly identity?: Secret;
  readonly passphrase?: Secret;
  readonly knownHosts?: string;
  readonly proxy?: ProxyOptions;
  /** The server did not accept a login the provider gave: the next one is made anew. */
  readonly reject?: () => void;
}

export interface CredentialsDependencies {
  readonly client: Pick<KubeClient, 'get'>;
  readonly logins: GitLogins;
}

const maxProxyAddress = 2048;

export async function credentialsOf(
  repository: GitRepository,
  url: URL,
  { client, logins }: CredentialsDependencies,
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
  const secret = await read(spec.secretRef?.name);
  const name = `${metadata.namespace}/${spec.secretRef?.name}`;
  const own = url.protocol === 'ssh:' ? sshCredentials(secret, name) : httpCredentials(secret, url);
  const { tls } = own;
  const route = { ...(tls !== undefined && { tls }), ...(proxy !== undefined && { proxy }) };
  const issued = await providerLogin(repository, { url, secret, route }, logins, signal);
  return issued === undefined ? { ...own, ...route } : { ...route, ...issued.login, reject: issued.reject };
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
