// Azure DevOps: the token its Git servers take.
import { isAzureDevOpsHost } from '#lib/cloud-git-hosts';
import { IdentityError } from '../errors.ts';
import type { TokenScope } from '../provider.ts';

/** The application Azure DevOps is to Entra ID, the same in every tenant. */
const scopes = ['499b84ac-1321-427f-aa17-267ca6975798/.default'];

/** Throws for other servers: whoever may write an address would be given a token for all of Azure DevOps. */
export function devOpsScope({ protocol, hostname, host }: URL): TokenScope {
  if (protocol !== 'https:') {
    throw new IdentityError('IDENTITY_CONFIG', 'Azure DevOps authentication requires an HTTPS Git URL');
  }
  if (isAzureDevOpsHost(hostname)) return { scopes };
  throw new IdentityError('IDENTITY_CONFIG', `invalid Azure DevOps Git URL: ${host}`);
}
