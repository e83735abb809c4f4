// The values files of a HelmChart, merged in order into what replaces the chart's own values.yaml.
import { readFileSync, statSync } from 'node:fs';
import { posix } from 'node:path';
import { errorMessage } from '#lib/errors';
import { fromBytes } from '#lib/go-string';
import type { RawFile } from '../chart/chart.ts';
import { readDocument } from '../chart/files-to-chart.ts';
import { mergeMaps } from '../values/documents.ts';
import type { ValuesMap } from '../values/values-map.ts';
import { existingPath } from './contained-path.ts';
import { RepositoryError } from './errors.ts';

export interface ValuesFilesRequest {
  readonly paths: readonly string[];
  readonly ignoreMissing: boolean;
  /** Directory the paths are relative to; without one they name files of the chart itself. */
  readonly root?: string;
}

export interface MergedValues {
  readonly values: ValuesMap;
  /** The paths whose files were there. */
  readonly used: readonly string[];
}

const maxValuesBytes = 5 * 1024 * 1024;

export function mergeValuesFiles(files: readonly RawFile[], request: ValuesFilesRequest): MergedValues {
  const { paths, ignoreMissing, root } = request;
  let values: ValuesMap = {};
  const used: string[] = [];
  for (const path of paths) {
    const source = root === undefined ? inChart(files, path) : inRoot(root, path);
    if (source === undefined) {
      if (ignoreMissing) continue;
      const where = root === undefined ? '' : ` (reference '${path}')`;
      const shown = root === undefined ? path : posix.normalize(`/${path}`);
      throw failure(`no values file found at path '${shown}'${where}`);
    }
    values = mergeMaps(values, parse(path, source));
    used.push(path);
  }
  return { values, used };
}

function inChart(files: readonly RawFile[], path: string): string | undefined {
  const name = posix.normalize(path);
  const file = files.find((candidate) => candidate.name === name);
  // A chart without values.yaml has values all the same: none.
  if (file === undefined) return name === 'values.yaml' ? '' : undefined;
  return fromBytes(file.data);
}

function inRoot(root: string, path: string): string | undefined {
  const file = existingPath(root, path);
  if (file === undefined) return undefined;
  const stats = statSync(file);
  if (!stats.isFile()) return undefined;
  if (stats.size > maxValuesBytes) throw failure(`values file '${path}' is larger than ${maxValuesBytes} bytes`);
  return fromBytes(readFileSync(file));
}

function parse(path: string, source: string): ValuesMap {
  try {
    return readDocument(source) ?? {};
  } catch (cause) {
    throw failure(`unmarshaling values from '${path}' failed: ${errorMessage(cause)}`, { cause });
  }
}

function failure(message: string, options?: ErrorOptions): RepositoryError {
  return new RepositoryError('HELM_CHART_VALUES_FILES', message, options);
}
