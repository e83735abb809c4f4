// TLS material for an outgoing connection, and how it becomes Node's options.
import { createHash } from 'node:crypto';
import { createSecureContext, getCACertificates, type SecureContext, type SecureContextOptions } from 'node:tls';
import type { Secret } from '#lib/secret';

export interface TlsOptions {
  /** PEM bundle of the roots to trust. */
  readonly ca?: string;
  /** Trust the system's roots beside `ca`. @default false: `ca` replaces them */
  readonly withSystemRoots?: boolean;
  /** PEM client certificate chain. */
  readonly cert?: string;
  /** PEM private key of `cert`. */
  readonly key?: Secret;
  /** Name to send in SNI and to look for in the certificate. @default the URL's host */
  readonly serverName?: string;
  /** Accept any certificate. @default false */
  readonly insecureSkipVerify?: boolean;
}

/** The part of Node's connection options that TLS material decides. */
export interface ConnectionTls {
  secureContext: SecureContext;
  servername?: string;
  rejectUnauthorized?: boolean;
}

/**
 * Node's connection options. TLS 1.2 is the floor, as in Go. The context is made here, once for all connections of a
 * pool: left to each connection, the certificates would be parsed anew every time.
 */
export function toConnectionOptions(tls: TlsOptions | undefined): ConnectionTls {
  const context: SecureContextOptions = { minVersion: 'TLSv1.2' };
  if (tls?.ca !== undefined) context.ca = tls.withSystemRoots ? [...getCACertificates('default'), tls.ca] : tls.ca;
  if (tls?.cert !== undefined) context.cert = tls.cert;
  if (tls?.key !== undefined) context.key = tls.key.reveal();
  return {
    secureContext: createSecureContext(context),
    ...(tls?.serverName !== undefined && { servername: tls.serverName }),
    ...(tls?.insecureSkipVerify && { rejectUnauthorized: false }),
  };
}

/** A digest that is equal exactly when two sets of options may share connections. */
export function tlsFingerprint(tls: TlsOptions | undefined): string {
  if (tls === undefined) return '';
  const hash = createHash('sha256');
  const parts = [
    tls.ca ?? '',
    tls.withSystemRoots ? '1' : '0',
    tls.cert ?? '',
    tls.key?.reveal() ?? '',
    tls.serverName ?? '',
    tls.insecureSkipVerify ? '1' : '0',
  ];
  // Lengths first, so that no two lists of parts give the same bytes.
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest('base64');
}
