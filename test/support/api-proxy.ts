// A proxy before an API server that holds requests of the test's choice: what happens then happens at exactly that point.
import { writeFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import path from 'node:path';
import type { AdminConfig } from '#dev/control-plane';
import { loopbackServer } from './loopback-server.ts';
import { tempDir } from './temp-dir.ts';

export interface ProxiedRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly body: string;
}

export interface Hold {
  /** Resolves when the first such request is held. */
  readonly reached: Promise<ProxiedRequest>;
  /** Lets what is held go on; later requests are not held. */
  release(): void;
}

export interface ApiProxy {
  /** Its clients are cluster admins. */
  readonly kubeconfigPath: string;
  /** Holds matching requests before the API server gets them, or its answers to them before the client gets those. */
  hold(where: 'before' | 'after', matches: (request: ProxiedRequest) => boolean): Hold;
  stop(): Promise<void>;
}

interface Rule {
  readonly where: 'before' | 'after';
  readonly matches: (request: ProxiedRequest) => boolean;
  readonly reach: (request: ProxiedRequest) => void;
  readonly released: Promise<void>;
}

export async function apiProxy(admin: AdminConfig): Promise<ApiProxy> {
  const agent = new https.Agent({ ca: admin.ca, cert: admin.cert, key: admin.key, keepAlive: true, maxSockets: 200 });
  const rules = new Set<Rule>();
  const pass = async (where: Rule['where'], request: ProxiedRequest): Promise<void> => {
    for (const rule of rules) {
      if (rule.where !== where || !rule.matches(request)) continue;
      rule.reach(request);
      await rule.released;
    }
  };
  const server = await loopbackServer((incoming, response) => {
    void relay(incoming, response, { admin, agent, pass }).catch(() => response.destroy());
  });
  const kubeconfigPath = path.join(await tempDir('proxy'), 'kubeconfig');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'proxy', cluster: { server: server.url } }],
    users: [{ name: 'proxy', user: {} }],
    contexts: [{ name: 'proxy', context: { cluster: 'proxy', user: 'proxy' } }],
    'current-context': 'proxy',
  };
  await writeFile(kubeconfigPath, JSON.stringify(config), { mode: 0o600 });
  return {
    kubeconfigPath,
    hold: (where, matches) => {
      const reached = Promise.withResolvers<ProxiedRequest>();
      const released = Promise.withResolvers<void>();
      const rule: Rule = { where, matches, reach: reached.resolve, released: released.promise };
      rules.add(rule);
      const release = (): void => {
        rules.delete(rule);
        released.resolve();
      };
      return { reached: reached.promise, release };
    },
    stop: async () => {
      await server.stop();
      agent.destroy();
    },
  };
}

interface Route {
  readonly admin: AdminConfig;
  readonly agent: https.Agent;
  readonly pass: (where: Rule['where'], request: ProxiedRequest) => Promise<void>;
}

async function relay(
  incoming: http.IncomingMessage,
  response: http.ServerResponse,
  { admin, agent, pass }: Route,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const request = { method: incoming.method ?? '', path: incoming.url ?? '', body: body.toString('utf8') };
  await pass('before', request);
  // The client may have died while its request was held: the API server never hears of it then.
  if (response.destroyed) return;
  const { host: _host, connection: _connection, ...headers } = incoming.headers;
  const url = new URL(request.path, admin.server);
  const outgoing = https.request(url, { method: request.method, headers, agent });
  response.once('close', () => outgoing.destroy());
  const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>();
  outgoing.once('response', resolve).once('error', reject);
  outgoing.end(body);
  const answer = await promise;
  await pass('after', request);
  if (response.destroyed) return;
  response.writeHead(answer.statusCode ?? 502, answer.headers);
  answer.once('error', () => response.destroy());
  answer.pipe(response);
}
