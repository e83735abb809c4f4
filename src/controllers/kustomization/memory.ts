// What is remembered of each Kustomization's last good run, so that an interval with nothing changed costs nothing.
import { createHash } from 'node:crypto';
import type { Kustomization } from '#api/kustomize/kustomization';
import type { Artifact } from '#api/source/shared';
import { computeHealth } from '#kube/status/compute';
import { isTrue, readyCondition } from '#runtime/conditions';
import type { Remembered } from '../apply/applier.ts';
import type { Cluster } from '../apply/cluster.ts';
import { liveFingerprint } from '../apply/fingerprint.ts';
import { parseObjectId, type InventoryEntry } from '../apply/object-id.ts';
import type { KustomizationDraft } from './kustomization.ts';

export interface RunMemory {
  /** By inventory id. */
  readonly applied: Map<string, Remembered>;
  /** Inputs of the last run that ended well; undefined when the next one has to look closely. */
  settled: string | undefined;
  /** This process knows the object from before its first run: no other one can have left anything behind. */
  knownFromStart: boolean;
}

/** What is asked of a cluster, neither of which is a request. */
type Watched = Pick<Cluster, 'discovery' | 'live'>;

/** Everything a run's outcome depends on, but the cluster's state. `referenced`: what the spec names, as it is now. */
export function inputsOf(object: Kustomization, artifact: Artifact, referenced: readonly unknown[]): string {
  const inputs = [object.metadata.uid, object.metadata.generation, artifact.revision, artifact.digest, referenced];
  return createHash('sha256').update(JSON.stringify(inputs)).digest('base64');
}

/** Nothing to do: same inputs as the last good run, and nobody touched what it left. */
export async function isSettled(
  object: KustomizationDraft,
  memory: RunMemory,
  cluster: Watched,
  run: { readonly inputs: string; readonly revision: string; readonly signal: AbortSignal },
): Promise<boolean> {
  const { spec, status } = object;
  if (memory.settled !== run.inputs || status?.lastAppliedRevision !== run.revision) return false;
  if (!isTrue(object, readyCondition)) return false;
  const named = spec.wait !== true && (spec.healthChecks ?? []).length > 0;
  // Of these the shared watches do not tell, or not all that is asked.
  if (named || (spec.wait === true && spec.healthCheckExprs !== undefined)) return false;
  const options = { healthy: spec.wait === true, signal: run.signal };
  return isUntouched(status.inventory?.entries ?? [], memory, cluster, options);
}

/** Whether every object of the inventory is as it was left, and healthy where health is asked for. No request is made. */
async function isUntouched(
  entries: readonly InventoryEntry[],
  memory: RunMemory,
  cluster: Watched,
  options: { readonly healthy: boolean; readonly signal: AbortSignal },
): Promise<boolean> {
  for (const { id, v } of entries) {
    const remembered = memory.applied.get(id);
    const parsed = parseObjectId(id);
    if (remembered === undefined || parsed === undefined) return false;
    const resource = cluster.discovery.peek({ group: parsed.group, version: v, kind: parsed.kind });
    if (resource === undefined) return false;
    const kind = await cluster.live.kind(resource, options.signal);
    const live = kind?.get(parsed.namespace === '' ? parsed.name : `${parsed.namespace}/${parsed.name}`);
    if (live === undefined || liveFingerprint(live) !== remembered.live) return false;
    if (options.healthy && computeHealth(live).status !== 'Current') return false;
  }
  return true;
}
