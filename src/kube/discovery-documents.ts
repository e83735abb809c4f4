// The two wire formats of discovery, read into one table of resources.
import type { ResourceRef } from './object.ts';

export interface ResourceInfo extends ResourceRef {
  readonly kind: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly verbs: readonly string[];
  readonly categories: readonly string[];
  /** Names below the object: `status`, `scale`… */
  readonly subresources: readonly string[];
}

export interface DiscoveredGroup {
  readonly name: string;
  /** In the server's order: the preferred version first. */
  readonly versions: Map<string, readonly ResourceInfo[]>;
}

interface AggregatedResource {
  readonly resource?: string;
  readonly responseKind?: { readonly kind?: string };
  readonly scope?: string;
  readonly singularResource?: string;
  readonly verbs?: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly subresources?: readonly { readonly subresource?: string }[];
}

/** As the API server sends it; every field may be missing. */
export interface AggregatedList {
  readonly items?: readonly {
    readonly metadata?: { readonly name?: string };
    readonly versions?: readonly { readonly version?: string; readonly resources?: readonly AggregatedResource[] }[];
  }[];
}

/** An APIGroupDiscoveryList, v2 or v2beta1. */
export function readAggregated(document: AggregatedList): DiscoveredGroup[] {
  return (document.items ?? []).map((item) => {
    const group = item.metadata?.name ?? '';
    const versions = new Map<string, readonly ResourceInfo[]>();
    for (const { version = '', resources = [] } of item.versions ?? []) {
      versions.set(
        version,
        resources.map((resource) => ({
          group,
          version,
          plural: resource.resource ?? '',
          namespaced: resource.scope === 'Namespaced',
          kind: resource.responseKind?.kind ?? '',
          singular: resource.singularResource ?? '',
          shortNames: resource.shortNames ?? [],
          verbs: resource.verbs ?? [],
          categories: resource.categories ?? [],
          subresources: (resource.subresources ?? []).map(({ subresource = '' }) => subresource),
        })),
      );
    }
    return { name: group, versions };
  });
}

interface LegacyResource {
  readonly name: string;
  readonly kind: string;
  readonly namespaced?: boolean;
  readonly singularName?: string;
  readonly shortNames?: readonly string[];
  readonly verbs?: readonly string[];
  readonly categories?: readonly string[];
}

/** An APIResourceList. Subresources stand there as entries of their own, `pods/status`. */
export function readGroupVersion(document: unknown, group: string, version: string): ResourceInfo[] {
  const entries = (document as { resources?: readonly LegacyResource[] | null }).resources ?? [];
  const subresources = new Map<string, string[]>();
  for (const { name } of entries) {
    const slash = name.indexOf('/');
    if (slash < 0) continue;
    const parent = name.slice(0, slash);
    const below = subresources.get(parent);
    if (below === undefined) subresources.set(parent, [name.slice(slash + 1)]);
    else below.push(name.slice(slash + 1));
  }
  return entries
    .filter(({ name }) => !name.includes('/'))
    .map((entry) => ({
      group,
      version,
      plural: entry.name,
      namespaced: entry.namespaced ?? false,
      kind: entry.kind,
      singular: entry.singularName ?? '',
      shortNames: entry.shortNames ?? [],
      verbs: entry.verbs ?? [],
      categories: entry.categories ?? [],
      subresources: subresources.get(entry.name) ?? [],
    }));
}
