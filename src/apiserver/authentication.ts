// Who asks: the front proxy's word, a client certificate, a bearer token, or nobody. As delegated authenticators do.
import { createHash, type X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { LRUCache } from 'lru-cache';
import type { Clock } from '#lib/clock';
import { chainTo, isValidAt, parseAuthorities, subjectValues } from './client-certificate.ts';
import { unauthorized } from './status.ts';

export interface User {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/** What kube-system/extension-apiserver-authentication says. */
export interface AuthenticationConfig {
  readonly clientCa?: string;
  readonly requestHeaderCa?: string;
  readonly usernameHeaders: readonly string[];
  readonly groupHeaders: readonly string[];
  readonly uidHeaders: readonly string[];
  readonly extraHeaderPrefixes: readonly string[];
  /** Empty: any name. */
  readonly allowedNames: readonly string[];
}

export const noAuthentication: AuthenticationConfig = {
  usernameHeaders: [],
  groupHeaders: [],
  uidHeaders: [],
  extraHeaderPrefixes: [],
  allowedNames: [],
};

/** Reads the ConfigMap's data; what is missing is off, never open. */
export function parseAuthenticationConfig(data: Readonly<Record<string, string>>): AuthenticationConfig {
  const list = (key: string): string[] => {
    try {
      const value: unknown = JSON.parse(data[key] ?? '[]');
      return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
    } catch {
      return [];
    }
  };
  const clientCa = data['client-ca-file'];
  const requestHeaderCa = data['requestheader-client-ca-file'];
  return {
    ...(clientCa && { clientCa }),
    ...(requestHeaderCa && { requestHeaderCa }),
    usernameHeaders: list('requestheader-username-headers'),
    groupHeaders: list('requestheader-group-headers'),
    uidHeaders: list('requestheader-uid-headers'),
    extraHeaderPrefixes: list('requestheader-extra-headers-prefix'),
    allowedNames: list('requestheader-allowed-names'),
  };
}

/** Asks the API server whose token this is; undefined when it is nobody's. */
export type ReviewToken = (token: string) => Promise<User | undefined>;

const tokenCacheMs = 10_000;
const anonymous: User = { name: 'system:anonymous', groups: ['system:unauthenticated'], extra: {} };

type Chain = readonly X509Certificate[];

/** What a connection's certificate is worth: the chains to both authorities. */
interface Peer {
  readonly certificate: X509Certificate;
  readonly requestHeader: Chain | undefined;
  readonly client: Chain | undefined;
}

export class Authenticator {
  readonly #reviewToken: ReviewToken;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #tokens = new LRUCache<string, Promise<User | undefined>>({ max: 2000, ttl: tokenCacheMs });
  #config: AuthenticationConfig = noAuthentication;
  #requestHeaderCas: Chain = [];
  #clientCas: Chain = [];
  /** Verified once for each connection; a new configuration forgets them all, resumed sessions included. */
  #peers = new WeakMap<object, Peer | null>();

  constructor(reviewToken: ReviewToken, clock: Pick<Clock, 'now'>) {
    this.#reviewToken = reviewToken;
    this.#clock = clock;
  }

  /** Takes a new configuration into use at once. */
  configure(config: AuthenticationConfig): void {
    this.#config = config;
    this.#requestHeaderCas = parseAuthorities(config.requestHeaderCa);
    this.#clientCas = parseAuthorities(config.clientCa);
    this.#peers = new WeakMap();
  }

  /** The authorities client certificates may come from: what the TLS server should know. */
  get clientCas(): string[] {
    return [this.#config.clientCa, this.#config.requestHeaderCa].filter((ca) => ca !== undefined);
  }

  /** Throws 401 for a certificate or a token that is nobody's. */
  async authenticate(req: IncomingMessage): Promise<User> {
    const peer = this.#peer(req);
    const certified = this.#fromFrontProxy(req, peer) ?? this.#fromCertificate(peer);
    if (certified !== undefined) return withAuthenticated(certified);
    const token = bearerToken(req);
    if (token === undefined && peer === undefined) return anonymous;
    const user = token === undefined ? undefined : await this.#fromToken(token);
    if (user === undefined) throw unauthorized();
    return withAuthenticated(user);
  }

  #peer(req: IncomingMessage): Peer | undefined {
    const socket = req.socket as Partial<TLSSocket>;
    let peer = this.#peers.get(socket);
    if (peer === undefined) {
      const certificate = socket.getPeerX509Certificate?.();
      peer =
        certificate === undefined
          ? null
          : {
              certificate,
              requestHeader: chainTo(certificate, this.#requestHeaderCas),
              client: chainTo(certificate, this.#clientCas),
            };
      this.#peers.set(socket, peer);
    }
    return peer ?? undefined;
  }

  /** Only the aggregator's own certificate makes its headers count. */
  #fromFrontProxy(req: IncomingMessage, peer: Peer | undefined): User | undefined {
    const { allowedNames, usernameHeaders, groupHeaders, uidHeaders } = this.#config;
    if (peer?.requestHeader === undefined || !isValidAt(peer.requestHeader, this.#clock.now())) return undefined;
    const [name] = subjectValues(peer.certificate, 'CN');
    if (allowedNames.length > 0 && !allowedNames.includes(name ?? '')) return undefined;
    // headersDistinct keeps repeated lines apart: joined, the group "b, c" and the groups "b" and "c" look the same.
    const lines = (header: string): readonly string[] => req.headersDistinct[header.toLowerCase()] ?? [];
    const username = usernameHeaders.flatMap(lines).find((value) => value !== '');
    if (username === undefined) return undefined;
    const uid = uidHeaders.flatMap(lines).find((value) => value !== '');
    return {
      name: username,
      groups: groupHeaders.flatMap(lines),
      extra: this.#extra(req),
      ...(uid !== undefined && { uid }),
    };
  }

  #extra(req: IncomingMessage): Record<string, string[]> {
    const extra = new Map<string, string[]>();
    for (const prefix of this.#config.extraHeaderPrefixes.map((text) => text.toLowerCase())) {
      for (const [header, values] of Object.entries(req.headersDistinct)) {
        if (!header.startsWith(prefix)) continue;
        const key = percentDecoded(header.slice(prefix.length));
        extra.set(key, [...(extra.get(key) ?? []), ...(values ?? [])]);
      }
    }
    return Object.fromEntries(extra);
  }

  #fromCertificate(peer: Peer | undefined): User | undefined {
    if (peer?.client === undefined || !isValidAt(peer.client, this.#clock.now())) return undefined;
    const { certificate } = peer;
    const [name] = subjectValues(certificate, 'CN');
    if (name === undefined || name === '') return undefined;
    const fingerprint = certificate.fingerprint256.replaceAll(':', '').toLowerCase();
    return {
      name,
      groups: subjectValues(certificate, 'O'),
      extra: { 'authentication.kubernetes.io/credential-id': [`X509SHA256=${fingerprint}`] },
    };
  }

  #fromToken(token: string): Promise<User | undefined> {
    const key = createHash('sha256').update(token).digest('base64');
    let review = this.#tokens.get(key);
    if (review === undefined) {
      review = this.#reviewToken(token);
      this.#tokens.set(key, review);
      // A review that failed says nothing about the token.
      review.catch(() => this.#tokens.delete(key));
    }
    return review;
  }
}

function bearerToken(req: IncomingMessage): string | undefined {
  const match = /^Bearer ([^\s]+)$/i.exec(req.headers.authorization ?? '');
  return match?.[1];
}

function withAuthenticated(user: User): User {
  if (user.name === anonymous.name || user.groups.includes('system:authenticated')) return user;
  return { ...user, groups: [...user.groups, 'system:authenticated'] };
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text).toLowerCase();
  } catch {
    return text.toLowerCase();
  }
}
