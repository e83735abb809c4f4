// The bounds a schema sets on a value of the right type, each with the API server's words for a value beyond it.
import type { StructuralSchema } from '../schema.ts';
import { invalidError, tooLongError, tooManyError, type FieldError } from './field-error.ts';
import { toJavaScriptPattern } from './pattern.ts';

export interface Bound<T> {
  readonly keyword: string;
  readonly holds: (value: T) => boolean;
  readonly error: (path: string, value: T) => FieldError;
}

export function stringBounds({ maxLength, minLength, pattern }: StructuralSchema): Bound<string>[] {
  const bounds: Bound<string>[] = [];
  if (maxLength !== undefined) {
    bounds.push({
      keyword: 'maxLength',
      holds: (text) => text.length <= maxLength || characters(text) <= maxLength,
      error: (path) => tooLongError(path, maxLength),
    });
  }
  if (minLength !== undefined) {
    bounds.push({
      keyword: 'minLength',
      holds: (text) => text.length >= 2 * minLength || characters(text) >= minLength,
      error: (path, text) => invalidError(path, text, `${path} in body should be at least ${minLength} chars long`),
    });
  }
  if (pattern !== undefined) {
    const expression = new RegExp(toJavaScriptPattern(pattern), 'u');
    bounds.push({
      keyword: 'pattern',
      holds: (text) => expression.test(text),
      error: (path, text) => invalidError(path, text, `${path} in body should match '${pattern}'`),
    });
  }
  return bounds;
}

export function numberBounds({ minimum, maximum }: StructuralSchema): Bound<number>[] {
  const bounds: Bound<number>[] = [];
  if (minimum !== undefined) {
    bounds.push({
      keyword: 'minimum',
      holds: (value) => value >= minimum,
      error: (path, value) =>
        invalidError(path, value, `${path} in body should be greater than or equal to ${minimum}`),
    });
  }
  if (maximum !== undefined) {
    bounds.push({
      keyword: 'maximum',
      holds: (value) => value <= maximum,
      error: (path, value) => invalidError(path, value, `${path} in body should be less than or equal to ${maximum}`),
    });
  }
  return bounds;
}

export function listBounds({ minItems, maxItems }: StructuralSchema): Bound<readonly unknown[]>[] {
  const bounds: Bound<readonly unknown[]>[] = [];
  if (minItems !== undefined) {
    bounds.push({
      keyword: 'minItems',
      holds: ({ length }) => length >= minItems,
      error: (path, { length }) => invalidError(path, length, `${path} in body should have at least ${minItems} items`),
    });
  }
  if (maxItems !== undefined) {
    bounds.push({
      keyword: 'maxItems',
      holds: ({ length }) => length <= maxItems,
      error: (path, { length }) => tooManyError(path, length, maxItems),
    });
  }
  return bounds;
}

/** Characters as Go counts runes. */
function characters(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
