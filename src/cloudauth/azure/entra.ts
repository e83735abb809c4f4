// Microsoft Entra ID: access tokens for an application that proves itself by an assertion or a secret.
import { Secret } from '#lib/secret';
import { IdentityError } from '../errors.ts';
import type { BearerToken, CloudContext, Environment } from '../provider.ts';
import { authorityOf } from './cloud.ts';

export interface EntraRequest {
  readonly tenantId: string;
  readonly clientId: string;
  /** A token of an issuer the application trusts, or its secret. */
  readonly proof: { readonly assertion: Secret } | { readonly clientSecret: Secret };
  readonly scopes: readonly string[];
}

interface TokenAnswer {
  readonly access_token?: string;
  /** Seconds. A text where machines answer. */
  readonly expires_in?: number | string;
}

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

export async function entraToken(
  { http, env, clock }: CloudContext,
  { tenantId, clientId, proof, scopes }: EntraRequest,
  signal: AbortSignal,
): Promise<BearerToken> {
  const what = 'Microsoft Entra ID';
  const begun = clock.now();
  const secret = 'assertion' in proof ? proof.assertion : proof.clientSecret;
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    scope: scopes.join(' '),
    ...('assertion' in proof
      ? { client_assertion_type: assertionType, client_assertion: secret.reveal() }
      : { client_secret: secret.reveal() }),
  });
  const answer = await http.json<TokenAnswer>(
    {
      what,
      method: 'POST',
      url: entraTokenUrl(env, tenantId),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: form.toString(),
      secrets: [secret],
    },
    signal,
  );
  return bearerOf(answer, begun, what);
}

/** Where a tenant's tokens are; assertions are made for it. */
export function entraTokenUrl(env: Environment, tenantId: string): string {
  return `${authorityOf(env)}/${encodeURIComponent(tenantId)}/oauth2/v2.0/token`;
}

/** `begun` is when it was asked for: the life of a token begins no later than that. */
export function bearerOf({ access_token, expires_in }: TokenAnswer, begun: number, what: string): BearerToken {
  const seconds = Number(expires_in);
  if (!access_token || !(seconds > 0)) {
    throw new IdentityError('IDENTITY_REFUSED', `${what}: the answer has no access token`);
  }
  return { token: new Secret(access_token), expiresAt: begun + seconds * 1000 };
}
