// AWS Security Token Service: a role's credentials for a web identity.
import { Secret } from '#lib/secret';
import { xmlText } from '../cloud-http.ts';
import { IdentityError } from '../errors.ts';
import type { CloudContext } from '../provider.ts';
import { endpointOf } from './region.ts';
import type { AwsCredentials } from './sigv4.ts';

export interface RoleRequest {
  readonly roleArn: string;
  /** Shown in AWS's logs: at most 64 of `[\w+=,.@-]`. */
  readonly sessionName: string;
  readonly webIdentityToken: Secret;
  readonly region: string;
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
