// Google Cloud: workload identities of ServiceAccounts, and GKE clusters.
import { IdentityError } from '../errors.ts';
import {
  within,
  type Assertion,
  type BearerToken,
  type CloudContext,
  type ClusterLogin,
  type ClusterProvider,
  type ClusterTarget,
  type ServiceAccount,
  type TokenScope,
} from '../provider.ts';
import { ownToken } from './environment.ts';
import { gkeLogin } from './gke.ts';
import { GcpMetadata } from './metadata.ts';
import { federatedToken } from './sts.ts';

const emailAnnotation = 'iam.gke.io/gcp-service-account';
const emailPattern = String.raw`^[a-zA-Z0-9-]{1,100}@[a-zA-Z0-9-]{1,100}\.iam\.gserviceaccount\.com$`;
const providerAnnotation = 'gcp.auth.fluxcd.io/workload-identity-provider';
const providerPattern = String.raw`^projects/\d{1,30}/locations/global/workloadIdentityPools/[^/]{1,100}/providers/[^/]{1,100}$`;

export class GcpProvider implements ClusterProvider<BearerToken> {
  readonly name = 'gcp';
  readonly #context: CloudContext;
  readonly #metadata: GcpMetadata;

  constructor(context: CloudContext) {
    this.#context = context;
    this.#metadata = new GcpMetadata(context);
  }

  ownToken(scope: TokenScope, signal: AbortSignal): Promise<BearerToken> {
    return ownToken(within(this.#context, scope), this.#metadata, signal);
  }

  /** Outside GKE the account names its provider; inside, the cluster is the issuer. */
  async audiences(account: ServiceAccount, signal: AbortSignal): Promise<readonly string[]> {
    const named = providerOf(account);
    return [named ?? (await this.#metadata.surroundings(signal)).workloadIdentityPool];
  }

  /** Empty: the account's own subject. */
  identityOf({ annotations }: ServiceAccount): string {
    return checked(annotations, emailAnnotation, emailPattern) ?? '';
  }

  async exchange({ account, token }: Assertion, scope: TokenScope, signal: AbortSignal): Promise<BearerToken> {
    const audience = providerOf(account) ?? (await this.#metadata.surroundings(signal)).audience;
    const request = {
      audience,
      subjectToken: token,
      subjectTokenType: 'urn:ietf:params:oauth:token-type:jwt',
      actAs: this.identityOf(account) || undefined,
    };
    return federatedToken(within(this.#context, scope), request, signal);
  }

  clusterScopes(): Promise<readonly TokenScope[]> {
    return Promise.resolve([{}]);
  }

  login([bearer]: readonly BearerToken[], target: ClusterTarget, signal: AbortSignal): Promise<ClusterLogin> {
    return gkeLogin(this.#context, { bearer: bearer!, target }, signal);
  }
}

function providerOf({ annotations }: ServiceAccount): string | undefined {
  const provider = checked(annotations, providerAnnotation, providerPattern);
  return provider === undefined ? undefined : `//iam.googleapis.com/${provider}`;
}

/** An annotation that may be left out, and must be of a form. */
function checked(annotations: ServiceAccount['annotations'], key: string, pattern: string): string | undefined {
  const value = annotations[key];
  if (!value) return undefined;
  if (new RegExp(pattern).test(value)) return value;
  throw new IdentityError('IDENTITY_CONFIG', `invalid ${key} annotation: '${value}'. must match ${pattern}`);
}
