// From what a generated validator reports to field errors in the API server's words and in the declaration's order.
import type { Schema, StructuralSchema } from '../schema.ts';
import {
  formatError,
  invalidError,
  notSupportedError,
  requiredError,
  tooLongError,
  tooManyError,
  typeError,
} from './field-error.ts';
import type { FieldError } from './field-error.ts';
import { hintFor, missingHint } from './hints.ts';
import { isJsonObject } from './json-object.ts';

/** The part of ajv's error object that is read here. */
export interface SchemaViolation {
  readonly instancePath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** Everything about one place in an object that an error may need. */
interface Place {
  readonly path: string;
  readonly value: unknown;
  readonly schema: StructuralSchema;
  readonly hint: string | undefined;
  /** Where the place stands among its siblings, level by level. */
  readonly order: readonly number[];
}

/** What the walk needs of a declaration; the root of an object and the parts it is made of both fit. */
export type Declared = Pick<Schema<unknown>, 'json' | 'hint' | 'fields' | 'item' | 'value' | 'rules'>;

function unescape(segment: string): string {
  return segment.replaceAll('~1', '/').replaceAll('~0', '~');
}

function typeName(value: unknown): string {
  if (value === null) {
    return 'null';
  }
  if (Array.isArray(value)) {
    return 'array';
  }
  if (typeof value === 'number') {
    return Number.isInteger(value) ? 'integer' : 'number';
  }
  return typeof value;
}

function locate(root: unknown, declared: Declared, pointer: string): Place {
  let place: Place = { path: '', value: root, schema: declared.json, hint: declared.hint, order: [] };
  let node: Declared | undefined = declared;
  for (const segment of pointer.split('/').slice(1).map(unescape)) {
    const { value, path, order } = place;
    if (Array.isArray(value)) {
      const index = Number(segment);
      node = node?.item;
      place = {
        path: `${path}[${index}]`,
        value: value[index],
        schema: place.schema.items ?? {},
        hint: node?.hint,
        order: [...order, index],
      };
      continue;
    }
    const names = Object.keys(place.schema.properties ?? {});
    const isField = names.includes(segment);
    node = isField ? node?.fields?.[segment] : node?.value;
    place = {
      path: path === '' ? segment : `${path}.${segment}`,
      value: isJsonObject(value) ? value[segment] : undefined,
      schema: (isField ? place.schema.properties?.[segment] : place.schema.additionalProperties) ?? {},
      hint: node?.hint,
      order: [...order, isField ? names.toSorted().indexOf(segment) : names.length],
    };
  }
  return place;
}

function bounds(violation: SchemaViolation, { path, value, schema }: Place): FieldError | undefined {
  switch (violation.keyword) {
    case 'minLength':
      return invalidError(path, value, `${path} in body should be at least ${schema.minLength ?? 0} chars long`);
    case 'maxLength':
      return tooLongError(path, schema.maxLength ?? 0);
    case 'minimum':
      return invalidError(path, value, `${path} in body should be greater than or equal to ${schema.minimum ?? 0}`);
    case 'maximum':
      return invalidError(path, value, `${path} in body should be less than or equal to ${schema.maximum ?? 0}`);
    case 'minItems':
      return invalidError(
        path,
        Array.isArray(value) ? value.length : 0,
        `${path} in body should have at least ${schema.minItems ?? 0} items`,
      );
    case 'maxItems':
      return tooManyError(path, Array.isArray(value) ? value.length : 0, schema.maxItems ?? 0);
    default:
      return undefined;
  }
}

function toFieldError(violation: SchemaViolation, place: Place): FieldError {
  const { path, value, schema } = place;
  switch (violation.keyword) {
    case 'type':
      return typeError(path, schema.type ?? 'object', typeName(value));
    case 'required': {
      const missing = String(violation.params['missingProperty']);
      return requiredError(path === '' ? missing : `${path}.${missing}`);
    }
    case 'enum':
      return notSupportedError(path, value, schema.enum ?? []);
    case 'pattern':
      return invalidError(path, value, `${path} in body should match '${schema.pattern ?? ''}'`);
    case 'format':
      return formatError(path, value, schema.format ?? '');
    default:
      return bounds(violation, place) ?? invalidError(path, value, `${path} in body is wrong (${violation.keyword})`);
  }
}

function childOf(root: Declared, pointer: string, name: string): Declared | undefined {
  let node: Declared | undefined = root;
  for (const segment of pointer.split('/').slice(1).map(unescape)) {
    node = node?.fields?.[segment] ?? node?.item ?? node?.value;
  }
  return node?.fields?.[name];
}

function compareOrder(a: readonly number[], b: readonly number[]): number {
  for (let level = 0; level < Math.max(a.length, b.length); level += 1) {
    const difference = (a[level] ?? -1) - (b[level] ?? -1);
    if (difference !== 0) {
      return difference;
    }
  }
  return 0;
}

// On a string the API server stops at the first of these that fails.
const STRING_CHECKS = ['maxLength', 'minLength', 'pattern'];

/** The violations that the API server would report: of a value of the wrong type, only that and its enum. */
function telling(violations: readonly SchemaViolation[]): readonly SchemaViolation[] {
  const firstCheck = new Map<string, number>();
  const mistyped = new Set<string>();
  for (const { keyword, instancePath } of violations) {
    const check = STRING_CHECKS.indexOf(keyword);
    if (keyword === 'type') {
      mistyped.add(instancePath);
    } else if (check >= 0) {
      firstCheck.set(instancePath, Math.min(check, firstCheck.get(instancePath) ?? check));
    }
  }
  return violations.filter(({ keyword, instancePath }) => {
    const check = STRING_CHECKS.indexOf(keyword);
    const comesFirst = check < 0 || check === firstCheck.get(instancePath);
    return keyword === 'type' || keyword === 'enum' || (comesFirst && !mistyped.has(instancePath));
  });
}

/** The field errors for what a validator reported on `root`, which is declared by `declared`. */
export function schemaErrors(
  root: unknown,
  declared: Declared,
  violations: readonly SchemaViolation[],
): readonly FieldError[] {
  return telling(violations)
    .map((violation) => {
      const place = locate(root, declared, violation.instancePath);
      const missing = violation.params['missingProperty'];
      const child = typeof missing === 'string' ? childOf(declared, violation.instancePath, missing) : undefined;
      const { value, schema, hint: declaredHint } = place;
      const hint =
        child === undefined
          ? hintFor({ keyword: violation.keyword, value, schema, declared: declaredHint })
          : missingHint(child.json, child.hint);
      const order =
        typeof missing === 'string'
          ? [
              ...place.order,
              Object.keys(place.schema.properties ?? {})
                .toSorted()
                .indexOf(missing),
            ]
          : place.order;
      return { order, error: { ...toFieldError(violation, place), ...(hint !== undefined && { hint }) } };
    })
    .toSorted((a, b) => compareOrder(a.order, b.order))
    .map(({ error }) => error);
}
