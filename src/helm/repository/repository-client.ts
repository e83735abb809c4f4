// Talks to one chart repository: its index and its charts, with the credentials only for those who may see them.
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { Dispatcher } from 'undici';
import { Digester, type DigestAlgorithm } from '#artifact/digest';
import { CodedError } from '#lib/errors';
import { Secret } from '#lib/secret';
import { failureReason } from '#net/failure';
import { STATUS_CODES } from '#net/node-http';
import { RepositoryError } from './errors.ts';
import { chartUrl, indexUrl, sameOrigin, withoutPassword } from './urls.ts';

export interface RepositoryClientOptions {
  /** The repository's address. */
  readonly url: string;
  readonly basic?: { readonly username: string; readonly password: Secret };
  /** Send the credentials to whatever host the index names. @default false */
  readonly passCredentials?: boolean;
  /** The connection pool for an address: proxies differ by address. */
  readonly dispatcher: (url: URL) => Dispatcher;
  readonly userAgent: string;
}

/** What a server said to tell one state of a resource from the next. */
export interface Validators {
  readonly etag?: string;
  readonly lastModified?: string;
}

export interface FetchIndexOptions {
  /** Where to write the index; must not exist. */
  readonly target: string;
  readonly maxBytes: number;
  readonly algorithm: DigestAlgorithm;
  /** Of the index that is there already: the server need not send that one again. */
  readonly validators?: Validators;
  readonly signal: AbortSignal;
}

export type FetchedIndex =
  | { readonly unchanged: true }
  | { readonly unchanged: false; readonly digest: string; readonly size: number; readonly validators: Validators };

export interface FetchChartOptions {
  readonly maxBytes: number;
  /** Hex of the sha256 the index promises; empty when it promises nothing. */
  readonly digest: string;
  readonly signal: AbortSignal;
}

const maxRedirects = 10;

export class RepositoryClient {
  readonly #options: RepositoryClientOptions;

  constructor(options: RepositoryClientOptions) {
    this.#options = options;
  }

  get url(): string {
    return this.#options.url;
  }

