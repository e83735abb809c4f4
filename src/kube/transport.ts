// One cluster's wire: pools, credentials, limits, deadlines, Retry-After, and what is counted. Knows HTTP, not objects.
import type { Dispatcher } from 'undici';
import { delay } from '#lib/backoff';
import { openPool } from '#net/agents';
import { tlsFingerprint } from '#net/tls';
import type { Clock } from '#lib/clock';
import { CodedError, errorMessage } from '#lib/errors';
import type { ClusterConfig } from './cluster-config.ts';
import type { Credential } from './credentials.ts';
import { Deadline } from './deadline.ts';
import { impersonationHeaders, type Impersonation } from './impersonate.ts';
import { RequestLimiter, type Limits } from './limiter.ts';
import { parseRetryAfter, statusErrorFrom } from './status-error.ts';

/** One finished request, for metrics. */
export interface RequestRecord {
  readonly verb: string;
  readonly method: string;
  readonly host: string;
  /** `plural.version.group`, or empty for other paths. */
  readonly resource: string;
  /** HTTP status; 0 when no response came. */
  readonly code: number;
  readonly seconds: number;
}

export interface TransportOptions {
  readonly clock: Clock;
  readonly userAgent: string;
  /** Sockets for everything but watches. */
  readonly connections: number;
  /** Sockets for watches: each holds one for minutes. */
  readonly watchConnections: number;
  readonly limits?: Limits;
  /** Deadline of a request that names none. */
  readonly timeoutMs: number;
  /** Largest response body that is not a watch. */
  readonly maxResponseBytes: number;
  readonly observe?: (record: RequestRecord) => void;
}

export interface TransportRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query. */
  readonly path: string;
  /** For metrics and messages. */
  readonly verb: string;
  readonly resource?: string;
  readonly name?: string | undefined;
  readonly accept?: string;
  readonly contentType?: string;
  readonly body?: string;
  readonly headers?: readonly string[];
  readonly impersonate?: Impersonation | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Whole time, retries included; 0 for none. */
  readonly timeoutMs?: number | undefined;
}

export interface TransportResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** A response that goes on: the caller reads `body` and must destroy it. */
export interface TransportStream {
  readonly body: Dispatcher.ResponseData['body'];
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** The request's own deadline passed. */
export class RequestTimeoutError extends CodedError {
  constructor(request: TransportRequest, timeoutMs: number) {
    super('KUBE_TIMEOUT', `${request.method} ${withoutQuery(request.path)}: no answer within ${timeoutMs / 1000}s`);
  }
}

/** No response came: refused, reset, unresolvable, TLS failure. */
export class UnreachableError extends CodedError {
  constructor(server: string, request: TransportRequest, cause: unknown) {
    super('KUBE_UNREACHABLE', `${request.method} ${server}${withoutQuery(request.path)}: ${causeText(cause)}`, {
      cause,
    });
  }
}

// As client-go: ten tries for one call.
const MAX_RETRIES = 10;

interface Pools {
  readonly fingerprint: string;
  readonly main: Dispatcher;
  readonly watch: Dispatcher;
}

export class Transport {
  readonly config: ClusterConfig;
  readonly options: TransportOptions;
  readonly #origin: string;
  readonly #prefix: string;
  readonly #host: string;
  readonly #limiter: RequestLimiter | undefined;
  #pools: Pools | undefined;
  #closed = false;

  constructor(config: ClusterConfig, options: TransportOptions) {
    const url = new URL(config.server);
    this.config = config;
    this.options = options;
    this.#origin = url.origin;
    this.#prefix = url.pathname.replace(/\/+$/, '');
    this.#host = url.host;
    this.#limiter = options.limits === undefined ? undefined : new RequestLimiter(options.limits, options.clock);
  }

  /** Sends and reads the whole response. Throws a StatusError for anything but 2xx. */
  async send(request: TransportRequest): Promise<TransportResponse> {
    const timeoutMs = request.timeoutMs ?? this.options.timeoutMs;
    const deadline = new Deadline(request.signal, timeoutMs, this.options.clock);
    try {
      return await this.#attempts(request, deadline);
    } catch (error) {
      throw deadline.expired ? new RequestTimeoutError(request, timeoutMs) : error;
    } finally {
      deadline.end();
    }
  }

