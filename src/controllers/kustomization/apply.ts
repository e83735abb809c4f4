// Applies what was built, on record before and after: nothing a run makes may be lost to the inventory.
import type { Unstructured } from '#kube/object';
import { ApplyError, type ApplyOutcome } from '../apply/applier.ts';
import { differences } from '../apply/change-set.ts';
import type { Cluster } from '../apply/cluster.ts';
import { ignoreRules } from '../apply/ignore-rules.ts';
import { prepareObjects } from '../apply/prepare.ts';
import type { KustomizationDraft } from './kustomization.ts';
import { claim } from './recovery.ts';
import type { Run } from './run.ts';
import { step, StepError } from './step-error.ts';

/** Ask the server about each stage before anything of it is written, as Flux always does. */
const dryRunAnnotation = 'kustomize.sluice.dev/dry-run';

/** Throws a StepError. */
export async function applyObjects(run: Run, built: readonly Unstructured[], cluster: Cluster): Promise<ApplyOutcome> {
  const { object, deps, memory, report } = run;
  const { signal } = run.context;
  report.progress(`Detecting drift for revision ${report.revision}`);
  const { name, namespace = '' } = object.metadata;
  const { commonMetadata, force = false } = object.spec;
  const objects = await step('ReconciliationFailed', () =>
    prepareObjects(built, { owner: { name, namespace }, ...(commonMetadata && { commonMetadata }) }),
  );
  const ignore = await step('ReconciliationFailed', () => ignoreRules(object.spec.ignore));
  await step('ReconciliationFailed', () => claim(run, objects, cluster));
  try {
    const dryRunFirst = object.metadata.annotations?.[dryRunAnnotation] === 'enabled';
    const request = { cluster, objects, force, ignore, dryRunFirst, memory: memory.applied, signal };
    const outcome = await deps.applier.apply(request);
    report.changes(differences(outcome.changes));
    return outcome;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ApplyError) {
      report.changes(differences(error.outcome.changes));
      addToInventory(object, error.outcome);
    }
    throw new StepError('ReconciliationFailed', error);
  }
}

/** Objects of a failed apply are ours all the same: without an entry they could never be pruned. */
function addToInventory(object: KustomizationDraft, { changes }: ApplyOutcome): void {
  const entries = new Map((object.status?.inventory?.entries ?? []).map((entry) => [entry.id, entry]));
  for (const { entry, action } of changes) if (action !== 'skipped') entries.set(entry.id, entry);
  if (entries.size > 0) object.status!.inventory = { entries: [...entries.values()] };
}
