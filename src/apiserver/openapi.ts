// OpenAPI v3 of the group, which `kubectl explain` reads, and the empty v2 document that keeps aggregators quiet.
import { openApiComponents, componentName } from '#api/derive/openapi';
import { documentOf, type Document } from './discovery.ts';
import type { ServedResource } from './resource.ts';

export interface OpenApiDocuments {
  /** `/openapi/v3`: where the group's document is. */
  readonly root: Document;
  /** `/openapi/v3/apis/<group>/<version>`. */
  readonly groupVersion: Document;
  readonly v2: Document;
}

const info = { title: 'Sluice', version: 'v1alpha1' };
const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';

export function openApiDocuments(
  group: string,
  version: string,
  resources: readonly ServedResource[],
): OpenApiDocuments {
  const groupVersion = documentOf({
    openapi: '3.0.0',
    info,
    paths: Object.assign({}, ...resources.map(pathsOf)) as object,
    components: { schemas: { ...Object.assign({}, ...resources.map(openApiComponents)), ...metaSchemas } },
  });
  const key = `apis/${group}/${version}`;
  const hash = groupVersion.etag.replaceAll('"', '');
  return {
    root: documentOf({ paths: { [key]: { serverRelativeURL: `/openapi/v3/${key}?hash=${hash}` } } }),
    groupVersion,
    v2: documentOf({ swagger: '2.0', info, paths: {} }),
  };
}

function pathsOf(resource: ServedResource): Record<string, object> {
  const { group, version, kind, plural } = resource;
  const base = `/apis/${group}/${version}`;
  const gvk = { group, version, kind };
  const name = componentName(gvk);
  const operation = (action: string, schema: string): object => ({
    get: {
      'x-kubernetes-action': action,
      'x-kubernetes-group-version-kind': gvk,
      responses: {
        '200': {
          description: 'OK',
          content: { 'application/json': { schema: { $ref: `#/components/schemas/${schema}` } } },
        },
      },
    },
  });
  const binary = {
    get: {
      'x-kubernetes-action': 'get',
      'x-kubernetes-group-version-kind': gvk,
      responses: { '200': { description: 'OK', content: { 'application/octet-stream': {} } } },
    },
  };
  return {
    [`${base}/${plural}`]: operation('list', `${name}List`),
    [`${base}/namespaces/{namespace}/${plural}`]: operation('list', `${name}List`),
    [`${base}/namespaces/{namespace}/${plural}/{name}`]: operation('get', name),
    ...Object.fromEntries(
      resource.subresources.map((sub) => [`${base}/namespaces/{namespace}/${plural}/{name}/${sub.name}`, binary]),
    ),
  };
}

/** The shared metadata types, as far as our objects have them. */
const metaSchemas = {
  [`${meta}.ObjectMeta`]: {
    type: 'object',
    description: 'Standard object metadata.',
    properties: {
      name: { type: 'string', description: 'Name, unique within a namespace.' },
      namespace: { type: 'string', description: 'Namespace of the object.' },
      uid: { type: 'string', description: 'Unique in time and space.' },
      resourceVersion: { type: 'string', description: 'Changes whenever the object does.' },
      creationTimestamp: { type: 'string', format: 'date-time', description: 'When the object came to be.' },
      labels: { type: 'object', additionalProperties: { type: 'string' }, description: 'Labels of the source.' },
      annotations: { type: 'object', additionalProperties: { type: 'string' }, description: 'Annotations.' },
    },
  },
  [`${meta}.ListMeta`]: {
    type: 'object',
    description: 'Standard list metadata.',
    properties: {
      resourceVersion: { type: 'string', description: 'Version of the list.' },
      continue: { type: 'string', description: 'Token for the next page.' },
      remainingItemCount: { type: 'integer', format: 'int64', description: 'How many are left.' },
    },
  },
};
