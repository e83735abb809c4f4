// Who this process is to Google: the credentials file that is named, else the machine's service account.
import { readFile } from 'node:fs/promises';
import { errorMessage } from '#lib/errors';
import { Secret } from '#lib/secret';
import { IdentityError } from '../errors.ts';
import { signedJwt } from '../jwt.ts';
import type { BearerToken, CloudContext } from '../provider.ts';
import type { GcpMetadata } from './metadata.ts';
import { bearerOf, federatedToken, gcpScopes, oauthToken } from './sts.ts';

export interface ServiceAccountKey {
  readonly client_email?: string;
  /** PEM. */
  readonly private_key?: string;
  readonly private_key_id?: string;
}

/** The parts of a credentials file that are used. */
interface CredentialsFile extends ServiceAccountKey {
  readonly type?: string;
  readonly audience?: string;
  readonly subject_token_type?: string;
  readonly service_account_impersonation_url?: string;
  readonly credential_source?: {
    readonly file?: string;
    readonly format?: { readonly type?: string; readonly subject_token_field_name?: string };
  };
}

const tokenUrl = 'https://oauth2.googleapis.com/token';
const assertionLifeSeconds = 3600;

export async function ownToken(
  context: CloudContext,
  metadata: GcpMetadata,
  signal: AbortSignal,
): Promise<BearerToken> {
  const path = context.env['GOOGLE_APPLICATION_CREDENTIALS'];
  if (path) return fileToken(context, await readCredentials(path), signal);
  const begun = context.clock.now();
  const scopes = encodeURIComponent(gcpScopes.join(','));
  const answer = await metadata.get(`instance/service-accounts/default/token?scopes=${scopes}`, signal);
  return bearerOf(JSON.parse(answer) as Parameters<typeof bearerOf>[0], begun, 'GCP metadata server');
}

function fileToken(context: CloudContext, file: CredentialsFile, signal: AbortSignal): Promise<BearerToken> {
  switch (file.type) {
    case 'service_account':
      return keyToken(context, file, signal);
    case 'external_account':
      return externalToken(context, file, signal);
    default:
      throw new IdentityError(
        'IDENTITY_CONFIG',
        `GOOGLE_APPLICATION_CREDENTIALS holds credentials of type '${file.type ?? ''}': use service_account or external_account`,
      );
  }
}

/** A key of a Google service account signs who it is. */
export function keyToken(context: CloudContext, file: ServiceAccountKey, signal: AbortSignal): Promise<BearerToken> {
  const { client_email = '', private_key = '', private_key_id } = file;
  const iat = Math.floor(context.clock.now() / 1000);
  const claims = {
    iss: client_email,
    scope: gcpScopes.join(' '),
    aud: tokenUrl,
    iat,
    exp: iat + assertionLifeSeconds,
  };
  const assertion = signedJwt(claims, new Secret(private_key), private_key_id);
  const form = { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion };
  return oauthToken(context, { what: 'Google OAuth', url: tokenUrl, form, secret: new Secret(assertion) }, signal);
}

/** A file another issuer keeps fresh holds the token to exchange. */
async function externalToken(context: CloudContext, file: CredentialsFile, signal: AbortSignal): Promise<BearerToken> {
  const { credential_source: source, audience = '', subject_token_type: subjectTokenType = '' } = file;
  if (source?.file === undefined) {
    const message =
      'GOOGLE_APPLICATION_CREDENTIALS names no file as its credential_source: no other source is supported';
    throw new IdentityError('IDENTITY_CONFIG', message);
  }
  const text = (await readText(source.file)).trim();
  const field = source.format?.type === 'json' ? source.format.subject_token_field_name : undefined;
  const subjectToken = new Secret(
    field === undefined ? text : String((JSON.parse(text) as Record<string, unknown>)[field]),
  );
  const url = file.service_account_impersonation_url ?? '';
  const actAs = /\/serviceAccounts\/([^/:]+):generateAccessToken$/.exec(url)?.[1];
  return federatedToken(context, { audience, subjectToken, subjectTokenType, actAs }, signal);
}

async function readCredentials(path: string): Promise<CredentialsFile> {
  const text = await readText(path);
  try {
    return JSON.parse(text) as CredentialsFile;
  } catch {
    // It holds a key: nothing of it is quoted.
    throw new IdentityError('IDENTITY_CONFIG', `GOOGLE_APPLICATION_CREDENTIALS ${path} is not JSON`);
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const message = `cannot read the credentials file ${path}: ${errorMessage(error)}`;
    throw new IdentityError('IDENTITY_CONFIG', message, { cause: error });
  }
}