  /** Opens a stream on the pool for watches. `timeoutMs` covers only the time until the headers arrive. */
  async open(request: TransportRequest): Promise<TransportStream> {
    const timeoutMs = request.timeoutMs ?? this.options.timeoutMs;
    const deadline = new Deadline(request.signal, timeoutMs, this.options.clock);
    const started = this.options.clock.monotonic();
    try {
      const credential = await this.#credential(deadline.signal);
      const response = await this.#dispatch(this.#poolsFor(credential).watch, request, credential, deadline.signal);
      this.#observe(request, response.statusCode, started);
      if (response.statusCode >= 200 && response.statusCode < 300) {
        // From here on only the caller's signal may end it.
        deadline.disarm();
        response.body.once('close', () => deadline.end());
        return { body: response.body, headers: response.headers };
      }
      if (response.statusCode === 401) this.config.credentials.invalidate();
      throw statusErrorFrom(response.statusCode, await response.body.text(), contextOf(request, response));
    } catch (error) {
      deadline.end();
      if (deadline.expired) throw new RequestTimeoutError(request, timeoutMs);
      if (deadline.signal.aborted || error instanceof CodedError) throw error;
      throw new UnreachableError(this.#origin + this.#prefix, request, error);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    const pools = this.#pools;
    this.#pools = undefined;
    await Promise.allSettled([pools?.main.close(), pools?.watch.destroy()]);
  }

  async #attempts(request: TransportRequest, deadline: Deadline): Promise<TransportResponse> {
    let credentialsRenewed = false;
    for (let attempt = 0; ; attempt++) {
      const result = await this.#attempt(request, deadline, attempt);
      // 304 answers a conditional read, which only callers of raw requests make.
      if ((result.status >= 200 && result.status < 300) || result.status === 304) return result;
      const error = statusErrorFrom(result.status, result.body, contextOf(request, result));
      if (result.status === 401 && !credentialsRenewed && this.config.credentials.invalidate()) {
        credentialsRenewed = true;
        continue;
      }
      const waitSeconds = parseRetryAfter(headerOf(result.headers, 'retry-after'));
      const mayRetry = (result.status === 429 || result.status >= 500) && waitSeconds !== undefined;
      // A wait beyond the deadline would only turn the server's reason into a timeout.
      if (!mayRetry || attempt >= MAX_RETRIES || waitSeconds * 1000 >= deadline.remainingMs()) throw error;
      await delay(waitSeconds * 1000, this.options.clock, deadline.signal);
    }
  }

  async #attempt(request: TransportRequest, deadline: Deadline, attempt: number): Promise<TransportResponse> {
    const waiting = this.#limiter?.acquire(deadline.signal);
    if (waiting !== undefined) await waiting;
    const started = this.options.clock.monotonic();
    let code = 0;
    try {
      const credential = await this.#credential(deadline.signal);
      const pool = this.#poolsFor(credential).main;
      const response = await this.#dispatchAgain(pool, request, credential, deadline.signal, attempt);
      code = response.statusCode;
      return { status: code, headers: response.headers, body: await response.body.text() };
    } catch (error) {
      if (deadline.signal.aborted || error instanceof CodedError) throw error;
      throw new UnreachableError(this.#origin + this.#prefix, request, error);
    } finally {
      this.#limiter?.release();
      this.#observe(request, code, started);
    }
  }

  /** A kept-alive socket may have been closed by the server just as we wrote: a read is then sent once more. */
  async #dispatchAgain(
    pool: Dispatcher,
    request: TransportRequest,
    credential: Credential,
    signal: AbortSignal,
    attempt: number,
  ): Promise<Dispatcher.ResponseData> {
    try {
      return await this.#dispatch(pool, request, credential, signal);
    } catch (error) {
      if (attempt > 0 || request.method !== 'GET' || !isStaleSocket(error) || signal.aborted) throw error;
      return this.#dispatch(pool, request, credential, signal);
    }
  }

