// Which proxy a URL goes through: a setting of the object first, else HTTP_PROXY, HTTPS_PROXY and NO_PROXY as Go reads them.
import { BlockList, isIP } from 'node:net';
import { Secret } from '#lib/secret';
import { CodedError } from '#lib/errors';

export interface ProxyOptions {
  /** `http://`, `https://` or `socks5://`, without credentials. */
  readonly url: string;
  readonly username?: string;
  readonly password?: Secret;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Takes the credentials out of a proxy address. A bare `host:port` is read as `http://host:port`. */
export function parseProxyUrl(address: string): ProxyOptions {
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(address) ? address : `http://${address}`;
  if (!URL.canParse(text)) throw new CodedError('PROXY_INVALID', 'invalid proxy address: it is not a URL');
  const url = new URL(text);
  if (!['http:', 'https:', 'socks5:', 'socks5h:'].includes(url.protocol)) {
    throw new CodedError('PROXY_INVALID', `invalid proxy address: unsupported scheme "${url.protocol.slice(0, -1)}"`);
  }
  const username = decodeURIComponent(url.username);
  const password = decodeURIComponent(url.password);
  return {
    url: `${url.protocol.replace('socks5h:', 'socks5:')}//${url.host}`,
    ...(username !== '' && { username }),
    ...(password !== '' && { password: new Secret(password) }),
  };
}

/** The proxy the environment names for `url`, if any. */
export function proxyFromEnvironment(url: URL, env: Environment): ProxyOptions | undefined {
  const names = url.protocol === 'https:' ? ['HTTPS_PROXY', 'https_proxy'] : ['HTTP_PROXY', 'http_proxy'];
  const address = firstSet(env, names);
  if (address === undefined || bypassesProxy(url, firstSet(env, ['NO_PROXY', 'no_proxy']) ?? '')) return undefined;
  return parseProxyUrl(address);
}

function firstSet(env: Environment, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = env[name];
    if (value !== undefined && value !== '') return value;
  }
  return undefined;
}

/** Whether `noProxy` (comma separated hosts, domains, addresses, CIDRs, each with an optional port) takes `url` out. */
export function bypassesProxy(url: URL, noProxy: string): boolean {
  const host = url.hostname
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');
  const port = url.port !== '' ? url.port : url.protocol === 'https:' ? '443' : '80';
  const family = isIP(host);
  // Loopback never goes through a proxy: the proxy's loopback is another machine's.
  if (host === 'localhost' || (family === 4 && host.startsWith('127.')) || host === '::1') return true;
  for (const raw of noProxy.split(',')) {
    const entry = raw.trim().toLowerCase();
    if (entry === '') continue;
    if (entry === '*') return true;
    if (entry.includes('/') ? family !== 0 && inCidr(host, family, entry) : matchesHost(host, port, entry)) return true;
  }
  return false;
}

function inCidr(host: string, family: number, cidr: string): boolean {
  const [network = '', bits = ''] = cidr.split('/');
  const networkFamily = isIP(network);
  const prefix = Number(bits);
  if (networkFamily !== family || !/^\d+$/.test(bits) || prefix > (family === 4 ? 32 : 128)) return false;
  const type = family === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(network, prefix, type);
  return list.check(host, type);
}

function matchesHost(host: string, port: string, entry: string): boolean {
  let name = entry;
  const withPort = /^(\[[^\]]+\]|[^:]+):(\d+)$/.exec(entry);
  if (withPort) {
    if (withPort[2] !== port) return false;
    name = withPort[1] ?? '';
  }
  name = name.replace(/^\[|\]$/g, '');
  if (isIP(name) !== 0) return name === host;
  // ".example.com" and "*.example.com" take subdomains only; "example.com" takes both.
  if (name.startsWith('*.')) name = name.slice(1);
  if (name.startsWith('.')) return host.endsWith(name);
  return host === name || host.endsWith(`.${name}`);
}
