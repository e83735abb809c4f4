// Sprig's defaults and choices, and its looks at the type of a value.
import { ANY, BOOL, STRING, kindOf, typeName } from '#gotemplate/index';
import { isEmpty } from './conversion.ts';
import type { FunctionTable } from './conversion.ts';
import { deepEqual } from './deep-equal.ts';

function defaultTo(fallback: unknown, ...given: unknown[]): unknown {
  return given.length === 0 || isEmpty(given[0]) ? fallback : given[0];
}

export const defaultFunctions: FunctionTable = {
  default: { params: [ANY, ANY], variadic: true, fn: defaultTo },
  empty: { params: [ANY], result: BOOL, fn: isEmpty },
  coalesce: {
    params: [ANY],
    variadic: true,
    fn: (...values: unknown[]) => values.find((value) => !isEmpty(value)) ?? null,
  },
  all: { params: [ANY], variadic: true, result: BOOL, fn: (...values: unknown[]) => !values.some(isEmpty) },
  any: {
    params: [ANY],
    variadic: true,
    result: BOOL,
    fn: (...values: unknown[]) => values.some((value) => !isEmpty(value)),
  },
  ternary: {
    params: [ANY, ANY, BOOL],
    fn: (yes: unknown, no: unknown, condition: boolean) => (condition ? yes : no),
  },
};

export const reflectionFunctions: FunctionTable = {
  typeOf: { params: [ANY], result: STRING, fn: typeName },
  typeIs: { params: [STRING, ANY], result: BOOL, fn: (name: string, value: unknown) => typeName(value) === name },
  typeIsLike: {
    params: [STRING, ANY],
    result: BOOL,
    fn: (name: string, value: unknown) => typeName(value) === name || typeName(value) === `*${name}`,
  },
  kindOf: { params: [ANY], result: STRING, fn: kindOf },
  kindIs: { params: [STRING, ANY], result: BOOL, fn: (kind: string, value: unknown) => kindOf(value) === kind },
  deepEqual: { params: [ANY, ANY], result: BOOL, fn: (a: unknown, b: unknown) => deepEqual(a ?? null, b ?? null) },
};
