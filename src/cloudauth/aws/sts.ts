// AWS Security Token Service: a role's credentials, for a web identity or for who may act as it.
import { Secret } from '#lib/secret';
import { xmlText } from '../cloud-http.ts';
import { IdentityError } from '../errors.ts';
import type { CloudContext } from '../provider.ts';
import { endpointOf } from './region.ts';
import { signedHeaders, type AwsCredentials } from './sigv4.ts';

interface Role {
  readonly roleArn: string;
  /** Shown in AWS's logs: at most 64 of `[\w+=,.@-]`. */
  readonly sessionName: string;
  readonly region: string;
}

export interface RoleRequest extends Role {
  readonly webIdentityToken: Secret;
}

export interface SignedRoleRequest extends Role {
  /** Of who wants to act as the role. */
  readonly credentials: AwsCredentials;
}

/** AssumeRoleWithWebIdentity. The request is not signed: the token in it speaks for itself. */
export async function assumeRole(
  { http }: CloudContext,
  { roleArn, sessionName, webIdentityToken, region }: RoleRequest,
  signal: AbortSignal,
): Promise<AwsCredentials> {
  const what = 'AWS STS AssumeRoleWithWebIdentity';
  const form = new URLSearchParams({
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: roleArn,
    RoleSessionName: sessionName,
    WebIdentityToken: webIdentityToken.reveal(),
  });
  const xml = await http.text(
    {
      what,
      method: 'POST',
      url: `${endpointOf('sts', region)}/`,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: form.toString(),
      secrets: [webIdentityToken],
    },
    signal,
  );
  return credentialsIn(xml, what);
}

/** AssumeRole. */
export async function actAsRole(
  { http, clock }: CloudContext,
  { roleArn, sessionName, region, credentials }: SignedRoleRequest,
  signal: AbortSignal,
): Promise<AwsCredentials> {
  const what = 'AWS STS AssumeRole';
  const form = { Action: 'AssumeRole', Version: '2011-06-15', RoleArn: roleArn, RoleSessionName: sessionName };
  const request = {
    method: 'POST',
    url: `${endpointOf('sts', region)}/`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form).toString(),
  } as const;
  const headers = signedHeaders(request, { credentials, region, service: 'sts', at: clock.now() });
  return credentialsIn(await http.text({ ...request, what, headers }, signal), what);
}

function credentialsIn(xml: string, what: string): AwsCredentials {
  const [accessKeyId, secretAccessKey, sessionToken, expiration] = fields.map((field) => xmlText(xml, field));
  if (!accessKeyId || !secretAccessKey || !sessionToken) {
    throw new IdentityError('IDENTITY_REFUSED', `${what}: the answer has no credentials`);
  }
  return {
    accessKeyId,
    secretAccessKey: new Secret(secretAccessKey),
    sessionToken: new Secret(sessionToken),
    expiresAt: Date.parse(expiration ?? '') || 0,
  };
}

const fields = ['AccessKeyId', 'SecretAccessKey', 'SessionToken', 'Expiration'] as const;
