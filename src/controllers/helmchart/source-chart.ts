// A chart that lies in a Git repository or a bucket: a directory, with its dependencies brought in, or a package.
import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type { Artifact } from '#api/source/shared';
import type { UnpackCache } from '#artifact/unpack-cache';
import {
  chartJob,
  type ChartJobInput,
  existingPath,
  type InspectedChart,
  type PackagedChart,
  RepositoryError,
  withMetadata,
} from '#helm/repository/index';
import { errorMessage } from '#lib/errors';
import {
  type ChartBuild,
  type ChartRun,
  effectiveValuesFiles,
  type HelmChartDraft,
  isStored,
  type ProducedChart,
  versionMetadata,
} from './chart.ts';
import { fetchDependencies, type DependencyDependencies } from './dependencies.ts';
import { ownerOf, writeAsIs } from './remote-chart.ts';

export interface SourceChartDependencies extends DependencyDependencies {
  readonly unpacked: UnpackCache;
  /** Bytes of an artifact, from our own store or over HTTP. */
  readonly open: (artifact: Artifact, signal: AbortSignal) => Promise<Readable>;
}

export interface SourceRequest {
  readonly artifact: Artifact;
  readonly signal: AbortSignal;
  /** Told how many dependencies were brought in. */
  readonly onResolved: (count: number) => void;
}

export async function buildSourceChart(
  object: HelmChartDraft,
  run: ChartRun,
  { artifact, signal, onResolved }: SourceRequest,
  deps: SourceChartDependencies,
): Promise<ChartBuild> {
  const root = await unpack(run, { artifact, signal }, deps);
  const path = existingPath(root, object.spec.chart);
  if (path === undefined) {
    throw new RepositoryError('HELM_CHART_REFERENCE', `stat /${object.spec.chart}: no such file or directory`);
  }
  const { pool, sizes, store } = deps;
  const owner = ownerOf(object);
  const location = { path, root };
  const inspect: ChartJobInput = { inspect: { location, sizes } };
  const chart = await pool.run<InspectedChart>(chartJob, inspect, { owner, signal });
  const metadata = versionMetadata(object, artifact.revision);
  const { name } = chart;
  const valuesFiles = effectiveValuesFiles(object);
  const known = {
    name,
    version: withMetadata(chart.version, metadata),
    isPackaged: chart.isDirectory || metadata !== '',
    valuesFiles,
  };
  if (isStored(object, known)) return known;
  if (!known.isPackaged) {
    const produce = async (target: string): Promise<ProducedChart> =>
      writeAsIs(await readFile(path), { target, files: chart.files, algorithm: store.algorithm });
    return { ...known, produce };
  }
  const dependencies = await fetchDependencies(object, chart.missing, { signal, deps });
  if (dependencies.length > 0) onResolved(dependencies.length);
  const produce = (target: string): Promise<PackagedChart> => {
    const ignoreMissing = object.spec.ignoreMissingValuesFiles === true;
    const input: ChartJobInput = {
      package: {
        location,
        sizes,
        target,
        algorithm: store.algorithm,
        versionMetadata: metadata,
        dependencies,
        ...(valuesFiles.length > 0 && { valuesFiles: { paths: valuesFiles, ignoreMissing, root } }),
      },
    };
    return pool.run<PackagedChart>(chartJob, input, { owner, signal });
  };
  return { ...known, produce };
}

/** The source's files, shared with all who read them; held until the run ends. */
async function unpack(
  run: ChartRun,
  { artifact, signal }: { readonly artifact: Artifact; readonly signal: AbortSignal },
  { unpacked, open }: SourceChartDependencies,
): Promise<string> {
  try {
    const lease = await unpacked.acquire(artifact.digest, () => open(artifact, signal));
    run.release = () => lease.release();
    return lease.directory;
  } catch (error) {
    signal.throwIfAborted();
    const why = `failed to open source artifact: ${errorMessage(error)}`;
    throw new RepositoryError('HELM_REPOSITORY_FETCH', why, { cause: error });
  }
}
