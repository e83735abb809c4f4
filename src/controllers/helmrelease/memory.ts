// What is remembered of each HelmRelease's last good run, so that an interval with nothing changed costs nothing.
import { createHash } from 'node:crypto';
import type { Artifact } from '#api/source/shared';
import { isTrue, readyCondition } from '#runtime/conditions';
import { pendingRequest } from '#runtime/requests';
import { liveFingerprint } from '../apply/fingerprint.ts';
import { parseObjectId } from '../apply/object-id.ts';
import type { HelmCluster } from './cluster.ts';
import type { HelmReleaseDraft } from './helmrelease.ts';
import type { AppliedMemory } from './release-applier.ts';
import type { Head } from './release-index.ts';

export interface RunMemory {
  readonly applied: AppliedMemory;
  /** Inputs of the last run that ended well; undefined when the next one has to look closely. */
  settled: string | undefined;
  /** When a chart was asked for, monotonic ms: it is expected to come in a moment. */
  askedAt: number | undefined;
}

/** Everything a run's outcome depends on, but the objects in the cluster. */
export function inputsOf(
  object: HelmReleaseDraft,
  artifact: Artifact,
  valuesDigest: string,
  heads: readonly Head[],
): string {
  const { uid, generation } = object.metadata;
  const inputs = [uid, generation, artifact.revision, artifact.digest, valuesDigest, heads];
  return createHash('sha256').update(JSON.stringify(inputs)).digest('base64');
}

/** Nothing to do: same inputs as the last good run, and nobody touched what is looked after. */
export async function isSettled(
  object: HelmReleaseDraft,
  memory: RunMemory,
  cluster: HelmCluster,
  { inputs, signal }: { readonly inputs: string; readonly signal: AbortSignal },
): Promise<boolean> {
  if (memory.settled !== inputs || !isTrue(object, readyCondition)) return false;
  if (pendingRequest(object) !== undefined) return false;
  const mode = object.spec.driftDetection?.mode ?? 'disabled';
  return mode === 'disabled' || isUntouched(object, memory, cluster, signal);
}

/** Whether every object of the release is as it was left. No request is made. */
async function isUntouched(
  object: HelmReleaseDraft,
  { applied }: RunMemory,
  { discovery, live }: HelmCluster,
  signal: AbortSignal,
): Promise<boolean> {
  for (const { id, v } of object.status?.inventory?.entries ?? []) {
    const parsed = parseObjectId(id);
    const remembered = applied.get(id);
    if (parsed === undefined || remembered === undefined) {
      // Definitions of the chart are not the release's to look after.
      if (parsed?.kind === 'CustomResourceDefinition') continue;
      return false;
    }
    const resource = discovery.peek({ group: parsed.group, version: v, kind: parsed.kind });
    if (resource === undefined) return false;
    const kind = await live.kind(resource, signal);
    const found = kind?.get(parsed.namespace === '' ? parsed.name : `${parsed.namespace}/${parsed.name}`);
    if (found === undefined || liveFingerprint(found) !== remembered.live) return false;
  }
  return true;
}