  /** Downloads the index, unless the server says that it is the known one. */
  async fetchIndex(options: FetchIndexOptions): Promise<FetchedIndex> {
    const { validators = {}, maxBytes, algorithm, target, signal } = options;
    const url = indexUrl(this.#options.url);
    const response = await this.#get(url, signal, {
      ...(validators.etag !== undefined && { 'if-none-match': validators.etag }),
      ...(validators.lastModified !== undefined && { 'if-modified-since': validators.lastModified }),
    });
    const { statusCode, headers, body } = response;
    if (statusCode === 304 && (validators.etag ?? validators.lastModified) !== undefined) {
      await body.dump();
      return { unchanged: true };
    }
    await this.#requireOk(url, response);
    const digester = new Digester(algorithm, maxBytes);
    try {
      await pipeline(body, digester, createWriteStream(target, { flags: 'wx', mode: 0o600 }), { signal });
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof CodedError && error.code === 'TOO_LARGE') {
        const why = `index exceeds the maximum index file size of ${maxBytes} bytes`;
        throw new RepositoryError('HELM_REPOSITORY_FETCH', why, { cause: error });
      }
      throw failure(url, error);
    }
    const etag = single(headers['etag']);
    const lastModified = single(headers['last-modified']);
    return {
      unchanged: false,
      ...digester.result(),
      validators: { ...(etag !== undefined && { etag }), ...(lastModified !== undefined && { lastModified }) },
    };
  }

  /** Downloads a chart from an address of its entry, and checks that it is the one the index means. */
  async fetchChart(reference: string, { maxBytes, digest, signal }: FetchChartOptions): Promise<Buffer> {
    const url = chartUrl(this.#options.url, reference);
    const response = await this.#get(url, signal, {});
    await this.#requireOk(url, response);
    const chunks: Buffer[] = [];
    let size = 0;
    try {
      for await (const chunk of response.body as AsyncIterable<Buffer>) {
        size += chunk.length;
        if (size > maxBytes) break;
        chunks.push(chunk);
      }
    } catch (error) {
      signal.throwIfAborted();
      throw failure(url, error);
    }
    if (size > maxBytes) {
      const why = `chart ${shown(url)} exceeds the maximum chart size of ${maxBytes} bytes`;
      throw new RepositoryError('HELM_REPOSITORY_FETCH', why);
    }
    const chart = Buffer.concat(chunks);
    const promised = promisedSha256(digest);
    const actual = promised === undefined ? undefined : createHash('sha256').update(chart).digest('hex');
    if (actual !== promised) {
      const why = `the digest of ${shown(url)} is sha256:${actual}, but the index says sha256:${promised}`;
      throw new RepositoryError('HELM_CHART_DIGEST', why);
    }
    return chart;
  }

  async #get(
    first: URL,
    signal: AbortSignal,
    headers: Readonly<Record<string, string>>,
  ): Promise<Dispatcher.ResponseData> {
    let url = first;
    for (let hops = 0; ; hops++) {
      const response = await this.#request(url, first, { signal, headers });
      const location = redirectOf(response);
      if (location === undefined) return response;
      await response.body.dump();
      if (hops >= maxRedirects) throw failure(first, new Error(`stopped after ${maxRedirects} redirects`));
      if (!URL.canParse(location, url)) throw failure(first, new Error('the server redirects to what is no URL'));
      url = new URL(location, url);
      if (url.protocol !== 'http:' && url.protocol !== 'https:') {
        throw failure(first, new Error(`the server redirects to unsupported scheme "${url.protocol.slice(0, -1)}"`));
      }
    }
  }

  async #request(
    url: URL,
    first: URL,
    { signal, headers }: { readonly signal: AbortSignal; readonly headers: Readonly<Record<string, string>> },
  ): Promise<Dispatcher.ResponseData> {
    const authorization = this.#authorizationFor(url, first);
    try {
      return await this.#options.dispatcher(url).request({
        origin: url.origin,
        path: url.pathname + url.search,
        method: 'GET',
        headers: {
          'user-agent': this.#options.userAgent,
          ...headers,
          ...(authorization !== undefined && { authorization: authorization.reveal() }),
        },
        signal,
      });
    } catch (error) {
      signal.throwIfAborted();
      throw failure(first, error);
    }
  }

  /**
   * Credentials go to the repository's own origin, or with passCredentials to wherever the index points; a redirect may
   * take them along within the host or below it, never from TLS to plain text.
   */
  #authorizationFor(url: URL, first: URL): Secret | undefined {
    const { basic, passCredentials = false } = this.#options;
    const repository = new URL(this.#options.url);
    const isTrusted = passCredentials || sameOrigin(first, repository);
    const isSameHost = url.hostname === first.hostname || url.hostname.endsWith(`.${first.hostname}`);
    const isDowngrade = first.protocol === 'https:' && url.protocol === 'http:';
    if (!isTrusted || !isSameHost || isDowngrade) return undefined;
    if (basic !== undefined) return basicAuthorization(basic.username, basic.password);
    if (first.username === '' && first.password === '') {
      if (repository.username === '' && repository.password === '') return undefined;
      return urlAuthorization(repository);
    }
    return urlAuthorization(first);
  }

  async #requireOk(url: URL, { statusCode, body }: Dispatcher.ResponseData): Promise<void> {
    if (statusCode === 200) return;
    await body.dump();
    const status = `${statusCode} ${STATUS_CODES[statusCode] ?? ''}`.trim();
    throw new RepositoryError('HELM_REPOSITORY_FETCH', `failed to fetch ${shown(url)} : ${status}`);
  }
}

function urlAuthorization(url: URL): Secret {
  return basicAuthorization(decodeURIComponent(url.username), new Secret(decodeURIComponent(url.password)));
}

function basicAuthorization(username: string, password: Secret): Secret {
  return new Secret(`Basic ${Buffer.from(`${username}:${password.reveal()}`).toString('base64')}`);
}

function redirectOf({ statusCode, headers }: Dispatcher.ResponseData): string | undefined {
  return [301, 302, 303, 307, 308].includes(statusCode) ? single(headers['location']) : undefined;
}

function single(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : header?.[0];
}

/** The hex of a sha256; undefined for anything else, which some tools write and Helm never looks at. */
function promisedSha256(digest: string): string | undefined {
  const hex = digest.replace(/^sha256:/, '').toLowerCase();
  return /^[0-9a-f]{64}$/.test(hex) ? hex : undefined;
}

/** The address without a query either: it may be a signature. */
function shown(url: URL): string {
  const bare = new URL(url);
  bare.search = '';
  return withoutPassword(bare.href);
}

function failure(url: URL, error: unknown): RepositoryError {
  return new RepositoryError('HELM_REPOSITORY_FETCH', `Get "${shown(url)}": ${failureReason(error)}`, { cause: error });
}
