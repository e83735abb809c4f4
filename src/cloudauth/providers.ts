// The providers there are, by the names objects give them.
import { AwsProvider } from './aws/provider.ts';
import type { AwsCredentials } from './aws/sigv4.ts';
import { AzureProvider } from './azure/provider.ts';
import { IdentityError } from './errors.ts';
import { GcpProvider } from './gcp/provider.ts';
import { GenericProvider, type GenericOptions } from './generic/provider.ts';
import type { BearerToken, CloudContext, ClusterProvider, GitProvider } from './provider.ts';

export interface Providers {
  readonly aws: ClusterProvider<AwsCredentials> & GitProvider<AwsCredentials>;
  readonly azure: ClusterProvider<BearerToken> & GitProvider<BearerToken>;
  readonly gcp: ClusterProvider<BearerToken>;
  readonly generic: ClusterProvider<BearerToken>;
}

export function cloudProviders(context: CloudContext, generic: GenericOptions): Providers {
  return {
    aws: new AwsProvider(context),
    azure: new AzureProvider(context),
    gcp: new GcpProvider(context),
    generic: new GenericProvider(generic),
  };
}

/** Throws for any other name. */
export function providerName(name: string): keyof Providers {
  if (name === 'aws' || name === 'azure' || name === 'gcp' || name === 'generic') return name;
  const message = `provider '${name}' not implemented: use aws, azure, gcp or generic`;
  throw new IdentityError('IDENTITY_CONFIG', message);
}
