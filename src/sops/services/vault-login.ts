// Logins at Vault by the token of a ServiceAccount, where the operator says that this Vault may see it.
import { claimsOf } from '#cloudauth/given/index';
import { errorMessage } from '#lib/errors';
import { Secret } from '#lib/secret';
import { SopsError } from '../errors.ts';
import type { VaultKey } from '../keys/master-key.ts';
import type { ServiceContext, ServiceLogin, VaultLogins } from './service.ts';

type Environment = ServiceContext['env'];

/** Gives Vault's token for an address: one login for all keys of a run. */
export function vaultSessions(
  context: ServiceContext,
  login: ServiceLogin,
  logins: VaultLogins,
): (key: VaultKey, signal: AbortSignal) => Promise<Secret> {
  const tokens = new Map<string, Promise<Secret>>();
  return (key, signal) => {
    let token = tokens.get(key.address);
    if (token === undefined) tokens.set(key.address, (token = logIn(context, { login, logins, key }, signal)));
    return token;
  };
}

interface Attempt {
  readonly login: ServiceLogin;
  readonly logins: VaultLogins;
  readonly key: VaultKey;
}

async function logIn(context: ServiceContext, { login, logins, key }: Attempt, signal: AbortSignal): Promise<Secret> {
  const { address } = key;
  const path = (await logins.read(signal)).get(address);
  if (!path) {
    const message = `no Vault login path configured for address '${address}' in ConfigMap '${logins.name}'`;
    throw new SopsError('SOPS_KEY', message);
  }
  const request = { audiences: [address], account: login.account };
  const { token } = await context.identities.accessToken(context.providers.generic, request, signal);
  const role = roleOf(token);
  try {
    return await exchanged(context, { key, path, role, token }, signal);
  } catch (error) {
    signal.throwIfAborted();
    const message = `failed to authenticate with Vault '${address}' at login path '${path}' as role '${role}': ${errorMessage(error)}`;
    throw new SopsError('SOPS_KEY', message, { cause: error });
  }
}

/** `<namespace>_<name>` of the ServiceAccount. */
function roleOf(token: Secret): string {
  const { sub = '' } = claimsOf(token, 'service account token');
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(sub) ?? [];
  if (namespace !== undefined && name !== undefined) return `${namespace}_${name}`;
  throw new SopsError('SOPS_KEY', `failed to derive Vault role for authentication: unexpected token subject '${sub}'`);
}

interface Exchange {
  readonly key: VaultKey;
  readonly path: string;
  readonly role: string;
  readonly token: Secret;
}

async function exchanged(
  { http, env }: ServiceContext,
  { key, path, role, token }: Exchange,
  signal: AbortSignal,
): Promise<Secret> {
  const segments = path.split('/').filter((segment) => segment !== '');
  const answer = await http.json<{ readonly auth?: { readonly client_token?: string } | null }>(
    {
      what: 'Vault',
      method: 'PUT',
      url: `${vaultOrigin(key)}/v1/${segments.map(encodeURIComponent).join('/')}`,
      headers: vaultHeaders(env),
      body: JSON.stringify({ role, jwt: token.reveal() }),
      secrets: [token],
    },
    signal,
  );
  const session = answer.auth?.client_token;
  if (session) return new Secret(session);
  throw new SopsError('SOPS_KEY', 'the answer has no token');
}

export function vaultHeaders(env: Environment): Record<string, string> {
  const namespace = env['VAULT_NAMESPACE'];
  return {
    'content-type': 'application/json',
    'x-vault-request': 'true',
    ...(namespace && { 'x-vault-namespace': namespace }),
  };
}

/** The address of a document's Vault, without a slash at its end. */
export function vaultOrigin({ address }: VaultKey): string {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url?.protocol === 'https:' || url?.protocol === 'http:') {
    return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
  }
  throw new SopsError('SOPS_KEY', `'${address}' is no address of a Vault`);
}
