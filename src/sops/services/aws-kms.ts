// AWS KMS: Decrypt, by the keys of the Secret or by an identity in the cloud.
import { actAsRole, awsEndpoint, signedHeaders, type AwsCredentials } from '#cloudauth/given/index';
import { errorMessage } from '#lib/errors';
import { Secret } from '#lib/secret';
import { SopsError } from '../errors.ts';
import type { AwsKmsKey } from '../keys/master-key.ts';
import { CredentialsFile } from './credentials-file.ts';
import { answered, type Service, type ServiceContext, type ServiceLogin } from './service.ts';

const arnPattern = /^arn:aws[\w-]*:kms:(.+):[0-9]+:(?:key|alias)\/.+$/;
/** Keys in a Secret do not say how long they are good for: for this run. */
const keysLifeMs = 3_600_000;

export function awsKms(
  context: ServiceContext,
  { account }: ServiceLogin,
  file: Buffer | undefined,
): Service<AwsKmsKey> {
  const given = file && awsKeys(file.toString('utf8'), context.clock.now() + keysLifeMs);
  return async (key, signal) => {
    const region = arnPattern.exec(key.arn)?.[1];
    if (region === undefined) throw new SopsError('SOPS_KEY', `no valid ARN found in '${key.arn}'`);
    try {
      const own = given ?? (await context.identities.accessToken(context.providers.aws, { region, account }, signal));
      const credentials = key.role === '' ? own : await roleOf(context, { key, region, own }, signal);
      return await decrypt(context, { key, region, credentials }, signal);
    } catch (error) {
      signal.throwIfAborted();
      const message = `failed to decrypt sops data key with AWS KMS: ${errorMessage(error)}`;
      throw new SopsError('SOPS_KEY', message, { cause: error });
    }
  };
}

function awsKeys(text: string, expiresAt: number): AwsCredentials {
  const file = new CredentialsFile(text, 'AWS credentials file');
  const sessionToken = file.text('aws_session_token');
  return {
    accessKeyId: file.text('aws_access_key_id'),
    secretAccessKey: new Secret(file.text('aws_secret_access_key')),
    ...(sessionToken !== '' && { sessionToken: new Secret(sessionToken) }),
    expiresAt,
  };
}

interface Asked {
  readonly key: AwsKmsKey;
  readonly region: string;
}

function roleOf(
  context: ServiceContext,
  { key, region, own }: Asked & { readonly own: AwsCredentials },
  signal: AbortSignal,
): Promise<AwsCredentials> {
  const request = { roleArn: key.role, sessionName: 'sops@sluice', region, credentials: own };
  return actAsRole(context, request, signal);
}

async function decrypt(
  { http, clock }: ServiceContext,
  { key, region, credentials }: Asked & { readonly credentials: AwsCredentials },
  signal: AbortSignal,
): Promise<Uint8Array> {
  const request = {
    method: 'POST',
    url: `${awsEndpoint('kms', region)}/`,
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'TrentService.Decrypt' },
    body: JSON.stringify({ KeyId: key.arn, CiphertextBlob: key.enc, EncryptionContext: key.context }),
  } as const;
  const headers = signedHeaders(request, { credentials, region, service: 'kms', at: clock.now() });
  const answer = await http.json<{ readonly Plaintext?: string }>({ ...request, what: 'AWS KMS', headers }, signal);
  const plain = answered(answer.Plaintext);
  if (plain !== undefined) return plain;
  throw new SopsError('SOPS_KEY', 'the answer has no plain text');
}
