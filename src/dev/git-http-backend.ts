// Serves a folder of repositories by Git's smart HTTP protocol: `git http-backend` as a CGI program.
import { spawn } from 'node:child_process';
import type http from 'node:http';
import process from 'node:process';
import { pipeline, type Transform } from 'node:stream';

export interface GitBackend {
  /** The folder whose repositories are served: /repo.git is `root`/repo.git. */
  readonly root: string;
  /** Stands between the answer's body and the client. */
  readonly through?: Transform;
}

export function serveGit(request: http.IncomingMessage, response: http.ServerResponse, options: GitBackend): void {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const length = request.headers['content-length'];
  const backend = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env['PATH'],
      // Neither the user's settings nor the machine's change what is served.
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_NOSYSTEM: '1',
      // Another user may own the folder (a container's root, for one).
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'safe.directory',
      GIT_CONFIG_VALUE_0: '*',
      GIT_PROJECT_ROOT: options.root,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_PROTOCOL: header(request, 'git-protocol'),
      REQUEST_METHOD: request.method,
      PATH_INFO: decodeURIComponent(url.pathname),
      QUERY_STRING: url.search.slice(1),
      CONTENT_TYPE: header(request, 'content-type'),
      HTTP_CONTENT_ENCODING: header(request, 'content-encoding'),
      REMOTE_USER: 'git',
      REMOTE_ADDR: '127.0.0.1',
      ...(length === undefined ? {} : { CONTENT_LENGTH: length }),
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  backend.once('error', () => response.destroy());
  response.once('close', () => backend.kill('SIGKILL'));
  // A backend that answers before it has read everything is no error.
  pipeline(request, backend.stdin, () => undefined);
  relay(backend.stdout, response, options.through).catch(() => response.destroy());
}

/** Turns a CGI answer (headers, an empty line, the body) into an HTTP one. */
async function relay(
  output: AsyncIterable<Buffer>,
  response: http.ServerResponse,
  through: Transform | undefined,
): Promise<void> {
  const target = through ?? response;
  if (through !== undefined) pipeline(through, response, () => undefined);
  let head: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of output) {
    let body = chunk;
    if (head !== undefined) {
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) continue;
      writeHead(head.toString('latin1', 0, end), response);
      body = head.subarray(end + 4);
      head = undefined;
    }
    if (body.length > 0 && !target.write(body)) await drained(target, response);
  }
  target.end();
}

function writeHead(head: string, response: http.ServerResponse): void {
  for (const line of head.split('\r\n')) {
    const [name = '', value = ''] = line.split(/: (.*)/s);
    if (name.toLowerCase() === 'status') response.statusCode = Number.parseInt(value, 10);
    else response.setHeader(name, value);
  }
}

function drained(target: NodeJS.WritableStream, response: http.ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      target.off('drain', done);
      response.off('close', done);
      resolve();
    };
    target.on('drain', done);
    response.on('close', done);
  });
}

function header(request: http.IncomingMessage, name: string): string {
  const value = request.headers[name];
  return typeof value === 'string' ? value : '';
}
