// What certificates say, and what is asked of those to be made; making them is pki.ts'.
import { X509Certificate } from 'node:crypto';

/** A certificate and its private key, both PEM (the key PKCS #8). */
export interface KeyPair {
  readonly certificate: string;
  readonly privateKey: string;
}

export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

export interface LeafRequest {
  readonly commonName: string;
  /** Kubernetes reads these as groups. */
  readonly organizations?: readonly string[];
  /** DNS names and IP addresses the certificate serves. */
  readonly hosts?: readonly string[];
  readonly usages: readonly ('server' | 'client')[];
  readonly validity: Validity;
}

/** From a little before `now`, because the clocks of two machines never agree, for `days`. */
export function validityFrom(now: number, days: number): Validity {
  return { notBefore: new Date(now - 5 * 60_000), notAfter: new Date(now + days * 86_400_000) };
}

/** Until when a PEM certificate is valid. */
export function expiry(certificate: string): Date {
  return new Date(new X509Certificate(certificate).validTo);
}

/** The SHA-256 of the certificate's DER form, lower-case hex: a name for "which certificate is this". */
export function fingerprint(certificate: string): string {
  return new X509Certificate(certificate).fingerprint256.replaceAll(':', '').toLowerCase();
}
