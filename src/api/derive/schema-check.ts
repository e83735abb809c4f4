// Holds a value against its declaration: what is wrong in the API server's words, in the order of the fields.
import type { Schema, StructuralSchema } from '../schema.ts';
import { listBounds, numberBounds, stringBounds, type Bound } from './bounds.ts';
import { isDateTime } from './date-time.ts';
import { formatError, notSupportedError, requiredError, typeError, type FieldError } from './field-error.ts';
import { hintFor, missingHint } from './hints.ts';

/** What the check needs of a declaration; the root of an object and the parts it is made of both fit. */
export type Declared = Pick<Schema<unknown>, 'json' | 'hint' | 'fields' | 'item' | 'value' | 'rules'>;

/** Adds what is wrong with a value at `path` to `found`. */
export type Check<T = unknown> = (value: T, path: string, found: FieldError[]) => void;

/** A schema, and where it is declared: parts such as the metadata are not. */
interface Part {
  readonly schema: StructuralSchema;
  readonly declared: Declared | undefined;
}

/** An object of very many mistakes is told of these, and costs no more than it takes to find them. */
export const maxSchemaErrors = 1000;

export function schemaCheck(declared: Declared): Check {
  return checkOf({ schema: declared.json, declared });
}

function checkOf(part: Part): Check {
  const { type, enum: words } = part.schema;
  const ofType = typedCheck(part);
  return (value, path, found) => {
    if (found.length >= maxSchemaErrors) return;
    const actual = typeName(value);
    if (type === undefined || actual === type || (type === 'number' && actual === 'integer')) {
      ofType?.(value, path, found);
    } else {
      found.push(hinted(typeError(path, type, actual), part, 'type', value));
    }
    if (words !== undefined && !words.some((word) => word === value)) {
      found.push(hinted(notSupportedError(path, value, words), part, 'enum', value));
    }
  };
}

/** For values that have the type of the schema; undefined where any will do. */
function typedCheck(part: Part): Check | undefined {
  const { schema } = part;
  switch (schema.type) {
    case 'object':
      return objectCheck(part) as Check;
    case 'array':
      return listCheck(part) as Check;
    case 'string':
      return stringCheck(part) as Check;
    case 'integer':
    case 'number':
      return boundsCheck(part, numberBounds(schema)) as Check;
    default:
      return undefined;
  }
}

function objectCheck({ schema, declared }: Part): Check<Readonly<Record<string, unknown>>> {
  const { properties = {}, required = [], additionalProperties } = schema;
  const fields = Object.entries(properties)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, field]) => ({
      name,
      check: checkOf({ schema: field, declared: declared?.fields?.[name] }),
      hint: required.includes(name) ? missingHint(field, declared?.fields?.[name]?.hint) : undefined,
    }));
  const rest = additionalProperties && checkOf({ schema: additionalProperties, declared: declared?.value });
  return (object, path, found) => {
    const prefix = path === '' ? '' : `${path}.`;
    for (const { name, check, hint } of fields) {
      if (found.length >= maxSchemaErrors) return;
      if (Object.hasOwn(object, name)) check(object[name], prefix + name, found);
      else if (hint !== undefined) found.push({ ...requiredError(prefix + name), hint });
    }
    if (rest === undefined) return;
    for (const [name, value] of Object.entries(object)) {
      if (!Object.hasOwn(properties, name)) rest(value, prefix + name, found);
    }
  };
}

function listCheck(part: Part): Check<readonly unknown[]> {
  const { schema, declared } = part;
  const bounds = boundsCheck(part, listBounds(schema));
  const item = schema.items && checkOf({ schema: schema.items, declared: declared?.item });
  return (list, path, found) => {
    bounds?.(list, path, found);
    if (item === undefined) return;
    for (const [index, value] of list.entries()) {
      if (found.length >= maxSchemaErrors) return;
      item(value, `${path}[${index}]`, found);
    }
  };
}

function stringCheck(part: Part): Check<string> | undefined {
  const bounds = boundsCheck(part, stringBounds(part.schema));
  if (part.schema.format !== 'date-time') return bounds;
  return (text, path, found) => {
    bounds?.(text, path, found);
    if (!isDateTime(text)) found.push(hinted(formatError(path, text, 'date-time'), part, 'format', text));
  };
}

/** Of several bounds that a value is beyond, the API server tells the first. */
function boundsCheck<T>(part: Part, bounds: readonly Bound<T>[]): Check<T> | undefined {
  if (bounds.length === 0) return undefined;
  return (value, path, found) => {
    const broken = bounds.find(({ holds }) => !holds(value));
    if (broken !== undefined) found.push(hinted(broken.error(path, value), part, broken.keyword, value));
  };
}

function hinted(error: FieldError, { schema, declared }: Part, keyword: string, value: unknown): FieldError {
  const hint = hintFor({ keyword, value, schema, declared: declared?.hint });
  return { ...error, ...(hint !== undefined && { hint }) };
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}
