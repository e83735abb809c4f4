// What GitHub's API gives a GitHub App: a token of one of its installations, good for an hour.
import { Secret } from '#lib/secret';
import { StatusFailure, type CloudRequest } from '../cloud-http.ts';
import { explained, IdentityError } from '../errors.ts';
import { signedJwt } from '../jwt.ts';
import type { BearerToken, CloudContext } from '../provider.ts';
import type { GitHubApp } from './app.ts';

type Context = Pick<CloudContext, 'http' | 'clock'>;

const what = 'GitHub API';
/** The proof's life begins a little earlier: clocks differ. It is used at once. */
const skewSeconds = 30;
const proofLifeSeconds = 120;

export async function installationToken(context: Context, app: GitHubApp, signal: AbortSignal): Promise<BearerToken> {
  const proof = proofOf(app, context.clock.now());
  const ask = <T>(method: CloudRequest['method'], path: string): Promise<T> =>
    context.http.json<T>(
      {
        what,
        method,
        url: `${app.apiUrl}${path}`,
        headers: { accept: 'application/vnd.github+json', authorization: `Bearer ${proof.reveal()}` },
        secrets: [proof],
      },
      signal,
    );
  const id = 'id' in app.installation ? app.installation.id : await installationOf(app.installation.owner, ask);
  const answer = await ask<{ token?: string; expires_at?: string }>('POST', `/app/installations/${id}/access_tokens`);
  const expiresAt = Date.parse(answer.expires_at ?? '');
  if (answer.token && expiresAt > 0) return { token: new Secret(answer.token), expiresAt };
  throw new IdentityError('IDENTITY_REFUSED', `${what}: the answer has no token`);
}

/** Says who the app is, signed by its key. */
function proofOf({ id, privateKey }: GitHubApp, now: number): Secret {
  const iat = Math.floor(now / 1000) - skewSeconds;
  return new Secret(signedJwt({ iat, exp: iat + proofLifeSeconds, iss: id }, privateKey, undefined));
}

interface Installation {
  readonly id?: number;
}

/** The installation of an organization, else of a user. */
async function installationOf(owner: string, ask: <T>(method: 'GET', path: string) => Promise<T>): Promise<string> {
  const find = (kind: string, path: string): Promise<Installation> =>
    explained(`failed to find ${kind} installation: `, () =>
      ask<Installation>('GET', `/${path}/${owner}/installation`),
    );
  const { id } = await find('organization', 'orgs').catch((error: unknown) => {
    // Another failure than that there is none would only come again.
    const isNone = error instanceof Error && error.cause instanceof StatusFailure && error.cause.status === 404;
    if (!isNone) throw error;
    return explained(`${error.message}; `, () => find('user', 'users'));
  });
  if (Number.isSafeInteger(id)) return String(id);
  throw new IdentityError('IDENTITY_REFUSED', `${what}: the answer has no installation`);
}
