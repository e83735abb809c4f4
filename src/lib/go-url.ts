// Go's net/url: parsing and printing, which forgive other things than WHATWG URLs do.
import { quote } from './go-quote.ts';
import { fromBytes, toBytes } from './go-string.ts';

/** A text that is no URL; the message is Go's. */
export class UrlError extends Error {
  override readonly name = 'UrlError';
}

/** The parts of a URL, decoded as Go's URL struct holds them. */
export interface GoUrl {
  readonly scheme: string;
  readonly opaque: string;
  /** Encoded userinfo, as it is printed; undefined when there is none (which differs from an empty one). */
  readonly userinfo: string | undefined;
  /** With the port. */
  readonly host: string;
  readonly path: string;
  /** The path as written, where its default encoding would differ. */
  readonly rawPath: string;
  readonly query: string;
  readonly forceQuery: boolean;
  readonly fragment: string;
  readonly rawFragment: string;
  readonly omitHost: boolean;
}

type Mode = 'host' | 'zone' | 'path' | 'user' | 'fragment';

const UNRESERVED = 'A-Za-z0-9_.~\\-';
const HOST_CHARS = `${UNRESERVED}!$&'()*+,;=:\\[\\]<>"`;
/** Bytes that stand for themselves, per part of the URL. */
const ALLOWED: Readonly<Record<Mode, RegExp>> = {
  host: new RegExp(`^[${HOST_CHARS}]$`),
  zone: new RegExp(`^[${HOST_CHARS}]$`),
  path: new RegExp(`^[${UNRESERVED}$&+,/:;=@]$`),
  user: new RegExp(`^[${UNRESERVED}$&+,;=]$`),
  fragment: new RegExp(`^[${UNRESERVED}$&+,/:;=?@!()*]$`),
};

/** Inside, texts are byte strings: one character per byte. */
const toByteString = (text: string): string => Buffer.from(toBytes(text)).toString('latin1');
const fromByteString = (bytes: string): string => fromBytes(Buffer.from(bytes, 'latin1'));

/** url.Parse; throws UrlError. */
export function parseUrl(text: string): GoUrl {
  const hash = text.indexOf('#');
  const whole = hash < 0 ? text : text.slice(0, hash);
  const fragment = hash < 0 ? '' : text.slice(hash + 1);
  let url: GoUrl;
  try {
    url = parseWithoutFragment(toByteString(whole));
  } catch (error) {
    throw asParseError(error, whole);
  }
  if (fragment === '') return decoded(url);
  try {
    const raw = toByteString(fragment);
    const plain = unescape(raw, 'fragment');
    return decoded({ ...url, fragment: plain, rawFragment: raw === escape(plain, 'fragment') ? '' : raw });
  } catch (error) {
    throw asParseError(error, text);
  }
}

function asParseError(error: unknown, text: string): unknown {
  return error instanceof UrlError ? new UrlError(`parse ${quote(text)}: ${error.message}`) : error;
}

function decoded(url: GoUrl): GoUrl {
  const { scheme, opaque, userinfo, host, path, rawPath, query, fragment, rawFragment } = url;
  return {
    ...url,
    scheme,
    opaque: fromByteString(opaque),
    userinfo: userinfo === undefined ? undefined : fromByteString(userinfo),
    host: fromByteString(host),
    path: fromByteString(path),
    rawPath: fromByteString(rawPath),
    query: fromByteString(query),
    fragment: fromByteString(fragment),
    rawFragment: fromByteString(rawFragment),
  };
}

const EMPTY: GoUrl = {
  scheme: '',
  opaque: '',
  userinfo: undefined,
  host: '',
  path: '',
  rawPath: '',
  query: '',
  forceQuery: false,
  fragment: '',
  rawFragment: '',
  omitHost: false,
};

