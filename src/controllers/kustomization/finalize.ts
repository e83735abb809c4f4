// The end of a Kustomization: what it applied goes too, unless it is to stay.
import { FINALIZER } from '#api/meta';
import { errorMessage } from '#lib/errors';
import { timeLimit } from '#lib/time-limit';
import { isAccountGone } from '../apply/account-check.ts';
import { type Cluster, LiveView } from '../apply/cluster.ts';
import { KubeConfigMissingError } from '../apply/kubeconfig.ts';
import { parseObjectId, subjectOf } from '../apply/object-id.ts';
import { prune, type PruneOutcome } from '../apply/pruner.ts';
import { timeoutMs, type KustomizationDraft } from './kustomization.ts';
import { recover } from './recovery.ts';
import type { Run } from './run.ts';

const concurrency = 16;

/** Throws when something could not be deleted. */
export async function finalize(run: Run): Promise<void> {
  const { context, report, writer } = run;
  try {
    const cluster = await clusterToLeave(run);
    if (cluster !== undefined) {
      await recover(run, cluster);
      await deleteInventory(run, cluster);
    }
  } catch (error) {
    context.signal.throwIfAborted();
    // An object that does not go away must say what keeps it.
    report.ready('False', 'PruneFailed', errorMessage(error));
    await writer.flush();
    throw error;
  }
  await writer.removeFinalizer(FINALIZER);
}

/** Undefined when nothing is to be deleted: then it does not matter whether the cluster can be reached. */
async function clusterToLeave({ object, deps, memory, isFirst }: Run): Promise<Cluster | undefined> {
  const isEmpty = (object.status?.inventory?.entries ?? []).length === 0;
  const mayKnowLess = isFirst && !memory.knownFromStart;
  if (!deletesObjects(object) || (isEmpty && !mayKnowLess)) return undefined;
  try {
    return await deps.clusterFor(object);
  } catch (error) {
    // Without a way to it no run can have made anything there.
    if (isEmpty && error instanceof KubeConfigMissingError) return undefined;
    throw error;
  }
}

async function deleteInventory(run: Run, cluster: Cluster): Promise<void> {
  const { object, deps, report } = run;
  const { signal } = run.context;
  const entries = object.status?.inventory?.entries ?? [];
  if (entries.length === 0) return;
  // What accounts another cluster has is for that one to say, by refusing.
  const isOwnCluster = object.spec.kubeConfig === undefined;
  if (isOwnCluster && (await isAccountGone(deps.client, cluster.identity, signal))) {
    const subjects = entries.flatMap(({ id }) => parseObjectId(id) ?? []).map(subjectOf);
    report.event('error', `unable to prune objects: \n${subjects.join('\n')}`);
    return;
  }
  const { name, namespace = '' } = object.metadata;
  const owner = { name, namespace };
  const outcome = await prune({ cluster, entries, owner, concurrency, everything: true, signal });
  report.changes(outcome.changes);
  if (outcome.failures.length > 0) {
    report.event('error', 'pruning for deleted resource failed');
    throw new Error(`delete failed, errors: ${outcome.failures.join(';')};`);
  }
  if (object.spec.deletionPolicy === 'WaitForTermination') await waitForEnd(run, outcome, cluster);
}

/** Whether the end of the object is that of what it applied. */
function deletesObjects({ spec }: KustomizationDraft): boolean {
  if (spec.suspend === true) return false;
  switch (spec.deletionPolicy ?? 'MirrorPrune') {
    case 'MirrorPrune':
      return spec.prune;
    case 'Orphan':
      return false;
    default:
      return true;
  }
}

/** An object that outlives the timeout is reported, and no longer waited for. */
async function waitForEnd(
  { object, report, context: { signal } }: Run,
  outcome: PruneOutcome,
  cluster: Cluster,
): Promise<void> {
  const timeout = timeLimit(timeoutMs(object));
  const view = new LiveView(cluster, signal);
  try {
    for (const { resource, key } of outcome.deleted) {
      const kind = await view.kind(resource);
      if (kind === undefined) continue;
      await new Promise<void>((resolve, reject) => {
        const done = (): void => {
          leave();
          resolve();
        };
        const leave = kind.onChange((changed) => {
          if (changed === key && kind.get(key) === undefined) done();
        });
        if (kind.get(key) === undefined) done();
        AbortSignal.any([signal, timeout]).addEventListener('abort', () => {
          leave();
          reject(new Error('timeout'));
        });
      });
    }
  } catch {
    signal.throwIfAborted();
    report.event('error', 'failed to wait for resources termination');
  }
}
