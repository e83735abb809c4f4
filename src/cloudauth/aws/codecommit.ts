// AWS CodeCommit: a user and a password that are a signature over the repository's address.
import { codeCommitRegion } from '#lib/cloud-git-hosts';
import { Secret } from '#lib/secret';
import { IdentityError } from '../errors.ts';
import type { GitLogin } from '../provider.ts';
import { signatureOf, timestamp, type AwsCredentials } from './sigv4.ts';

/** Throws for what is no HTTPS address of CodeCommit. */
export function gitRegion({ protocol, hostname, host }: URL): string {
  if (protocol !== 'https:') {
    throw new IdentityError('IDENTITY_CONFIG', 'AWS CodeCommit authentication requires an HTTPS Git URL');
  }
  const region = codeCommitRegion(hostname);
  if (region !== undefined) return region;
  throw new IdentityError('IDENTITY_CONFIG', `invalid AWS CodeCommit Git URL: ${host}`);
}

/** Good for some fifteen minutes from `at` on. */
export function codeCommitLogin(credentials: AwsCredentials, url: URL, at: number): GitLogin {
  const { accessKeyId, sessionToken } = credentials;
  // A request of no method HTTP knows, with one header and nothing known of its body.
  const path = url.pathname.replace(/\/+$/, '');
  const canonical = `GIT\n${path}\n\nhost:${url.host}\n\nhost\n`;
  const time = timestamp(at);
  const scope = { credentials, region: gitRegion(url), service: 'codecommit', at };
  // Here alone the time that is signed has no Z.
  const signature = signatureOf(canonical, time.slice(0, -1), scope);
  const username = sessionToken === undefined ? accessKeyId : `${accessKeyId}%${sessionToken.reveal()}`;
  return { basic: { username, password: new Secret(`${time}${signature}`) } };
}
