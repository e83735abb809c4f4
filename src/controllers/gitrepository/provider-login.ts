// Logins by spec.provider: a GitHub App's token from GitHub, or what a cloud lets an identity have for its Git servers.
import type { GitRepository } from '#api/source/gitrepository';
import type { GitHubAppData, GitHubApps, Identities, IssuedLogin, Providers } from '#cloudauth/index';
import { IdentityError } from '#cloudauth/index';
import { CodedError, errorMessage } from '#lib/errors';
import type { Route } from '#net/agents';
import { ReconcileError, StalledError, TransientError } from '#runtime/reconcile-error';
import type { SecretData } from '../source/secret.ts';

export interface GitLogins {
  readonly identities: Identities;
  readonly providers: Pick<Providers, 'aws' | 'azure'>;
  readonly githubApps: GitHubApps;
  /** ServiceAccount of objects that name none; empty: our own identity. */
  readonly defaultAccount: string;
}

export interface LoginRequest {
  readonly url: URL;
  /** What spec.secretRef names. */
  readonly secret: SecretData | undefined;
  /** Proxy and authorities of the object. */
  readonly route: Route;
}

/** Undefined where the Secret alone decides. Throws a ReconcileError. */
export async function providerLogin(
  repository: GitRepository,
  request: LoginRequest,
  logins: GitLogins,
  signal: AbortSignal,
): Promise<IssuedLogin | undefined> {
  const { provider = 'generic' } = repository.spec;
  try {
    if (provider === 'aws' || provider === 'azure') return await cloudLogin(repository, request, logins, signal);
    const app = appIn(request, repository);
    return app === undefined ? undefined : await logins.githubApps.gitLogin(app, request.route, signal);
  } catch (error) {
    if (error instanceof ReconcileError) throw error;
    if (error instanceof CodedError && error.code === 'IDENTITY_GATE') throw gateClosed(error);
    const why = signal.aborted ? 'context deadline exceeded' : errorMessage(error);
    const message = `failed to configure authentication options: ${why}`;
    throw new TransientError('AuthenticationFailed', message, { cause: error });
  }
}

function cloudLogin(
  { metadata, spec }: GitRepository,
  { url, route: { proxy } }: LoginRequest,
  { identities, providers, defaultAccount }: GitLogins,
  signal: AbortSignal,
): Promise<IssuedLogin> {
  const name = spec.serviceAccountName || defaultAccount;
  const isDefault = name !== spec.serviceAccountName;
  const account = name === '' ? undefined : { namespace: metadata.namespace ?? '', name, isDefault };
  // Two calls, for the clouds differ in what they call a token.
  return spec.provider === 'aws'
    ? identities.gitLogin(providers.aws, { url, account, proxy }, signal)
    : identities.gitLogin(providers.azure, { url, account, proxy }, signal);
}

function gateClosed(cause: CodedError): StalledError {
  const message =
    'to use spec.serviceAccountName for provider authentication please enable the ObjectLevelWorkloadIdentity feature gate in the controller';
  return new StalledError('FeatureGateDisabled', message, { cause });
}

/** The GitHub App that is to be used; undefined for the provider generic, whose Secret must have none. */
function appIn({ url, secret }: LoginRequest, { metadata, spec }: GitRepository): GitHubAppData | undefined {
  const reason = 'InvalidProviderConfiguration';
  const name = `${metadata.namespace}/${spec.secretRef?.name}`;
  if (spec.provider !== 'github') {
    if (!secret?.open('githubAppID')) return undefined;
    const message = `secretRef '${name}' has github app data but provider is not set to github`;
    throw new TransientError(reason, message);
  }
  if (url.protocol === 'ssh:') {
    throw new IdentityError('IDENTITY_CONFIG', 'GitHub App authentication requires an HTTPS Git URL');
  }
  const required = 'secretRef with github app data must be specified when provider is set to github';
  if (secret === undefined) throw new StalledError(reason, required);
  const [appId, privateKey] = [secret.open('githubAppID'), secret.text('githubAppPrivateKey')];
  if (appId === undefined || privateKey === undefined) throw new TransientError(reason, required);
  return { appId, privateKey, installation: installationIn(secret, name), baseUrl: secret.open('githubAppBaseURL') };
}

function installationIn(secret: SecretData, name: string): GitHubAppData['installation'] {
  const [id, owner] = [secret.open('githubAppInstallationID'), secret.open('githubAppInstallationOwner')];
  if (id !== undefined && owner === undefined) return { id };
  if (owner !== undefined && id === undefined) return { owner };
  const message = `secret '${name}' must contain exactly one of 'githubAppInstallationOwner' or 'githubAppInstallationID'`;
  throw new IdentityError('IDENTITY_CONFIG', message);
}
