// Discovery documents in both forms, made once: they must be answered at once and always.
import { createHash } from 'node:crypto';
import type { ServedResource } from './resource.ts';

export const aggregatedContentType = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
const verbs = ['get', 'list', 'watch'];

export interface Document {
  readonly body: string;
  readonly etag: string;
}

/** All documents of one group and version. */
export interface DiscoveryDocuments {
  readonly apiGroupList: Document;
  readonly apiGroup: Document;
  readonly apiResourceList: Document;
  readonly aggregated: Document;
}

export function discoveryDocuments(
  group: string,
  version: string,
  resources: readonly ServedResource[],
): DiscoveryDocuments {
  const groupVersion = { groupVersion: `${group}/${version}`, version };
  const apiGroup = { name: group, versions: [groupVersion], preferredVersion: groupVersion };
  return {
    apiGroupList: documentOf({ kind: 'APIGroupList', apiVersion: 'v1', groups: [apiGroup] }),
    apiGroup: documentOf({ kind: 'APIGroup', apiVersion: 'v1', ...apiGroup }),
    apiResourceList: documentOf({
      kind: 'APIResourceList',
      apiVersion: 'v1',
      groupVersion: groupVersion.groupVersion,
      resources: resources.flatMap(legacyResources),
    }),
    aggregated: documentOf({
      kind: 'APIGroupDiscoveryList',
      apiVersion: 'apidiscovery.k8s.io/v2',
      metadata: {},
      items: [
        {
          metadata: { name: group, creationTimestamp: null },
          versions: [{ version, freshness: 'Current', resources: resources.map(aggregatedResource) }],
        },
      ],
    }),
  };
}

export function documentOf(value: unknown): Document {
  const body = `${JSON.stringify(value)}\n`;
  return { body, etag: `"${createHash('sha256').update(body).digest('hex').slice(0, 32).toUpperCase()}"` };
}

function legacyResources(resource: ServedResource): object[] {
  const { plural, singular, kind, shortNames, categories } = resource;
  return [
    { name: plural, singularName: singular, namespaced: true, kind, verbs, shortNames, categories },
    ...resource.subresources.map(({ name }) => ({
      name: `${plural}/${name}`,
      singularName: '',
      namespaced: true,
      kind,
      verbs: ['get'],
    })),
  ];
}

function aggregatedResource(resource: ServedResource): object {
  const { group, version, kind, plural, singular, shortNames, categories } = resource;
  const responseKind = { group, version, kind };
  return {
    resource: plural,
    responseKind,
    scope: 'Namespaced',
    singularResource: singular,
    verbs,
    shortNames,
    categories,
    subresources: resource.subresources.map(({ name }) => ({ subresource: name, responseKind, verbs: ['get'] })),
  };
}
