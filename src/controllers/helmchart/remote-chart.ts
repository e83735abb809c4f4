// A chart of a Helm repository: looked up in the index, downloaded, and made over only where the spec asks for it.
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import type { Artifact } from '#api/source/shared';
import type { ArtifactStore } from '#artifact/store';
import {
  chartJob,
  checkChartName,
  type ChartJobInput,
  type ChartSizes,
  chooseVersion,
  type IndexTables,
  type PackagedChart,
  RepositoryError,
  type TableRow,
  withMetadata,
} from '#helm/repository/index';
import { timeLimit } from '#lib/time-limit';
import type { WorkerPool } from '#workers/pool';
import { connectionTo, timeoutOf, type ConnectionDependencies } from '../source/repository-connection.ts';
import {
  type ChartBuild,
  effectiveValuesFiles,
  type HelmChartDraft,
  type HelmRepository,
  isStored,
  type ProducedChart,
  versionMetadata,
} from './chart.ts';
import type { ChartDownloads } from './downloads.ts';

export interface RemoteDependencies extends ConnectionDependencies {
  readonly store: ArtifactStore;
  readonly tables: IndexTables;
  readonly downloads: ChartDownloads;
  readonly pool: WorkerPool;
  readonly sizes: ChartSizes;
  /** The artifact's file on this machine. */
  readonly localFile: (artifact: Artifact) => Promise<string | undefined>;
}

export interface RemoteRequest {
  readonly repository: HelmRepository;
  readonly artifact: Artifact;
  readonly signal: AbortSignal;
}

export async function buildRemoteChart(
  object: HelmChartDraft,
  { repository, artifact, signal }: RemoteRequest,
  deps: RemoteDependencies,
): Promise<ChartBuild> {
  const { chart, version: wanted = '*' } = object.spec;
  checkChartName(chart);
  if (object.spec.verify !== undefined) {
    // Going on would let pass for verified what nobody looked at.
    const why = 'signatures of charts of an HTTP repository are not implemented: leave spec.verify out';
    throw new RepositoryError('HELM_CHART_VERIFICATION', why);
  }
  const row = chooseVersion(await versionsIn(repository, artifact, { chart, signal, deps }), chart, wanted);
  const metadata = versionMetadata(object, undefined);
  const version = withMetadata(row[0], metadata);
  const valuesFiles = effectiveValuesFiles(object);
  const known = { version, isPackaged: metadata !== '', valuesFiles };
  if (isStored(object, { name: chart, version })) return { name: chart, ...known };
  const { archive, inspected } = await download(object, { repository, row, signal }, deps);
  const { name, files } = inspected;
  if (inspected.version !== row[0]) {
    const why = `the index names version '${row[0]}', the chart itself '${inspected.version}'`;
    throw new RepositoryError('HELM_CHART_DIGEST', `failed to download chart '${chart}': ${why}`);
  }
  if (metadata === '') {
    return {
      name,
      ...known,
      produce: (target) => writeAsIs(archive, { target, files, algorithm: deps.store.algorithm }),
    };
  }
  const owner = ownerOf(object);
  const produce = (target: string): Promise<PackagedChart> => {
    const input: ChartJobInput = {
      package: {
        location: { archive },
        sizes: deps.sizes,
        target,
        algorithm: deps.store.algorithm,
        versionMetadata: metadata,
        valuesFiles: { paths: valuesFiles, ignoreMissing: object.spec.ignoreMissingValuesFiles === true },
        dependencies: [],
      },
    };
    return deps.pool.run<PackagedChart>(chartJob, input, { owner, signal });
  };
  return { name, ...known, produce };
}

export function ownerOf({ metadata }: HelmChartDraft): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

function versionsIn(
  { metadata }: HelmRepository,
  artifact: Artifact,
  { chart, signal, deps }: { readonly chart: string; readonly signal: AbortSignal; readonly deps: RemoteDependencies },
): Promise<readonly TableRow[] | undefined> {
  const file = async (): Promise<string> => {
    const path = await deps.localFile(artifact);
    if (path !== undefined) return path;
    throw new RepositoryError('HELM_REPOSITORY_INDEX', 'the index is not in storage any more');
  };
  const { namespace = '', name } = metadata;
  return deps.tables.versions({ namespace, name, digest: artifact.digest, file }, chart, signal);
}

interface DownloadPlan {
  readonly repository: HelmRepository;
  readonly row: TableRow;
  readonly signal: AbortSignal;
}

async function download(
  object: HelmChartDraft,
  { repository, row, signal: whole }: DownloadPlan,
  deps: RemoteDependencies,
): ReturnType<ChartDownloads['get']> {
  const [version, digest, , urls] = row;
  const { chart } = object.spec;
  const [url] = urls;
  if (url === undefined) {
    throw new RepositoryError(
      'HELM_REPOSITORY_FETCH',
      `chart '${chart}' with version '${version}' has no downloadable URLs`,
    );
  }
  const signal = AbortSignal.any([whole, timeLimit(timeoutOf(repository))]);
  const client = await connectionTo(repository, deps, signal);
  const { uid = '', generation = 0 } = repository.metadata;
  return deps.downloads.get({
    key: digest === '' ? undefined : [uid, generation, url, digest].join('\n'),
    fetch: () => client.fetchChart(url, { maxBytes: deps.sizes.archive, digest, signal }),
    owner: ownerOf(object),
    signal,
  });
}

/** Stores a package without a change to it. */
export async function writeAsIs(
  archive: Uint8Array,
  {
    target,
    files,
    algorithm,
  }: { readonly target: string; readonly files: ProducedChart['files']; readonly algorithm: string },
): Promise<ProducedChart> {
  await writeFile(target, archive, { flag: 'wx', mode: 0o600 });
  const hex = createHash(algorithm).update(archive).digest('hex');
  return { digest: `${algorithm}:${hex}`, size: archive.length, files };
}
