// The address of an API server as people write it, made a URL.
import { IdentityError } from './errors.ts';

/** `https://host:port/path`; `https://` may be left out. Anything unencrypted is refused: a token would travel on it. */
export function clusterUrl(address: string): string {
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(address) ? address : `https://${address}`;
  if (!URL.canParse(text)) {
    throw new IdentityError('IDENTITY_CONFIG', `failed to parse Kubernetes API server address '${address}'`);
  }
  const url = new URL(text);
  if (url.protocol !== 'https:') {
    const message = `the Kubernetes API server address '${address}' must use https scheme`;
    throw new IdentityError('IDENTITY_CONFIG', message);
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

/** Host and port alone, to tell whether two addresses are of the same server. */
export function clusterHost(address: string): string {
  const { hostname, port } = new URL(clusterUrl(address));
  return `${hostname}:${port || '443'}`;
}

/** A PEM bundle that came as base64. */
export function decodedCa(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8');
}
