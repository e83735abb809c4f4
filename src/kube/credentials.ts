// Who we are to the API server: fixed credentials, or a token file that is read again as it rotates.
import { readFile } from 'node:fs/promises';
import type { Clock } from '#lib/clock';
import { Secret } from '#lib/secret';

/** What one request needs to authenticate. */
export interface Credential {
  /** The whole Authorization header. */
  readonly authorization?: Secret;
  /** A client certificate that is not part of the cluster's TLS options (exec plugins hand them out). */
  readonly cert?: string;
  readonly key?: Secret;
}

/** A source of credentials, asked before every request. */
export interface Credentials {
  /** Returns without a promise when nothing has to be fetched: this is on the way of every request. */
  get(signal?: AbortSignal): Credential | Promise<Credential>;
  /** The server answered 401. True when asking again may give something else. */
  invalidate(): boolean;
}

/** Credentials that never change. */
export function fixedCredentials(credential: Credential): Credentials {
  return { get: () => credential, invalidate: () => false };
}

export const anonymous: Credentials = fixedCredentials({});

export function bearer(token: string): Credential {
  return { authorization: new Secret(`Bearer ${token}`) };
}

export function basic(username: string, password: string): Credential {
  return { authorization: new Secret(`Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`) };
}

const TOKEN_FILE_LIMIT = 1 << 20;

/** A bearer token from a file that the kubelet replaces before it expires; read again after a minute, as client-go does. */
export class TokenFile implements Credentials {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #maxAgeMs: number;
  #current: Credential | undefined;
  #readAt = 0;
  #reading: Promise<Credential> | undefined;

  constructor(path: string, clock: Clock, maxAgeMs = 60_000) {
    this.#path = path;
    this.#clock = clock;
    this.#maxAgeMs = maxAgeMs;
  }

  get(): Credential | Promise<Credential> {
    const fresh = this.#current !== undefined && this.#clock.monotonic() - this.#readAt < this.#maxAgeMs;
    if (fresh && this.#current !== undefined) return this.#current;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  invalidate(): boolean {
    this.#readAt = Number.NEGATIVE_INFINITY;
    return true;
  }

  async #read(): Promise<Credential> {
    try {
      const token = (await readFile(this.#path)).subarray(0, TOKEN_FILE_LIMIT).toString('utf8').trim();
      if (token === '') throw new Error(`the token file ${this.#path} is empty`);
      this.#current = bearer(token);
      this.#readAt = this.#clock.monotonic();
      return this.#current;
    } catch (error) {
      // The old token may still be good; a volume being remounted must not stop the controllers.
      if (this.#current !== undefined) return this.#current;
      throw error;
    }
  }
}
