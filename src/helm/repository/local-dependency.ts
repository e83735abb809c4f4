// A dependency that lies in the same source as the chart: `file://../other`, or nothing for charts/<name>.
import { relative } from 'node:path';
import { errorMessage } from '#lib/errors';
import { satisfies } from '#lib/masterminds-semver';
import type { Dependency } from '../chart/chart.ts';
import { type ChartFiles, type ChartSizes, readChartFiles } from './chart-files.ts';
import { existingPath } from './contained-path.ts';
import { RepositoryError } from './errors.ts';
import { localPath } from './local-path.ts';

export interface LocalPlace {
  /** The chart's directory. */
  readonly path: string;
  readonly root: string;
}

export function readLocalDependency(dependency: Dependency, { path, root }: LocalPlace, sizes: ChartSizes): ChartFiles {
  const below = localPath(dependency, relative(root, path));
  const found = existingPath(root, below);
  if (found === undefined) {
    throw failure(`no chart found at '${below}' (reference '${dependency.repository}')`);
  }
  let chart: ChartFiles;
  try {
    chart = readChartFiles({ path: found, root }, sizes);
  } catch (cause) {
    throw failure(
      `failed to load chart from '${below}' (reference '${dependency.repository}'): ${errorMessage(cause)}`,
      { cause },
    );
  }
  requireVersion(dependency, chart.metadata.version);
  return chart;
}

function requireVersion({ name, version }: Dependency, found: string): void {
  let fits: boolean;
  try {
    fits = satisfies(found, version);
  } catch (cause) {
    throw failure(`invalid version/constraint format '${version}': ${errorMessage(cause)}`, { cause });
  }
  if (!fits) throw failure(`can't get a valid version for constraint '${version}' of '${name}': found '${found}'`);
}

function failure(message: string, options?: ErrorOptions): RepositoryError {
  return new RepositoryError('HELM_CHART_DEPENDENCY', message, options);
}
