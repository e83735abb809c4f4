// A release record in compressed parts. gzip streams may be joined, so that a new status, or a next revision of the same
// chart, costs the compression of what is new only.
import { constants, gunzipSync, gzipSync } from 'node:zlib';
import { marshalJSON } from '#goyaml/index';
import { toValid } from '#lib/go-string';
import {
  decodeRelease,
  maxDecoded,
  orderedChart,
  orderedHook,
  orderedInfo,
  ReleaseCodecError,
  sorted,
} from './codec.ts';
import type { RecordedChart, ReleaseRecord } from './record.ts';
import type { ValuesMap } from '../values/values-map.ts';

/** The large parts, compressed: they do not change in the life of a revision. */
export interface PackedParts {
  readonly chart: Uint8Array;
  /** Config and manifest. */
  readonly body: Uint8Array;
}

function json(value: unknown): string {
  return marshalJSON(value as never, { sortKeys: false });
}

/** zlib's own size of the buffers it writes to, and the smallest. */
const largestChunk = 16 * 1024;
const smallestChunk = 64;

/** A copy: what gzipSync returns is a part of a larger buffer, all of which would be kept and sent to other threads. */
function pack(text: string, level: number): Uint8Array {
  if (text === '') return new Uint8Array();
  // Most texts are small, and buffers outside of the heap are collected late.
  const chunkSize = Math.min(largestChunk, smallestChunk + text.length);
  return new Uint8Array(gzipSync(text, { level, chunkSize }));
}

export function packChart(chart: RecordedChart | undefined): Uint8Array {
  return pack(chart === undefined ? '' : `,"chart":${json(orderedChart(chart))}`, constants.Z_BEST_COMPRESSION);
}

/** The chart of a record again. Throws ReleaseCodecError when the record has none. */
export function unpackChart(packed: Uint8Array): RecordedChart {
  if (packed.length === 0) throw new ReleaseCodecError('the release record has no chart');
  const text = gunzipSync(packed, { maxOutputLength: maxDecoded }).toString('utf8');
  return (JSON.parse(`{${text.slice(1)}}`) as { chart: RecordedChart }).chart;
}

export function packBody({ config, manifest }: Pick<ReleaseRecord, 'config' | 'manifest'>): Uint8Array {
  const parts: string[] = [];
  if (config !== undefined && Object.keys(config).length > 0) parts.push(`,"config":${json(sorted(config))}`);
  if (manifest !== undefined && manifest !== '') parts.push(`,"manifest":${json(toValid(manifest))}`);
  return pack(parts.join(''), constants.Z_BEST_COMPRESSION);
}

/** What the parts do not hold. */
export type RecordFrame = Pick<ReleaseRecord, 'name' | 'info' | 'hooks' | 'version' | 'namespace' | 'apply_method'>;

/** The payload of a release Secret, the same to every reader as that of encodeRelease. */
export function assembleRelease(frame: RecordFrame, parts: PackedParts): string {
  const { name, info, hooks = [], version, namespace, apply_method: applyMethod } = frame;
  const head = `{"name":${json(name)},"info":${json(orderedInfo(info))}`;
  const tail = [
    ...(hooks.length > 0 ? [`,"hooks":${json(hooks.map(orderedHook))}`] : []),
    ...(version === 0 ? [] : [`,"version":${version}`]),
    ...(namespace === '' ? [] : [`,"namespace":${json(namespace)}`]),
    ...(applyMethod === undefined ? [] : [`,"apply_method":${json(applyMethod)}`]),
    '}',
  ].join('');
  return Buffer.concat([pack(head, 6), parts.chart, parts.body, pack(tail, 6)]).toString('base64');
}

/** A record without the files of its chart, and the parts it can be written again from. */
export interface UnpackedRelease {
  readonly record: ReleaseRecord;
  readonly parts: PackedParts;
}

/** Reads a payload and packs it anew. Throws ReleaseCodecError. */
export function unpackRelease(payload: string): UnpackedRelease {
  const full = decodeRelease(payload);
  const parts = { chart: packChart(full.chart), body: packBody(full) };
  return { record: withoutFiles(full), parts };
}

/** Of the chart only its metadata: the rest is what makes records large. */
function withoutFiles(record: ReleaseRecord): ReleaseRecord {
  if (record.chart === undefined) return record;
  const { metadata } = record.chart;
  return { ...record, chart: metadataOnly(metadata) };
}

export function metadataOnly(metadata: ValuesMap): RecordedChart {
  return { metadata, lock: null, templates: null, values: null, schema: null, files: null };
}
