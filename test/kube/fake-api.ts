// An HTTP server that plays API server, answer by answer, as well or as badly as the test wants.
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { systemClock } from '#lib/clock';
import { anonymous } from '#kube/credentials';
import type { ClusterConfig } from '#kube/cluster-config';
import { KubeClient, type ClientOptions } from '#kube/client';
import type { ResourceRef } from '#kube/object';

export const CONFIG_MAPS: ResourceRef = { group: '', version: 'v1', plural: 'configmaps', namespaced: true };
export const WIDGETS: ResourceRef = { group: 'example.com', version: 'v1', plural: 'widgets', namespaced: true };

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

export type Answer = (response: ServerResponse, call: Call) => void | Promise<void>;

export class FakeApi {
  readonly calls: Call[] = [];
  readonly url: string;
  readonly #server: Server;
  readonly #waiters = new Set<() => void>();
  readonly #clients: KubeClient[] = [];

  private constructor(server: Server, answer: Answer) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on(
      'request',
      (request: IncomingMessage, response: ServerResponse) => void this.#take(answer, request, response),
    );
  }

  /** `answer` gets every call. */
  static async start(answer: Answer): Promise<FakeApi> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new FakeApi(server, answer);
  }

  config(overrides: Partial<ClusterConfig> = {}): ClusterConfig {
    return { server: this.url, tls: {}, credentials: anonymous, namespace: 'default', ...overrides };
  }

  /** A client that is closed with the server. */
  client(options: ClientOptions = {}, config: Partial<ClusterConfig> = {}): KubeClient {
    const client = new KubeClient(this.config(config), { clock: systemClock, ...options });
    this.#clients.push(client);
    return client;
  }

  /** Resolves when `count` calls have come. */
  async called(count: number): Promise<void> {
    while (this.calls.length < count) await new Promise<void>((resolve) => this.#waiters.add(resolve));
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async #take(answer: Answer, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url);
    const call: Call = {
      method: request.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      rawHeaders: request.rawHeaders,
      body: await text(request),
    };
    this.calls.push(call);
    await answer(response, call);
    for (const waiter of this.#waiters) waiter();
    this.#waiters.clear();
  }
}

export function sendJson(
  response: ServerResponse,
  body: unknown,
  status = 200,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

export function sendStatus(
  response: ServerResponse,
  code: number,
  reason: string,
  more: Record<string, unknown> = {},
): void {
  sendJson(
    response,
    { kind: 'Status', apiVersion: 'v1', status: 'Failure', message: `${reason} it is`, reason, code, ...more },
    code,
  );
}

export function configMap(
  name: string,
  resourceVersion: string,
  more: Record<string, unknown> = {},
): Record<string, unknown> & { metadata: Record<string, unknown> } {
  return { metadata: { name, namespace: 'default', uid: `uid-${name}`, resourceVersion }, ...more };
}

/** Begins a watch response; events are written with {@link event}. */
export function beginWatch(response: ServerResponse): void {
  response.writeHead(200, { 'Content-Type': 'application/json' });
  response.flushHeaders();
}

export function event(response: ServerResponse, type: string, object: unknown): void {
  response.write(`${JSON.stringify({ type, object })}\n`);
}

export function listOf(items: unknown[], resourceVersion: string, token = ''): Record<string, unknown> {
  return {
    kind: 'ConfigMapList',
    apiVersion: 'v1',
    metadata: { resourceVersion, ...(token && { continue: token }) },
    items,
  };
}
