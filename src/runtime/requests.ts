// Requests for a reconcile, which people make by annotation.
import { RECONCILE_REQUEST_ANNOTATION } from '#api/meta';
import type { KubeObject } from '#kube/object';

/** An object whose status says which request was handled last. */
interface Answering extends KubeObject {
  status?: { lastHandledReconcileAt?: string };
}

/** The token of the request; undefined when there is none. */
export function reconcileRequest(object: KubeObject): string | undefined {
  return object.metadata.annotations?.[RECONCILE_REQUEST_ANNOTATION] || undefined;
}

/** A request that was not handled yet. */
export function pendingRequest(object: Answering): string | undefined {
  const request = reconcileRequest(object);
  return request === object.status?.lastHandledReconcileAt ? undefined : request;
}

/** At the end of every run, failed and suspended ones too: what was asked for is done, whatever came of it. */
export function noteRequest(object: Answering): void {
  const request = reconcileRequest(object);
  if (request !== undefined) (object.status ??= {}).lastHandledReconcileAt = request;
}
