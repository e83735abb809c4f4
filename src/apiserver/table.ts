// Objects as a Table: the columns kubectl prints.
import type { Unstructured } from '#kube/object';
import type { ServedResource } from './resource.ts';
import { badRequest } from './status.ts';

export type IncludeObject = 'Metadata' | 'Object' | 'None';

export function parseIncludeObject(value: string | null): IncludeObject {
  if (value === null || value === '') return 'Metadata';
  if (value === 'Metadata' || value === 'Object' || value === 'None') return value;
  throw badRequest(`unrecognized includeObject value: ${JSON.stringify(value)}`);
}

export interface TableOptions {
  readonly version: 'v1' | 'v1beta1';
  readonly include: IncludeObject;
  readonly now: number;
  /** Columns are described once: the first event of a watch has them, the others do not. */
  readonly withColumns?: boolean;
  readonly metadata?: object;
}

export function tableOf(resource: ServedResource, objects: readonly Unstructured[], options: TableOptions): object {
  const { version, include, now, withColumns = true, metadata = {} } = options;
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${version}`,
    metadata,
    columnDefinitions: withColumns ? resource.columns.map(columnDefinition) : null,
    rows: objects.map((object) => ({
      cells: resource.columns.map(({ jsonPath, type }) => cell(object, jsonPath, type, now)),
      object: rowObject(object, include, version),
    })),
  };
}

/** Metadata only, as kubectl's namespaces and labels columns need it. */
export function partialObject(object: Unstructured, version: 'v1' | 'v1beta1' = 'v1'): object {
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}`, metadata: object.metadata };
}

function columnDefinition(column: ServedResource['columns'][number]): object {
  const { name, type, description = '', priority = 0 } = column;
  const isName = column.jsonPath === '.metadata.name';
  return { name, type: type === 'date' ? 'string' : type, format: isName ? 'name' : '', description, priority };
}

function rowObject(object: Unstructured, include: IncludeObject, version: 'v1' | 'v1beta1'): object | null {
  if (include === 'None') return null;
  return include === 'Object' ? object : partialObject(object, version);
}

function cell(object: Unstructured, path: string, type: string, now: number): unknown {
  let value: unknown = object;
  for (const part of path.split('.').slice(1)) {
    value = value !== null && typeof value === 'object' ? (value as Record<string, unknown>)[part] : undefined;
  }
  if (type === 'date') return typeof value === 'string' ? humanDuration(now - Date.parse(value)) : '<unknown>';
  return value ?? (type === 'string' ? '' : null);
}

/** An age as kubectl prints it. */
function humanDuration(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (Number.isNaN(seconds)) return '<unknown>';
  if (seconds < -1) return '<invalid>';
  if (seconds <= 0) return '0s';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return two(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return two(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  if (days < 8) return two(days, 'd', hours % 24, 'h');
  if (days < 730) return `${days}d`;
  const years = Math.floor(days / 365);
  return years < 8 ? two(years, 'y', days % 365, 'd') : `${years}y`;
}

function two(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large}${largeUnit}` : `${large}${largeUnit}${small}${smallUnit}`;
}
