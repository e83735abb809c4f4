// Who asks: the front proxy's word, a client certificate, a bearer token, or nobody. As delegated authenticators do.
import { createHash, X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { LRUCache } from 'lru-cache';
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
const clientAuth = '1.3.6.1.5.5.7.3.2';
const anonymous: User = { name: 'system:anonymous', groups: ['system:unauthenticated'], extra: {} };

export class Authenticator {
  readonly #reviewToken: ReviewToken;
  readonly #tokens = new LRUCache<string, Promise<User | undefined>>({ max: 2000, ttl: tokenCacheMs });
  #config: AuthenticationConfig = noAuthentication;

  constructor(reviewToken: ReviewToken) {
    this.#reviewToken = reviewToken;
  }

  /** Takes a new configuration into use at once. */
  configure(config: AuthenticationConfig): void {
    this.#config = config;
  }

  /** The authorities client certificates may come from: what the TLS server should know. */
  get clientCas(): string[] {
    return [this.#config.clientCa, this.#config.requestHeaderCa].filter((ca) => ca !== undefined);
  }

  /** Throws 401 for a token that is nobody's. */
  async authenticate(req: IncomingMessage): Promise<User> {
    const certificate = peerCertificate(req);
    const proxied = this.#fromFrontProxy(req, certificate);
    if (proxied !== undefined) return withAuthenticated(proxied);
    const certified = this.#fromCertificate(certificate);
    if (certified !== undefined) return withAuthenticated(certified);
    const token = bearerToken(req);
    if (token === undefined) return anonymous;
    const user = await this.#fromToken(token);
    if (user === undefined) throw unauthorized();
    return withAuthenticated(user);
  }

  /** Only the aggregator's own certificate makes its headers count. */
  #fromFrontProxy(req: IncomingMessage, certificate: X509Certificate | undefined): User | undefined {
    const { requestHeaderCa, allowedNames, usernameHeaders, groupHeaders, uidHeaders } = this.#config;
    if (certificate === undefined || requestHeaderCa === undefined) return undefined;
    if (!isSignedBy(certificate, requestHeaderCa)) return undefined;
    const [name] = subjectValues(certificate, 'CN');
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

  #fromCertificate(certificate: X509Certificate | undefined): User | undefined {
    const { clientCa } = this.#config;
    if (certificate === undefined || clientCa === undefined || !isSignedBy(certificate, clientCa)) return undefined;
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

function peerCertificate(req: IncomingMessage): X509Certificate | undefined {
  const socket = req.socket as Partial<TLSSocket>;
  return socket.getPeerX509Certificate?.();
}

/** Signed by one of the authorities of the bundle, valid now, and meant for clients. */
function isSignedBy(certificate: X509Certificate, bundle: string): boolean {
  const now = Date.now();
  if (Date.parse(certificate.validFrom) > now || Date.parse(certificate.validTo) < now) return false;
  if (!(certificate.keyUsage ?? []).includes(clientAuth)) return false;
  return certificatesOf(bundle).some((ca) => certificate.checkIssued(ca) && certificate.verify(ca.publicKey));
}

function certificatesOf(bundle: string): X509Certificate[] {
  const blocks = bundle.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  return blocks.flatMap((block) => {
    try {
      return [new X509Certificate(block)];
    } catch {
      return [];
    }
  });
}

function subjectValues(certificate: X509Certificate, attribute: string): string[] {
  return certificate.subject
    .split('\n')
    .filter((line) => line.startsWith(`${attribute}=`))
    .map((line) => line.slice(attribute.length + 1));
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
