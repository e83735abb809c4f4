// Requests to the clouds' token and cluster services: bounded in time and size, and free of secrets when they fail.
import type { Agents, Route } from '#net/agents';
import { isTransientNetworkError, isTransientStatus, retry, retryAfterMs } from '#net/retry';
import type { Clock } from '#lib/clock';
import { errorMessage } from '#lib/errors';
import type { Secret } from '#lib/secret';
import type { Dispatcher } from 'undici';
import { IdentityError } from './errors.ts';

export interface CloudHttpOptions {
  /** For the clouds: the proxies of the environment count. */
  readonly agents: Agents;
  /** For what answers on the machine itself: no proxies. */
  readonly local: Agents;
  readonly clock: Clock;
  readonly userAgent: string;
}

export interface CloudRequest {
  /** Whom we ask for what, for messages: `AWS STS AssumeRoleWithWebIdentity`. */
  readonly what: string;
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Whatever of the request must not come back in a message. */
  readonly secrets?: readonly Secret[];
  /** A service of the machine, such as a metadata server: no proxy, short patience, no second try. */
  readonly local?: boolean;
}

const timeoutMs = 10_000;
const localTimeoutMs = 3000;
const retries = 2;
const maxBodyBytes = 1 << 20;
const maxReasonLength = 400;

/** An answer that is not of the 2xx. */
export class StatusFailure extends IdentityError {
  readonly status: number;
  readonly retryAfter: number | undefined;

  constructor(message: string, status: number, retryAfter: number | undefined) {
    super('IDENTITY_REFUSED', message);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

export class CloudHttp {
  readonly #options: CloudHttpOptions;
  readonly #route: Route;

  constructor(options: CloudHttpOptions, route: Route = {}) {
    this.#options = options;
    this.#route = route;
  }

  /** The same by another way. What answers on the machine itself is not for the proxies of objects. */
  over(route: Route): CloudHttp {
    return new CloudHttp(this.#options, route);
  }

  /** The body of a 2xx answer. Throws an IdentityError with what the cloud said. */
  text(request: CloudRequest, signal: AbortSignal): Promise<string> {
    const { clock } = this.#options;
    return retry(() => this.#once(request, signal), {
      clock,
      signal,
      retries: request.local === true ? 0 : retries,
      minDelayMs: 200,
      isTransient: (error) => {
        if (error instanceof StatusFailure) return isTransientStatus(error.status) && (error.retryAfter ?? true);
        return error instanceof IdentityError && isTransientNetworkError(error.cause);
      },
    });
  }

  /** The same as JSON. */
  async json<T>(request: CloudRequest, signal: AbortSignal): Promise<T> {
    const text = await this.text(request, signal);
    try {
      return JSON.parse(text) as T;
    } catch {
      // What could not be read may hold a token: it is not quoted.
      throw new IdentityError('IDENTITY_REFUSED', `${request.what}: the answer is not JSON`);
    }
  }

  async #once(request: CloudRequest, signal: AbortSignal): Promise<string> {
    const { what, method, headers, body, local = false } = request;
    const { agents, local: direct } = this.#options;
    const url = new URL(request.url);
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(local ? localTimeoutMs : timeoutMs)]);
    let response: Dispatcher.ResponseData;
    let text: string;
    try {
      response = await (local ? direct.for(url) : agents.for(url, this.#route)).request({
        origin: url.origin,
        path: `${url.pathname}${url.search}`,
        method,
        headers: { 'user-agent': this.#options.userAgent, ...headers },
        signal: deadline,
        ...(body !== undefined && { body }),
      });
      text = await readBounded(response.body);
    } catch (error) {
      signal.throwIfAborted();
      const reason = deadline.aborted ? 'no answer in time' : errorMessage(error);
      throw new IdentityError('IDENTITY_UNREACHABLE', `${what}: ${url.host}: ${reason}`, { cause: error });
    }
    if (response.statusCode >= 200 && response.statusCode < 300) return text;
    const header = response.headers['retry-after'];
    const reason = reasonIn(text, request.secrets ?? []);
    throw new StatusFailure(
      `${what}: ${url.host} answered ${response.statusCode}${reason === '' ? '' : `: ${reason}`}`,
      response.statusCode,
      retryAfterMs(typeof header === 'string' ? header : undefined, this.#options.clock),
    );
  }
}

async function readBounded(body: Dispatcher.ResponseData['body']): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBodyBytes) throw new Error(`the answer is larger than ${maxBodyBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The sentence within an error's body, in any of the clouds' forms; empty when there is none. */
function reasonIn(body: string, secrets: readonly Secret[]): string {
  const text = body.trimStart().startsWith('{') ? reasonInJson(body) : reasonInXml(body);
  // Before it is cut: half a secret is one too.
  return withoutSecrets(text, secrets).replaceAll(/\s+/g, ' ').trim().slice(0, maxReasonLength);
}

function reasonInJson(body: string): string {
  try {
    const { error, error_description, message, Message, errors } = JSON.parse(body) as Record<string, unknown>;
    const inner = typeof error === 'object' && error !== null ? (error as Record<string, unknown>)['message'] : error;
    const joined = Array.isArray(errors) ? errors.join(', ') : undefined;
    return [error_description, message, Message, inner, joined].find((text) => typeof text === 'string') ?? '';
  } catch {
    return '';
  }
}

function reasonInXml(body: string): string {
  return ['Code', 'Message']
    .map((tag) => xmlText(body, tag))
    .filter((text) => text !== undefined)
    .join(': ');
}

/** The text of the first element of that name without children; undefined when there is none. */
export function xmlText(xml: string, tag: string): string | undefined {
  const text = new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(xml)?.[1];
  return text?.replaceAll(/&(lt|gt|quot|apos|amp);/g, (_all, name: string) => xmlEntities[name] ?? '');
}

const xmlEntities: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

function withoutSecrets(text: string, secrets: readonly Secret[]): string {
  let clean = text;
  for (const secret of secrets) if (secret.reveal() !== '') clean = clean.replaceAll(secret.reveal(), '***');
  return clean;
}
