// AWS: IAM roles for ServiceAccounts, and EKS clusters.
import { IdentityError } from '../errors.ts';
import type {
  Assertion,
  CloudContext,
  ClusterLogin,
  ClusterProvider,
  ClusterTarget,
  ServiceAccount,
  TokenScope,
} from '../provider.ts';
import { eksLogin, parseClusterArn } from './eks.ts';
import { ownCredentials } from './environment.ts';
import type { AwsCredentials } from './sigv4.ts';
import { assumeRole } from './sts.ts';

const roleAnnotation = 'eks.amazonaws.com/role-arn';
const rolePattern = String.raw`^arn:aws[\w-]*:iam::[0-9]{1,30}:role/.{1,200}$`;
const longestSessionName = 64;

export class AwsProvider implements ClusterProvider<AwsCredentials> {
  readonly name = 'aws';
  readonly #context: CloudContext;

  constructor(context: CloudContext) {
    this.#context = context;
  }

  ownToken({ region }: TokenScope, signal: AbortSignal): Promise<AwsCredentials> {
    // EKS sets it in pods that have an identity.
    const at = region || this.#context.env['AWS_REGION'];
    if (at) return ownCredentials(this.#context, at, signal);
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

  exchange({ account, token }: Assertion, { region }: TokenScope, signal: AbortSignal): Promise<AwsCredentials> {
    if (!region) {
      const message = 'an AWS region is required for authenticating with a service account: name one in the object';
      return Promise.reject(new IdentityError('IDENTITY_CONFIG', message));
    }
    const { name, namespace } = account;
    // AWS refuses longer names; Kubernetes does not.
    const sessionName = `${name}.${namespace}.${region}.fluxcd.io`.slice(0, longestSessionName);
    const request = { roleArn: this.identityOf(account), sessionName, webIdentityToken: token, region };
    return assumeRole(this.#context, request, signal);
  }

  async clusterScopes({ resource }: ClusterTarget): Promise<readonly TokenScope[]> {
    return [{ region: parseClusterArn(resource).region }];
  }

  login([credentials]: readonly AwsCredentials[], target: ClusterTarget, signal: AbortSignal): Promise<ClusterLogin> {
    return eksLogin(this.#context, { credentials: credentials!, target }, signal);
  }
}
