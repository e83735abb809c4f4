// The frame around every reconcile of an object: finds it, keeps what is remembered of it, and measures the run.
import type { KubeClient } from '#kube/client';
import { parseKey, type ResourceRef } from '#kube/object';
import type { Clock } from '#lib/clock';
import type { Reconcile, ReconcileContext, Result } from './controller.ts';
import { draftOf } from './draft.ts';
import { FreshObjects, type ObjectSource } from './fresh-objects.ts';
import type { ObjectMetrics } from './metrics.ts';
import { ObjectWriter, type WritableObject } from './object-writer.ts';

/** One kind, as far as the frame has to know it. */
export interface ReconciledKind<Memory> {
  readonly kind: string;
  readonly ref: ResourceRef;
  readonly fieldManager: string;
  readonly ownedConditions: readonly string[];
  /** What is kept of an object from run to run, for as long as there is one. */
  readonly newMemory: () => Memory;
}

export interface ObjectReconcilerDependencies<T extends WritableObject> {
  readonly client: Pick<KubeClient, 'get' | 'patch'>;
  readonly cache: ObjectSource<T>;
  readonly clock: Clock;
  readonly metrics: ObjectMetrics;
}

export interface ObjectRun<T extends WritableObject, Memory> {
  readonly context: ReconcileContext;
  /** Has the working copy. */
  readonly writer: ObjectWriter<T>;
  /** As it was before the run. */
  readonly before: T;
  readonly memory: Memory;
  /** Has our own writes at once. */
  readonly cache: ObjectSource<T>;
}

/** The reconcile function of a kind whose runs `go` makes. */
export function objectReconciler<T extends WritableObject, Memory>(
  { kind, newMemory, ...pen }: ReconciledKind<Memory>,
  { client, cache, clock, metrics }: ObjectReconcilerDependencies<T>,
  go: (run: ObjectRun<T, Memory>) => Promise<Result>,
): Reconcile {
  const fresh = new FreshObjects(cache);
  const memories = new Map<string, Memory>();
  return async (key, context) => {
    const { namespace = '', name } = parseKey(key);
    const labels = { kind, namespace, name };
    const before = fresh.get(key);
    if (before === undefined) {
      memories.delete(key);
      metrics.forget(labels);
      return {};
    }
    const started = clock.monotonic();
    const memory = memories.get(key) ?? newMemory();
    memories.set(key, memory);
    const object = draftOf(before) as T;
    const onWritten = (written: T): void => fresh.note(written);
    const writer = new ObjectWriter<T>({ ...pen, client, clock, object, onWritten });
    try {
      return await go({ context, writer, before, memory, cache: fresh });
    } finally {
      metrics.observed(labels, clock.monotonic() - started);
    }
  };
}
