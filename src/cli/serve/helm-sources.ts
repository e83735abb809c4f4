// The controllers of Helm's sources: repositories with their indexes, and the charts that come out of them.
import { join } from 'node:path';
import { helmChart } from '#api/source/helmchart';
import { helmRepository } from '#api/source/helmrepository';
import { type BuildIndexOptions, type BuiltIndex, indexJob, IndexTables } from '#helm/repository/index';
import type { Informer } from '#kube/informer';
import { Controller } from '#runtime/controller';
import { watchObjects } from '#runtime/watch';
import { type HelmChartDraft, helmCharts, type SourceWithArtifact } from '#controllers/helmchart/chart';
import { helmChartReconciler, indexRepositoriesByUrl, watchHelmCharts } from '#controllers/helmchart/controller';
import { ChartDownloads } from '#controllers/helmchart/downloads';
import { helmRepositories, helmRepositoryReconciler } from '#controllers/helmrepository/controller';
import type { HelmRepositoryDraft } from '#controllers/helmrepository/fetch';
import { userAgent, type ServeContext } from './context.ts';
import { acquireKind, controllerOptions, sourceDependencies } from './kinds.ts';
import { artifactOpener, localArtifactFile } from './open-artifact.ts';

/** A worker may read so long at one index. */
const indexTimeoutMs = 10 * 60_000;

/** `sources` are the caches of the other kinds a chart can be taken from. */
export function startHelmSources(
  context: ServeContext,
  sources: ReadonlyMap<string, Informer<SourceWithArtifact>>,
): Controller[] {
  const repositories = acquireKind<SourceWithArtifact>(context, helmRepositories);
  // Beside the artifacts: a restart must not cost a download of every index.
  const tables = openTables(context, join(context.flags.storagePath, '.helm-index'));
  const chartSources = new Map([['HelmRepository', repositories]]);
  for (const kind of ['GitRepository', 'Bucket']) {
    const source = sources.get(kind);
    if (source !== undefined) chartSources.set(kind, source);
  }
  return [
    startRepositories(context, repositories as unknown as Informer<HelmRepositoryDraft>, tables),
    startCharts(context, chartSources, { repositories, tables }),
  ];
}

function openTables({ pool }: ServeContext, directory: string): IndexTables {
  return new IndexTables({
    directory,
    build: (options: BuildIndexOptions, signal) =>
      pool.run<BuiltIndex>(indexJob, options, { signal, timeoutMs: indexTimeoutMs, owner: options.source }),
  });
}

function startRepositories(
  context: ServeContext,
  informer: Informer<HelmRepositoryDraft>,
  tables: IndexTables,
): Controller {
  const { flags, agents, temporaryRoot } = context;
  const controller = new Controller({
    kind: helmRepository,
    ...controllerOptions(context),
    reconcile: helmRepositoryReconciler({
      ...sourceDependencies(context, informer),
      tables,
      agents,
      userAgent,
      temporaryRoot,
      maxIndexBytes: flags.helmIndexMaxSize,
    }),
  });
  watchObjects(controller.queue, informer);
  return controller;
}

interface ChartParts {
  readonly repositories: Informer<SourceWithArtifact>;
  readonly tables: IndexTables;
}

function startCharts(
  context: ServeContext,
  sources: ReadonlyMap<string, Informer<SourceWithArtifact>>,
  { repositories, tables }: ChartParts,
): Controller {
  const { flags, store, pool, agents, unpacked, temporaryRoot } = context;
  const informer = acquireKind<HelmChartDraft>(context, helmCharts);
  const sizes = { archive: flags.helmChartMaxSize, file: flags.helmChartFileMaxSize };
  const controller = new Controller({
    kind: helmChart,
    ...controllerOptions(context),
    reconcile: helmChartReconciler({
      ...sourceDependencies(context, informer),
      pool,
      agents,
      userAgent,
      unpacked,
      temporaryRoot,
      sizes,
      tables,
      foreignTables: openTables(context, join(temporaryRoot, 'helm-index')),
      downloads: new ChartDownloads(pool, sizes),
      sources: new Map([...sources].map(([kind, source]) => [kind, source.store])),
      repositoriesByUrl: indexRepositoriesByUrl(repositories),
      localFile: localArtifactFile(store),
      open: artifactOpener(store, agents),
      maxIndexBytes: flags.helmIndexMaxSize,
      requeueDependencyMs: flags.requeueDependency,
    }),
  });
  watchHelmCharts(controller, informer, sources);
  return controller;
}
