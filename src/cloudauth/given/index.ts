// Identities that are handed in: keys, secrets and certificates in place of ServiceAccounts.
export { endpointOf as awsEndpoint } from '../aws/region.ts';
export { signedHeaders, type AwsCredentials } from '../aws/sigv4.ts';
export { actAsRole } from '../aws/sts.ts';
export { entraToken, entraTokenUrl } from '../azure/entra.ts';
export { managedIdentity } from '../azure/environment.ts';
export { keyToken, type ServiceAccountKey } from '../gcp/environment.ts';
export { claimsOf } from '../jwt.ts';
export type { BearerToken, CloudContext } from '../provider.ts';
