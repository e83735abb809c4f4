// What the steps of one run over a Kustomization share: the object in hand, what works on it, and who is told.
import type { KubeClient } from '#kube/client';
import type { Clock } from '#lib/clock';
import { getCondition, readyCondition } from '#runtime/conditions';
import type { ReconcileContext } from '#runtime/controller';
import type { EventRecorder } from '#runtime/event-recorder';
import type { ObjectSource } from '#runtime/fresh-objects';
import type { ObjectRun } from '#runtime/object-reconciler';
import type { ObjectWriter } from '#runtime/object-writer';
import type { Applier } from '../apply/applier.ts';
import type { Cluster } from '../apply/cluster.ts';
import type { Builder } from './build.ts';
import type { DecryptionOptions } from './decryption-keys.ts';
import type { KustomizationDraft } from './kustomization.ts';
import type { RunMemory } from './memory.ts';
import { Report } from './report.ts';
import type { Sources } from './source.ts';

export interface KustomizationDependencies {
  readonly client: KubeClient;
  readonly cache: ObjectSource<KustomizationDraft>;
  readonly sources: Sources;
  readonly builder: Builder;
  readonly decryption: DecryptionOptions;
  readonly applier: Applier;
  /** The cluster an object is applied to, as the identity it names. */
  readonly clusterFor: (object: KustomizationDraft) => Promise<Cluster>;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly random: () => number;
  /** Runs a build with its apply when it is its turn: bounds how many are under way. */
  readonly work: <T>(task: () => Promise<T>) => Promise<T>;
  readonly options: KustomizationOptions;
}

export interface KustomizationOptions {
  readonly jitterPercentage: number;
  /** ms; Flux's `--requeue-dependency`. Watches wake a waiting object sooner. */
  readonly requeueDependencyMs: number;
  readonly noCrossNamespaceRefs: boolean;
  readonly strictSubstitution: boolean;
  /** Whether objects may name ServiceAccounts to get cloud tokens (gate ObjectLevelWorkloadIdentity). */
  readonly objectLevelIdentity: boolean;
  readonly pruneConcurrency: number;
}

export interface Run {
  readonly deps: KustomizationDependencies;
  readonly context: ReconcileContext;
  readonly writer: ObjectWriter<KustomizationDraft>;
  readonly memory: RunMemory;
  readonly report: Report;
  /** The writer's working copy. */
  readonly object: KustomizationDraft;
  /** No run of the object has come to an end before this one. */
  readonly isFirst: boolean;
}

export function beginRun(
  deps: KustomizationDependencies,
  { context, writer, memory }: Omit<ObjectRun<KustomizationDraft, RunMemory>, 'cache'>,
): Run {
  const { object } = writer;
  return { deps, context, writer, memory, object, report: new Report(writer, deps), isFirst: neverConcluded(object) };
}

/**
 * Until a run came to an end the object's labels are the only record of what was made, and enough of one: a run need not
 * put objects on record before it makes them.
 */
function neverConcluded({ status }: KustomizationDraft): boolean {
  const ready = getCondition({ metadata: {}, ...(status && { status }) }, readyCondition);
  return (
    status?.inventory === undefined &&
    (status?.history ?? []).length === 0 &&
    (ready === undefined || ready.status === 'Unknown')
  );
}
