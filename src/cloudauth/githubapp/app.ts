// A GitHub App as its owner describes it: who it is, where it is installed, and the key it proves itself with.
import { createPrivateKey, type KeyObject } from 'node:crypto';
import type { Secret } from '#lib/secret';
import { IdentityError } from '../errors.ts';

/** As it stands in a Secret; nothing of it has been checked. */
export interface GitHubAppData {
  readonly appId: string;
  readonly installation: { readonly id: string } | { readonly owner: string };
  /** PEM. */
  readonly privateKey: Secret;
  /** Of the API of a GitHub Enterprise Server: `https://host/api/v3`. */
  readonly baseUrl?: string | undefined;
}

export interface GitHubApp extends Pick<GitHubAppData, 'installation' | 'privateKey'> {
  readonly id: string;
  /** Without a slash at its end. */
  readonly apiUrl: string;
}

const publicApiUrl = 'https://api.github.com';
/** Four times what GitHub makes: a longer one is slow to sign with. */
const maxKeyBits = 8192;

/** Throws an IdentityError that says what is missing or wrong. */
export function gitHubApp({ appId, installation, privateKey, baseUrl }: GitHubAppData): GitHubApp {
  if (!isId(appId)) throw required('app ID');
  const isPlace = 'id' in installation ? isId(installation.id) : isName(installation.owner);
  if (!isPlace) throw required('app installation owner or ID');
  if (privateKey.reveal() === '') throw required('private key');
  checkKey(privateKey);
  return { id: appId, installation, privateKey, apiUrl: apiUrlOf(baseUrl) };
}

function required(what: string): IdentityError {
  return new IdentityError('IDENTITY_CONFIG', `${what} must be provided to use github app authentication`);
}

function isId(text: string): boolean {
  return /^[1-9]\d{0,17}$/.test(text);
}

/** It becomes a part of a path. */
function isName(text: string): boolean {
  return /^[\w.-]{1,100}$/.test(text) && !/^\.+$/.test(text);
}

function checkKey(privateKey: Secret): void {
  let key: KeyObject;
  try {
    key = createPrivateKey(privateKey.reveal());
  } catch {
    // What OpenSSL says of a key is of no help, and is about a secret.
    throw unusableKey('invalid key: Key must be a PEM encoded PKCS1 or PKCS8 key');
  }
  if (key.asymmetricKeyType !== 'rsa') throw unusableKey('key is not a valid RSA private key');
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (bits < 1024 || bits > maxKeyBits) throw unusableKey(`it has ${bits} bits, not 1024 to ${maxKeyBits}`);
}

function unusableKey(reason: string): IdentityError {
  return new IdentityError('IDENTITY_CONFIG', `could not parse private key: ${reason}`);
}

function apiUrlOf(baseUrl: string | undefined): string {
  if (!baseUrl) return publicApiUrl;
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (url?.protocol === 'https:' || url?.protocol === 'http:')
    return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
  throw new IdentityError('IDENTITY_CONFIG', 'invalid API URL: githubAppBaseURL must be like https://host/api/v3');
}
