// AWS Signature Version 4: requests signed in their headers, and URLs signed in their query.
import { createHash, createHmac } from 'node:crypto';
import type { Secret } from '#lib/secret';
import type { Expiring } from '../provider.ts';

export interface AwsCredentials extends Expiring {
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
  readonly sessionToken?: Secret;
}

/** What a signature is for. */
export interface SigningScope {
  readonly credentials: AwsCredentials;
  readonly region: string;
  /** As in the credential scope: `sts`, `eks`, … */
  readonly service: string;
  /** ms since the Unix epoch. */
  readonly at: number;
}

export interface SignableRequest {
  readonly method: string;
  readonly url: string;
  /** All of them are signed; the host is added. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

const algorithm = 'AWS4-HMAC-SHA256';

/** The headers to send, those of the request among them. */
export function signedHeaders(request: SignableRequest, scope: SigningScope): Record<string, string> {
  const { credentials } = scope;
  const headers = {
    ...request.headers,
    'x-amz-date': timestamp(scope.at),
    ...(credentials.sessionToken && { 'x-amz-security-token': credentials.sessionToken.reveal() }),
  };
  const { names, signature } = sign({ ...request, headers }, scope);
  const credential = `${credentials.accessKeyId}/${credentialScope(scope)}`;
  const authorization = `${algorithm} Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`;
  return { ...headers, authorization };
}

/** The URL with its signature, good for `expiresSeconds`. Its headers must be sent with it. */
export function presignedUrl(request: SignableRequest, scope: SigningScope, expiresSeconds: number): string {
  const { credentials } = scope;
  const url = new URL(request.url);
  const add = (name: string, value: string): void => url.searchParams.set(name, value);
  add('X-Amz-Algorithm', algorithm);
  add('X-Amz-Credential', `${credentials.accessKeyId}/${credentialScope(scope)}`);
  add('X-Amz-Date', timestamp(scope.at));
  add('X-Amz-Expires', String(expiresSeconds));
  if (credentials.sessionToken !== undefined) add('X-Amz-Security-Token', credentials.sessionToken.reveal());
  add('X-Amz-SignedHeaders', headerNames(request, url));
  const { signature } = sign({ ...request, url: url.href }, scope);
  return `${url.origin}${url.pathname}?${canonicalQuery(url)}&X-Amz-Signature=${signature}`;
}

function sign(request: SignableRequest, scope: SigningScope): { readonly names: string; readonly signature: string } {
  const url = new URL(request.url);
  const names = headerNames(request, url);
  const canonical = [
    request.method,
    canonicalPath(url),
    canonicalQuery(url),
    ...canonicalHeaders(request, url).map(([name, value]) => `${name}:${value}`),
    '',
    names,
    sha256(request.body ?? ''),
  ].join('\n');
  return { names, signature: signatureOf(canonical, timestamp(scope.at), scope) };
}

/** The signature of a canonical request, in hex. `time` is the scope's, as the service wants it written. */
export function signatureOf(canonical: string, time: string, scope: SigningScope): string {
  const text = [algorithm, time, credentialScope(scope), sha256(canonical)].join('\n');
  return hmac(signingKey(scope), text).toString('hex');
}

function signingKey({ credentials, region, service, at }: SigningScope): Buffer {
  const secret = `AWS4${credentials.secretAccessKey.reveal()}`;
  return [timestamp(at).slice(0, 8), region, service, 'aws4_request'].reduce<Buffer>(hmac, Buffer.from(secret));
}

function credentialScope({ region, service, at }: SigningScope): string {
  return `${timestamp(at).slice(0, 8)}/${region}/${service}/aws4_request`;
}

/** `20150830T123600Z` */
export function timestamp(at: number): string {
  return new Date(at).toISOString().replaceAll(/[-:]|\.\d{3}/g, '');
}

function canonicalHeaders({ headers = {} }: SignableRequest, url: URL): (readonly [string, string])[] {
  return Object.entries({ host: url.host, ...headers })
    .map(([name, value]) => [name.toLowerCase(), value.trim().replaceAll(/\s+/g, ' ')] as const)
    .toSorted(([a], [b]) => compare(a, b));
}

function headerNames(request: SignableRequest, url: URL): string {
  return canonicalHeaders(request, url)
    .map(([name]) => name)
    .join(';');
}

/** Encoded once more than it is sent, as every service but S3 wants it. */
function canonicalPath(url: URL): string {
  return url.pathname.split('/').map(encode).join('/');
}

function canonicalQuery(url: URL): string {
  return [...url.searchParams]
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .toSorted(([a, x], [b, y]) => compare(a, b) || compare(x, y))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** By RFC 3986: everything but letters, digits and `-._~`. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
