// GitHub Apps: logins to Git servers with tokens of their installations, kept as long as they are fresh.
import type { Route } from '#net/agents';
import type { IssuedLogin } from '../identities.ts';
import type { CloudContext } from '../provider.ts';
import { tokenKey, type TokenCache } from '../token-cache.ts';
import { gitHubApp, type GitHubAppData } from './app.ts';
import { installationToken } from './installation-token.ts';

export interface GitHubAppsOptions extends Pick<CloudContext, 'http' | 'clock'> {
  readonly cache: TokenCache;
}

/** The user GitHub wants beside a token. */
const username = 'x-access-token';

export class GitHubApps {
  readonly #options: GitHubAppsOptions;

  constructor(options: GitHubAppsOptions) {
    this.#options = options;
  }

  /** Throws an IdentityError. The way to the API is `route`. */
  async gitLogin(data: GitHubAppData, route: Route, signal: AbortSignal): Promise<IssuedLogin> {
    const { cache, clock, http } = this.#options;
    const { privateKey, ...app } = gitHubApp(data);
    // Whoever has the key may have the token; another key has to prove itself.
    const key = tokenKey('github', app, privateKey.reveal());
    const make = (limit: AbortSignal) =>
      installationToken({ clock, http: http.over(route) }, { ...app, privateKey }, limit);
    const { token } = await cache.get(key, make, signal);
    return { login: { basic: { username, password: token } }, reject: () => cache.delete(key) };
  }
}
