// JSON web tokens as far as they pass through here: what they say of themselves, and signing one's own.
import { createSign } from 'node:crypto';
import type { Secret } from '#lib/secret';
import { IdentityError } from './errors.ts';

export interface Claims {
  /** Seconds since the Unix epoch. */
  readonly exp?: number;
  readonly sub?: string;
  readonly aud?: string | readonly string[];
}

/** What a token claims. Nothing is verified: whom it is shown to does that. */
export function claimsOf(token: Secret, what: string): Claims {
  try {
    const payload = Buffer.from(token.reveal().split('.')[1] ?? '', 'base64url').toString('utf8');
    return JSON.parse(payload) as Claims;
  } catch {
    throw new IdentityError('IDENTITY_REFUSED', `failed to parse ${what}: it is no JSON web token`);
  }
}

/** ms since the Unix epoch. */
export function expiryOf(token: Secret, what: string): number {
  const { exp } = claimsOf(token, what);
  if (typeof exp === 'number') return exp * 1000;
  throw new IdentityError('IDENTITY_REFUSED', `failed to get expiration time from ${what}`);
}

/** A token of these claims, signed by RSA with SHA-256. `key` is PEM. */
export function signedJwt(claims: object, key: Secret, keyId: string | undefined): string {
  const content = `${encoded({ alg: 'RS256', typ: 'JWT', ...(keyId !== undefined && { kid: keyId }) })}.${encoded(claims)}`;
  return `${content}.${createSign('sha256').update(content).sign(key.reveal(), 'base64url')}`;
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
