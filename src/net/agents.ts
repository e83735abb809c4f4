// Connection pools for outgoing HTTP, one per (TLS material, proxy): what differs in either may never share a socket.
import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Dispatcher } from 'undici';
import { LRUCache } from 'lru-cache';
import { proxyFromEnvironment, type Environment, type ProxyOptions } from './proxy.ts';
import { tlsFingerprint, toConnectionOptions, type TlsOptions } from './tls.ts';
import { Agent, ProxyAgent, buildConnector } from './undici.ts';

export interface PoolOptions {
  /** Sockets per origin. @default 16 */
  readonly connections?: number;
  /** @default 10_000 */
  readonly connectTimeoutMs?: number;
  /** Longest wait for response headers; 0 waits forever. @default 60_000 */
  readonly headersTimeoutMs?: number;
  /** Longest silence within a body; 0 waits forever. @default 60_000 */
  readonly bodyTimeoutMs?: number;
  /** How long an idle socket is kept. @default 60_000 */
  readonly keepAliveMs?: number;
  /** Largest response body; a longer one fails the request. @default unlimited */
  readonly maxResponseBytes?: number;
}

/** What decides which sockets a request may use. */
export interface Route {
  readonly tls?: TlsOptions;
  readonly proxy?: ProxyOptions;
}

/** Opens a pool of its own. The caller closes it. */
export function openPool(route: Route, options: PoolOptions = {}): Dispatcher {
  const connectTimeout = options.connectTimeoutMs ?? 10_000;
  const requestTls = { ...toConnectionOptions(route.tls), keepAlive: true, keepAliveInitialDelay: 30_000 };
  const shared = {
    connections: options.connections ?? 16,
    pipelining: 1,
    // HTTP/2 in undici shares one socket per origin; a lost socket would then fail every request in flight at once.
    allowH2: false,
    headersTimeout: options.headersTimeoutMs ?? 60_000,
    bodyTimeout: options.bodyTimeoutMs ?? 60_000,
    keepAliveTimeout: options.keepAliveMs ?? 60_000,
    keepAliveMaxTimeout: 600_000,
    connectTimeout,
    // As Go's 1 MiB: Link and Warning headers can be long.
    maxHeaderSize: 1 << 20,
    maxResponseSize: options.maxResponseBytes ?? -1,
  };
  if (route.proxy === undefined) {
    return new Agent({
      ...shared,
      connect: probing(buildConnector({ ...requestTls, allowH2: false, timeout: connectTimeout })),
    });
  }
  return new ProxyAgent({ ...shared, uri: proxyUri(route.proxy), requestTls });
}

type Connector = ReturnType<typeof buildConnector>;

/** Lets the kernel notice a peer that vanished without a word in about a minute, where its own default is two hours. */
function probing(connect: Connector): Connector {
  return (options, callback) => {
    connect(options, (...result: [null, Socket] | [Error, null]) => {
      result[1]?.setKeepAlive(true, 30_000, 10_000, 3);
      if (result[0] === null) callback(null, result[1]);
      else callback(result[0], null);
    });
  };
}

function proxyUri(proxy: ProxyOptions): string {
  const url = new URL(proxy.url);
  if (proxy.username !== undefined) url.username = encodeURIComponent(proxy.username);
  if (proxy.password !== undefined) url.password = encodeURIComponent(proxy.password.reveal());
  return url.href;
}

export interface AgentsOptions extends PoolOptions {
  /** Where HTTP_PROXY, HTTPS_PROXY and NO_PROXY are looked up. @default {}: no proxy but the route's */
  readonly env?: Environment;
  /** Distinct routes kept open; the least recently used one is closed first. @default 64 */
  readonly maxPools?: number;
}

/** The pools of all routes in use. */
export class Agents {
  readonly #options: AgentsOptions;
  readonly #env: Environment;
  readonly #pools: LRUCache<string, Dispatcher>;

  constructor(options: AgentsOptions = {}) {
    this.#options = options;
    this.#env = options.env ?? {};
    this.#pools = new LRUCache({
      max: options.maxPools ?? 64,
      // Graceful: requests under way on an evicted pool finish.
      dispose: (pool) => void pool.close().catch(() => undefined),
    });
  }

  /** The dispatcher for `url`. The route's proxy wins over the environment's. */
  for(url: URL, route: Route = {}): Dispatcher {
    const proxy = route.proxy ?? proxyFromEnvironment(url, this.#env);
    const key = `${tlsFingerprint(route.tls)}|${proxy === undefined ? '' : proxyFingerprint(proxy)}`;
    let pool = this.#pools.get(key);
    if (pool === undefined) {
      pool = openPool({ ...(route.tls && { tls: route.tls }), ...(proxy && { proxy }) }, this.#options);
      this.#pools.set(key, pool);
    }
    return pool;
  }

  /** Ends idle sockets at once and the others when their requests are done. */
  async close(): Promise<void> {
    const pools = [...this.#pools.values()];
    this.#pools.clear();
    await Promise.allSettled(pools.map((pool) => pool.close()));
  }
}

function proxyFingerprint(proxy: ProxyOptions): string {
  return createHash('sha256').update(proxyUri(proxy)).digest('base64');
}
