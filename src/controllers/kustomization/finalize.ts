// The end of a Kustomization: what it applied goes too, unless it is to stay.
import type { KubeClient } from '#kube/client';
import type { ResourceRef } from '#kube/object';
import { isNotFound } from '#kube/status-error';
import type { ReconcileContext } from '#runtime/controller';
import type { EventSeverity } from '#runtime/event-recorder';
import type { Cluster } from '../apply/cluster.ts';
import { LiveView } from '../apply/cluster.ts';
import { parseObjectId, subjectOf } from '../apply/object-id.ts';
import { prune, type PruneOutcome } from '../apply/pruner.ts';
import { timeoutMs, type KustomizationDraft } from './kustomization.ts';

export interface FinalizeContext extends ReconcileContext {
  readonly cluster: Cluster;
  /** By our own identity. */
  readonly client: Pick<KubeClient, 'get'>;
  readonly event: (severity: EventSeverity, message: string) => void;
}

const concurrency = 16;
const serviceAccounts: ResourceRef = { group: '', version: 'v1', plural: 'serviceaccounts', namespaced: true };

/** Deletes the inventory. Throws when something could not be deleted. */
export async function finalize(object: KustomizationDraft, context: FinalizeContext): Promise<void> {
  const entries = object.status?.inventory?.entries ?? [];
  if (entries.length === 0) return;
  const { cluster, event, signal } = context;
  const { name, namespace = '' } = object.metadata;
  if (object.spec.kubeConfig === undefined && (await isAccountGone(context))) {
    // Nobody may delete them any more; waiting would keep the Kustomization for ever.
    const subjects = entries.flatMap(({ id }) => parseObjectId(id) ?? []).map(subjectOf);
    event('error', `unable to prune objects: \n${subjects.join('\n')}`);
    return;
  }
  const owner = { name, namespace };
  const outcome = await prune({ cluster, entries, owner, concurrency, everything: true, signal });
  if (outcome.changes.length > 0) {
    event('info', outcome.changes.map(({ subject, action }) => `${subject} ${action}`).join('\n'));
  }
  if (outcome.failures.length > 0) {
    event('error', 'pruning for deleted resource failed');
    throw new Error(`delete failed, errors: ${outcome.failures.join(';')};`);
  }
  if (object.spec.deletionPolicy === 'WaitForTermination') await waitForEnd(object, outcome, context);
}

/** Of our own cluster: what accounts another one has is for that one to say, by refusing. */
async function isAccountGone({ cluster, client, signal }: FinalizeContext): Promise<boolean> {
  if (cluster.identity === '') return false;
  const [namespace, name = ''] = cluster.identity.split('/');
  try {
    await client.get(serviceAccounts, { namespace, name }, { signal });
    return false;
  } catch (error) {
    if (isNotFound(error)) return true;
    throw error;
  }
}

/** Whether the end of the object is that of what it applied. */
export function deletesObjects({ spec }: KustomizationDraft): boolean {
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
async function waitForEnd(object: KustomizationDraft, outcome: PruneOutcome, context: FinalizeContext): Promise<void> {
  const { cluster, event, signal } = context;
  const timeout = AbortSignal.timeout(timeoutMs(object));
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
    event('error', 'failed to wait for resources termination');
  }
}
