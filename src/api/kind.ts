// What a kind is beside its fields: names, versions, printer columns. Plain data; ./scheme.ts lists all kinds.
import type { Schema, StructuralSchema } from './schema.ts';

export interface PrinterColumn {
  readonly name: string;
  readonly type: 'string' | 'date' | 'integer' | 'boolean';
  readonly jsonPath: string;
  readonly priority?: number;
}

export interface KindVersion<Spec = unknown, Status = unknown> {
  readonly name: string;
  readonly storage?: boolean;
  /** Set on versions that still work but should be left: the warning the API server gives. */
  readonly deprecationWarning?: string;
  readonly columns: readonly PrinterColumn[];
  readonly spec: Schema<Spec>;
  /** Absent where the kind has no status (and no status subresource). */
  readonly status?: Schema<Status>;
}

export interface KindDefinition {
  readonly group: string;
  readonly kind: string;
  readonly plural: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
  /** One sentence: what an object of the kind stands for. */
  readonly description: string;
  readonly versions: readonly KindVersion[];
}

export const READY_COLUMN: PrinterColumn = {
  name: 'Ready',
  type: 'string',
  jsonPath: '.status.conditions[?(@.type=="Ready")].status',
};
export const STATUS_COLUMN: PrinterColumn = {
  name: 'Status',
  type: 'string',
  jsonPath: '.status.conditions[?(@.type=="Ready")].message',
};
export const AGE_COLUMN: PrinterColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };

/** Keeps a custom resource definition from having its own text substituted when Flux applies it. */
export const NO_SUBSTITUTION = { 'kustomize.toolkit.fluxcd.io/substitute': 'disabled' };

export function column(name: string, jsonPath: string): PrinterColumn {
  return { name, type: 'string', jsonPath };
}

/** The warning and the mark of a version that has a successor. */
export function deprecated(kind: string, version: string, successor: string): { readonly deprecationWarning: string } {
  return { deprecationWarning: `${version} ${kind} is deprecated, upgrade to ${successor}` };
}

export function storageVersion(definition: KindDefinition): KindVersion {
  const found = definition.versions.find((version) => version.storage === true);
  if (found === undefined) {
    throw new Error(`${definition.kind}: no storage version is declared`);
  }
  return found;
}

/** The whole object's structural schema, as the API server holds it. */
export function objectSchema(definition: KindDefinition, version: KindVersion): StructuralSchema {
  return {
    type: 'object',
    description: definition.description,
    properties: {
      apiVersion: { type: 'string', description: 'Group and version of this representation.' },
      kind: { type: 'string', description: `Always ${definition.kind}.` },
      metadata: { type: 'object' },
      spec: version.spec.json,
      ...(version.status !== undefined && { status: version.status.json }),
    },
  };
}

/** The whole object as one declaration, so that a path into it leads to the field's own. */
export function objectDeclaration(definition: KindDefinition, version: KindVersion): Schema<unknown> {
  const { spec, status } = version;
  return { json: objectSchema(definition, version), fields: { spec, ...(status !== undefined && { status }) } };
}
