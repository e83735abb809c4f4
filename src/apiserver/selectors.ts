// Field selectors: exact matches on the fields a resource declares.
import type { Requirements } from '#lib/label-selector';
import type { Unstructured } from '#kube/object';
import type { ServedResource } from './resource.ts';
import { badRequest } from './status.ts';

export interface FieldRequirement {
  readonly field: string;
  readonly value: string;
  readonly negated: boolean;
}

/** Throws 400 for a selector that cannot be read, or a field the resource does not select by. */
export function parseFieldSelector(text: string | null, resource: ServedResource): FieldRequirement[] {
  if (text === null || text === '') return [];
  return text.split(',').map((part) => {
    const match = /^([^=!]+)(==|=|!=)(.*)$/.exec(part);
    if (match === null) throw badRequest(`invalid selector: '${text}'; can't understand '${part}'`);
    const [, field, operator, value] = match as unknown as [string, string, string, string];
    const known =
      field === 'metadata.name' || field === 'metadata.namespace' || Object.hasOwn(resource.selectableFields, field);
    if (!known) throw badRequest(`field label not supported: ${field}`);
    return { field, value: value.replaceAll(/\\(.)/g, '$1'), negated: operator === '!=' };
  });
}

export function matchesFields(
  object: Unstructured,
  requirements: readonly FieldRequirement[],
  resource: ServedResource,
): boolean {
  return requirements.every(({ field, value, negated }) => (valueOf(object, field, resource) === value) !== negated);
}

/** A selector as a SubjectAccessReview takes it. */
export interface SelectorAttribute {
  readonly requirements: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

const labelOperators: Readonly<Record<Requirements[number]['operator'], string | undefined>> = {
  in: 'In',
  notin: 'NotIn',
  exists: 'Exists',
  '!': 'DoesNotExist',
  // No authorizer can be asked about these: leaving one out asks for more than is needed, never for less.
  '>': undefined,
  '<': undefined,
};

/** What is selected, for authorizers that grant parts of a collection. */
export function fieldAttribute(requirements: readonly FieldRequirement[]): SelectorAttribute | undefined {
  if (requirements.length === 0) return undefined;
  return {
    requirements: requirements.map(({ field, value, negated }) => ({
      key: field,
      operator: negated ? 'NotIn' : 'In',
      values: [value],
    })),
  };
}

export function labelAttribute(labels: Requirements): SelectorAttribute | undefined {
  const requirements = labels.flatMap(({ key, operator, values }) => {
    const known = labelOperators[operator];
    if (known === undefined) return [];
    return [{ key, operator: known, ...(values.length > 0 && { values }) }];
  });
  return requirements.length === 0 ? undefined : { requirements };
}

/** The name a selector pins down, which then counts as the request's name for authorization. */
export function selectedName(requirements: readonly FieldRequirement[]): string | undefined {
  return requirements.find(({ field, negated }) => field === 'metadata.name' && !negated)?.value;
}

function valueOf(object: Unstructured, field: string, resource: ServedResource): string {
  if (field === 'metadata.name') return object.metadata.name ?? '';
  if (field === 'metadata.namespace') return object.metadata.namespace ?? '';
  return resource.selectableFields[field]?.(object) ?? '';
}
