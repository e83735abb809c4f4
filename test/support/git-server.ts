// A real Git server: `git http-backend` behind HTTP(S) on loopback, with authentication and faults on demand.
import { spawn } from 'node:child_process';
import type http from 'node:http';
import process from 'node:process';
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
    serve(request, response, { root: options.root, faults });
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

interface Backend {
  readonly root: string;
  readonly faults: Faults;
}

function serve(request: http.IncomingMessage, response: http.ServerResponse, { root, faults }: Backend): void {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const fault = faults.take(request.url ?? '/');
  if (typeof fault?.kind === 'object') {
    response.writeHead(fault.kind.status, fault.kind.headers).end();
    return;
  }
  const backend = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env['PATH'],
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_NOSYSTEM: '1',
      // Another user may own the folder (a container's root, for one).
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'safe.directory',
      GIT_CONFIG_VALUE_0: '*',
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_PROTOCOL: header(request, 'git-protocol'),
      REQUEST_METHOD: request.method,
      PATH_INFO: decodeURIComponent(url.pathname),
      QUERY_STRING: url.search.slice(1),
      CONTENT_TYPE: header(request, 'content-type'),
      HTTP_CONTENT_ENCODING: header(request, 'content-encoding'),
      REMOTE_USER: 'test',
      REMOTE_ADDR: '127.0.0.1',
      ...(request.headers['content-length'] === undefined ? {} : { CONTENT_LENGTH: request.headers['content-length'] }),
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  backend.stdin.on('error', () => undefined);
  request.pipe(backend.stdin);
  response.once('close', () => backend.kill('SIGKILL'));
  relayCgi(backend.stdout, response, fault === undefined ? response : faultStream(fault, response));
  backend.once('error', () => response.destroy());
}

/** Turns a CGI answer (headers, an empty line, the body) into an HTTP one. */
function relayCgi(output: NodeJS.ReadableStream, response: http.ServerResponse, target: NodeJS.WritableStream): void {
  let head: Buffer | undefined = Buffer.alloc(0);
  if (target !== response) (target as NodeJS.ReadWriteStream).pipe(response);
  output.on('data', (chunk: Buffer) => {
    if (head === undefined) {
      target.write(chunk);
      return;
    }
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    for (const line of head.toString('latin1', 0, end).split('\r\n')) {
      const [name = '', value = ''] = line.split(/: (.*)/s);
      if (name.toLowerCase() === 'status') response.statusCode = Number.parseInt(value, 10);
      else response.setHeader(name, value);
    }
    const body = head.subarray(end + 4);
    head = undefined;
    if (body.length > 0) target.write(body);
  });
  output.on('end', () => target.end());
}

function header(request: http.IncomingMessage, name: string): string {
  const value = request.headers[name];
  return typeof value === 'string' ? value : '';
}
