// GitHub as an Enterprise Server on loopback: the API by which GitHub Apps get tokens, and the repositories these open.
// The API believes nothing: it verifies who signed a proof, for whom, and how long ago.
import { randomBytes, verify, type KeyObject } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { serveGit } from '#dev/git-http-backend';
import { Faults } from './http-faults.ts';
import { loopbackServer, type LoopbackOptions, type LoopbackServer } from './loopback-server.ts';

export interface AppRegistration {
  publicKey: KeyObject | string;
  /** Accounts by the id of the installation with them. */
  readonly installations: Readonly<Record<string, { readonly owner: string; readonly kind: 'orgs' | 'users' }>>;
}

export interface GitHubOptions extends LoopbackOptions {
  /** The folder whose repositories are served. */
  readonly root?: string;
  /** ms since the Unix epoch. */
  readonly now?: () => number;
}

const apiPath = '/api/v3';
const tokenLifeMs = 3_600_000;

export class GitHub {
  readonly faults = new Faults();
  /** By their id. */
  readonly apps = new Map<string, AppRegistration>();
  /** `METHOD path` of the API's requests. */
  readonly requests: string[] = [];
  /** Every proof and every token there was. */
  readonly secrets: string[] = [];
  readonly #tokens = new Map<string, number>();
  readonly #root: string;
  readonly #now: () => number;
  #server: LoopbackServer | undefined;

  private constructor({ root = '/nowhere', now = Date.now }: GitHubOptions) {
    this.#root = root;
    this.#now = now;
  }

  static async start(options: GitHubOptions): Promise<GitHub> {
    const github = new GitHub(options);
    github.#server = await loopbackServer((request, response) => github.#handle(request, response), options);
    return github;
  }

  /** Of the server itself: repositories are below it. */
  get url(): string {
    return this.#server!.url;
  }

  get apiUrl(): string {
    return `${this.url}${apiPath}`;
  }

  /** PEM, with TLS. */
  get authority(): string {
    return this.#server!.authority!;
  }

  stop(): Promise<void> {
    return this.#server!.stop();
  }

  /** Takes all tokens back. */
  revoke(): void {
    this.#tokens.clear();
  }

  /** Whether the token opens repositories. */
  accepts(token: string): boolean {
    return (this.#tokens.get(token) ?? 0) > this.#now();
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    const url = request.url ?? '';
    const fault = this.faults.take(url);
    if (url.startsWith(`${apiPath}/`)) this.requests.push(`${request.method ?? ''} ${url.slice(apiPath.length)}`);
    // A server that never answers.
    if (fault?.kind === 'stall') return;
    if (typeof fault?.kind === 'object') answer(response, fault.kind.status, { message: `fault ${url}` });
    else if (url.startsWith(`${apiPath}/`)) this.#api(request, response, url.slice(apiPath.length));
    else this.#repository(request, response);
  }

  #repository(request: IncomingMessage, response: ServerResponse): void {
    const [scheme = '', content = ''] = (request.headers.authorization ?? '').split(' ');
    const [username = '', token = ''] = Buffer.from(content, 'base64').toString('utf8').split(':');
    if (scheme === 'Basic' && username === 'x-access-token' && this.accepts(token)) {
      serveGit(request, response, { root: this.#root });
    } else {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="GitHub"' }).end();
    }
  }

  #api(request: IncomingMessage, response: ServerResponse, path: string): void {
    const proof = (request.headers.authorization ?? '').replace(/^Bearer /, '');
    this.secrets.push(proof);
    const app = this.#appOf(proof);
    if (typeof app === 'string') {
      // Some servers quote what they were sent.
      answer(response, 401, { message: `${app} (${proof})` });
      return;
    }
    const [, kind, owner] = /^\/(orgs|users)\/([^/]+)\/installation$/.exec(path) ?? [];
    const [, id] = /^\/app\/installations\/(\d+)\/access_tokens$/.exec(path) ?? [];
    const found = Object.entries(app.installations).find(
      ([key, installation]) => key === id || (installation.kind === kind && installation.owner === owner),
    );
    if (found === undefined) answer(response, 404, { message: 'Not Found' });
    else if (id === undefined) answer(response, 200, { id: Number(found[0]) });
    else if (request.method === 'POST') answer(response, 201, this.#issue());
    else answer(response, 405, { message: 'Method Not Allowed' });
  }

  #issue(): { readonly token: string; readonly expires_at: string } {
    const token = `ghs_${randomBytes(18).toString('hex')}`;
    const expiresAt = this.#now() + tokenLifeMs;
    this.#tokens.set(token, expiresAt);
    this.secrets.push(token);
    return { token, expires_at: `${new Date(expiresAt).toISOString().slice(0, 19)}Z` };
  }

  /** The app whose proof this is; else what is wrong with it. */
  #appOf(proof: string): AppRegistration | string {
    const [header = '', payload = '', signature = ''] = proof.split('.');
    const { alg } = decoded(header);
    const { iss, iat, exp } = decoded(payload);
    const now = this.#now() / 1000;
    const app = typeof iss === 'string' ? this.apps.get(iss) : undefined;
    if (app === undefined) return `no app ${String(iss)}`;
    const content = Buffer.from(`${header}.${payload}`);
    const isSigned = verify('sha256', content, app.publicKey, Buffer.from(signature, 'base64url'));
    if (alg !== 'RS256' || !isSigned) return 'A JSON web token could not be decoded';
    if (!Number.isInteger(iat) || !Number.isInteger(exp)) return "'iat' and 'exp' must be integers";
    if (Number(iat) > now) return "'Issued at' claim ('iat') must be an Integer in the past";
    if (Number(exp) <= now || Number(exp) > now + 600)
      return "'Expiration time' claim ('exp') is too far in the future";
    return app;
  }
}

function decoded(part: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(part, 'base64url').toString('utf8') || '{}') as Record<string, unknown>;
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
}
