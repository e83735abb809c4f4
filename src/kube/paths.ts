// How a resource, an object and their options are spelled in a URL.
import type { ObjectKey, ResourceRef } from './object.ts';

export type QueryValue = string | number | boolean | undefined;

/** `/api/v1/namespaces/x/configmaps` and the like. Without a namespace a namespaced resource is addressed across all. */
export function collectionPath(ref: ResourceRef, namespace?: string): string {
  const base = ref.group === '' ? `/api/${ref.version}` : `/apis/${ref.group}/${ref.version}`;
  const scope = ref.namespaced && namespace ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${base}${scope}/${ref.plural}`;
}

export function objectPath(ref: ResourceRef, key: ObjectKey, subresource?: string): string {
  if (key.name === '') throw new TypeError(`a name is needed to address one of ${ref.plural}`);
  if (ref.namespaced && !key.namespace)
    throw new TypeError(`a namespace is needed to address ${ref.plural} ${key.name}`);
  const path = `${collectionPath(ref, key.namespace)}/${encodeName(key.name)}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
}

/** RBAC names hold colons, which servers accept either way; a slash or a dot-dot must not become path structure. */
function encodeName(name: string): string {
  const encoded = encodeURIComponent(name).replaceAll('%3A', ':');
  if (encoded === '.' || encoded === '..') throw new TypeError(`${JSON.stringify(name)} cannot be an object's name`);
  return encoded;
}

/** Appends the parameters that have a value. */
export function withQuery(path: string, query: Readonly<Record<string, QueryValue>>): string {
  let out = path;
  let separator = '?';
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === '' || value === false) continue;
    out += `${separator}${name}=${encodeURIComponent(value)}`;
    separator = '&';
  }
  return out;
}
