// Google Kubernetes Engine: where a cluster is.
import { clusterUrl, decodedCa } from '../cluster-address.ts';
import { explained, IdentityError } from '../errors.ts';
import type { BearerToken, CloudContext, ClusterLogin, ClusterTarget } from '../provider.ts';

const pattern = '^projects/[^/]{1,200}/locations/[^/]{1,200}/clusters/[^/]{1,200}$';

interface GkeCluster {
  /** Without a scheme. */
  readonly endpoint?: string;
  readonly masterAuth?: { readonly clusterCaCertificate?: string };
}

export async function gkeLogin(
  { http }: CloudContext,
  { bearer, target }: { readonly bearer: BearerToken; readonly target: ClusterTarget },
  signal: AbortSignal,
): Promise<ClusterLogin> {
  const { address, ca, resource = '' } = target;
  if (address && ca) return { ...bearer, server: clusterUrl(address), ca };
  if (!new RegExp(pattern).test(resource) || resource.split('/').some((part) => /^\.{1,2}$/.test(part))) {
    throw new IdentityError('IDENTITY_CONFIG', `invalid GKE cluster ID: '${resource}'. must match ${pattern}`);
  }
  const path = resource.split('/').map(encodeURIComponent).join('/');
  const cluster = await explained(`failed to describe GKE cluster '${resource}': `, () =>
    http.json<GkeCluster>(
      {
        what: 'GKE',
        method: 'GET',
        url: `https://container.googleapis.com/v1/${path}`,
        headers: { authorization: `Bearer ${bearer.token.reveal()}` },
        secrets: [bearer.token],
      },
      signal,
    ),
  );
  const server = address || cluster.endpoint;
  const authority = ca || decodedCa(cluster.masterAuth?.clusterCaCertificate ?? '');
  if (server && authority) return { ...bearer, server: clusterUrl(server), ca: authority };
  throw new IdentityError('IDENTITY_REFUSED', `GKE cluster '${resource}' has no endpoint or certificate authority yet`);
}
