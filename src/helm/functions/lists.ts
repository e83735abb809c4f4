// Sprig's functions on lists: any slice type goes in, []interface {} comes out, and no list is changed.
import { ANY, BOOL, GoError, GoSlice, INT, LIST, kindOf, sliceOf } from '#gotemplate/index';
import type { Execution } from '#gotemplate/index';
import { isEmpty, toInt64 } from './conversion.ts';
import type { FunctionTable } from './conversion.ts';
import { deepEqual } from './deep-equal.ts';
import { elementsOf, nilDereference, requireElements } from './elements.ts';

function includes(list: readonly unknown[], needle: unknown): boolean {
  return list.some((item) => deepEqual(needle, item));
}

function uniq(execution: Execution, value: unknown): unknown[] {
  const seen = new Set<unknown>();
  const kept: unknown[] = [];
  for (const item of requireElements(value, 'Cannot find uniq on type')) {
    if (typeof item === 'object' && item !== null) {
      execution.budget.step(kept.length);
      if (includes(kept, item)) continue;
    } else if (item === item) {
      // Scalars of one JavaScript type are of one Go type. NaN never equals itself.
      if (seen.has(item)) continue;
      seen.add(item);
    }
    kept.push(item);
  }
  return kept;
}

function without(execution: Execution, value: unknown, ...unwanted: unknown[]): unknown[] {
  const items = requireElements(value, 'Cannot find without on type');
  execution.budget.step(items.length * unwanted.length);
  return items.filter((item) => !includes(unwanted, item));
}

function has(execution: Execution, needle: unknown, haystack: unknown): boolean {
  if (haystack === null || haystack === undefined) return false;
  const items = requireElements(haystack, 'Cannot find has on type');
  execution.budget.step(items.length);
  return includes(items, needle);
}

/** SLICE [FROM [TO]]: keeps the type of the list; nil for an empty one. */
function slice(value: unknown, ...bounds: unknown[]): unknown {
  const items = requireElements(value, 'list should be type of slice or array but');
  if (items.length === 0) return null;
  const from = bounds.length > 0 ? toInt64(bounds[0]) : 0n;
  const to = bounds.length > 1 ? toInt64(bounds[1]) : BigInt(items.length);
  if (from < 0n || from > to || to > BigInt(items.length)) {
    throw new GoError('reflect.Value.Slice: slice index out of bounds');
  }
  if (value instanceof Uint8Array) return value.slice(Number(from), Number(to));
  const part = items.slice(Number(from), Number(to));
  return value instanceof GoSlice ? GoSlice.make(value.type, part) : part;
}

function chunk(size: number, value: unknown): unknown[] {
  const items = requireElements(value, 'Cannot chunk type');
  const count = Math.floor((items.length - 1) / size) + 1;
  // A negative size happens to work for one chunk that is not full.
  const isPossible = size > 0 || count === 0 || (count === 1 && items.length % size !== 0);
  if (!Number.isSafeInteger(count) || count < 0 || !isPossible) {
    throw new GoError('runtime error: makeslice: len out of range');
  }
  if (size < 0) return count === 0 ? [] : [items.slice()];
  return Array.from({ length: count }, (_, index) => items.slice(index * size, (index + 1) * size));
}

/** Nothing in is a nil list out. */
function concat(execution: Execution, ...lists: unknown[]): unknown {
  const all: unknown[] = [];
  for (const list of lists) {
    const items = elementsOf(list);
    if (items === undefined) {
      if (list === null || list === undefined) throw nilDereference();
      throw new GoError(`Cannot concat type ${kindOf(list)} as list`);
    }
    execution.budget.charge(items.length * 8);
    for (const item of items) all.push(item);
  }
  return all.length === 0 ? GoSlice.make(LIST, null) : all;
}

/** The same function under its plain name and as must…: text/template treats errors and panics alike. */
function both(name: string, fn: FunctionTable[string]): FunctionTable {
  return { [name]: fn, [`must${name.charAt(0).toUpperCase()}${name.slice(1)}`]: fn };
}

const append = {
  params: [ANY, ANY],
  result: LIST,
  contextual: true,
  fn: (execution: Execution, list: unknown, item: unknown) => {
    const items = requireElements(list, 'Cannot push on type');
    execution.budget.charge(items.length * 8);
    return [...items, item];
  },
};

const prepend = {
  params: [ANY, ANY],
  result: LIST,
  contextual: true,
  fn: (execution: Execution, list: unknown, item: unknown) => {
    const items = requireElements(list, 'Cannot prepend on type');
    execution.budget.charge(items.length * 8);
    return [item, ...items];
  },
};

const list = { params: [ANY], variadic: true, result: LIST, fn: (...items: unknown[]) => items };

export const listFunctions: FunctionTable = {
  list,
  tuple: list,
  ...both('append', append),
  ...both('push', append),
  ...both('prepend', prepend),
  ...both('first', {
    params: [ANY],
    fn: (value: unknown) => requireElements(value, 'Cannot find first on type')[0] ?? null,
  }),
  ...both('last', {
    params: [ANY],
    fn: (value: unknown) => requireElements(value, 'Cannot find last on type').at(-1) ?? null,
  }),
  ...both('rest', {
    params: [ANY],
    result: LIST,
    fn: (value: unknown) => nilWhenEmpty(requireElements(value, 'Cannot find rest on type'), 1),
  }),
  ...both('initial', {
    params: [ANY],
    result: LIST,
    fn: (value: unknown) => nilWhenEmpty(requireElements(value, 'Cannot find initial on type'), 0, -1),
  }),
  ...both('reverse', {
    params: [ANY],
    result: LIST,
    fn: (value: unknown) => requireElements(value, 'Cannot find reverse on type').toReversed(),
  }),
  ...both('compact', {
    params: [ANY],
    result: LIST,
    fn: (value: unknown) => requireElements(value, 'Cannot compact on type').filter((item) => !isEmpty(item)),
  }),
  ...both('uniq', { params: [ANY], result: LIST, contextual: true, fn: uniq }),
  ...both('without', { params: [ANY, ANY], variadic: true, result: LIST, contextual: true, fn: without }),
  ...both('has', { params: [ANY, ANY], result: BOOL, contextual: true, fn: has }),
  ...both('slice', { params: [ANY, ANY], variadic: true, fn: slice }),
  ...both('chunk', { params: [INT, ANY], result: sliceOf(LIST), fn: chunk }),
  concat: { params: [ANY], variadic: true, contextual: true, fn: concat },
};

function nilWhenEmpty(items: readonly unknown[], from: number, to?: number): unknown[] | null {
  return items.length === 0 ? null : items.slice(from, to);
}
