// The payload of a release Secret: base64 of gzip of JSON. Kubernetes puts its own base64 around it.
import { constants, gunzipSync, gzipSync } from 'node:zlib';
import { marshalJSON } from '#goyaml/index';
import { CodedError } from '#lib/errors';
import { sortStrings, toValid } from '#lib/go-string';
import { isTable, setKey, type ValuesMap } from '../values/values-map.ts';
import type { RecordedChart, RecordedHook, ReleaseInfo, ReleaseRecord } from './record.ts';

/** The payload is no release. */
export class ReleaseCodecError extends CodedError {
  constructor(message: string, options?: ErrorOptions) {
    super('HELM_RELEASE_CORRUPT', message, options);
  }
}

/** A Secret holds a MiB of compressed data; text compresses some ten times, a bomb a thousand times. */
export const maxDecoded = 128 * 1024 * 1024;

/** Encodes a record as Helm does, field by field in its order. */
export function encodeRelease(record: ReleaseRecord): string {
  const json = marshalJSON(ordered(record) as never, { sortKeys: false });
  return gzipSync(json, { level: constants.Z_BEST_COMPRESSION }).toString('base64');
}

/** Decodes what Helm (3 or 4) or {@link encodeRelease} wrote. Throws ReleaseCodecError. */
export function decodeRelease(payload: string): ReleaseRecord {
  const bytes = Buffer.from(payload, 'base64');
  let record: unknown;
  try {
    // Very old records are not compressed.
    const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b && bytes[2] === 0x08;
    const json = isGzip ? gunzipSync(bytes, { maxOutputLength: maxDecoded }) : bytes;
    record = JSON.parse(json.toString('utf8'));
  } catch (cause) {
    throw new ReleaseCodecError('the release record cannot be read: it is no gzipped JSON', { cause });
  }
  if (!isTable(record) || typeof record['name'] !== 'string') {
    throw new ReleaseCodecError('the release record has no name');
  }
  return complete(record);
}

/** Helm 4 leaves out what Helm 3 writes as "". */
function complete(raw: ValuesMap): ReleaseRecord {
  const info = isTable(raw['info']) ? raw['info'] : {};
  const hooks = Array.isArray(raw['hooks']) ? raw['hooks'].filter(isTable) : undefined;
  return {
    ...raw,
    name: String(raw['name']),
    namespace: typeof raw['namespace'] === 'string' ? raw['namespace'] : '',
    version: typeof raw['version'] === 'number' ? raw['version'] : 0,
    info: { first_deployed: '', last_deployed: '', deleted: '', ...info },
    ...(hooks !== undefined && {
      hooks: hooks.map((hook) => ({
        ...hook,
        last_run: {
          started_at: '',
          completed_at: '',
          phase: '',
          ...(isTable(hook['last_run']) ? hook['last_run'] : {}),
        },
      })),
    }),
  };
}

function ordered(record: ReleaseRecord): ValuesMap {
  const { name, info, chart, config, manifest, hooks, version, namespace, apply_method: applyMethod } = record;
  return {
    name,
    info: orderedInfo(info),
    ...(chart !== undefined && { chart: orderedChart(chart) }),
    ...(config !== undefined && Object.keys(config).length > 0 && { config: sorted(config) }),
    ...(manifest !== undefined && manifest !== '' && { manifest: toValid(manifest) }),
    ...(hooks !== undefined && hooks.length > 0 && { hooks: hooks.map(orderedHook) }),
    ...(version !== 0 && { version }),
    ...(namespace !== '' && { namespace }),
    ...(applyMethod !== undefined && { apply_method: applyMethod }),
  };
}

export function orderedInfo(info: ReleaseInfo): ValuesMap {
  const { first_deployed, last_deployed, deleted, description = '', status = '', notes = '' } = info;
  return {
    first_deployed,
    last_deployed,
    deleted,
    ...(description !== '' && { description }),
    ...(status !== '' && { status }),
    ...(notes !== '' && { notes: toValid(notes) }),
  };
}

export function orderedChart({ metadata, lock, templates, values, schema, files }: RecordedChart): ValuesMap {
  return { metadata, lock, templates, values: values === null ? null : sorted(values), schema, files };
}

export function orderedHook(hook: RecordedHook): ValuesMap {
  const { name = '', kind = '', path = '', manifest = '', events = [], last_run: run, weight = 0 } = hook;
  const { delete_policies: deletePolicies = [], output_log_policies: outputPolicies = [] } = hook;
  return {
    ...(name !== '' && { name }),
    ...(kind !== '' && { kind }),
    ...(path !== '' && { path }),
    ...(manifest !== '' && { manifest: toValid(manifest) }),
    ...(events.length > 0 && { events }),
    last_run: { started_at: run.started_at, completed_at: run.completed_at, phase: run.phase },
    ...(weight !== 0 && { weight }),
    ...(deletePolicies.length > 0 && { delete_policies: deletePolicies }),
    ...(outputPolicies.length > 0 && { output_log_policies: outputPolicies }),
  };
}

/** Go writes maps by key, structs in their order. */
export function sorted(value: ValuesMap): ValuesMap {
  const out: ValuesMap = {};
  for (const key of sortStrings(Object.keys(value))) setKey(out, key, sortedAny(value[key]));
  return out;
}

function sortedAny(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedAny);
  return isTable(value) ? sorted(value) : value;
}