function parseWithoutFragment(text: string): GoUrl {
  // eslint-disable-next-line no-control-regex
  if (/[\x00-\x1f\x7f]/.test(text)) throw new UrlError('net/url: invalid control character in URL');
  if (text === '*') return { ...EMPTY, path: '*' };
  if (text.startsWith(':')) throw new UrlError('missing protocol scheme');
  const schemeMatch = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(text);
  const scheme = (schemeMatch?.[1] ?? '').toLowerCase();
  const { rest: hierarchy, query, forceQuery } = cutQuery(text.slice(schemeMatch?.[0].length ?? 0));
  let rest = hierarchy;
  if (!rest.startsWith('/')) {
    if (scheme !== '') return { ...EMPTY, scheme, query, forceQuery, opaque: rest };
    if (/^[^/]*:/.test(rest)) throw new UrlError('first path segment in URL cannot contain colon');
  }
  let authority: { userinfo: string | undefined; host: string } = { userinfo: undefined, host: '' };
  let omitHost = false;
  if (rest.startsWith('//') && (scheme !== '' || !rest.startsWith('///'))) {
    const slash = rest.indexOf('/', 2);
    authority = parseAuthority(slash < 0 ? rest.slice(2) : rest.slice(2, slash));
    rest = slash < 0 ? '' : rest.slice(slash);
  } else omitHost = scheme !== '' && rest.startsWith('/');
  const path = unescape(rest, 'path');
  const rawPath = escape(path, 'path') === rest ? '' : rest;
  return { ...EMPTY, scheme, query, forceQuery, ...authority, omitHost, path, rawPath };
}

function cutQuery(text: string): { rest: string; query: string; forceQuery: boolean } {
  const mark = text.indexOf('?');
  if (mark < 0) return { rest: text, query: '', forceQuery: false };
  const query = text.slice(mark + 1);
  return { rest: text.slice(0, mark), query, forceQuery: query === '' };
}

function parseAuthority(authority: string): { userinfo: string | undefined; host: string } {
  const at = authority.lastIndexOf('@');
  const host = parseHost(authority.slice(at + 1));
  if (at < 0) return { userinfo: undefined, host };
  const userinfo = authority.slice(0, at);
  if (/[^A-Za-z0-9\-._:~!$&'()*+,;=%@]/.test(userinfo)) throw new UrlError('net/url: invalid userinfo');
  const colon = userinfo.indexOf(':');
  const name = unescape(colon < 0 ? userinfo : userinfo.slice(0, colon), 'user');
  const password = colon < 0 ? undefined : unescape(userinfo.slice(colon + 1), 'user');
  const printed = escape(name, 'user') + (password === undefined ? '' : `:${escape(password, 'user')}`);
  return { userinfo: printed, host };
}

function parseHost(host: string): string {
  const open = host.lastIndexOf('[');
  if (open > 0) throw new UrlError('invalid IP-literal');
  if (open === 0) return parseLiteral(host);
  // Of several colons only the last one counts: programs of Go before 1.26 forgive the others, Helm 3 among them.
  const colon = host.lastIndexOf(':');
  if (colon >= 0) requirePort(host.slice(colon));
  return unescape(host, 'host');
}

/** "[IPv6%25zone]:port" */
function parseLiteral(host: string): string {
  const close = host.lastIndexOf(']');
  if (close < 0) throw new UrlError("missing ']' in host");
  const port = host.slice(close + 1);
  requirePort(port);
  const inside = host.slice(1, close);
  const zone = inside.indexOf('%25');
  const name =
    zone < 0
      ? unescape(inside, 'host')
      : unescape(inside.slice(0, zone), 'host') + unescape(inside.slice(zone), 'zone');
  if (/^[0-9]+(?:\.[0-9]+){3}$/.test(name)) throw new UrlError('invalid IP-literal');
  if (!isIPv6(name)) throw new UrlError(`invalid host: ParseAddr(${quote(fromByteString(name))}): unable to parse IP`);
  return `[${name}]${unescape(port, 'host')}`;
}

/** Is it an IPv6 address, perhaps with a zone? */
function isIPv6(text: string): boolean {
  const [address = '', zone] = text.split(/%(.*)/s);
  if (zone === '') return false;
  const halves = address.split('::');
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  let count = groups.length;
  if (/^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/.test(groups.at(-1) ?? '') && groups.length > 0) {
    groups.pop();
    count++;
  }
  return groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group)) && (halves.length === 2 ? count < 8 : count === 8);
}

