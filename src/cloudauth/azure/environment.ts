// Who this process is to Azure: a secret, a workload identity, or a managed identity of the machine, in that order.
import { readFile } from 'node:fs/promises';
import { errorMessage } from '#lib/errors';
import { Secret } from '#lib/secret';
import { IdentityError } from '../errors.ts';
import type { BearerToken, CloudContext } from '../provider.ts';
import { bearerOf, entraToken } from './entra.ts';

const metadataHost = 'http://169.254.169.254';

export async function ownToken(
  context: CloudContext,
  scopes: readonly string[],
  signal: AbortSignal,
): Promise<BearerToken> {
  const { env } = context;
  const [tenantId, clientId] = [env['AZURE_TENANT_ID'], env['AZURE_CLIENT_ID']];
  if (tenantId && clientId && env['AZURE_CLIENT_SECRET']) {
    const proof = { clientSecret: new Secret(env['AZURE_CLIENT_SECRET']) };
    return entraToken(context, { tenantId, clientId, proof, scopes }, signal);
  }
  if (tenantId && clientId && env['AZURE_FEDERATED_TOKEN_FILE']) {
    const proof = { assertion: await secretIn(env['AZURE_FEDERATED_TOKEN_FILE']) };
    return entraToken(context, { tenantId, clientId, proof, scopes }, signal);
  }
  return managedIdentity(context, { scopes, clientId }, signal);
}

/** One the machine has: the one of that client, or the only one. */
export async function managedIdentity(
  { http, env, clock }: CloudContext,
  { scopes, clientId }: { readonly scopes: readonly string[]; readonly clientId: string | undefined },
  signal: AbortSignal,
): Promise<BearerToken> {
  const what = 'Azure managed identity';
  const begun = clock.now();
  const base = (env['AZURE_POD_IDENTITY_AUTHORITY_HOST'] || metadataHost).replace(/\/+$/, '');
  const query = new URLSearchParams({
    'api-version': '2018-02-01',
    // Machines know resources, not scopes.
    resource: (scopes[0] ?? '').replace(/\/\.default$/, ''),
    ...(clientId && { client_id: clientId }),
  });
  const url = `${base}/metadata/identity/oauth2/token?${query.toString()}`;
  const request = { what, method: 'GET', url, headers: { metadata: 'true' }, local: true } as const;
  return bearerOf(await http.json(request, signal), begun, what);
}

async function secretIn(file: string): Promise<Secret> {
  try {
    return new Secret((await readFile(file, 'utf8')).trim());
  } catch (error) {
    const message = `cannot read AZURE_FEDERATED_TOKEN_FILE ${file}: ${errorMessage(error)}`;
    throw new IdentityError('IDENTITY_CONFIG', message, { cause: error });
  }
}
