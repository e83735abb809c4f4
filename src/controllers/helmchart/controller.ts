// The HelmChart controller: its steps in order, what wakes it, and what it tells about the outcome.
import { helmChart } from '#api/source/helmchart';
import type { HelmRepository } from '#api/source/helmrepository';
import { normalizeRepositoryUrl } from '#helm/repository/index';
import type { Informer } from '#kube/informer';
import { keyOf } from '#kube/object';
import { durationMs } from '#lib/duration-ms';
import type { Controller, Reconcile } from '#runtime/controller';
import {
  sourceReconciler,
  type SourceKind,
  type SourceReconcilerDependencies,
  type StepContext,
} from '#runtime/source-reconciler';
import { watchObjects } from '#runtime/watch';
import { artifactNews } from '../source/artifact-news.ts';
import { artifactMetadata, artifactOwner } from '../source/artifact-owner.ts';
import { reconcileStorage } from '../source/storage-step.ts';
import { buildChart, type BuildDependencies } from './build.ts';
import { type ChartRun, type HelmChartDraft, helmCharts, type SourceWithArtifact, summaryOf } from './chart.ts';
import { helmChartConditions, helmChartFailures } from './conditions.ts';
import { reasonOf, storeChart } from './store-chart.ts';

export interface HelmChartDependencies
  extends SourceReconcilerDependencies<HelmChartDraft>, Omit<BuildDependencies, 'client'> {}

const bySource = 'source';
const byUrl = 'url';

export function helmChartReconciler(deps: HelmChartDependencies): Reconcile {
  const { store } = deps;
  const kind: SourceKind<HelmChartDraft, ChartRun> = {
    kind: helmChart.kind,
    ref: helmCharts,
    conditions: helmChartConditions,
    fieldManager: 'source-controller',
    interval: ({ spec }) => durationMs(spec.interval, 60_000),
    begin: () => ({}),
    dispose: ({ release }) => {
      release?.();
      return Promise.resolve();
    },
    steps: [
      (context) => reconcileStorage(context, store, helmChart.kind),
      (context, run) => buildChart(context, run, deps),
      (context, run) => storeChart(context, run, store),
    ],
    notify,
    finalize: (object) => store.removeOwner(artifactOwner(helmChart.kind, object)),
  };
  return sourceReconciler(kind, deps);
}

/** Wakes HelmCharts when they change, and when their source has an artifact they have not seen. */
export function watchHelmCharts(
  { queue }: Controller,
  informer: Informer<HelmChartDraft>,
  sources: ReadonlyMap<string, Informer<SourceWithArtifact>>,
): void {
  informer.addIndex(bySource, ({ metadata, spec }) => [
    `${spec.sourceRef.kind}/${metadata.namespace ?? ''}/${spec.sourceRef.name}`,
  ]);
  watchObjects(queue, informer);
  for (const [kind, source] of sources) {
    const wake = (object: SourceWithArtifact): void => {
      const revision = object.status?.artifact?.revision;
      for (const chart of informer.store.byIndex(bySource, `${kind}/${keyOf(object)}`)) {
        if (chart.status?.observedSourceArtifactRevision !== revision) queue.add(keyOf(chart));
      }
    };
    source.addHandler({
      add: (object, initial) => {
        if (!initial) wake(object);
      },
      update: (before, after) => {
        const { artifact } = after.status ?? {};
        if (artifact !== undefined && artifact.revision !== before.status?.artifact?.revision) wake(after);
      },
    });
  }
}

/** Finds HelmRepositories by their normalised address, for dependencies that name one. */
export function indexRepositoriesByUrl(
  informer: Informer<SourceWithArtifact>,
): (namespace: string, url: string) => readonly HelmRepository[] {
  informer.addIndex(byUrl, (object) => {
    const { metadata, spec } = object as HelmRepository;
    return URL.canParse(spec.url) ? [`${metadata.namespace ?? ''} ${normalizeRepositoryUrl(spec.url)}`] : [];
  });
  return (namespace, url) => informer.store.byIndex(byUrl, `${namespace} ${url}`) as readonly HelmRepository[];
}

/** A new artifact is an event; so is the end of a failure when the artifact stayed the same. */
function notify(context: StepContext<HelmChartDraft>, before: HelmChartDraft, run: ChartRun): void {
  const { object, events } = context;
  const news = artifactNews(object, before, helmChartFailures);
  if (news === undefined || run.build === undefined) return;
  events.record(object, {
    severity: 'info',
    reason: reasonOf(run.build),
    message: summaryOf(run.build, object.status?.observedValuesFiles),
    metadata: artifactMetadata(news.artifact),
  });
}
