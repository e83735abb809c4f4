// The Kustomization controller: which events wake which objects, and the reconcile they are woken for.
import { kustomization } from '#api/kustomize/kustomization';
import type { Informer } from '#kube/informer';
import { keyOf } from '#kube/object';
import { dependenciesFirst } from '#lib/graph';
import { getCondition, isTrue, readyCondition } from '#runtime/conditions';
import type { Controller, Reconcile } from '#runtime/controller';
import type { ObjectMetrics } from '#runtime/metrics';
import { followConfigs } from '#runtime/config-watch';
import { objectReconciler } from '#runtime/object-reconciler';
import { watchObjects } from '#runtime/watch';
import { ownedConditions } from './conditions.ts';
import { configKeys, dependencyKeys, kustomizations, sourceKey, type KustomizationDraft } from './kustomization.ts';
import type { RunMemory } from './memory.ts';
import { reconcile } from './reconcile.ts';
import { beginRun, type KustomizationDependencies } from './run.ts';
import type { SourceWithArtifact } from './source.ts';

const bySource = 'source';
const byDependency = 'dependency';
const byConfig = 'config';

const frame = {
  kind: kustomization.kind,
  ref: kustomizations,
  fieldManager: 'gotk-kustomize-controller',
  ownedConditions,
  newMemory: (): RunMemory => ({ applied: new Map(), settled: undefined, knownFromStart: false }),
};

export function kustomizationReconciler(
  deps: KustomizationDependencies & { readonly metrics: ObjectMetrics },
): Reconcile {
  return objectReconciler<KustomizationDraft, RunMemory>(frame, deps, ({ cache, ...run }) =>
    reconcile(beginRun({ ...deps, cache }, run)),
  );
}

export interface KustomizationWatches {
  readonly kustomizations: Informer<KustomizationDraft>;
  /** By kind. */
  readonly sources: ReadonlyMap<string, Informer<SourceWithArtifact>>;
  /** ConfigMaps and Secrets whose changes count at once, by kind. */
  readonly configs: ReadonlyMap<string, Informer>;
}

/** Wakes Kustomizations when they change, when what they wait for is ready, and when what they name has news. */
export function watchKustomizations(
  controller: Controller,
  { kustomizations: informer, sources, configs }: KustomizationWatches,
): void {
  const { queue } = controller;
  informer.addIndex(bySource, (object) => [`${object.spec.sourceRef.kind}/${sourceKey(object)}`]);
  informer.addIndex(byDependency, (object) => dependencyKeys(object));
  informer.addIndex(byConfig, configKeys);
  const wakeDependents = (object: KustomizationDraft): void => {
    for (const dependent of informer.store.byIndex(byDependency, keyOf(object))) {
      if (!isTrue(dependent, readyCondition) || isBehind(dependent, object)) queue.add(keyOf(dependent));
    }
  };
  // An expression may look at anything in the dependency's status.
  const wakeByExpression = (object: KustomizationDraft): void => {
    for (const dependent of informer.store.byIndex(byDependency, keyOf(object))) {
      const asks = dependent.spec.dependsOn?.some(({ readyExpr }) => readyExpr) === true;
      if (asks && getCondition(dependent, readyCondition)?.reason === 'DependencyNotReady') queue.add(keyOf(dependent));
    }
  };
  watchObjects(queue, informer);
  informer.addHandler({
    update: (before, after) => {
      if (becameReady(before, after)) wakeDependents(after);
      else wakeByExpression(after);
    },
  });
  followConfigs(queue, configs, (key) => informer.store.byIndex(byConfig, key));
  for (const [kind, source] of sources) {
    const wake = (object: SourceWithArtifact): void => wakeUsers(kind, object, informer, controller);
    source.addHandler({
      add: (object, initial) => {
        if (!initial) wake(object);
      },
      update: (before, after) => {
        const { artifact } = after.status ?? {};
        if (artifact !== undefined && artifact.revision !== before.status?.artifact?.revision) wake(after);
        else if (artifact !== undefined && artifact.digest !== before.status?.artifact?.digest) wake(after);
      },
    });
  }
}

/** All users of a source, those others depend on first. A cycle among them wakes them all the same. */
function wakeUsers(
  kind: string,
  source: SourceWithArtifact,
  informer: Informer<KustomizationDraft>,
  { queue }: Controller,
): void {
  const users = informer.store.byIndex(bySource, `${kind}/${keyOf(source)}`);
  const graph = new Map(users.map((user) => [keyOf(user), dependencyKeys(user)]));
  for (const key of dependenciesFirst(graph, graph.keys())) if (graph.has(key)) queue.add(key);
}

function becameReady(before: KustomizationDraft, after: KustomizationDraft): boolean {
  if (!isTrue(after, readyCondition)) return false;
  return (
    !isTrue(before, readyCondition) ||
    before.status?.lastAppliedRevision !== after.status?.lastAppliedRevision ||
    before.status?.observedGeneration !== after.status?.observedGeneration
  );
}

/** Whether a dependent of the same source has still to follow to the revision its dependency reached. */
function isBehind(dependent: KustomizationDraft, dependency: KustomizationDraft): boolean {
  return (
    sourceKey(dependent) === sourceKey(dependency) &&
    dependent.status?.lastAppliedRevision !== dependency.status?.lastAppliedRevision
  );
}
