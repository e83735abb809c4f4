// Tokens of ServiceAccounts and of this process itself, for whatever a cloud guards.
import type { Secret } from '#lib/secret';
import { explained, IdentityError } from './errors.ts';
import type {
  ClusterLogin,
  ClusterProvider,
  ClusterTarget,
  Expiring,
  GitLogin,
  GitProvider,
  Provider,
  ServiceAccount,
  TokenScope,
} from './provider.ts';
import { tokenKey, type TokenCache } from './token-cache.ts';

/** ServiceAccounts as the cluster has them. */
export interface Accounts {
  /** Undefined when there is none. */
  get(reference: AccountReference, signal: AbortSignal): Promise<ServiceAccount | undefined>;
  /** A token the API server issues for it; for its own audiences when there are none. */
  issueToken(reference: AccountReference, audiences: readonly string[], signal: AbortSignal): Promise<Secret>;
}

export interface AccountReference {
  readonly namespace: string;
  readonly name: string;
  /** Named by a flag, not by the object. */
  readonly isDefault?: boolean;
}

export interface IdentitiesOptions {
  readonly accounts: Accounts;
  readonly cache: TokenCache;
  /** Whether objects may name ServiceAccounts (gate ObjectLevelWorkloadIdentity). */
  readonly objectLevel: boolean;
}

/** Whose token, and what for. Without an account it is this process's own identity. */
export interface AccessRequest extends TokenScope {
  readonly account?: AccountReference | undefined;
}

/** A login that is good for a while. */
export interface IssuedLogin {
  readonly login: GitLogin;
  /** The server did not accept it: the next one is made anew. */
  readonly reject: () => void;
}

export class Identities {
  readonly #options: IdentitiesOptions;
  /** Under which keys a login and its tokens are kept. */
  readonly #keys = new WeakMap<ClusterLogin, readonly string[]>();

  constructor(options: IdentitiesOptions) {
    this.#options = options;
  }

  /** A token of the provider. Throws an IdentityError, or what the API server answered. */
  async accessToken<T extends Expiring>(
    provider: Provider<T>,
    request: AccessRequest,
    signal: AbortSignal,
  ): Promise<T> {
    return (await this.#access(provider, request, signal)).get(signal);
  }

  /** The way into a cluster, from the cache as long as it is fresh. Throws as {@link accessToken} does. */
  async clusterLogin<T extends Expiring>(
    provider: ClusterProvider<T>,
    { target, account }: { readonly target: ClusterTarget; readonly account?: AccountReference | undefined },
    signal: AbortSignal,
  ): Promise<ClusterLogin> {
    const scopes = await provider.clusterScopes(target);
    const needs = await Promise.all(
      scopes.map((scope) => this.#access(provider, { audiences: target.audiences, ...scope, account }, signal)),
    );
    const key = tokenKey(
      'login',
      target,
      needs.map((need) => need.key),
    );
    const make = async (limit: AbortSignal): Promise<ClusterLogin> => {
      const tokens = await explained('failed to get access token for cluster: ', () =>
        Promise.all(needs.map((need) => need.get(limit))),
      );
      const login = await provider.login(tokens, target, limit);
      this.#keys.set(login, [key, ...needs.map((need) => need.key)]);
      return login;
    };
    return this.#options.cache.get(key, make, signal);
  }

  /** The cluster did not accept this login: the next one is made anew. */
  reject(login: ClusterLogin): void {
    for (const key of this.#keys.get(login) ?? []) this.#options.cache.delete(key);
  }

  /** The way into a Git repository, by a token from the cache as long as it is fresh. Throws as {@link accessToken} does. */
  async gitLogin<T extends Expiring>(
    provider: GitProvider<T>,
    { url, ...request }: { readonly url: URL } & Pick<AccessRequest, 'account' | 'proxy'>,
    signal: AbortSignal,
  ): Promise<IssuedLogin> {
    const scope = provider.gitScope(url);
    return explained('failed to get access token for Git repository: ', async () => {
      const { key, get } = await this.#access(provider, { ...request, ...scope }, signal);
      const login = provider.gitLogin(await get(signal), url);
      return { login, reject: () => this.#options.cache.delete(key) };
    });
  }

  async #access<T extends Expiring>(
    provider: Provider<T>,
    { account: reference, ...scope }: AccessRequest,
    signal: AbortSignal,
  ): Promise<{ readonly key: string; readonly get: (signal: AbortSignal) => Promise<T> }> {
    const { cache } = this.#options;
    if (reference === undefined) {
      const key = tokenKey(provider.name, scope);
      const what = 'failed to create provider access token for the controller: ';
      const make = (limit: AbortSignal): Promise<T> => explained(what, () => provider.ownToken(scope, limit));
      return { key, get: (limit) => cache.get(key, make, limit) };
    }
    const account = await this.#account(reference, signal);
    const name = `service account '${account.namespace}/${account.name}'`;
    const identity = await explained(`failed to get provider identity from ${name} annotations: `, () =>
      provider.identityOf(account),
    );
    const audiences = await this.#audiences(provider, account, { scope, signal });
    const key = tokenKey(
      provider.name,
      { ...scope, audiences },
      account.namespace,
      account.name,
      account.uid,
      identity,
    );
    const make = async (limit: AbortSignal): Promise<T> => {
      const token = await explained(`failed to create kubernetes token for ${name}: `, () =>
        this.#options.accounts.issueToken(account, audiences, limit),
      );
      return explained(`failed to create provider access token for ${name}: `, () =>
        provider.exchange({ account, token }, scope, limit),
      );
    };
    return { key, get: (limit) => cache.get(key, make, limit) };
  }

  async #account(reference: AccountReference, signal: AbortSignal): Promise<ServiceAccount> {
    const { accounts, objectLevel } = this.#options;
    if (!objectLevel) {
      const message =
        'ObjectLevelWorkloadIdentity feature gate is not enabled: start Sluice with --feature-gates=ObjectLevelWorkloadIdentity=true';
      throw new IdentityError('IDENTITY_GATE', message);
    }
    const account = await accounts.get(reference, signal);
    if (account !== undefined) return account;
    const { namespace, name } = reference;
    const reason = reference.isDefault === true ? defaultMissing : `serviceaccounts "${name}" not found`;
    const message = `failed to get service account '${namespace}/${name}': ${reason}`;
    throw new IdentityError('IDENTITY_ACCOUNT_NOT_FOUND', message);
  }

  async #audiences<T extends Expiring>(
    provider: Provider<T>,
    account: ServiceAccount,
    { scope, signal }: { readonly scope: TokenScope; readonly signal: AbortSignal },
  ): Promise<readonly string[]> {
    const { audiences = [] } = scope;
    if (audiences.length > 0) return audiences;
    return explained('failed to get provider audience: ', () => provider.audiences(account, signal));
  }
}

const defaultMissing =
  'the specified default service account does not exist in the object namespace. your cluster is subject to multi-tenant workload identity lockdown, reach out to your cluster administrator for help';
