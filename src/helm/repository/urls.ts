// Addresses of a chart repository: its index, the charts the index points to, and which of them may see credentials.
import { RepositoryError } from './errors.ts';

function parse(text: string): URL {
  if (!URL.canParse(text))
    throw new RepositoryError('HELM_REPOSITORY_URL', `cannot parse URL '${withoutPassword(text)}'`);
  return new URL(text);
}

/** The form two addresses of one repository are compared in: one slash at the end, none for a registry. */
export function normalizeRepositoryUrl(text: string): string {
  if (text === '') return '';
  const url = parse(text);
  const path = url.pathname.replace(/\/+$/, '');
  url.pathname = url.protocol === 'oci:' ? path : `${path}/`;
  return url.protocol === 'oci:' ? url.href.replace(/\/+$/, '') : url.href;
}

/** Where the index of the repository is; a query stays. */
export function indexUrl(repository: string): URL {
  const url = httpUrl(parse(repository));
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/index.yaml`;
  return url;
}

/** The address of a chart: absolute as it stands, else below the repository, whose query it gets. */
export function chartUrl(repository: string, reference: string): URL {
  const base = parse(repository);
  base.pathname = `${base.pathname.replace(/\/+$/, '')}/`;
  if (!URL.canParse(reference, base.href)) {
    throw new RepositoryError('HELM_REPOSITORY_URL', `invalid chart URL format: ${withoutPassword(reference)}`);
  }
  const url = new URL(reference, base);
  if (!URL.canParse(reference)) url.search = base.search;
  return httpUrl(url);
}

function httpUrl(url: URL): URL {
  if (url.protocol === 'http:' || url.protocol === 'https:') return url;
  const scheme = url.protocol.slice(0, -1);
  throw new RepositoryError(
    'HELM_REPOSITORY_URL',
    `scheme "${scheme}" not supported: write an http:// or https:// address`,
  );
}

/** Scheme, host and port are the same: what the one may know the other may, too. */
export function sameOrigin(a: URL, b: URL): boolean {
  return a.origin === b.origin;
}

/** An address for people: the password in it, if any, is not theirs to see. */
export function withoutPassword(text: string): string {
  return text.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, '$1');
}
