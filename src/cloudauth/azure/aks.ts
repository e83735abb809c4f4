// Azure Kubernetes Service: where a cluster is.
import { parse } from 'yaml';
import { clusterHost, clusterUrl, decodedCa } from '../cluster-address.ts';
import { explained, IdentityError } from '../errors.ts';
import type { BearerToken, CloudContext, ClusterTarget } from '../provider.ts';
import { cloudOf } from './cloud.ts';

const pattern = String.raw`^/subscriptions/([^/]{36})/resourceGroups/([^/]{1,200})/providers/Microsoft\.ContainerService/managedClusters/([^/]{1,200})$`;
const apiVersion = '2025-05-01';
const entraGuide = 'https://learn.microsoft.com/en-us/azure/aks/enable-authentication-microsoft-entra-id';

export interface AksCluster {
  readonly server: string;
  /** PEM. */
  readonly ca: string;
}

/** What of the target is not known yet is asked for: the address that was given picks among those of the cluster. */
export async function aksCluster(
  context: CloudContext,
  { management, target }: { readonly management: BearerToken; readonly target: ClusterTarget },
  signal: AbortSignal,
): Promise<AksCluster> {
  const { resource = '', address } = target;
  const path = clusterPath(resource);
  const { managementUrl } = await cloudOf(context.env);
  const send = <T>(method: 'GET' | 'POST', suffix: string): Promise<T> =>
    context.http.json<T>(
      {
        what: 'Azure Resource Manager',
        method,
        url: `${managementUrl}${path}${suffix}?api-version=${apiVersion}`,
        headers: { authorization: `Bearer ${management.token.reveal()}` },
        secrets: [management.token],
      },
      signal,
    );
  const found = await explained('failed to describe AKS cluster: ', () =>
    send<{ properties?: { aadProfile?: object | null } }>('GET', ''),
  );
  if (!found.properties?.aadProfile) {
    const message = `AKS cluster ${resource} does not have Microsoft Entra ID integration enabled. See docs for enabling: ${entraGuide}`;
    throw new IdentityError('IDENTITY_CONFIG', message);
  }
  const { kubeconfigs = [] } = await send<Kubeconfigs>('POST', '/listClusterUserCredential');
  const clusters = kubeconfigs.map(({ value = '' }) => clusterIn(Buffer.from(value, 'base64').toString('utf8')));
  const wanted = address ? clusterHost(address) : undefined;
  const match = clusters.find(({ server }) => wanted === undefined || clusterHost(server) === wanted);
  if (match === undefined) throw noMatch(resource, address, clusters);
  return { server: address ? clusterUrl(address) : match.server, ca: target.ca || match.ca };
}

interface Kubeconfigs {
  readonly kubeconfigs?: readonly { readonly value?: string }[];
}

/** The path of the resource. What it is made of goes into a URL, so nothing is taken over as it was written. */
function clusterPath(resource: string): string {
  const [, subscription, group, name] = new RegExp(pattern, 'i').exec(resource) ?? [];
  if (subscription === undefined || group === undefined || name === undefined) {
    throw new IdentityError('IDENTITY_CONFIG', `invalid AKS cluster ID: '${resource}'. must match (?i)${pattern}`);
  }
  return `/subscriptions/${segment(subscription)}/resourceGroups/${segment(group)}/providers/Microsoft.ContainerService/managedClusters/${segment(name)}`;
}

function segment(text: string): string {
  return encodeURIComponent(text).replace(/^\.{1,2}$/, '');
}

interface Kubeconfig {
  readonly 'current-context'?: string;
  readonly contexts?: readonly { readonly name?: string; readonly context?: { readonly cluster?: string } }[];
  readonly clusters?: readonly {
    readonly name?: string;
    readonly cluster?: { readonly server?: string; readonly 'certificate-authority-data'?: string };
  }[];
}

function clusterIn(text: string): AksCluster {
  try {
    const config = parse(text, { maxAliasCount: 10 }) as Kubeconfig;
    const context = config.contexts?.find(({ name }) => name === config['current-context'])?.context;
    const cluster = config.clusters?.find(({ name }) => name === context?.cluster)?.cluster;
    return {
      server: clusterUrl(cluster?.server ?? ''),
      ca: decodedCa(cluster?.['certificate-authority-data'] ?? ''),
    };
  } catch {
    // It holds credentials: nothing of it is quoted.
    throw new IdentityError('IDENTITY_REFUSED', 'failed to parse the kubeconfig of the AKS cluster');
  }
}

function noMatch(resource: string, address: string | undefined, clusters: readonly AksCluster[]): IdentityError {
  const none = `no kubeconfig found for AKS cluster ${resource}`;
  const known = clusters.map(({ server }) => `'${server}'`).join(', ');
  const message = address ? `${none} matching the specified address '${address}'. cluster addresses: [${known}]` : none;
  return new IdentityError('IDENTITY_CONFIG', message);
}
