// Amazon EKS: where a cluster is, and the token its API server takes.
import { Secret } from '#lib/secret';
import { clusterUrl, decodedCa } from '../cluster-address.ts';
import { explained, IdentityError } from '../errors.ts';
import type { CloudContext, ClusterLogin, ClusterTarget } from '../provider.ts';
import { endpointOf } from './region.ts';
import { presignedUrl, signedHeaders, type AwsCredentials } from './sigv4.ts';

export interface EksCluster {
  readonly region: string;
  readonly name: string;
}

const pattern = String.raw`^arn:aws[\w-]*:eks:([^:]{1,100}):[0-9]{1,30}:cluster/(.{1,200})$`;
const tokenLifeMs = 900_000;

/** Throws for what is no ARN of an EKS cluster. */
export function parseClusterArn(arn = ''): EksCluster {
  const [, region, name] = new RegExp(pattern).exec(arn) ?? [];
  if (region !== undefined && name !== undefined) return { region, name };
  throw new IdentityError('IDENTITY_CONFIG', `invalid EKS cluster ARN: '${arn}'. must match ${pattern}`);
}

export async function eksLogin(
  context: CloudContext,
  { credentials, target }: { readonly credentials: AwsCredentials; readonly target: ClusterTarget },
  signal: AbortSignal,
): Promise<ClusterLogin> {
  // Before anything else, to be on the safe side.
  const begun = context.clock.now();
  const cluster = parseClusterArn(target.resource);
  const { address, ca } =
    target.address && target.ca
      ? target
      : await explained(`failed to describe EKS cluster '${target.resource ?? ''}': `, () =>
          described(context, { credentials, cluster, target }, signal),
        );
  return {
    server: clusterUrl(address!),
    ca,
    token: eksToken(cluster, credentials, begun),
    // A signature outlives neither its own time nor the keys it was made with.
    expiresAt: Math.min(begun + tokenLifeMs, credentials.expiresAt),
  };
}

interface DescribedCluster {
  readonly cluster?: { readonly endpoint?: string; readonly certificateAuthority?: { readonly data?: string } };
}

async function described(
  { http, clock }: CloudContext,
  input: { readonly credentials: AwsCredentials; readonly cluster: EksCluster; readonly target: ClusterTarget },
  signal: AbortSignal,
): Promise<{ readonly address: string; readonly ca: string }> {
  const { credentials, cluster, target } = input;
  const { region, name } = cluster;
  const what = 'AWS EKS DescribeCluster';
  const request = { method: 'GET', url: `${endpointOf('eks', region)}/clusters/${encodeURIComponent(name)}` } as const;
  const headers = signedHeaders(request, { credentials, region, service: 'eks', at: clock.now() });
  const answer = await http.json<DescribedCluster>({ what, ...request, headers }, signal);
  const { endpoint, certificateAuthority } = answer.cluster ?? {};
  const address = target.address || endpoint;
  const ca = target.ca || decodedCa(certificateAuthority?.data ?? '');
  if (address && ca) return { address, ca };
  throw new IdentityError('IDENTITY_REFUSED', `${what}: the cluster has no endpoint or certificate authority yet`);
}

/** A signed question who one is: the cluster asks it of AWS, and learns whom it was signed by. */
function eksToken({ region, name }: EksCluster, credentials: AwsCredentials, at: number): Secret {
  const url = `${endpointOf('sts', region)}/?Action=GetCallerIdentity&Version=2011-06-15`;
  const request = { method: 'GET', url, headers: { 'x-k8s-aws-id': name } };
  const signed = presignedUrl(request, { credentials, region, service: 'sts', at }, tokenLifeMs / 1000);
  return new Secret(`k8s-aws-v1.${Buffer.from(signed).toString('base64url')}`);
}
