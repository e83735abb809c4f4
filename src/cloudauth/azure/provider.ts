// Azure: workload identities of ServiceAccounts, AKS clusters, and Azure DevOps.
import { clusterUrl } from '../cluster-address.ts';
import { IdentityError } from '../errors.ts';
import {
  within,
  type Assertion,
  type BearerToken,
  type CloudContext,
  type ClusterLogin,
  type ClusterProvider,
  type ClusterTarget,
  type GitLogin,
  type GitProvider,
  type ServiceAccount,
  type TokenScope,
} from '../provider.ts';
import { aksCluster } from './aks.ts';
import { cloudOf } from './cloud.ts';
import { devOpsScope } from './devops.ts';
import { entraToken } from './entra.ts';
import { ownToken } from './environment.ts';

/** The application every AKS cluster with Entra ID is a part of. */
const aksScope = '6dae42f8-4368-4678-94ff-3960e28e3630/.default';

export class AzureProvider implements ClusterProvider<BearerToken>, GitProvider<BearerToken> {
  readonly name = 'azure';
  readonly #context: CloudContext;

  constructor(context: CloudContext) {
    this.#context = context;
  }

  ownToken(scope: TokenScope, signal: AbortSignal): Promise<BearerToken> {
    return ownToken(within(this.#context, scope), scope.scopes ?? [], signal);
  }

  audiences(): Promise<readonly string[]> {
    return Promise.resolve(['api://AzureADTokenExchange']);
  }

  identityOf(account: ServiceAccount): string {
    return `${tenantOf(account)}/${clientOf(account)}`;
  }

  exchange({ account, token }: Assertion, scope: TokenScope, signal: AbortSignal): Promise<BearerToken> {
    const [tenantId, clientId, { scopes = [] }] = [tenantOf(account), clientOf(account), scope];
    const request = { tenantId, clientId, proof: { assertion: token }, scopes };
    return entraToken(within(this.#context, scope), request, signal);
  }

  /** One token for the cluster, and one to look it up where that is needed. */
  async clusterScopes({ address, ca }: ClusterTarget): Promise<readonly TokenScope[]> {
    const scopes: TokenScope[] = [{ scopes: [aksScope] }];
    if (address && ca) return scopes;
    const { managementAudience } = await cloudOf(this.#context.env);
    return [...scopes, { scopes: [`${managementAudience}/.default`] }];
  }

  async login(
    [bearer, management]: readonly BearerToken[],
    target: ClusterTarget,
    signal: AbortSignal,
  ): Promise<ClusterLogin> {
    const { address, ca } = target;
    if (management === undefined) return { ...bearer!, server: clusterUrl(address!), ca };
    return { ...bearer!, ...(await aksCluster(this.#context, { management, target }, signal)) };
  }

  gitScope(url: URL): TokenScope {
    return devOpsScope(url);
  }

  gitLogin({ token }: BearerToken): GitLogin {
    return { bearerToken: token };
  }
}

function tenantOf(account: ServiceAccount): string {
  return annotation(account, 'azure.workload.identity/tenant-id', 'tenant');
}

function clientOf(account: ServiceAccount): string {
  return annotation(account, 'azure.workload.identity/client-id', 'client');
}

function annotation({ annotations }: ServiceAccount, key: string, what: string): string {
  const value = annotations[key];
  if (value) return value;
  const message = `azure ${what} ID is not set in the service account annotation ${key}`;
  throw new IdentityError('IDENTITY_CONFIG', message);
}
