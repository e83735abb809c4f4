// What an object looked like when we last agreed with the server: tells later, without a request, whether it moved.
import { createHash } from 'node:crypto';
import type { KubeObject, Unstructured } from '#kube/object';

/** What Kubernetes' own controllers write down on objects of others; nobody means to deliver it. */
const bookkeeping = new Set([
  'deployment.kubernetes.io/revision',
  'pv.kubernetes.io/bind-completed',
  'pv.kubernetes.io/bound-by-controller',
  'volume.beta.kubernetes.io/storage-provisioner',
  'volume.kubernetes.io/storage-provisioner',
]);

/**
 * Equal as long as nobody changed what we could have applied. Where the server counts generations, status updates do
 * not matter; elsewhere any new version does.
 */
export function liveFingerprint(object: KubeObject): string {
  const { uid = '', generation, resourceVersion = '', labels, annotations, deletionTimestamp } = object.metadata;
  if (deletionTimestamp !== undefined) return `deleting:${uid}`;
  if (generation === undefined) return `${uid}@${resourceVersion}`;
  const told = Object.entries(annotations ?? {}).filter(([name]) => !bookkeeping.has(name));
  return `${uid}#${generation}#${hashOf({ labels, annotations: Object.fromEntries(told) })}`;
}

/** A hash of what is wanted, but for ignored fields. */
export function desiredHash(object: Unstructured, ignored: readonly string[] = []): string {
  return hashOf(ignored.length === 0 ? object : { object, ignored });
}

/** Whether `a` is a later version of an object than `b`. Versions are decimal numbers of any length. */
export function isLaterVersion(a: string, b: string): boolean {
  return a.length === b.length ? a > b : a.length > b.length;
}

function hashOf(value: unknown): string {
  return createHash('sha1').update(canonical(value)).digest('base64');
}

/** JSON with sorted keys, so that equal values have equal texts. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value === 'bigint') return value.toString();
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, field]) => `${JSON.stringify(key)}:${canonical(field)}`);
  return `{${fields.join(',')}}`;
}
