// Who asks Azure, by the file of the Secret: an application with its secret or certificate, or an identity of the machine.
import {
  constants,
  createHash,
  createPrivateKey,
  randomUUID,
  sign,
  X509Certificate,
  type KeyObject,
} from 'node:crypto';
import {
  entraToken,
  entraTokenUrl,
  managedIdentity,
  type BearerToken,
  type CloudContext,
} from '#cloudauth/given/index';
import { Secret } from '#lib/secret';
import { SopsError } from '../errors.ts';
import { CredentialsFile } from './credentials-file.ts';

export type AzureCredentials = (scopes: readonly string[], signal: AbortSignal) => Promise<BearerToken>;

interface Application {
  readonly tenantId: string;
  readonly clientId: string;
}

interface Certificate {
  readonly key: KeyObject;
  /** Base64 of DER, the application's own first. */
  readonly chain: readonly string[];
  readonly sendsChain: boolean;
}

const assertionLifeSeconds = 600;

/** Throws a SopsError, which quotes nothing of the file, when there are no credentials in it. */
export function azureCredentials(context: CloudContext, file: Buffer): AzureCredentials {
  const fields = new CredentialsFile(decoded(file), 'Azure authentication file');
  const field = (name: string): string => fields.text(name);
  const host = field('authorityHost');
  const there = host === '' ? context : { ...context, env: { ...context.env, AZURE_AUTHORITY_HOST: host } };
  const application = { tenantId: field('tenantId'), clientId: field('clientId') };
  // As the `az` program writes them.
  const other = { tenantId: field('tenant'), clientId: field('appId') };
  if (isWhole(application) && field('clientSecret') !== '') {
    return bySecret(there, application, field('clientSecret'));
  }
  if (isWhole(application) && field('clientCertificate') !== '') {
    const sendsChain = fields.isTrue('clientCertificateSendChain');
    const certificate = certificateIn(field('clientCertificate'), field('clientCertificatePassword'));
    return byCertificate(there, application, { ...certificate, sendsChain });
  }
  if (isWhole(other) && field('password') !== '') return bySecret(there, other, field('password'));
  const { clientId } = application;
  if (clientId !== '') return (scopes, signal) => managedIdentity(context, { scopes, clientId }, signal);
  const message =
    "invalid data: requires a 'clientId' field, a combination of 'tenantId', 'clientId' and 'clientSecret', or 'tenantId', 'clientId' and 'clientCertificate'";
  throw new SopsError('SOPS_SECRET', message);
}

function isWhole({ tenantId, clientId }: Application): boolean {
  return tenantId !== '' && clientId !== '';
}

function bySecret(context: CloudContext, application: Application, secret: string): AzureCredentials {
  const proof = { clientSecret: new Secret(secret) };
  return (scopes, signal) => entraToken(context, { ...application, proof, scopes }, signal);
}

function byCertificate(context: CloudContext, application: Application, certificate: Certificate): AzureCredentials {
  return (scopes, signal) => {
    const proof = { assertion: assertionOf(context, application, certificate) };
    return entraToken(context, { ...application, proof, scopes }, signal);
  };
}

/** A token the application signs for itself. */
function assertionOf(
  { env, clock }: CloudContext,
  { tenantId, clientId }: Application,
  { key, chain, sendsChain }: Certificate,
): Secret {
  const now = Math.floor(clock.now() / 1000);
  const thumbprint = createHash('sha256').update(Buffer.from(chain[0]!, 'base64')).digest('base64url');
  const header = { alg: 'PS256', typ: 'JWT', 'x5t#S256': thumbprint, ...(sendsChain && { x5c: chain }) };
  const claims = {
    aud: entraTokenUrl(env, tenantId),
    iss: clientId,
    sub: clientId,
    jti: randomUUID(),
    nbf: now,
    exp: now + assertionLifeSeconds,
  };
  const content = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  const signature = sign('sha256', Buffer.from(content), {
    key,
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: 32,
  });
  return new Secret(`${content}.${signature.toString('base64url')}`);
}

function certificateIn(pem: string, passphrase: string): Omit<Certificate, 'sendsChain'> {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  const begin = pem.search(/-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----/);
  try {
    const chain = blocks.map((block) => new X509Certificate(block).raw.toString('base64'));
    const key = createPrivateKey({ key: pem.slice(begin), ...(passphrase !== '' && { passphrase }) });
    if (chain.length > 0) return { key, chain };
  } catch {
    // Told below: what OpenSSL says of a key is not for everybody.
  }
  const message = 'clientCertificate holds no PEM certificate with its private key, or the password does not fit';
  throw new SopsError('SOPS_SECRET', message);
}

/** Text in UTF-8, or in UTF-16 when it begins with the mark of that, as PowerShell writes files. */
function decoded(bytes: Buffer): string {
  const mark = bytes.subarray(0, 2).toString('hex');
  const encoding = mark === 'fffe' ? 'utf-16le' : mark === 'feff' ? 'utf-16be' : 'utf-8';
  return new TextDecoder(encoding).decode(bytes);
}
