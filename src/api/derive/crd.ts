// A kind's CustomResourceDefinition.
import { objectSchema } from '../kind.ts';
import type { KindDefinition, KindVersion, PrinterColumn } from '../kind.ts';
import type { StructuralSchema } from '../schema.ts';

export interface CustomResourceDefinitionVersion {
  readonly name: string;
  readonly served: boolean;
  readonly storage: boolean;
  readonly deprecated?: true;
  readonly deprecationWarning?: string;
  readonly additionalPrinterColumns: readonly PrinterColumn[];
  readonly subresources: { readonly status?: Readonly<Record<string, never>> };
  readonly schema: { readonly openAPIV3Schema: StructuralSchema };
}

export interface CustomResourceDefinition {
  readonly apiVersion: 'apiextensions.k8s.io/v1';
  readonly kind: 'CustomResourceDefinition';
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: {
    readonly group: string;
    readonly names: {
      readonly categories?: readonly string[];
      readonly kind: string;
      readonly listKind: string;
      readonly plural: string;
      readonly shortNames?: readonly string[];
      readonly singular: string;
    };
    readonly scope: 'Namespaced';
    readonly versions: readonly CustomResourceDefinitionVersion[];
  };
}

/** Name of the kind's definition, also `plural.group` on a command line. */
export function crdName(definition: KindDefinition): string {
  return `${definition.plural}.${definition.group}`;
}

function crdVersion(definition: KindDefinition, version: KindVersion): CustomResourceDefinitionVersion {
  const { deprecationWarning } = version;
  return {
    name: version.name,
    served: true,
    storage: version.storage === true,
    ...(deprecationWarning !== undefined && { deprecated: true, deprecationWarning }),
    additionalPrinterColumns: version.columns,
    subresources: version.status === undefined ? {} : { status: {} },
    schema: { openAPIV3Schema: objectSchema(definition, version) },
  };
}

export function customResourceDefinition(definition: KindDefinition): CustomResourceDefinition {
  const { annotations, categories, group, kind, plural, shortNames, versions } = definition;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: crdName(definition), ...(annotations !== undefined && { annotations }) },
    spec: {
      group,
      names: {
        ...(categories !== undefined && { categories }),
        kind,
        listKind: `${kind}List`,
        plural,
        ...(shortNames !== undefined && { shortNames }),
        singular: kind.toLowerCase(),
      },
      scope: 'Namespaced',
      versions: versions.map((version) => crdVersion(definition, version)),
    },
  };
}
