// Who this process is to AWS: keys, a web identity (IRSA), EKS Pod Identity, or the machine's role, in that order.
import { readFile } from 'node:fs/promises';
import { errorMessage } from '#lib/errors';
import { Secret } from '#lib/secret';
import type { CloudRequest } from '../cloud-http.ts';
import { IdentityError } from '../errors.ts';
import type { CloudContext } from '../provider.ts';
import type { AwsCredentials } from './sigv4.ts';
import { assumeRole } from './sts.ts';

/** What container and machine services answer. */
interface ServedCredentials {
  readonly AccessKeyId?: string;
  readonly SecretAccessKey?: string;
  readonly Token?: string;
  readonly Expiration?: string;
}

const keysLifeMs = 3_600_000;
const metadataHost = 'http://169.254.169.254';
const containerHost = 'http://169.254.170.2';

export async function ownCredentials(
  context: CloudContext,
  region: string,
  signal: AbortSignal,
): Promise<AwsCredentials> {
  const { env } = context;
  if (env['AWS_ACCESS_KEY_ID'] && env['AWS_SECRET_ACCESS_KEY']) return fixedKeys(context);
  if (env['AWS_WEB_IDENTITY_TOKEN_FILE'] && env['AWS_ROLE_ARN']) {
    const request = {
      roleArn: env['AWS_ROLE_ARN'],
      sessionName: env['AWS_ROLE_SESSION_NAME'] || 'sluice',
      webIdentityToken: await secretIn(env['AWS_WEB_IDENTITY_TOKEN_FILE']),
      region,
    };
    return assumeRole(context, request, signal);
  }
  const container = containerUrl(context);
  return container === undefined
    ? machineCredentials(context, signal)
    : containerCredentials(context, container, signal);
}

function fixedKeys({ env, clock }: CloudContext): AwsCredentials {
  const sessionToken = env['AWS_SESSION_TOKEN'];
  return {
    accessKeyId: env['AWS_ACCESS_KEY_ID'] ?? '',
    secretAccessKey: new Secret(env['AWS_SECRET_ACCESS_KEY'] ?? ''),
    ...(sessionToken && { sessionToken: new Secret(sessionToken) }),
    // They do not say; the environment cannot change either.
    expiresAt: clock.now() + keysLifeMs,
  };
}

function containerUrl({ env }: CloudContext): string | undefined {
  const relative = env['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'];
  return relative ? `${containerHost}${relative}` : env['AWS_CONTAINER_CREDENTIALS_FULL_URI'] || undefined;
}

async function containerCredentials(
  { http, env }: CloudContext,
  url: string,
  signal: AbortSignal,
): Promise<AwsCredentials> {
  const file = env['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'];
  const token = file ? await secretIn(file) : new Secret(env['AWS_CONTAINER_AUTHORIZATION_TOKEN'] ?? '');
  const what = 'AWS container credentials';
  const headers = token.reveal() === '' ? {} : { authorization: token.reveal() };
  const request = { what, method: 'GET', url, headers, secrets: [token], local: true } as const;
  return credentialsOf(await http.json<ServedCredentials>(request, signal), what);
}

/** The role of the EC2 machine, by the second version of its metadata service. */
async function machineCredentials({ http, env }: CloudContext, signal: AbortSignal): Promise<AwsCredentials> {
  const base = (env['AWS_EC2_METADATA_SERVICE_ENDPOINT'] || metadataHost).replace(/\/$/, '');
  const what = 'EC2 instance metadata';
  if (env['AWS_EC2_METADATA_DISABLED']?.toLowerCase() === 'true') {
    const message = 'no AWS credentials: the environment has none, and instance metadata is switched off';
    throw new IdentityError('IDENTITY_CONFIG', message);
  }
  const opening = { 'x-aws-ec2-metadata-token-ttl-seconds': '21600' };
  const session = await http.text(
    { what, method: 'PUT', url: `${base}/latest/api/token`, headers: opening, local: true },
    signal,
  );
  const under = (path: string): CloudRequest => ({
    what,
    method: 'GET',
    url: `${base}/latest/meta-data/iam/security-credentials/${path}`,
    headers: { 'x-aws-ec2-metadata-token': session },
    secrets: [new Secret(session)],
    local: true,
  });
  const role = (await http.text(under(''), signal)).split('\n')[0]?.trim() ?? '';
  return credentialsOf(await http.json<ServedCredentials>(under(encodeURIComponent(role)), signal), what);
}

function credentialsOf(served: ServedCredentials, what: string): AwsCredentials {
  const { AccessKeyId, SecretAccessKey, Token, Expiration } = served;
  if (!AccessKeyId || !SecretAccessKey) {
    throw new IdentityError('IDENTITY_REFUSED', `${what}: the answer has no credentials`);
  }
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: new Secret(SecretAccessKey),
    ...(Token && { sessionToken: new Secret(Token) }),
    expiresAt: Date.parse(Expiration ?? '') || 0,
  };
}

async function secretIn(file: string): Promise<Secret> {
  try {
    return new Secret((await readFile(file, 'utf8')).trim());
  } catch (error) {
    const message = `cannot read the token file ${file}: ${errorMessage(error)}`;
    throw new IdentityError('IDENTITY_CONFIG', message, { cause: error });
  }
}
