// What people ask of a HelmRelease by annotation: an upgrade even where nothing changed, a fresh start.
import { FORCE_REQUEST_ANNOTATION, RESET_REQUEST_ANNOTATION } from '#api/meta';
import { pendingRequest } from '#runtime/requests';
import type { HelmReleaseDraft } from './helmrelease.ts';

export function takeForceRequest(object: HelmReleaseDraft): boolean {
  return take(object, FORCE_REQUEST_ANNOTATION, 'lastHandledForceAt');
}

export function takeResetRequest(object: HelmReleaseDraft): boolean {
  return take(object, RESET_REQUEST_ANNOTATION, 'lastHandledResetAt');
}

/** Counts only together with a request of the same token, and once. It is used up even when it comes to nothing. */
function take(
  object: HelmReleaseDraft,
  annotation: string,
  handled: 'lastHandledForceAt' | 'lastHandledResetAt',
): boolean {
  const token = object.metadata.annotations?.[annotation];
  const status = (object.status ??= {});
  if (!token || token === status[handled]) return false;
  status[handled] = token;
  return pendingRequest(object) === token;
}
