// get and list: selection, paging, versions, and the three representations.
import { matches, parseSelector, type Requirements } from '#lib/label-selector';
import { errorMessage } from '#lib/errors';
import type { Unstructured } from '#kube/object';
import { keyOf, type EventLog } from './event-log.ts';
import type { Representation } from './negotiate.ts';
import type { ServedResource } from './resource.ts';
import { matchesFields, parseFieldSelector, type FieldRequirement } from './selectors.ts';
import { ApiError, badRequest, expired, invalidListOptions, versionTooLarge } from './status.ts';
import { parseIncludeObject, partialObject, tableOf } from './table.ts';

export interface Selection {
  readonly namespace: string | undefined;
  readonly fields: readonly FieldRequirement[];
  readonly labels: Requirements;
  readonly matches: (object: Unstructured) => boolean;
}

export function selectionOf(
  resource: ServedResource,
  namespace: string | undefined,
  query: URLSearchParams,
): Selection {
  const fields = parseFieldSelector(query.get('fieldSelector'), resource);
  let labels: Requirements;
  try {
    labels = parseSelector(query.get('labelSelector') ?? '');
  } catch (error) {
    throw badRequest(`unable to parse requirement: ${errorMessage(error)}`);
  }
  return {
    namespace,
    fields,
    labels,
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

/** A whole number of the query; 0 when there is none. Throws 400 for what is no number. */
export function parseCount(query: URLSearchParams, name: string): number {
  const text = query.get(name);
  if (text === null || text === '') return 0;
  if (!/^-?\d{1,15}$/.test(text)) throw badRequest(`invalid ${name} "${text}": it must be a whole number`);
  return Number(text);
}

/** Throws for options that contradict each other, or that a list does not have. */
function checkListOptions(query: URLSearchParams, version: bigint | undefined): void {
  if (query.get('sendInitialEvents')) {
    throw invalidListOptions('sendInitialEvents', 'Forbidden: sendInitialEvents is forbidden for list');
  }
  const match = query.get('resourceVersionMatch') ?? '';
  const continued = (query.get('continue') ?? '') !== '';
  if (match !== '') {
    const field = 'resourceVersionMatch';
    if (match !== 'Exact' && match !== 'NotOlderThan') {
      const message = `Unsupported value: "${match}": supported values: "Exact", "NotOlderThan"`;
      throw invalidListOptions(field, message, 'FieldValueNotSupported');
    }
    if (version === undefined) {
      const message = 'Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided';
      throw invalidListOptions(field, message);
    }
    if (continued) {
      throw invalidListOptions(field, 'Forbidden: resourceVersionMatch is forbidden when continue is provided');
    }
    if (match === 'Exact' && version === 0n) {
      const message = 'Forbidden: resourceVersionMatch "Exact" is forbidden for resourceVersion "0"';
      throw invalidListOptions(field, message);
    }
  }
  if (continued && version !== undefined && version !== 0n) {
    throw badRequest('specifying resource version is not allowed when using continue');
  }
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
  const version = parseVersion(query.get('resourceVersion'));
  checkListOptions(query, version);
  if (version !== undefined && version > log.version) throw versionTooLarge(version, log.version);
  // Only the present state is kept whole.
  if (query.get('resourceVersionMatch') === 'Exact' && version !== log.version) {
    throw expired(`The provided resource version is too old: ${version}, only ${log.version} can be listed exactly`);
  }
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
        apiVersion: `meta.k8s.io/${representation.version}`,
        metadata,
        items: items.map((item) => partialObject(item, representation.version)),
      };
    default: {
      const { kind, group, version } = resource;
      return { kind: `${kind}List`, apiVersion: `${group}/${version}`, metadata, items };
    }
  }
}

interface PageToken {
  /** Version of the first page: a watch from there tells all that changed between the pages. */
  readonly version: bigint;
  /** Key of the last object sent. */
  readonly start: string;
}

/** Pages are cut from the list as it is now; the changes since the first page are all in the log, or the token is void. */
function page(
  matching: readonly Unstructured[],
  query: URLSearchParams,
  log: EventLog,
): { readonly items: readonly Unstructured[]; readonly metadata: object } {
  const limit = parseCount(query, 'limit');
  const token = parseToken(query.get('continue'));
  const version = token?.version ?? log.version;
  if (token !== undefined && version < log.oldest) {
    const message = 'The provided continue parameter is too old to display a consistent list result.';
    throw expired(message, writeToken({ version: log.version, start: token.start }));
  }
  const rest = token === undefined ? matching : matching.filter((object) => objectKey(object) > token.start);
  const resourceVersion = version.toString();
  if (limit <= 0 || rest.length <= limit) return { items: rest, metadata: { resourceVersion } };
  const items = rest.slice(0, limit);
  // With a selector the server does not say how many are left: clients take its absence for that.
  const isSelecting = (query.get('labelSelector') ?? '') !== '' || (query.get('fieldSelector') ?? '') !== '';
  const metadata = {
    resourceVersion,
    continue: writeToken({ version, start: objectKey(items.at(-1)!) }),
    ...(!isSelecting && { remainingItemCount: rest.length - limit }),
  };
  return { items, metadata };
}

function writeToken({ version, start }: PageToken): string {
  return Buffer.from(JSON.stringify({ v: 1, rv: version.toString(), start })).toString('base64url');
}

function parseToken(text: string | null): PageToken | undefined {
  if (text === null || text === '') return undefined;
  try {
    const parsed = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as Record<string, unknown>;
    const { v, rv, start } = parsed;
    if (v === 1 && typeof rv === 'string' && /^\d{1,30}$/.test(rv) && typeof start === 'string') {
      return { version: BigInt(rv), start };
    }
  } catch {
    // Not one of ours.
  }
  throw badRequest('continue key is not valid');
}

function objectKey({ metadata }: Unstructured): string {
  return keyOf(metadata.namespace, metadata.name);
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
      return partialObject(object, representation.version);
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
