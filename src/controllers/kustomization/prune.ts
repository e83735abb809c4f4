// Sets the inventory to what was applied, and deletes what is in it no longer.
import type { ApplyOutcome } from '../apply/applier.ts';
import type { Cluster } from '../apply/cluster.ts';
import type { InventoryEntry } from '../apply/object-id.ts';
import { prune } from '../apply/pruner.ts';
import type { Run } from './run.ts';
import { step, StepError } from './step-error.ts';

/** Throws a StepError when something could not be deleted; it stays in the inventory. */
export async function pruneStale(run: Run, { changes }: ApplyOutcome, cluster: Cluster): Promise<void> {
  const { object, deps, memory, report } = run;
  const before = object.status?.inventory?.entries ?? [];
  // Skipped objects stay in the inventory: not touching them is not disowning them.
  const entries: InventoryEntry[] = changes.map(({ entry }) => entry);
  object.status!.inventory = { entries };
  const ids = new Set(entries.map(({ id }) => id));
  const stale = before.filter(({ id }) => !ids.has(id));
  if (stale.length === 0 || !object.spec.prune) return;
  const { name, namespace = '' } = object.metadata;
  const { signal } = run.context;
  const concurrency = deps.options.pruneConcurrency;
  const pruned = await step('PruneFailed', () =>
    prune({ cluster, entries: stale, owner: { name, namespace }, concurrency, signal }),
  );
  for (const { id } of stale) memory.applied.delete(id);
  report.changes(pruned.changes);
  if (pruned.failures.length > 0) {
    entries.push(...pruned.survivors);
    throw new StepError('PruneFailed', new Error(`delete failed, errors: ${pruned.failures.join(';')};`));
  }
}
