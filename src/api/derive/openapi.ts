// OpenAPI v3 components of a kind, named and referenced as an API server publishes them.
import { apiVersionOf } from '../group-version.ts';
import type { StructuralSchema } from '../schema.ts';

/** A kind at a version, with the schema of its objects. */
export interface OpenApiKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly schema: StructuralSchema;
}

export type OpenApiComponents = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';

/** `io.fluxcd.toolkit.source.v1.Bucket` for Bucket of source.toolkit.fluxcd.io/v1. */
export function componentName({ group, version, kind }: Omit<OpenApiKind, 'schema'>): string {
  return [...group.split('.').toReversed(), version, kind].join('.');
}

function reference(name: string): { readonly $ref: string } {
  return { $ref: `#/components/schemas/${name}` };
}

function groupVersionKind({ group, version, kind }: Omit<OpenApiKind, 'schema'>): readonly unknown[] {
  return [{ group, kind, version }];
}

/** The components of a kind and of lists of it. ObjectMeta and ListMeta are referred to, not included. */
export function openApiComponents(of: OpenApiKind): OpenApiComponents {
  const { group, version, kind, schema } = of;
  const listKind = `${kind}List`;
  const name = componentName(of);
  return {
    [name]: {
      ...schema,
      properties: {
        ...schema.properties,
        metadata: { description: "The object's metadata.", allOf: [reference(`${META}.ObjectMeta`)] },
      },
      'x-kubernetes-group-version-kind': groupVersionKind(of),
    },
    [`${name}List`]: {
      type: 'object',
      description: `A list of ${kind} objects of ${apiVersionOf({ group, version })}.`,
      required: ['items'],
      properties: {
        apiVersion: { type: 'string', description: 'Group and version of this representation.' },
        items: { type: 'array', description: 'The objects.', items: reference(name) },
        kind: { type: 'string', description: `Always ${listKind}.` },
        metadata: { description: "The list's metadata.", allOf: [reference(`${META}.ListMeta`)] },
      },
      'x-kubernetes-group-version-kind': groupVersionKind({ group, version, kind: listKind }),
    },
  };
}
