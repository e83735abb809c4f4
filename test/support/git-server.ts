// A real Git server: `git http-backend` behind HTTP(S) on loopback, with authentication and faults on demand.
import type http from 'node:http';
import { serveGit } from '#dev/git-http-backend';
import { Faults, faultStream } from './http-faults.ts';
import { type LoopbackOptions, loopbackServer, type LoopbackServer } from './loopback-server.ts';

export interface GitServerOptions extends LoopbackOptions {
  /** The folder whose repositories are served: `url`/repo.git is `root`/repo.git. */
  readonly root: string;
  readonly auth?: { readonly username: string; readonly password: string } | { readonly bearer: string };
}

export interface GitServer extends LoopbackServer {
  readonly faults: Faults;
  /** "GET /repo.git/info/refs?service=git-upload-pack", in order of arrival. */
  readonly requests: readonly string[];
}

export async function gitServer(options: GitServerOptions): Promise<GitServer> {
  const faults = new Faults();
  const requests: string[] = [];
  const server = await loopbackServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    if (!authorized(request, options.auth)) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
      return;
    }
    const fault = faults.take(request.url ?? '/');
    if (typeof fault?.kind === 'object') {
      response.writeHead(fault.kind.status, fault.kind.headers).end();
      return;
    }
    const through = fault === undefined ? {} : { through: faultStream(fault, response) };
    serveGit(request, response, { root: options.root, ...through });
  }, options);
  return { ...server, faults, requests };
}

function authorized(request: http.IncomingMessage, auth: GitServerOptions['auth']): boolean {
  if (auth === undefined) return true;
  const expected =
    'bearer' in auth
      ? `Bearer ${auth.bearer}`
      : `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}`;
  return request.headers.authorization === expected;
}
