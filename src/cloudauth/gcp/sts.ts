// Google's token service: access tokens for the tokens of other issuers, and for service accounts they may act as.
import { Secret } from '#lib/secret';
import { IdentityError } from '../errors.ts';
import type { BearerToken, CloudContext } from '../provider.ts';

export interface FederatedRequest {
  /** Which issuer: a workload identity provider, or a GKE cluster. */
  readonly audience: string;
  readonly subjectToken: Secret;
  readonly subjectTokenType: string;
  /** Email of the Google service account to act as; the issuer's own subject when left out. */
  readonly actAs?: string | undefined;
}

export const gcpScopes = [
  'https://www.googleapis.com/auth/cloud-platform',
  'https://www.googleapis.com/auth/userinfo.email',
] as const;

const impersonatedLife = '3600s';

/** An access token for a token of another issuer. */
export async function federatedToken(
  context: CloudContext,
  request: FederatedRequest,
  signal: AbortSignal,
): Promise<BearerToken> {
  const { audience, subjectToken, subjectTokenType, actAs } = request;
  const what = 'Google STS';
  const federated = await oauthToken(
    context,
    {
      what,
      url: 'https://sts.googleapis.com/v1/token',
      secret: subjectToken,
      form: {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        audience,
        // To act as somebody else is all that the first token is for.
        scope: actAs === undefined ? gcpScopes.join(' ') : gcpScopes[0],
        subject_token_type: subjectTokenType,
        subject_token: subjectToken.reveal(),
      },
    },
    signal,
  );
  return actAs === undefined ? federated : impersonated(context, { email: actAs, token: federated.token }, signal);
}

export interface OauthRequest {
  readonly what: string;
  readonly url: string;
  readonly form: Readonly<Record<string, string>>;
  /** What of the form must not be shown. */
  readonly secret: Secret;
}

interface OauthAnswer {
  readonly access_token?: string;
  /** Seconds. */
  readonly expires_in?: number;
}

export async function oauthToken(
  { http, clock }: CloudContext,
  { what, url, form, secret }: OauthRequest,
  signal: AbortSignal,
): Promise<BearerToken> {
  const begun = clock.now();
  const answer = await http.json<OauthAnswer>(
    {
      what,
      method: 'POST',
      url,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(form).toString(),
      secrets: [secret],
    },
    signal,
  );
  return bearerOf(answer, begun, what);
}

/** `begun` is when it was asked for. */
export function bearerOf({ access_token, expires_in = 0 }: OauthAnswer, begun: number, what: string): BearerToken {
  if (!access_token || !(expires_in > 0)) {
    throw new IdentityError('IDENTITY_REFUSED', `${what}: the answer has no access token`);
  }
  return { token: new Secret(access_token), expiresAt: begun + expires_in * 1000 };
}

async function impersonated(
  { http }: CloudContext,
  { email, token }: { readonly email: string; readonly token: Secret },
  signal: AbortSignal,
): Promise<BearerToken> {
  const what = 'Google IAM credentials';
  const answer = await http.json<{ readonly accessToken?: string; readonly expireTime?: string }>(
    {
      what,
      method: 'POST',
      url: `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${encodeURIComponent(email)}:generateAccessToken`,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token.reveal()}` },
      body: JSON.stringify({ lifetime: impersonatedLife, scope: gcpScopes }),
      secrets: [token],
    },
    signal,
  );
  const expiresAt = Date.parse(answer.expireTime ?? '');
  if (!answer.accessToken || !(expiresAt > 0)) {
    throw new IdentityError('IDENTITY_REFUSED', `${what}: the answer has no access token`);
  }
  return { token: new Secret(answer.accessToken), expiresAt };
}
