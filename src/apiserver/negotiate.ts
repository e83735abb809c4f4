// Which representation a client wants: the object, a Table, or metadata alone. Always JSON.
import { ApiError } from './status.ts';

export type Representation =
  | { readonly as: 'object' }
  | { readonly as: 'table'; readonly version: 'v1' | 'v1beta1' }
  | { readonly as: 'metadata'; readonly version: 'v1' | 'v1beta1' }
  | { readonly as: 'metadata-list'; readonly version: 'v1' | 'v1beta1' };

const maxClauses = 64;

interface Clause {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
}

/** The clauses of an Accept header, the most wanted first. */
function parseAccept(header: string | undefined): Clause[] {
  const clauses = (header ?? '')
    .split(',')
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .map(parseClause);
  // Sorting keeps the order among equals: clients list the better one first.
  return clauses.toSorted((a, b) => b.quality - a.quality).slice(0, maxClauses);
}

/** The first acceptable representation. No Accept header means the object. */
export function negotiate(header: string | undefined): Representation {
  const clauses = parseAccept(header);
  if (clauses.length === 0) return { as: 'object' };
  for (const { type, parameters, quality } of clauses) {
    if (quality === 0) continue;
    if (type !== 'application/json' && type !== 'application/*' && type !== '*/*') continue;
    const as = parameters.get('as');
    if (as === undefined) return { as: 'object' };
    if (parameters.get('g') !== 'meta.k8s.io') continue;
    const version = parameters.get('v');
    if (version !== 'v1' && version !== 'v1beta1') continue;
    if (as === 'Table') return { as: 'table', version };
    if (as === 'PartialObjectMetadata') return { as: 'metadata', version };
    if (as === 'PartialObjectMetadataList') return { as: 'metadata-list', version };
  }
  const message = 'only the following media types are accepted: application/json';
  throw new ApiError(406, 'NotAcceptable', message);
}

/** Whether the client can read the aggregated form of discovery (apidiscovery.k8s.io/v2). */
export function acceptsAggregatedDiscovery(header: string | undefined): boolean {
  for (const { type, parameters } of parseAccept(header)) {
    if (type !== 'application/json') continue;
    if (!parameters.has('as')) return false;
    if (
      parameters.get('g') === 'apidiscovery.k8s.io' &&
      parameters.get('v') === 'v2' &&
      parameters.get('as') === 'APIGroupDiscoveryList'
    ) {
      return true;
    }
  }
  return false;
}

function parseClause(text: string): Clause {
  const [type = '', ...rest] = text.split(';').map((part) => part.trim());
  const parameters = new Map<string, string>();
  for (const parameter of rest) {
    const equals = parameter.indexOf('=');
    if (equals > 0) parameters.set(parameter.slice(0, equals), parameter.slice(equals + 1).replace(/^"|"$/g, ''));
  }
  const quality = Number(parameters.get('q') ?? 1);
  return { type: type.toLowerCase(), parameters, quality: Number.isNaN(quality) ? 0 : quality };
}
