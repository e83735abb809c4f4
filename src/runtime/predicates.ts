// Which changes of an object are worth a reconcile.
import type { KubeObject } from '#kube/object';
import { reconcileRequest } from './requests.ts';

/** A new spec, a deletion, or a request by annotation. Status changes are our own doing and count for nothing. */
export function needsReconcile(before: KubeObject | undefined, after: KubeObject): boolean {
  if (before === undefined) return true;
  if (before.metadata.uid !== after.metadata.uid) return true;
  if (before.metadata.generation !== after.metadata.generation) return true;
  if (before.metadata.deletionTimestamp !== after.metadata.deletionTimestamp) return true;
  return requestedAnew(before, after);
}

/** Whether the request annotation was added or changed; its removal asks for nothing. */
export function requestedAnew(before: KubeObject, after: KubeObject): boolean {
  const asked = reconcileRequest(after);
  return asked !== undefined && asked !== reconcileRequest(before);
}
