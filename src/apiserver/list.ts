// get and list: selection, paging, versions, and the three representations.
import { matches, parseSelector } from '#lib/label-selector';
import { errorMessage } from '#lib/errors';
import type { Unstructured } from '#kube/object';
import type { EventLog } from './event-log.ts';
import type { Representation } from './negotiate.ts';
import type { ServedResource } from './resource.ts';
import { matchesFields, parseFieldSelector, type FieldRequirement } from './selectors.ts';
import { ApiError, badRequest, invalidListOptions, versionTooLarge } from './status.ts';
import { parseIncludeObject, partialObject, tableOf } from './table.ts';

export interface Selection {
  readonly namespace: string | undefined;
  readonly fields: readonly FieldRequirement[];
  readonly matches: (object: Unstructured) => boolean;
}

export function selectionOf(
  resource: ServedResource,
  namespace: string | undefined,
  query: URLSearchParams,
): Selection {
  const fields = parseFieldSelector(query.get('fieldSelector'), resource);
  let labels: ReturnType<typeof parseSelector>;
  try {
    labels = parseSelector(query.get('labelSelector') ?? '');
  } catch (error) {
    throw badRequest(`unable to parse requirement: ${errorMessage(error)}`);
  }
  return {
    namespace,
    fields,
    matches: (object) =>
      (namespace === undefined || object.metadata.namespace === namespace) &&
      matches(labels, object.metadata.labels) &&
      matchesFields(object, fields, resource),
  };
}

/** A resourceVersion of the query; undefined when there is none. Throws 400 for what is no number. */
export function parseVersion(text: string | null): bigint | undefined {
  if (text === null || text === '') return undefined;
  if (!/^\d{1,30}$/.test(text)) {
    throw badRequest(`invalid resource version "${text}": it must be a decimal number`);
  }
  return BigInt(text);
}

/** Throws for a version that does not exist yet, or for options that contradict each other. */
export function checkListOptions(query: URLSearchParams, log: EventLog, isWatch: boolean): void {
  const version = parseVersion(query.get('resourceVersion'));
  const match = query.get('resourceVersionMatch');
  const field = 'resourceVersionMatch';
  if (match !== null && match !== '' && !isWatch) {
    if (match !== 'Exact' && match !== 'NotOlderThan') {
      throw invalidListOptions(
        field,
        `Unsupported value: "${match}": supported values: "Exact", "NotOlderThan", ""`,
        'FieldValueNotSupported',
      );
    }
    if (version === undefined)
      throw invalidListOptions(
        field,
        'Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
      );
    if (query.get('continue'))
      throw invalidListOptions(field, 'Forbidden: resourceVersionMatch is forbidden with continue');
    if (match === 'Exact' && version === 0n)
      throw invalidListOptions(field, 'Forbidden: resourceVersionMatch "Exact" is forbidden for resourceVersion "0"');
    if (match === 'Exact' && version !== log.version) {
      throw new ApiError(410, 'Expired', 'The provided resource version is too old.');
    }
  }
  if (query.get('sendInitialEvents') && !isWatch) {
    throw invalidListOptions('sendInitialEvents', 'Forbidden: sendInitialEvents is forbidden for list');
  }
  if (version !== undefined && version > log.version) throw versionTooLarge(version, log.version);
}

export interface ListRequest {
  readonly resource: ServedResource;
  readonly log: EventLog;
  readonly selection: Selection;
  readonly query: URLSearchParams;
  readonly representation: Representation;
  readonly now: number;
}

export function listBody({ resource, log, selection, query, representation, now }: ListRequest): object {
  checkListOptions(query, log, false);
  if (representation.as === 'metadata') {
    throw new ApiError(406, 'NotAcceptable', 'you requested PartialObjectMetadata, but the requested object is a list');
  }
  const matching = log.objects().filter(selection.matches);
  const { items, metadata } = page(matching, query, log);
  switch (representation.as) {
    case 'table': {
      const include = parseIncludeObject(query.get('includeObject'));
      return tableOf(resource, items, { version: representation.version, include, now, metadata });
    }
    case 'metadata-list':
      return {
        kind: 'PartialObjectMetadataList',
        apiVersion: 'meta.k8s.io/v1',
        metadata,
        items: items.map((item) => partialObject(item)),
      };
    default: {
      const { kind, group, version } = resource;
      return { kind: `${kind}List`, apiVersion: `${group}/${version}`, metadata, items };
    }
  }
}

/** Pages are cut from the list as it is now: it is small, and a token only says where to go on. */
function page(
  matching: readonly Unstructured[],
  query: URLSearchParams,
  log: EventLog,
): { readonly items: readonly Unstructured[]; readonly metadata: object } {
  const limit = Number(query.get('limit') ?? 0);
  const start = parseToken(query.get('continue'));
  const rest = start === undefined ? matching : matching.filter((object) => keyOf(object) > start);
  const resourceVersion = log.version.toString();
  if (!Number.isInteger(limit) || limit <= 0 || rest.length <= limit)
    return { items: rest, metadata: { resourceVersion } };
  const items = rest.slice(0, limit);
  const metadata = {
    resourceVersion,
    continue: Buffer.from(JSON.stringify({ v: 1, start: keyOf(items.at(-1)!) })).toString('base64url'),
    remainingItemCount: rest.length - limit,
  };
  return { items, metadata };
}

function parseToken(token: string | null): string | undefined {
  if (token === null || token === '') return undefined;
  try {
    const parsed = JSON.parse(Buffer.from(token, 'base64url').toString('utf8')) as { v?: unknown; start?: unknown };
    if (parsed.v === 1 && typeof parsed.start === 'string') return parsed.start;
  } catch {
    // Not one of ours.
  }
  throw badRequest('continue key is not valid');
}

function keyOf({ metadata }: Unstructured): string {
  return `${metadata.namespace ?? ''}/${metadata.name ?? ''}`;
}

export function objectBody(
  resource: ServedResource,
  object: Unstructured,
  request: { readonly query: URLSearchParams; readonly representation: Representation; readonly now: number },
): object {
  const { query, representation, now } = request;
  switch (representation.as) {
    case 'table': {
      const include = parseIncludeObject(query.get('includeObject'));
      const { resourceVersion } = object.metadata;
      return tableOf(resource, [object], {
        version: representation.version,
        include,
        now,
        metadata: { resourceVersion },
      });
    }
    case 'metadata':
      return partialObject(object);
    case 'metadata-list':
      throw new ApiError(
        406,
        'NotAcceptable',
        'you requested PartialObjectMetadataList, but the requested object is not a list',
      );
    default:
      return object;
  }
}
