// A Helm repository on loopback whose charts and index are what the test says, with passwords, TLS and faults on demand.
import { createHash } from 'node:crypto';
import type http from 'node:http';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { type LoopbackOptions, loopbackServer, type LoopbackServer } from '#test/support/loopback-server';

export type ChartContent = Readonly<Record<string, string>>;

/** A small chart that renders one ConfigMap. */
export function chartContent(name: string, version: string, more: ChartContent = {}): ChartContent {
  return {
    'Chart.yaml': `apiVersion: v2\nname: ${name}\nversion: ${version}\ndescription: a chart of a test\n`,
    'values.yaml': 'replicas: 1\nimage:\n  tag: old\n',
    'templates/cm.yaml':
      'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\ndata:\n  tag: {{ .Values.image.tag | quote }}\n',
    ...more,
  };
}

/** Packs files as a chart archive, apart from the code under test. */
export async function chartArchive(name: string, files: ChartContent): Promise<Buffer> {
  const tar = pack();
  for (const [path, content] of Object.entries(files)) tar.entry({ name: `${name}/${path}` }, content);
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar as AsyncIterable<Buffer>) chunks.push(chunk);
  return gzipSync(Buffer.concat(chunks));
}

export interface ChartServer extends LoopbackServer {
  /** Path below the root → body, or how to answer. */
  readonly files: Map<string, Buffer | string | http.RequestListener>;
  /** "GET /index.yaml 304", in order of arrival. */
  readonly requests: string[];
  /** The Authorization header of each request, in the same order. */
  readonly authorizations: (string | undefined)[];
  /** Adds a chart and renews the index. */
  publish(name: string, version: string, options?: PublishOptions): Promise<Buffer>;
  /** Adds an archive that is there already. */
  add(name: string, version: string, archive: Buffer, options?: Omit<PublishOptions, 'files'>): void;
}

export interface PublishOptions {
  readonly files?: ChartContent;
  /** In the index instead of the archive's own. */
  readonly digest?: string;
  /** In the index instead of `<name>-<version>.tgz`. */
  readonly url?: string;
}

export interface ChartServerOptions extends LoopbackOptions {
  readonly basic?: { readonly username: string; readonly password: string };
}

interface Row {
  readonly version: string;
  readonly digest: string;
  readonly url: string;
}

export async function chartServer(options: ChartServerOptions = {}): Promise<ChartServer> {
  const files: ChartServer['files'] = new Map();
  const requests: string[] = [];
  const authorizations: (string | undefined)[] = [];
  const entries = new Map<string, Row[]>();
  const server = await loopbackServer((request, response) => {
    const path = (request.url ?? '/').split('?', 1)[0]!.slice(1);
    authorizations.push(request.headers.authorization);
    response.once('finish', () => requests.push(`${request.method} /${path} ${response.statusCode}`));
    answer(files.get(path), { request, response, authorized: isAuthorized(request, options.basic) });
  }, options);
  const add: ChartServer['add'] = (name, version, archive, { digest, url } = {}) => {
    const file = `${name}-${version}.tgz`;
    files.set(`charts/${file}`, archive);
    const own = createHash('sha256').update(archive).digest('hex');
    entries.set(name, [...(entries.get(name) ?? []), { version, digest: digest ?? own, url: url ?? `charts/${file}` }]);
    files.set('index.yaml', indexText(entries));
  };
  const publish: ChartServer['publish'] = async (name, version, { files: content, ...options } = {}) => {
    const archive = await chartArchive(name, content ?? chartContent(name, version));
    add(name, version, archive, options);
    return archive;
  };
  files.set('index.yaml', indexText(entries));
  return { ...server, files, requests, authorizations, publish, add };
}

function isAuthorized(request: http.IncomingMessage, basic: ChartServerOptions['basic']): boolean {
  if (basic === undefined) return true;
  return request.headers.authorization === `Basic ${btoa(`${basic.username}:${basic.password}`)}`;
}

interface Exchange {
  readonly request: http.IncomingMessage;
  readonly response: http.ServerResponse;
  readonly authorized: boolean;
}

function answer(file: Buffer | string | http.RequestListener | undefined, exchange: Exchange): void {
  const { request, response, authorized } = exchange;
  if (!authorized) response.writeHead(401).end('who are you?');
  else if (file === undefined) response.writeHead(404).end('not here');
  else if (typeof file === 'function') file(request, response);
  else {
    const etag = `"${createHash('sha256').update(file).digest('hex').slice(0, 16)}"`;
    response.setHeader('etag', etag);
    if (request.headers['if-none-match'] === etag) response.writeHead(304).end();
    else response.end(file);
  }
}

function indexText(entries: ReadonlyMap<string, readonly Row[]>): string {
  const lines = ['apiVersion: v1', entries.size === 0 ? 'entries: {}' : 'entries:'];
  for (const [name, rows] of entries) {
    lines.push(`  ${name}:`);
    for (const { version, digest, url } of rows) {
      lines.push(
        '  - apiVersion: v2',
        '    created: "2024-05-01T10:00:00.123456789Z"',
        `    digest: ${digest}`,
        `    name: ${name}`,
        '    urls:',
        `    - ${url}`,
        `    version: ${version}`,
      );
    }
  }
  lines.push('generated: "2024-05-01T10:00:00Z"', '');
  return lines.join('\n');
}
