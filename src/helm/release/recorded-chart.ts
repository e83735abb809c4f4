// The chart of a render in the form a release record keeps: without the charts in it, with the values they were given.
import { GoMap, GoObject } from '#gotemplate/index';
import { keepsOrder } from '#lib/field-order';
import type { Chart, Dependency, Lock, RawFile } from '../chart/chart.ts';
import type { ChartNode } from '../chart/node.ts';
import { metadataStruct } from '../engine/structs.ts';
import { isTable, setKey, type ValuesMap } from '../values/values-map.ts';
import type { RecordedChart, RecordedFile } from './record.ts';

export function recordedChart(chart: Chart, node: ChartNode): RecordedChart {
  return {
    metadata: plain(metadataStruct(node).json()) as ValuesMap,
    lock: chart.lock === null ? null : recordedLock(chart.lock),
    templates: recordedFiles(chart.templates),
    values: node.values,
    schema: chart.schema === null ? null : chart.schema.toString('base64'),
    files: recordedFiles(chart.files),
  };
}

/** A list that is empty was never made in Go. */
function recordedFiles(files: readonly RawFile[]): RecordedFile[] | null {
  return files.length === 0 ? null : files.map(({ name, data }) => ({ name, data: data.toString('base64') }));
}

function recordedLock({ generated, digest, dependencies }: Lock): ValuesMap {
  return { generated, digest, dependencies: dependencies?.map(recordedDependency) ?? null };
}

function recordedDependency(dependency: Dependency): ValuesMap {
  const { name, version, repository, condition, tags, enabled, importValues, alias } = dependency;
  return {
    name,
    ...(version !== '' && { version }),
    repository,
    ...(condition !== '' && { condition }),
    ...(tags !== null && tags.length > 0 && { tags }),
    ...(enabled && { enabled }),
    ...(importValues !== null && importValues.length > 0 && { 'import-values': importValues }),
    ...(alias !== '' && { alias }),
  };
}

/** Values of the template model as plain ones, which survive the way out of a worker. */
function plain(value: unknown): unknown {
  if (value instanceof GoObject) return plain(value.json());
  if (Array.isArray(value)) return Array.from(value, plain);
  const entries = value instanceof GoMap ? value.entries : value;
  if (!isTable(entries) && !isStruct(entries)) return entries;
  const out: ValuesMap = {};
  for (const key of Object.keys(entries)) setKey(out, key, plain(entries[key]));
  return out;
}

function isStruct(value: unknown): value is ValuesMap {
  return typeof value === 'object' && value !== null && keepsOrder(value);
}
