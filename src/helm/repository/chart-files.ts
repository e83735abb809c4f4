// The files of a chart that was fetched: from an archive, or from a path in somebody's source.
import { readFileSync, statSync } from 'node:fs';
import { fromBytes } from '#lib/go-string';
import { readArchive } from '../chart/archive.ts';
import type { Dependency, Lock, Metadata, RawFile } from '../chart/chart.ts';
import { isDirectory, readDirectory } from '../chart/directory.ts';
import { ChartError } from '../chart/errors.ts';
import { chartFromFiles } from '../chart/files-to-chart.ts';
import { type ChartLimits, defaultChartLimits, LoadBudget } from '../chart/limits.ts';
import { decodeLock, decodeMetadata, validateMetadata } from '../chart/metadata.ts';
import { ignoreWarnings } from '../warnings.ts';

export type ChartLocation =
  | { readonly archive: Uint8Array }
  /** A packaged chart or a chart directory; nothing is read from outside `root`. */
  | { readonly path: string; readonly root: string };

export interface ChartSizes {
  /** Bytes of a packaged chart. */
  readonly archive: number;
  /** Bytes of a file of a chart directory. */
  readonly file: number;
}

export interface ChartFiles {
  readonly files: readonly RawFile[];
  readonly metadata: Metadata;
  readonly lock: Lock | null;
  readonly isDirectory: boolean;
}

export function readChartFiles(location: ChartLocation, sizes: ChartSizes): ChartFiles {
  const isFolder = 'path' in location && isDirectory(location.path);
  const files = isFolder ? readFolder(location, sizes) : readPackage(location, sizes);
  return { files, ...described(files), isDirectory: isFolder };
}

function readFolder({ path, root }: { readonly path: string; readonly root: string }, sizes: ChartSizes): RawFile[] {
  const limits: ChartLimits = { ...defaultChartLimits, file: sizes.file };
  return readDirectory(path, { budget: new LoadBudget(limits), warn: ignoreWarnings, symlinks: 'inside', root });
}

function readPackage(location: ChartLocation, sizes: ChartSizes): RawFile[] {
  const size = 'archive' in location ? location.archive.length : statSync(location.path).size;
  if (size > sizes.archive) throw new ChartError(`size of chart '${size}' exceeds '${sizes.archive}' limit`);
  const bytes =
    'archive' in location
      ? Buffer.from(location.archive.buffer, location.archive.byteOffset, location.archive.byteLength)
      : readFileSync(location.path);
  return readArchive(bytes, new LoadBudget());
}

/** Chart.yaml with what requirements.yaml adds to it, and the lock. */
function described(files: readonly RawFile[]): { readonly metadata: Metadata; readonly lock: Lock | null } {
  const find = (name: string): RawFile | undefined => files.find((file) => file.name === name);
  const chart = find('Chart.yaml');
  if (chart === undefined) throw new ChartError('Chart.yaml file is missing');
  const own = decodeMetadata(fromBytes(chart.data));
  const requirements = find('requirements.yaml');
  const added = requirements === undefined ? {} : decodeMetadata(fromBytes(requirements.data));
  const metadata = validateMetadata({ ...own, ...added, apiVersion: own.apiVersion || 'v1' });
  const lock = find('requirements.lock') ?? find('Chart.lock');
  return { metadata, lock: lock === undefined ? null : decodeLock(fromBytes(lock.data)) };
}

/** The dependencies that a chart lists, or its lock does, and its charts/ lacks. */
export function missingFrom({ files, metadata, lock }: ChartFiles): readonly Dependency[] {
  const wanted = lock?.dependencies ?? metadata.dependencies ?? [];
  if (wanted.length === 0) return [];
  const present = chartFromFiles(files, { budget: new LoadBudget(), warn: ignoreWarnings, helm: 3 }).subcharts;
  if (present.length === wanted.length) return [];
  const names = new Set(present.map((chart) => chart.metadata.name));
  return wanted.filter(({ name, alias }) => !names.has(alias === '' ? name : alias) && !names.has(name));
}