  async #dispatch(
    pool: Dispatcher,
    request: TransportRequest,
    credential: Credential,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData> {
    const headers = ['Accept', request.accept ?? 'application/json', 'User-Agent', this.options.userAgent];
    if (request.body !== undefined) headers.push('Content-Type', request.contentType ?? 'application/json');
    if (credential.authorization !== undefined) headers.push('Authorization', credential.authorization.reveal());
    headers.push(...impersonationHeaders(request.impersonate ?? this.config.impersonate), ...(request.headers ?? []));
    return pool.request({
      origin: this.#origin,
      path: this.#prefix + request.path,
      method: request.method,
      headers,
      signal,
      // A DELETE with a body would cost its socket else; API servers read such bodies.
      ...(request.body !== undefined && { body: request.body, reset: false }),
    });
  }

  #credential(signal: AbortSignal): Credential | Promise<Credential> {
    signal.throwIfAborted();
    if (this.#closed) throw new CodedError('KUBE_CLOSED', 'the cluster client is closed');
    return this.config.credentials.get(signal);
  }

  /** Pools are opened by the first request, and again when a plugin hands out another client certificate. */
  #poolsFor(credential: Credential): Pools {
    const tls = {
      ...this.config.tls,
      ...(credential.cert !== undefined && { cert: credential.cert }),
      ...(credential.key !== undefined && { key: credential.key }),
    };
    const current = this.#pools;
    if (current !== undefined && credential.cert === undefined) return current;
    const fingerprint = tlsFingerprint(tls);
    if (current?.fingerprint === fingerprint) return current;
    const route = { tls, ...(this.config.proxy && { proxy: this.config.proxy }) };
    const { connections, watchConnections, maxResponseBytes } = this.options;
    this.#pools = {
      fingerprint,
      main: openPool(route, { connections, headersTimeoutMs: 60_000, bodyTimeoutMs: 0, maxResponseBytes }),
      watch: openPool(route, { connections: watchConnections, headersTimeoutMs: 60_000, bodyTimeoutMs: 0 }),
    };
    // Watches on the old pools go on until they end by themselves.
    void Promise.allSettled([current?.main.close(), current?.watch.close()]);
    return this.#pools;
  }

  #observe(request: TransportRequest, code: number, started: number): void {
    const { observe, clock } = this.options;
    if (observe === undefined) return;
    const seconds = (clock.monotonic() - started) / 1000;
    observe({
      verb: request.verb,
      method: request.method,
      host: this.#host,
      resource: request.resource ?? '',
      code,
      seconds,
    });
  }
}

function contextOf(
  request: TransportRequest,
  response: { readonly headers: Readonly<Record<string, string | string[] | undefined>> },
): { verb: string; resource?: string | undefined; name?: string | undefined; retryAfter?: string | undefined } {
  const { verb, resource, name } = request;
  return { verb, resource, name, retryAfter: headerOf(response.headers, 'retry-after') };
}

function headerOf(headers: Readonly<Record<string, string | string[] | undefined>>, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function isStaleSocket(error: unknown): boolean {
  const code = (error as { code?: string } | null)?.code;
  return code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE';
}

/** Whether the server could not even be connected to: it is down, not unhappy. */
export function isConnectionRefused(error: unknown): boolean {
  for (let current = error; current instanceof Error; current = current.cause) {
    if ((current as { code?: string }).code === 'ECONNREFUSED') return true;
    if (current instanceof AggregateError && current.errors.some(isConnectionRefused)) return true;
  }
  return false;
}

function causeText(cause: unknown): string {
  // An AggregateError of all addresses tried has an empty message of its own.
  if (cause instanceof AggregateError && cause.message === '') return cause.errors.map(errorMessage).join('; ');
  return errorMessage(cause);
}

function withoutQuery(path: string): string {
  const query = path.indexOf('?');
  return query < 0 ? path : path.slice(0, query);
}
