// What keeps objects from being lost when a run is cut off: claims before they are made, a search after a first run.
import type { KubeObject, Unstructured } from '#kube/object';
import { groupKindOf, type Cluster } from '../apply/cluster.ts';
import { ownerNameLabel, ownerNamespaceLabel } from '../apply/marks.ts';
import { formatObjectId, inventoryEntry, objectIdOf, type InventoryEntry } from '../apply/object-id.ts';
import type { Run } from './run.ts';

/** Takes up what another process made in a first run that it did not bring to an end. */
export async function recover({ object, memory, isFirst, context }: Run, cluster: Cluster): Promise<void> {
  if (memory.knownFromStart || !isFirst) return;
  const { name, namespace = '' } = object.metadata;
  const entries = await ownedObjects(cluster, { name, namespace }, context.signal);
  if (entries.length > 0) (object.status ??= {}).inventory = { entries };
  memory.knownFromStart = true;
}

/**
 * Puts what is about to be made on record first: a process that dies between making an object and writing it down
 * would leave one that nothing ever deletes.
 */
export async function claim(
  { object, writer, isFirst }: Run,
  objects: readonly Unstructured[],
  cluster: Cluster,
): Promise<void> {
  // Of a first run the labels are record enough.
  if (isFirst) return;
  const status = (object.status ??= {});
  const entries = status.inventory?.entries ?? [];
  const known = new Set(entries.map(({ id }) => id));
  const added = objects.map((made) => entryToBe(made, cluster)).filter(({ id }) => !known.has(id));
  if (added.length === 0) return;
  status.inventory = { entries: [...entries, ...added] };
  await writer.record();
}

const pageSize = 500;

/** Everything in the cluster that carries the owner's labels, whatever its kind. Asks about every kind once. */
async function ownedObjects(
  { client, discovery }: Cluster,
  owner: { readonly namespace: string; readonly name: string },
  signal: AbortSignal,
): Promise<InventoryEntry[]> {
  const labelSelector = `${ownerNameLabel}=${owner.name},${ownerNamespaceLabel}=${owner.namespace}`;
  const found = new Map<string, InventoryEntry>();
  for (const resource of await discovery.all()) {
    if (!resource.verbs.includes('list') || !resource.verbs.includes('delete')) continue;
    try {
      const options = { labelSelector, metadataOnly: true, limit: pageSize, signal };
      const { items } = await client.list<KubeObject>(resource, options);
      for (const { metadata } of items) {
        const { namespace = '', name = '' } = metadata;
        const id = formatObjectId({ group: resource.group, kind: resource.kind, namespace, name });
        // A kind served in several versions is one kind: the server's preferred one comes first.
        if (!found.has(id)) found.set(id, { id, v: resource.version });
      }
    } catch {
      // What may not be listed was not applied by us either.
      signal.throwIfAborted();
    }
  }
  return [...found.values()];
}

/** The inventory's entry of an object that may not be there yet. */
function entryToBe(object: Unstructured, { discovery }: Cluster): InventoryEntry {
  const resource = discovery.peek(groupKindOf(object.apiVersion ?? '', object.kind ?? ''));
  const entry = inventoryEntry(object);
  if (resource?.namespaced !== false) return entry;
  return { ...entry, id: formatObjectId({ ...objectIdOf(object), namespace: '' }) };
}
