// Git's smart HTTP: GET info/refs, then POSTs of git-upload-pack. gitprotocol-http(5).
import { gunzipSync } from 'node:zlib';
import type { Dispatcher } from 'undici';
import type { Secret } from '#lib/secret';
import { failureReason } from '#net/failure';
import { GitError } from './errors.ts';
import type { GitTransport } from './transport.ts';

export interface HttpTransportOptions {
  /** `http://` or `https://`; user and password in it are used when no credentials are given. */
  readonly url: string;
  readonly dispatcher: Dispatcher;
  readonly basic?: { readonly username: string; readonly password: Secret };
  readonly bearerToken?: Secret;
  readonly userAgent: string;
}

const uploadPack = 'git-upload-pack';
const maxErrorBody = 4096;
const maxRedirects = 10;

/** The URL without what may be secret in it: for HTTP user and password, for SSH a password; and without query. */
export function publicUrl(url: string): string {
  if (!URL.canParse(url)) return url;
  const parsed = new URL(url);
  if (parsed.username === '' && parsed.password === '' && parsed.search === '') return url;
  if (parsed.protocol !== 'ssh:') parsed.username = '';
  parsed.password = '';
  parsed.search = '';
  return parsed.href;
}

export function httpTransport(options: HttpTransportOptions): GitTransport {
  const parsed = new URL(options.url);
  const authorization = authorizationOf(options, parsed);
  parsed.username = '';
  parsed.password = '';
  const home = new URL(parsed.href);
  let base = parsed.href.replace(/\/+$/, '');
  const headers = {
    'user-agent': options.userAgent,
    'git-protocol': 'version=2',
    ...(authorization !== undefined && { authorization }),
  };

  const send = async (
    request: {
      readonly method: 'GET' | 'POST';
      readonly path: string;
      readonly body?: string;
      readonly accept: string;
    },
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array>> => {
    let url = new URL(`${base}/${request.path}`);
    for (let redirects = 0; ; redirects++) {
      const response = await dispatch(options.dispatcher, url, {
        ...request,
        headers: mayLogIn(url, home) ? headers : withoutAuthorization(headers),
        signal,
      });
      const location = response.headers['location'];
      if (response.statusCode >= 300 && response.statusCode < 400 && typeof location === 'string') {
        await response.body.dump();
        url = redirectTarget(url, location, redirects);
        // As Git does: a redirected greeting moves the conversation to where it was answered.
        if (request.method === 'GET') base = url.href.replace(/\/info\/refs(\?.*)?$/, '');
        continue;
      }
      if (response.statusCode !== 200) throw await refusal(response, base);
      const type = String(response.headers['content-type'] ?? '');
      if (!type.startsWith(request.accept)) {
        await response.body.dump();
        throw new GitError(
          'GIT_PROTOCOL',
          `${base} does not speak Git's smart HTTP: it answered with ${type || 'no content type'}`,
        );
      }
      return decoded(response, url.origin, signal);
    }
  };

  return {
    stateless: true,
    greet: (signal) =>
      send(
        { method: 'GET', path: `info/refs?service=${uploadPack}`, accept: `application/x-${uploadPack}-advertisement` },
        signal,
      ),
    exchange: (body, signal) =>
      send({ method: 'POST', path: uploadPack, body, accept: `application/x-${uploadPack}-result` }, signal),
    close: () => undefined,
  };
}

type Headers = Readonly<Record<string, string>>;

async function dispatch(
  dispatcher: Dispatcher,
  url: URL,
  request: {
    readonly method: 'GET' | 'POST';
    readonly body?: string;
    readonly accept: string;
    readonly headers: Headers;
    readonly signal: AbortSignal;
  },
): Promise<Dispatcher.ResponseData> {
  const content = request.body === undefined ? {} : { 'content-type': `application/x-${uploadPack}-request` };
  try {
    return await dispatcher.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: request.method,
      headers: { ...request.headers, ...content, accept: request.accept },
      signal: request.signal,
      body: request.body ?? null,
    });
  } catch (error) {
    request.signal.throwIfAborted();
    throw new GitError('GIT_TRANSPORT', `cannot reach ${url.origin}: ${failureReason(error)}`, { cause: error });
  }
}

/** A login is for the server it was given for, and for the same host once it insists on TLS; for nobody else. */
function mayLogIn(url: URL, home: URL): boolean {
  if (url.origin === home.origin) return true;
  const upgraded = home.protocol === 'http:' && url.protocol === 'https:' && home.port === '' && url.port === '';
  return upgraded && url.hostname === home.hostname;
}

function withoutAuthorization(headers: Headers): Headers {
  const { authorization: _secret, ...rest } = headers;
  return rest;
}

function redirectTarget(from: URL, location: string, redirects: number): URL {
  if (redirects >= maxRedirects)
    throw new GitError('GIT_TRANSPORT', `${from.origin} redirects more than ${maxRedirects} times`);
  const target = new URL(location, from);
  const downgrade = from.protocol === 'https:' && target.protocol !== 'https:';
  if (downgrade || !/^https?:$/.test(target.protocol)) {
    throw new GitError('GIT_TRANSPORT', `${from.origin} redirects to ${target.protocol}//, which is not followed`);
  }
  return target;
}

function authorizationOf(options: HttpTransportOptions, url: URL): string | undefined {
  if (options.bearerToken !== undefined) return `Bearer ${options.bearerToken.reveal()}`;
  const username = options.basic?.username ?? decodeURIComponent(url.username);
  const password = options.basic?.password.reveal() ?? decodeURIComponent(url.password);
  if (username === '' && password === '') return undefined;
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

async function refusal(response: Dispatcher.ResponseData, base: string): Promise<GitError> {
  const text = await firstBytes(response.body);
  const detail = text === '' ? '' : `: ${text}`;
  switch (response.statusCode) {
    case 401:
      return new GitError('GIT_AUTHENTICATION_REQUIRED', `authentication required${detail}`);
    case 403:
      return new GitError('GIT_AUTHORIZATION_FAILED', `authorization failed${detail}`);
    case 404:
    case 410:
      return new GitError('GIT_REPOSITORY_NOT_FOUND', `repository not found${detail}`);
    default:
      return new GitError(
        'GIT_TRANSPORT',
        `unexpected client error: ${base} status code: ${response.statusCode}${detail}`,
      );
  }
}

/** The first line or so of an error page, in printable characters. */
async function firstBytes(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of body) {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= maxErrorBody) break;
    }
  } catch {
    // The status says enough.
  }
  const text = Buffer.concat(chunks).toString('utf8').replaceAll(/\s+/g, ' ').trim();
  return text.startsWith('<') ? '' : text.slice(0, 200);
}

async function* decoded(
  response: Dispatcher.ResponseData,
  origin: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    if (response.headers['content-encoding'] === 'gzip') {
      // Only greetings come compressed, and those are small.
      yield gunzipSync(Buffer.from(await response.body.arrayBuffer()), { maxOutputLength: 256 << 20 });
      return;
    }
    yield* response.body as AsyncIterable<Uint8Array>;
  } catch (error) {
    signal.throwIfAborted();
    throw new GitError('GIT_TRANSPORT', `${origin} cut its answer short: ${failureReason(error)}`, { cause: error });
  }
}
