// A wrong field, worded as the API server words it; the hint, one clause on what to do, is ours and kept apart.
import { quote } from '#lib/go-quote';

export type FieldErrorType =
  | 'FieldValueRequired'
  | 'FieldValueInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueTypeInvalid'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'FieldValueDuplicate'
  | 'FieldValueForbidden'
  | 'InternalError';

export interface FieldError {
  readonly type: FieldErrorType;
  /** Path of the field, such as `spec.include[0].repository`. */
  readonly field: string;
  /** Everything after the path, as the API server writes it. */
  readonly body: string;
  /** What to do about it: a short imperative clause without a full stop. */
  readonly hint?: string;
}

/** `spec.interval: Required value`. */
export function formatFieldError(error: FieldError): string {
  return `${error.field}: ${error.body}`;
}

/** The same with the next step: `spec.interval: Required value — add it, such as 5m`. */
export function formatWithHint(error: FieldError): string {
  return error.hint === undefined ? formatFieldError(error) : `${formatFieldError(error)} — ${error.hint}`;
}

function shown(value: unknown): string {
  return typeof value === 'string' ? quote(value.toWellFormed()) : JSON.stringify(value);
}

export function requiredError(field: string): FieldError {
  return { type: 'FieldValueRequired', field, body: 'Required value' };
}

export function invalidError(field: string, value: unknown, detail: string): FieldError {
  return { type: 'FieldValueInvalid', field, body: `Invalid value: ${shown(value)}: ${detail}` };
}

export function typeError(field: string, expected: string, actual: string): FieldError {
  const detail = `${field} in body must be of type ${expected}: "${actual}"`;
  return { type: 'FieldValueTypeInvalid', field, body: `Invalid value: "${actual}": ${detail}` };
}

export function formatError(field: string, value: unknown, format: string): FieldError {
  const detail = `${field} in body must be of type ${format}: ${shown(value)}`;
  return { type: 'FieldValueTypeInvalid', field, body: `Invalid value: ${shown(value)}: ${detail}` };
}

export function notSupportedError(field: string, value: unknown, supported: readonly string[]): FieldError {
  const words = supported.map((word) => quote(word)).join(', ');
  return {
    type: 'FieldValueNotSupported',
    field,
    body: `Unsupported value: ${shown(value)}: supported values: ${words}`,
  };
}

export function tooLongError(field: string, limit: number): FieldError {
  return { type: 'FieldValueTooLong', field, body: `Too long: may not be more than ${limit} bytes` };
}

export function tooManyError(field: string, count: number, limit: number): FieldError {
  const items = limit === 1 ? 'item' : 'items';
  return { type: 'FieldValueTooMany', field, body: `Too many: ${count}: must have at most ${limit} ${items}` };
}

/** A rule between fields does not hold. The API server leaves the value out, as it is a whole object. */
export function ruleError(field: string, message: string): FieldError {
  return { type: 'FieldValueInvalid', field, body: `Invalid value: ${message}` };
}

/** Stands beside errors that kept rules between fields from being judged. */
export const rulesNotChecked: FieldError = {
  type: 'FieldValueInvalid',
  field: '<nil>',
  body: 'Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
};

/** One error for each field: the first says all that a person needs. */
export function errorPerField(errors: readonly FieldError[]): readonly FieldError[] {
  const seen = new Set([rulesNotChecked.field]);
  return errors.filter(({ field }) => !seen.has(field) && seen.add(field));
}
