// A request's path and query, read as Kubernetes reads them.

export type RequestInfo =
  | {
      readonly kind: 'path';
      readonly path: string;
      readonly segments: readonly string[];
      readonly query: URLSearchParams;
    }
  | {
      readonly kind: 'resource';
      readonly group: string;
      readonly version: string;
      readonly resource: string;
      readonly namespace: string | undefined;
      readonly name: string | undefined;
      readonly subresource: string | undefined;
      /** What follows the subresource. */
      readonly rest: string;
      readonly query: URLSearchParams;
    };

/** Undefined for a URL that cannot be decoded. */
export function parseRequest(url: string): RequestInfo | undefined {
  const question = url.indexOf('?');
  const path = question < 0 ? url : url.slice(0, question);
  const query = new URLSearchParams(question < 0 ? '' : url.slice(question + 1));
  let segments: string[];
  try {
    segments = path.split('/').slice(1).map(decodeURIComponent);
  } catch {
    return undefined;
  }
  if (segments.at(-1) === '') segments.pop();
  const [root, group, version, ...rest] = segments;
  if (root !== 'apis' || group === undefined || version === undefined || rest.length === 0) {
    return { kind: 'path', path, segments, query };
  }
  const namespaced = rest[0] === 'namespaces' && rest.length >= 3;
  const [resource, name, subresource, ...more] = namespaced ? rest.slice(2) : rest;
  return {
    kind: 'resource',
    group,
    version,
    resource: resource!,
    namespace: namespaced ? rest[1] : undefined,
    name,
    subresource,
    rest: more.join('/'),
    query,
  };
}

/** `watch=1`, `watch=true`: anything that does not say no. */
export function isTruthy(value: string | null): boolean {
  return value !== null && value !== 'false' && value !== '0' && value !== '';
}
