// status.inventory: the objects in the manifest of the release, and the definitions that came with the chart.
import { parseApiVersion } from '#api/group-version';
import type { Unstructured } from '#kube/object';
import { inventoryEntry, type InventoryEntry } from '../apply/object-id.ts';
import type { ReleaseItem } from './release-objects.ts';

export function inventoryOf(
  items: readonly ReleaseItem[],
  crds: readonly Unstructured[],
): { entries: InventoryEntry[] } {
  const entries = new Map<string, InventoryEntry>();
  for (const { object, id } of items) {
    entries.set(id, { id, v: parseApiVersion(object.apiVersion ?? '').version });
  }
  for (const crd of crds) {
    const entry = inventoryEntry(crd);
    entries.set(entry.id, entry);
  }
  return { entries: [...entries.values()] };
}
