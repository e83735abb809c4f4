// AWS: IAM roles for ServiceAccounts, EKS clusters, and CodeCommit.
import { IdentityError } from '../errors.ts';
import {
  within,
  type Assertion,
  type CloudContext,
  type ClusterLogin,
  type ClusterProvider,
  type ClusterTarget,
  type GitLogin,
  type GitProvider,
  type ServiceAccount,
  type TokenScope,
} from '../provider.ts';
import { codeCommitLogin, gitRegion } from './codecommit.ts';
import { eksLogin, parseClusterArn } from './eks.ts';
import { ownCredentials } from './environment.ts';
import type { AwsCredentials } from './sigv4.ts';
import { assumeRole } from './sts.ts';

const roleAnnotation = 'eks.amazonaws.com/role-arn';
const rolePattern = String.raw`^arn:aws[\w-]*:iam::[0-9]{1,30}:role/.{1,200}$`;
const longestSessionName = 64;

export class AwsProvider implements ClusterProvider<AwsCredentials>, GitProvider<AwsCredentials> {
  readonly name = 'aws';
  readonly #context: CloudContext;

  constructor(context: CloudContext) {
    this.#context = context;
  }

  ownToken(scope: TokenScope, signal: AbortSignal): Promise<AwsCredentials> {
    // EKS sets it in pods that have an identity.
    const at = scope.region || this.#context.env['AWS_REGION'];
    if (at) return ownCredentials(within(this.#context, scope), at, signal);
    const message =
      'AWS_REGION environment variable is not set: IAM Roles for Service Accounts and EKS Pod Identity set it in new pods; elsewhere set it yourself';
    return Promise.reject(new IdentityError('IDENTITY_CONFIG', message));
  }

  audiences(): Promise<readonly string[]> {
    return Promise.resolve(['sts.amazonaws.com']);
  }

  identityOf({ annotations }: ServiceAccount): string {
    const arn = annotations[roleAnnotation] ?? '';
    if (new RegExp(rolePattern).test(arn)) return arn;
    const message = `invalid ${roleAnnotation} annotation: '${arn}'. must match ${rolePattern}`;
    throw new IdentityError('IDENTITY_CONFIG', message);
  }

  exchange({ account, token }: Assertion, scope: TokenScope, signal: AbortSignal): Promise<AwsCredentials> {
    const { region } = scope;
    if (!region) {
      const message = 'an AWS region is required for authenticating with a service account: name one in the object';
      return Promise.reject(new IdentityError('IDENTITY_CONFIG', message));
    }
    const { name, namespace } = account;
    // AWS refuses longer names; Kubernetes does not.
    const sessionName = `${name}.${namespace}.${region}.fluxcd.io`.slice(0, longestSessionName);
    const request = { roleArn: this.identityOf(account), sessionName, webIdentityToken: token, region };
    return assumeRole(within(this.#context, scope), request, signal);
  }

  async clusterScopes({ resource }: ClusterTarget): Promise<readonly TokenScope[]> {
    return [{ region: parseClusterArn(resource).region }];
  }

  login([credentials]: readonly AwsCredentials[], target: ClusterTarget, signal: AbortSignal): Promise<ClusterLogin> {
    return eksLogin(this.#context, { credentials: credentials!, target }, signal);
  }

  gitScope(url: URL): TokenScope {
    return { region: gitRegion(url) };
  }

  gitLogin(credentials: AwsCredentials, url: URL): GitLogin {
    return codeCommitLogin(credentials, url, this.#context.clock.now());
  }
}
