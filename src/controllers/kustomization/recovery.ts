// What keeps objects from being lost when a run is cut off: claims before they are made, a search after a first run.
import type { KubeObject, Unstructured } from '#kube/object';
import { getCondition, readyCondition } from '#runtime/conditions';
import { groupKindOf, type Cluster } from '../apply/cluster.ts';
import { ownerNameLabel, ownerNamespaceLabel } from '../apply/marks.ts';
import { formatObjectId, inventoryEntry, objectIdOf, type InventoryEntry } from '../apply/object-id.ts';
import type { KustomizationDraft } from './kustomization.ts';

/**
 * Whether no run of this object has come to an end yet. Until then its labels are the only record of what was made, and
 * enough of one: a run need not put objects on record before it makes them.
 */
export function neverConcluded({ status }: KustomizationDraft): boolean {
  const ready = getCondition({ metadata: {}, ...(status && { status }) }, readyCondition);
  return (
    status?.inventory === undefined &&
    (status?.history ?? []).length === 0 &&
    (ready === undefined || ready.status === 'Unknown')
  );
}

const pageSize = 500;

/** Everything in the cluster that carries the owner's labels, whatever its kind. Asks about every kind once. */
export async function ownedObjects(
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

/** Inventory entries of objects that may not be there yet. */
export function claims(objects: readonly Unstructured[], { discovery }: Cluster): InventoryEntry[] {
  return objects.map((object) => {
    const resource = discovery.peek(groupKindOf(object.apiVersion ?? '', object.kind ?? ''));
    const entry = inventoryEntry(object);
    if (resource?.namespaced !== false) return entry;
    return { ...entry, id: formatObjectId({ ...objectIdOf(object), namespace: '' }) };
  });
}