function requirePort(port: string): void {
  if (!/^(?::[0-9]*)?$/.test(port)) throw new UrlError(`invalid port ${quote(fromByteString(port))} after host`);
}

function unescape(text: string, mode: Mode): string {
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === '%') {
      requireEscape(text.slice(at, at + 3), mode);
      at += 2;
    } else if ((mode === 'host' || mode === 'zone') && char < '\u0080' && !ALLOWED[mode].test(char)) {
      throw new UrlError(`invalid character ${quote(char)} in host name`);
    }
  }
  return text.replace(/%(..)/gs, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function requireEscape(sequence: string, mode: Mode): void {
  const byte = /^%[0-9a-fA-F]{2}$/.test(sequence) ? Number.parseInt(sequence.slice(1), 16) : undefined;
  const refused =
    byte === undefined ||
    // In a host only bytes beyond ASCII may be escaped; a zone may hold what a host may, and blanks.
    (mode === 'host' && byte < 0x80 && sequence !== '%25') ||
    (mode === 'zone' && sequence !== '%25' && byte !== 0x20 && !ALLOWED.host.test(String.fromCharCode(byte)));
  if (refused) throw new UrlError(`invalid URL escape ${quote(fromByteString(sequence))}`);
}

function escape(text: string, mode: Mode): string {
  return text.replace(/[^A-Za-z0-9_.~-]/gs, (char) =>
    ALLOWED[mode].test(char) ? char : `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

/** URL.Hostname: the host without port and brackets. */
export function hostnameOf(host: string): string {
  const name = host.replace(/:[0-9]*$/, '');
  return name.startsWith('[') && name.endsWith(']') ? name.slice(1, -1) : name;
}

/** A URL put together from decoded parts. */
export function buildUrl(parts: Partial<GoUrl>): GoUrl {
  return { ...EMPTY, ...parts };
}

/** URL.String. */
export function formatUrl(url: GoUrl): string {
  const path = escapedPart(url.path, url.rawPath, 'path');
  let out = url.scheme === '' ? '' : `${url.scheme}:`;
  if (url.opaque !== '') out += url.opaque;
  else {
    const hasAuthority = url.host !== '' || url.userinfo !== undefined;
    if (hasAuthority || (url.scheme !== '' && !url.omitHost && url.path !== '')) {
      out += `//${url.userinfo === undefined ? '' : `${url.userinfo}@`}${escapeText(url.host, 'host')}`;
    }
    if (path !== '' && !path.startsWith('/') && url.host !== '') out += '/';
    // Else "a:b" would read as a scheme.
    if (out === '' && /^[^/]*:/.test(path)) out = './';
    out += path;
  }
  if (url.forceQuery || url.query !== '') out += `?${url.query}`;
  if (url.fragment !== '') out += `#${escapedPart(url.fragment, url.rawFragment, 'fragment')}`;
  return out;
}

/** The part as it was written when that is a valid encoding of it, else in its default encoding. */
function escapedPart(plain: string, raw: string, mode: 'path' | 'fragment'): string {
  const bytes = toByteString(raw);
  if (raw !== '' && isValidEncoding(bytes, mode) && fromByteString(unescape(bytes, mode)) === plain) return raw;
  return mode === 'path' && plain === '*' ? '*' : escapeText(plain, mode);
}

function isValidEncoding(bytes: string, mode: Mode): boolean {
  const stripped = bytes.replace(/%[0-9a-fA-F]{2}/g, '');
  return Array.from(stripped).every((char) => /[!$&'()*+,;=:@[\]]/.test(char) || ALLOWED[mode].test(char));
}

function escapeText(text: string, mode: Mode): string {
  return escape(toByteString(text), mode);
}
