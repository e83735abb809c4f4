// The dependencies a chart directory lacks: those in repositories are fetched here, those in the source by the worker.
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  chooseVersion,
  type FetchedDependency,
  type IndexTables,
  type InspectedChart,
  isLocal,
  normalizeRepositoryUrl,
  RepositoryClient,
  RepositoryError,
  type TableRow,
} from '#helm/repository/index';
import { errorMessage } from '#lib/errors';
import { timeLimit } from '#lib/time-limit';
import { connectionTo, timeoutOf } from '../source/repository-connection.ts';
import type { HelmChartDraft, HelmRepository } from './chart.ts';
import type { RemoteDependencies } from './remote-chart.ts';

type Dependency = InspectedChart['missing'][number];

export interface DependencyDependencies extends RemoteDependencies {
  /** Tables of repositories that no object of ours stands for, or whose object has no index yet. */
  readonly foreignTables: IndexTables;
  /** The HelmRepositories of a namespace with this normalised address. */
  readonly repositoriesByUrl: (namespace: string, url: string) => readonly HelmRepository[];
  readonly temporaryRoot: string;
  readonly maxIndexBytes: number;
}

export interface DependencyRequest {
  readonly signal: AbortSignal;
  readonly deps: DependencyDependencies;
}

const anonymousTimeoutMs = 60_000;

export async function fetchDependencies(
  object: HelmChartDraft,
  missing: readonly Dependency[],
  request: DependencyRequest,
): Promise<readonly FetchedDependency[]> {
  const fetched: FetchedDependency[] = [];
  for (const dependency of missing) {
    if (isLocal(dependency)) fetched.push({ dependency });
    else fetched.push({ dependency, archive: await fetchOne(object, dependency, request) });
  }
  return fetched;
}

async function fetchOne(object: HelmChartDraft, dependency: Dependency, request: DependencyRequest): Promise<Buffer> {
  try {
    return await fetchRemote(object, dependency, request);
  } catch (error) {
    request.signal.throwIfAborted();
    const why = `failed to add remote dependency '${dependency.name}': ${errorMessage(error)}`;
    throw new RepositoryError('HELM_CHART_DEPENDENCY', why, { cause: error });
  }
}

async function fetchRemote(
  { metadata }: HelmChartDraft,
  { name, version, repository: address }: Dependency,
  { signal: whole, deps }: DependencyRequest,
): Promise<Buffer> {
  const url = repositoryAddress(address);
  const { namespace = '' } = metadata;
  const [repository] = deps
    .repositoriesByUrl(namespace, url)
    .toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  const timeoutMs = repository === undefined ? anonymousTimeoutMs : timeoutOf(repository);
  const signal = AbortSignal.any([whole, timeLimit(timeoutMs)]);
  const client =
    repository === undefined
      ? new RepositoryClient({ url, userAgent: deps.userAgent, dispatcher: (target) => deps.agents.for(target) })
      : await connectionTo(repository, deps, signal);
  const rows = await indexRows(client, { repository, chart: name, signal, deps });
  const [, digest, , urls] = chooseVersion(rows, name, version);
  const [reference] = urls;
  if (reference === undefined) throw new RepositoryError('HELM_REPOSITORY_FETCH', 'it has no downloadable URLs');
  return client.fetchChart(reference, { maxBytes: deps.sizes.archive, digest, signal });
}

function repositoryAddress(address: string): string {
  if (address.startsWith('@') || address.startsWith('alias:')) {
    throw new RepositoryError('HELM_REPOSITORY_URL', 'aliased repository dependency is not supported');
  }
  if (address.startsWith('oci://')) {
    throw new RepositoryError(
      'HELM_REPOSITORY_URL',
      'dependencies from OCI registries are not supported yet: vendor them in charts/',
    );
  }
  if (!/^https?:\/\//.test(address)) {
    throw new RepositoryError('HELM_REPOSITORY_URL', `invalid dependency repository URL '${address}'`);
  }
  return normalizeRepositoryUrl(address);
}

interface IndexRequest {
  readonly repository: HelmRepository | undefined;
  readonly chart: string;
  readonly signal: AbortSignal;
  readonly deps: DependencyDependencies;
}

async function indexRows(
  client: RepositoryClient,
  { repository, chart, signal, deps }: IndexRequest,
): Promise<readonly TableRow[] | undefined> {
  const artifact = repository?.status?.artifact;
  const { namespace = '', name = '' } = repository?.metadata ?? {};
  if (artifact !== undefined) {
    const file = async (): Promise<string> => (await deps.localFile(artifact)) ?? '';
    return deps.tables.versions({ namespace, name, digest: artifact.digest, file }, chart, signal);
  }
  // No namespace starts with a hyphen.
  const hash = createHash('sha256').update(client.url).digest('hex');
  return foreignRows(client, {
    of: repository === undefined ? { namespace: '-', name: hash } : { namespace, name },
    chart,
    signal,
    deps,
  });
}

interface ForeignRequest extends Omit<IndexRequest, 'repository'> {
  readonly of: { readonly namespace: string; readonly name: string };
}

/** Downloads an index for this look-up alone; its table is kept for the next, should the index still be the same then. */
async function foreignRows(
  client: RepositoryClient,
  { of, chart, signal, deps }: ForeignRequest,
): Promise<readonly TableRow[] | undefined> {
  const { foreignTables: tables, maxIndexBytes: maxBytes, store } = deps;
  const directory = await mkdtemp(join(deps.temporaryRoot, 'index-'));
  try {
    const target = join(directory, 'index.yaml');
    const fetched = await client.fetchIndex({ target, maxBytes, algorithm: store.algorithm, signal });
    if (fetched.unchanged) return undefined;
    const index = { ...of, digest: fetched.digest, file: () => Promise.resolve(target) };
    return await tables.versions(index, chart, signal);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
