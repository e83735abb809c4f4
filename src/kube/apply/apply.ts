// Applying one object and saying what came of it, with no dry-run: the server tells by version and status.
import type { ApplyOptions, KubeClient } from '../client.ts';
import type { KubeObject, ResourceRef, Unstructured } from '../object.ts';
import { isConflict, StatusError } from '../status-error.ts';

export type ApplyAction = 'created' | 'configured' | 'unchanged';

export interface ApplyResult<T extends KubeObject = Unstructured> {
  readonly object: T;
  readonly action: ApplyAction;
}

/**
 * Applies `object`. The server changes no version when nothing changes, so a known `liveVersion` tells configured from
 * unchanged; without it what was there already counts as configured.
 */
export async function applyObject<T extends KubeObject = Unstructured>(
  client: KubeClient,
  ref: ResourceRef,
  object: KubeObject,
  options: ApplyOptions & { readonly liveVersion?: string | undefined },
): Promise<ApplyResult<T>> {
  const { object: applied, created } = await client.applyOutcome<T>(ref, object, options);
  if (created) return { object: applied, action: 'created' };
  const unchanged = options.liveVersion !== undefined && applied.metadata.resourceVersion === options.liveVersion;
  return { object: applied, action: unchanged ? 'unchanged' : 'configured' };
}

/** Whether a refusal is about a field that cannot be changed, which only a new object can. Judged as Flux judges it. */
export function isImmutableError(error: unknown): boolean {
  if (!(error instanceof StatusError)) return false;
  return isConflict(error) || error.reason === 'Invalid' || /is immutable|immutable field/.test(error.message);
}
