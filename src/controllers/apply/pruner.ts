// Deletes what was applied once and is no longer wanted, as long as it is still ours.
import type { ResourceInfo } from '#kube/discovery';
import { NoMatchError } from '#kube/discovery';
import type { KubeObject } from '#kube/object';
import { isNotFound } from '#kube/status-error';
import { errorMessage } from '#lib/errors';
import pLimit from 'p-limit';
import type { Change } from './change-set.ts';
import { type Cluster, LiveView } from './cluster.ts';
import { ownedBy, pruneDisabled } from './marks.ts';
import { compareApplyOrder, parseObjectId, subjectOf, type InventoryEntry, type ObjectId } from './object-id.ts';

export interface PruneRequest {
  readonly cluster: Cluster;
  readonly entries: readonly InventoryEntry[];
  readonly owner: { readonly namespace: string; readonly name: string };
  readonly concurrency: number;
  readonly signal: AbortSignal;
}

export interface PruneOutcome {
  readonly changes: Change[];
  /** Entries whose objects could not be deleted: they stay ours. */
  readonly survivors: InventoryEntry[];
  /** One line for each of them. */
  readonly failures: string[];
  /** Objects whose deletion began, for whoever waits for their end. */
  readonly deleted: { readonly resource: ResourceInfo; readonly key: string; readonly subject: string }[];
}

/** Deletes in the reverse of the order of application. Failures do not stop it. */
export async function prune(request: PruneRequest): Promise<PruneOutcome> {
  const outcome: PruneOutcome = { changes: [], survivors: [], failures: [], deleted: [] };
  const view = new LiveView(request.cluster, request.signal);
  const limit = pLimit(request.concurrency);
  const known = request.entries.flatMap((entry) => {
    const id = parseObjectId(entry.id);
    return id === undefined ? [] : [{ entry, id }];
  });
  const ordered = known.toSorted((a, b) => compareApplyOrder(b.id, a.id));
  await Promise.all(
    ordered.map(({ entry, id }) =>
      limit(async () => {
        const subject = subjectOf(id);
        try {
          const action = await pruneOne(request, view, { entry, id, subject }, outcome);
          outcome.changes.push({ subject, entry, action });
        } catch (error) {
          request.signal.throwIfAborted();
          outcome.survivors.push(entry);
          outcome.failures.push(`${subject} delete failed: ${errorMessage(error)}`);
        }
      }),
    ),
  );
  return outcome;
}

async function pruneOne(
  { cluster, owner, signal }: PruneRequest,
  view: LiveView,
  item: { readonly entry: InventoryEntry; readonly id: ObjectId; readonly subject: string },
  outcome: PruneOutcome,
): Promise<'deleted' | 'skipped'> {
  const { id, entry, subject } = item;
  const resource = await resourceOf(cluster, id, entry.v);
  // Its definition is gone, and with it the object.
  if (resource === undefined) return 'deleted';
  const key = id.namespace === '' ? id.name : `${id.namespace}/${id.name}`;
  const live: KubeObject | undefined = (await view.owned(resource, key)) ?? (await view.fetch(resource, key));
  if (live === undefined) return 'deleted';
  if (!ownedBy(live, owner) || pruneDisabled(live)) return 'skipped';
  const { name, namespace } = id;
  const { uid } = live.metadata;
  try {
    await cluster.client.delete(
      resource,
      { name, ...(namespace !== '' && { namespace }) },
      { propagationPolicy: 'Background', signal, ...(uid !== undefined && { preconditions: { uid } }) },
    );
  } catch (error) {
    if (!isNotFound(error)) throw error;
    return 'deleted';
  }
  outcome.deleted.push({ resource, key, subject });
  return 'deleted';
}

async function resourceOf(cluster: Cluster, id: ObjectId, version: string): Promise<ResourceInfo | undefined> {
  try {
    return await cluster.discovery.resourceFor({ group: id.group, version, kind: id.kind });
  } catch (error) {
    if (!(error instanceof NoMatchError)) throw error;
  }
  try {
    // The version it was applied with may no longer be served while the kind is.
    return await cluster.discovery.resourceFor({ group: id.group, kind: id.kind });
  } catch (error) {
    if (error instanceof NoMatchError) return undefined;
    throw error;
  }
}
