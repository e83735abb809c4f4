// What a cloud has to know how to do for us: turn an identity into a token, and a token into the credentials of a cluster
// or of a Git repository.
import type { Clock } from '#lib/clock';
import type { Secret } from '#lib/secret';
import type { ProxyOptions } from '#net/proxy';
import type { CloudHttp } from './cloud-http.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What providers are built from. */
export interface CloudContext {
  readonly http: CloudHttp;
  readonly env: Environment;
  readonly clock: Clock;
}

/** Anything that is good until a point in time, ms since the Unix epoch. */
export interface Expiring {
  readonly expiresAt: number;
}

/** A token that is shown as it is. */
export interface BearerToken extends Expiring {
  readonly token: Secret;
}

/** The ServiceAccount whose identity is asked for, as far as clouds care. */
export interface ServiceAccount {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly annotations: Readonly<Record<string, string>>;
}

/** What a token is to be good for. What a provider has no use for is left out. */
export interface TokenScope {
  /** Of the ServiceAccount's own token; the provider's by default. */
  readonly audiences?: readonly string[] | undefined;
  /** azure: what the token gives access to. */
  readonly scopes?: readonly string[] | undefined;
  /** aws: where to ask for it. */
  readonly region?: string | undefined;
  /** Through which the cloud is asked. */
  readonly proxy?: ProxyOptions | undefined;
}

/** The context for requests about a token. */
export function within(context: CloudContext, { proxy }: TokenScope): CloudContext {
  return proxy === undefined ? context : { ...context, http: context.http.over({ proxy }) };
}

/** A ServiceAccount with the token the API server issued for it. */
export interface Assertion {
  readonly account: ServiceAccount;
  readonly token: Secret;
}

/** One cloud. `T` is what it calls a token. Everything throws an IdentityError. */
export interface Provider<T extends Expiring> {
  readonly name: string;
  /** The identity of this process, from its environment. */
  ownToken(scope: TokenScope, signal: AbortSignal): Promise<T>;
  /** Audiences the cloud wants in a ServiceAccount's token; empty for those of the API server. */
  audiences(account: ServiceAccount, signal: AbortSignal): Promise<readonly string[]>;
  /** Whom in the cloud the account's annotations name. */
  identityOf(account: ServiceAccount): string;
  /** The cloud's token for a ServiceAccount's. */
  exchange(assertion: Assertion, scope: TokenScope, signal: AbortSignal): Promise<T>;
}

/** A Kubernetes cluster to log in to. */
export interface ClusterTarget {
  /** Its name in the cloud. */
  readonly resource?: string | undefined;
  readonly address?: string | undefined;
  /** PEM. */
  readonly ca?: string | undefined;
  readonly audiences?: readonly string[] | undefined;
}

/** How to talk to a cluster until the token expires. */
export interface ClusterLogin extends BearerToken {
  /** `https://host…` */
  readonly server: string;
  /** PEM; the system's roots when left out. */
  readonly ca?: string | undefined;
}

/** A cloud whose identities are let into Kubernetes clusters. */
export interface ClusterProvider<T extends Expiring> extends Provider<T> {
  /** The tokens {@link login} needs, in its order. */
  clusterScopes(target: ClusterTarget): Promise<readonly TokenScope[]>;
  login(tokens: readonly T[], target: ClusterTarget, signal: AbortSignal): Promise<ClusterLogin>;
}

/** What a Git server is shown. */
export type GitLogin =
  | { readonly basic: { readonly username: string; readonly password: Secret } }
  | { readonly bearerToken: Secret };

/** A cloud whose identities are let into its Git service. */
export interface GitProvider<T extends Expiring> extends Provider<T> {
  /** The token {@link gitLogin} needs. Throws for an address that is not of the cloud's Git service. */
  gitScope(url: URL): TokenScope;
  gitLogin(token: T, url: URL): GitLogin;
}
