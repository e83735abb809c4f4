// The chart repository room: indexes read in little memory, charts fetched, checked and packed.
export {
  RepositoryClient,
  type FetchedIndex,
  type RepositoryClientOptions,
  type Validators,
} from './repository-client.ts';
export { RepositoryError, type RepositoryErrorCode } from './errors.ts';
export { normalizeRepositoryUrl, withoutPassword } from './urls.ts';
export { IndexTable, type TableRow } from './index-table.ts';
export { IndexTables } from './index-tables.ts';
export type { BuildIndexOptions, BuiltIndex } from './index-build.ts';
export { checkChartName, chooseVersion } from './choose-version.ts';
export type { ChartLocation, ChartSizes } from './chart-files.ts';
export type { ChartJobInput, InspectedChart } from './chart-job.ts';
export type { FetchedDependency, PackagedChart, PackageOptions } from './package-chart.ts';
export { withMetadata } from './version-metadata.ts';
export type { ValuesFilesRequest } from './values-files.ts';
export { existingPath } from './contained-path.ts';
export { isLocal } from './local-path.ts';

const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';

/** The worker job that reads an index; its input is BuildIndexOptions, its output BuiltIndex. */
export const indexJob = new URL(`./index-job.${extension}`, import.meta.url);
/** The worker job that inspects or packs a chart; its input is ChartJobInput. */
export const chartJob = new URL(`./chart-job.${extension}`, import.meta.url);
