// The HelmRelease controller: which events wake which objects, and the reconcile they are woken for.
import { helmRelease } from '#api/helm/helmrelease';
import type { Informer } from '#kube/informer';
import { keyOf } from '#kube/object';
import { isTrue, readyCondition } from '#runtime/conditions';
import type { Controller, Reconcile } from '#runtime/controller';
import type { ObjectMetrics } from '#runtime/metrics';
import { followConfigs } from '#runtime/config-watch';
import { objectReconciler } from '#runtime/object-reconciler';
import { watchObjects } from '#runtime/watch';
import { ownedConditions } from './conditions.ts';
import {
  chartReference,
  dependencyKeys,
  fieldManager,
  helmReleases,
  namespaceOf,
  type HelmReleaseDraft,
} from './helmrelease.ts';
import type { RunMemory } from './memory.ts';
import { reconcile } from './reconcile.ts';
import { beginRun, type HelmReleaseDependencies } from './run.ts';
import type { ChartSource } from './source.ts';

const bySource = 'source';
const byDependency = 'dependency';
const byConfig = 'config';

const frame = {
  kind: helmRelease.kind,
  ref: helmReleases,
  fieldManager,
  ownedConditions,
  newMemory: (): RunMemory => ({ applied: new Map(), settled: undefined, askedAt: undefined }),
};

export function helmReleaseReconciler(deps: HelmReleaseDependencies & { readonly metrics: ObjectMetrics }): Reconcile {
  return objectReconciler<HelmReleaseDraft, RunMemory>(frame, deps, ({ cache, ...run }) =>
    reconcile(beginRun({ ...deps, cache }, run)),
  );
}

export interface HelmReleaseWatches {
  readonly releases: Informer<HelmReleaseDraft>;
  /** By kind. */
  readonly sources: ReadonlyMap<string, Informer<ChartSource>>;
  /** ConfigMaps and Secrets with values, by kind: those that are labelled to be watched. */
  readonly configs: ReadonlyMap<string, Informer>;
}

/** Wakes HelmReleases when they change, when what they wait for is ready, and when chart or values have news. */
export function watchHelmReleases({ queue }: Controller, { releases, sources, configs }: HelmReleaseWatches): void {
  releases.addIndex(bySource, (object) => {
    const reference = chartReference(object);
    return reference === undefined ? [] : [`${reference.kind}/${reference.namespace}/${reference.name}`];
  });
  releases.addIndex(byDependency, (object) => dependencyKeys(object));
  releases.addIndex(byConfig, (object) =>
    (object.spec.valuesFrom ?? []).map(({ kind, name }) => `${kind}/${namespaceOf(object)}/${name}`),
  );
  watchObjects(queue, releases);
  releases.addHandler({
    update: (before, after) => {
      if (!becameReady(before, after)) return;
      for (const dependent of releases.store.byIndex(byDependency, keyOf(after))) {
        if (!isTrue(dependent, readyCondition)) queue.add(keyOf(dependent));
      }
    },
  });
  for (const [kind, source] of sources) {
    const wake = (object: ChartSource): void => {
      for (const user of releases.store.byIndex(bySource, `${kind}/${keyOf(object)}`)) {
        if (!hasAttempted(user, object, kind)) queue.add(keyOf(user));
      }
    };
    source.addHandler({
      add: (object, initial) => {
        if (!initial) wake(object);
      },
      update: (before, after) => {
        if (hasNews(before, after)) wake(after);
      },
      delete: (object) => {
        for (const user of releases.store.byIndex(bySource, `${kind}/${keyOf(object)}`)) {
          if (makesAnew(user)) queue.add(keyOf(user));
        }
      },
    });
  }
  followConfigs(queue, configs, (key) => releases.store.byIndex(byConfig, key));
}

function becameReady(before: HelmReleaseDraft, after: HelmReleaseDraft): boolean {
  if (!isTrue(after, readyCondition)) return false;
  return !isTrue(before, readyCondition) || before.status?.observedGeneration !== after.status?.observedGeneration;
}

/** A HelmChart made of a template is made again, also when a release of the same name came while the old one went. */
function makesAnew({ metadata, spec }: HelmReleaseDraft): boolean {
  return spec.chart !== undefined && metadata.deletionTimestamp === undefined;
}

/** Whether a source has a new artifact, or can be used now where it could not before. */
function hasNews({ status: before }: ChartSource, { status: after }: ChartSource): boolean {
  if (after?.artifact === undefined) return false;
  const { artifact } = after;
  return (
    artifact.revision !== before?.artifact?.revision ||
    artifact.digest !== before?.artifact?.digest ||
    after.observedGeneration !== before?.observedGeneration ||
    (isReady(after) && !isReady(before))
  );
}

function isReady(status: ChartSource['status']): boolean {
  return status?.conditions?.find(({ type }) => type === readyCondition)?.status === 'True';
}

/** A release that is ready with this very artifact has nothing to learn from it, unless it waits with a newer spec. */
function hasAttempted(user: HelmReleaseDraft, source: ChartSource, kind: string): boolean {
  const revision = source.status?.artifact?.revision;
  if (!isTrue(user, readyCondition) || revision === undefined) return false;
  if (user.status?.observedGeneration !== user.metadata.generation) return false;
  const { lastAttemptedRevision, lastAttemptedRevisionDigest } = user.status ?? {};
  if (kind === 'HelmChart') return lastAttemptedRevision === revision;
  const digest = revision.slice(revision.indexOf('@') + 1);
  return digest !== '' && lastAttemptedRevisionDigest === digest;
}
