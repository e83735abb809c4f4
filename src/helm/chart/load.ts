// Loads a chart from a directory, a packaged file, or the bytes of one.
import { readFileSync } from 'node:fs';
import { ignoreWarnings, type WarningSink } from '../warnings.ts';
import { GzipHeaderError, readArchive } from './archive.ts';
import type { Chart } from './chart.ts';
import { isDirectory, readDirectory, systemError } from './directory.ts';
import { ChartError } from './errors.ts';
import { chartFromFiles, type HelmMajor, type LoadContext } from './files-to-chart.ts';
import { type ChartLimits, LoadBudget } from './limits.ts';
import { sniffContentType } from './sniff.ts';

export interface LoadOptions {
  readonly warn?: WarningSink;
  readonly limits?: ChartLimits;
  /** @default 3 */
  readonly helm?: HelmMajor;
  /** Whether links may lead out of the chart's directory, as they may for helm. @default 'follow' */
  readonly symlinks?: 'follow' | 'inside';
  /** With `symlinks: 'inside'`: the directory links must stay in. @default the chart's own */
  readonly root?: string;
}

function contextOf(options: LoadOptions): LoadContext {
  return {
    budget: new LoadBudget(options.limits),
    warn: options.warn ?? ignoreWarnings,
    helm: options.helm ?? 3,
  };
}

/** Loads the chart at a path. Throws ChartError with Helm's text. */
export function loadChart(path: string, options: LoadOptions = {}): Chart {
  return isDirectory(path) ? loadDirectory(path, options) : loadFile(path, options);
}

function loadDirectory(path: string, options: LoadOptions): Chart {
  const context = contextOf(options);
  const { symlinks = 'follow', root = path } = options;
  return chartFromFiles(readDirectory(path, { ...context, symlinks, root }), context);
}

function loadFile(path: string, options: LoadOptions): Chart {
  let archive: Buffer;
  try {
    archive = readFileSync(path);
  } catch (cause) {
    throw new ChartError(systemError(cause, 'stat'), { cause });
  }
  const isGzip = archive[0] === 0x1f && archive[1] === 0x8b && archive[2] === 0x08;
  if (!isGzip) {
    throw new ChartError(
      /\.ya?ml$/.test(path)
        ? `file '${path}' seems to be a YAML file, but expected a gzipped archive`
        : `file '${path}' does not appear to be a gzipped archive; got '${sniffContentType(archive)}'`,
    );
  }
  try {
    return loadArchive(archive, options);
  } catch (cause) {
    if (!(cause instanceof GzipHeaderError)) throw cause;
    throw new ChartError(`file '${path}' does not appear to be a valid chart file (details: ${cause.message})`, {
      cause,
    });
  }
}

/** Loads a packaged chart from its bytes. */
export function loadArchive(archive: Uint8Array, options: LoadOptions = {}): Chart {
  const context = contextOf(options);
  const bytes = Buffer.from(archive.buffer, archive.byteOffset, archive.byteLength);
  return chartFromFiles(readArchive(bytes, context.budget), context);
}

/** Names of dependencies Chart.yaml lists and charts/ lacks. */
export function missingDependencies(chart: Chart): string[] {
  const present = new Set(chart.subcharts.map((subchart) => subchart.metadata.name));
  return (chart.metadata.dependencies ?? []).map(({ name }) => name).filter((name) => !present.has(name));
}

/** Throws unless the chart can be installed: no library, and every dependency is there. */
export function checkInstallable(chart: Chart, { helm = 3 }: Pick<LoadOptions, 'helm'> = {}): void {
  const { type } = chart.metadata;
  if (type !== '' && type !== 'application') throw new ChartError(`${type} charts are not installable`);
  const missing = missingDependencies(chart);
  if (missing.length === 0) return;
  throw new ChartError(
    `${helm === 4 ? 'an' : 'An'} error occurred while checking for chart dependencies. You may need to run ` +
      '`helm dependency build` to fetch ' +
      `missing dependencies: found in Chart.yaml, but missing in charts/ directory: ${missing.join(', ')}`,
  );
}
