// Objects of stored revisions; among them those of revisions that came to nothing, which an action that broke off left.
import type { ReleaseContext } from './action.ts';
import { isKept, ownershipProblem, type ReleaseIdentity, type ReleaseItem } from './release-objects.ts';
import type { StoredRelease } from './storage.ts';

/** Objects of a stored revision. Kinds that are no longer served have no objects left. */
export async function itemsOf(
  { applier, renderer }: ReleaseContext,
  { record }: StoredRelease,
  identity: ReleaseIdentity,
): Promise<ReleaseItem[]> {
  const items: ReleaseItem[] = [];
  for (const object of renderer.objectsOf(record.manifest ?? '')) {
    const [item] = await applier.resolve([object], identity).catch(() => []);
    if (item !== undefined) items.push(item);
  }
  return items;
}

/** How many revisions are looked through where none is deployed. */
const revisionsRead = 10;

/**
 * Objects of the revisions down to the one deployed last that are in the cluster, belong to the release and are not
 * among `known` inventory ids. None, at no cost, while the newest revision is the deployed one.
 */
export async function straysOf(
  context: ReleaseContext,
  identity: ReleaseIdentity,
  known: ReadonlySet<string>,
): Promise<ReleaseItem[]> {
  const { storage, applier } = context;
  const seen = new Set(known);
  const strays: ReleaseItem[] = [];
  const heads = await storage.heads();
  if (heads[0]?.status === 'deployed') return strays;
  for (const { revision, status } of heads.slice(0, revisionsRead)) {
    const release = await storage.get(revision);
    const items = release === undefined ? [] : await itemsOf(context, release, identity);
    for (const item of items) {
      if (seen.has(item.id)) continue;
      seen.add(item.id);
      const live = await applier.view.fetch(item.resource, item.key);
      // What it never got to may be somebody else's.
      if (live === undefined || isKept(live) || ownershipProblem(live, identity) !== undefined) continue;
      strays.push(item);
    }
    if (status === 'deployed') break;
  }
  return strays;
}

/** Inventory ids. */
export function idsOf(...lists: readonly (readonly ReleaseItem[])[]): Set<string> {
  return new Set(lists.flat().map(({ id }) => id));
}
