// A new ID token for a refresh token, at the provider. The official library's own way of asking is broken (2.0.1 hands a
// text where the library below it wants a URL), so this is handed to it in its place. Runs in the plugin's child process.
import { readFile } from 'node:fs/promises';
import type { Dispatcher } from 'undici';
import { openPool } from '#net/agents';

export interface OidcTokens {
  readonly id_token: string;
  readonly refresh_token: string;
  readonly expires_at: () => number;
}

type ProviderConfig = Readonly<Record<string, string>>;

/** What the official library asks to refresh with. */
export function oidcRefresher(config: ProviderConfig): { refresh(refreshToken: string): Promise<OidcTokens> } {
  return { refresh: (refreshToken) => refresh(config, refreshToken) };
}

async function refresh(config: ProviderConfig, refreshToken: string): Promise<OidcTokens> {
  const ca = await providerCa(config);
  const pool = openPool(ca === undefined ? {} : { tls: { ca, withSystemRoots: true } }, { maxResponseBytes: 1 << 20 });
  try {
    const issuer = (config['idp-issuer-url'] ?? '').replace(/\/$/, '');
    const metadata = await answerOf(await send(pool, 'GET', `${issuer}/.well-known/openid-configuration`), 'discovery');
    const endpoint = metadata['token_endpoint'];
    if (typeof endpoint !== 'string') throw new Error('the identity provider names no token endpoint');
    const answer = await answerOf(await redeem(pool, endpoint, config, refreshToken), 'refresh');
    const idToken = answer['id_token'];
    if (typeof idToken !== 'string') throw new Error('the identity provider answered a refresh without an id_token');
    const next = answer['refresh_token'];
    return { id_token: idToken, refresh_token: typeof next === 'string' ? next : refreshToken, expires_at: () => 0 };
  } finally {
    await pool.close();
  }
}

async function providerCa(config: ProviderConfig): Promise<string | undefined> {
  const data = config['idp-certificate-authority-data'];
  if (data) return Buffer.from(data, 'base64').toString('utf8');
  const path = config['idp-certificate-authority'];
  return path ? readFile(path, 'utf8') : undefined;
}

/** Providers differ in where they look for the client's secret: the header is tried first, as Go's library does. */
async function redeem(
  pool: Dispatcher,
  endpoint: string,
  config: ProviderConfig,
  refreshToken: string,
): Promise<Dispatcher.ResponseData> {
  const id = config['client-id'] ?? '';
  const secret = config['client-secret'] ?? '';
  const form = { grant_type: 'refresh_token', refresh_token: refreshToken };
  const encoded = `${encodeURIComponent(id)}:${encodeURIComponent(secret)}`;
  const first = await send(pool, 'POST', endpoint, form, `Basic ${Buffer.from(encoded).toString('base64')}`);
  if (first.statusCode < 400) return first;
  await first.body.dump();
  return send(pool, 'POST', endpoint, { ...form, client_id: id, ...(secret !== '' && { client_secret: secret }) });
}

function send(
  pool: Dispatcher,
  method: 'GET' | 'POST',
  address: string,
  form?: Record<string, string>,
  authorization?: string,
): Promise<Dispatcher.ResponseData> {
  const url = new URL(address);
  return pool.request({
    origin: url.origin,
    path: url.pathname + url.search,
    method,
    headers: {
      accept: 'application/json',
      ...(form && { 'content-type': 'application/x-www-form-urlencoded' }),
      ...(authorization !== undefined && { authorization }),
    },
    ...(form && { body: new URLSearchParams(form).toString() }),
  });
}

async function answerOf(response: Dispatcher.ResponseData, what: string): Promise<Record<string, unknown>> {
  const body = await response.body.text();
  if (response.statusCode !== 200)
    throw new Error(`the identity provider refused the ${what} (status ${response.statusCode})`);
  const value: unknown = JSON.parse(body);
  if (typeof value !== 'object' || value === null)
    throw new Error(`the identity provider answered the ${what} with no object`);
  return value as Record<string, unknown>;
}
