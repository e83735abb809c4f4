// Deletes what was applied once and is no longer wanted, as long as it is still ours.
import type { ResourceInfo } from '#kube/discovery';
import { NoMatchError } from '#kube/discovery';
import { keyOf, type KubeObject } from '#kube/object';
import { isNotFound } from '#kube/status-error';
import { errorMessage } from '#lib/errors';
import pLimit from 'p-limit';
import type { Change } from './change-set.ts';
import { type Cluster, LiveView } from './cluster.ts';
import { ownedBy, ownerNameLabel, ownerNamespaceLabel, pruneDisabled } from './marks.ts';
import { compareApplyOrder, parseObjectId, subjectOf, type InventoryEntry, type ObjectId } from './object-id.ts';

export interface PruneRequest {
  readonly cluster: Cluster;
  readonly entries: readonly InventoryEntry[];
  readonly owner: { readonly namespace: string; readonly name: string };
  readonly concurrency: number;
  /** Nothing of the owner is to stay: whole collections may go at once. @default false */
  readonly everything?: boolean;
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

interface Candidate {
  readonly entry: InventoryEntry;
  readonly id: ObjectId;
  readonly subject: string;
}

/** Deletes in the reverse of the order of application. Failures do not stop it. */
export async function prune(request: PruneRequest): Promise<PruneOutcome> {
  const outcome: PruneOutcome = { changes: [], survivors: [], failures: [], deleted: [] };
  const view = new LiveView(request.cluster, request.signal);
  const limit = pLimit(request.concurrency);
  const candidates = request.entries.flatMap((entry): Candidate[] => {
    const id = parseObjectId(entry.id);
    return id === undefined ? [] : [{ entry, id, subject: subjectOf(id) }];
  });
  const ordered = candidates.toSorted((a, b) => compareApplyOrder(b.id, a.id));
  // What was applied a moment ago may not be in any cache yet, but a collection's selector would pick it.
  const rest = request.everything === true ? await pruneCollections(request, view, ordered, outcome) : ordered;
  await Promise.all(
    rest.map((candidate) =>
      limit(async () => {
        const { entry, subject } = candidate;
        try {
          const action = await pruneOne(request, view, candidate, outcome);
          outcome.changes.push({ subject, entry, action });
        } catch (error) {
          request.signal.throwIfAborted();
          outcome.survivors.push(entry);
          outcome.failures.push(`${subject} delete failed: ${errorMessage(error)}`);
        }
      }),
    ),
  );
  const position = new Map(ordered.map(({ entry }, i) => [entry.id, i]));
  outcome.changes.sort((a, b) => position.get(a.entry.id)! - position.get(b.entry.id)!);
  return outcome;
}

/** From this many objects of a kind in a namespace on, one request for all is worth its preparation. */
const collectionThreshold = 3;

/**
 * Deletes with one request where all that the owner has of a kind in a namespace is to go, and nothing of it is to
 * stay. Returns what has to be looked at one by one.
 */
async function pruneCollections(
  request: PruneRequest,
  view: LiveView,
  ordered: readonly Candidate[],
  outcome: PruneOutcome,
): Promise<Candidate[]> {
  const rest: Candidate[] = [];
  const groups = Map.groupBy(ordered, ({ id, entry }) => `${id.group} ${entry.v} ${id.kind} ${id.namespace}`);
  await Promise.all(
    [...groups.values()].map(async (group) => {
      const done = await pruneCollection(request, view, group, outcome).catch(() => {
        request.signal.throwIfAborted();
        return false;
      });
      if (!done) rest.push(...group);
    }),
  );
  return rest;
}

async function pruneCollection(
  { cluster, owner, signal }: PruneRequest,
  view: LiveView,
  group: readonly Candidate[],
  outcome: PruneOutcome,
): Promise<boolean> {
  const [first] = group;
  if (first === undefined || group.length < collectionThreshold || first.id.namespace === '') return false;
  const { namespace } = first.id;
  const resource = await resourceOf(cluster, first.id, first.entry.v);
  const kind = resource === undefined ? undefined : await view.kind(resource);
  if (resource?.verbs.includes('deletecollection') !== true || kind === undefined) return false;
  const wanted = new Set(group.map(({ id }) => `${id.namespace}/${id.name}`));
  const live = kind
    .ownedBy(`${owner.namespace}/${owner.name}`)
    .filter(({ metadata }) => metadata.namespace === namespace);
  if (live.length !== wanted.size) return false;
  if (!live.every((object) => wanted.has(keyOf(object)) && !pruneDisabled(object))) return false;
  const labelSelector = `${ownerNameLabel}=${owner.name},${ownerNamespaceLabel}=${owner.namespace}`;
  await cluster.client.deleteCollection(resource, {
    namespace,
    labelSelector,
    propagationPolicy: 'Background',
    signal,
  });
  for (const { id, entry, subject } of group) {
    outcome.changes.push({ subject, entry, action: 'deleted' });
    outcome.deleted.push({ resource, key: `${id.namespace}/${id.name}`, subject });
  }
  return true;
}

async function pruneOne(
  { cluster, owner, signal }: PruneRequest,
  view: LiveView,
  item: Candidate,
  outcome: PruneOutcome,
): Promise<'deleted' | 'skipped'> {
  const { id, entry, subject } = item;
  const resource = await resourceOf(cluster, id, entry.v);
  // Its definition is gone, and with it the object. An id of another scope than its kind's names no object at all.
  if (resource === undefined || resource.namespaced !== (id.namespace !== '')) return 'deleted';
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
