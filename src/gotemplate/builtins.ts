// Go's own functions: and call html index js len not or print printf println slice urlquery, and the comparisons.
import { byteLength, sliceBytes, toBytes } from '#lib/go-string';
import { zeroOf } from './argument.ts';
import { eq, ge, gt, le, lt, ne } from './compare.ts';
import { GoError } from './errors.ts';
import { escapeHtml, escapeJs, escapeQuery } from './escape.ts';
import type { Execution, FunctionMap, GoFunction } from './function.ts';
import { evalArgs, sprint, sprintln } from './print.ts';
import { sprintf } from './printf.ts';
import {
  ANY,
  BOOL,
  GoInt,
  GoMap,
  GoObject,
  GoSlice,
  INT,
  intValue,
  isTrue,
  mapEntries,
  REFLECT,
  STRING,
  typeName,
  typeOf,
  UINT8,
} from './value.ts';

/** One step of index: nil inside a value is a nil pointer to it. */
function at(item: unknown, index: unknown): unknown {
  if (item === null || item === undefined || (item instanceof GoObject && item.isNil)) {
    throw new GoError('index of nil pointer');
  }
  const entries = mapEntries(item);
  if (entries !== undefined) {
    const key = mapKey(index);
    if (Object.hasOwn(entries, key)) return entries[key];
    return item instanceof GoMap ? zeroOf(item.type.elem ?? ANY) : null;
  }
  if (typeof item === 'string') {
    const bytes = toBytes(item);
    return new GoInt(UINT8, BigInt(bytes[position(index, bytes.length, 'string')] ?? 0));
  }
  if (item instanceof Uint8Array) return new GoInt(UINT8, BigInt(item[position(index, item.length, 'slice')] ?? 0));
  if (Array.isArray(item)) return item[position(index, item.length, 'slice')];
  throw new GoError(`can't index item of type ${pointee(item)}`);
}

/** The type a value has once pointers are followed. */
function pointee(value: unknown): string {
  const type = typeOf(value);
  return (type?.kind === 'ptr' ? type.elem : type)?.name ?? '<nil>';
}

function mapKey(index: unknown): string {
  if (typeof index === 'string') return index;
  if (index === null || index === undefined) throw new GoError('value is nil; should be of type string');
  throw new GoError(`value has type ${typeName(index)}; should be string`);
}

/** An index as a number up to and including the length, which slicing may use. */
function bound(index: unknown, length: number): number {
  const value = intValue(index);
  if (value === undefined) {
    if (index === null || index === undefined) throw new GoError('cannot index slice/array with nil');
    throw new GoError(`cannot index slice/array with type ${typeName(index)}`);
  }
  if (value < 0n || value > BigInt(length)) throw new GoError(`index out of range: ${value}`);
  return Number(value);
}

/** An index of an element: one past the end passes the check and then fails in reflect. */
function position(index: unknown, length: number, kind: 'slice' | 'string'): number {
  const value = bound(index, length);
  if (value === length) throw new GoError(`reflect: ${kind} index out of range`);
  return value;
}

function index(item: unknown, ...indexes: unknown[]): unknown {
  if (item === null || item === undefined) throw new GoError('index of untyped nil');
  let value: unknown = item;
  for (const each of indexes) value = at(value, each);
  return value;
}

function slice(item: unknown, ...indexes: unknown[]): unknown {
  if (item === null || item === undefined) throw new GoError('slice of untyped nil');
  if (item instanceof GoObject && item.isNil) throw new GoError('slice of nil pointer');
  if (indexes.length > 3) throw new GoError(`too many slice indexes: ${indexes.length}`);
  const isString = typeof item === 'string';
  if (isString && indexes.length === 3) throw new GoError('cannot 3-index slice a string');
  if (!isString && !Array.isArray(item) && !(item instanceof Uint8Array)) {
    throw new GoError(`can't slice item of type ${pointee(item)}`);
  }
  const length = isString ? byteLength(item) : item.length;
  const [from = 0, to = length, capacity = length] = indexes.map((each) => bound(each, length));
  if (from > to) throw new GoError(`invalid slice index: ${from} > ${to}`);
  if (to > capacity) throw new GoError(`invalid slice index: ${to} > ${capacity}`);
  if (isString) return sliceBytes(item, from, to);
  if (item instanceof Uint8Array) return item.subarray(from, to);
  const part = item.slice(from, to);
  return item instanceof GoSlice ? GoSlice.make(item.type, part) : part;
}

function length(item: unknown): number {
  if (item === null || (item instanceof GoObject && item.isNil)) throw new GoError('len of nil pointer');
  // What reflect says of a value that is none.
  if (item === undefined) throw new GoError('reflect: call of reflect.Value.Type on zero Value');
  if (typeof item === 'string') return byteLength(item);
  if (Array.isArray(item) || item instanceof Uint8Array) return item.length;
  const entries = mapEntries(item);
  if (entries !== undefined) return Object.keys(entries).length;
  throw new GoError(`len of type ${pointee(item)}`);
}

/** Values a chart sees are never functions: what remains of `call` is its errors. */
function call(name: string, callee: unknown): never {
  if (callee === null || callee === undefined) throw new GoError('call of nil');
  throw new GoError(`non-function ${name} of type ${typeName(callee)}`);
}

/** and, or: the engine evaluates their operands one by one; this is what their calls look like. */
const shortCircuit: GoFunction = { params: [REFLECT, REFLECT], variadic: true, result: REFLECT, fn: () => undefined };

const LARGE = 1 << 16;

const compareTwo = (fn: (a: unknown, b: unknown) => boolean): GoFunction => ({
  params: [REFLECT, REFLECT],
  result: BOOL,
  fn,
});

const textOf = (fn: (text: string) => string): GoFunction => ({
  params: [ANY],
  variadic: true,
  result: STRING,
  fn: (...values: unknown[]) => fn(evalArgs(values)),
});

/** All of them, by name. */
export function builtins(): FunctionMap {
  return new Map<string, GoFunction>([
    ['and', shortCircuit],
    ['or', shortCircuit],
    ['not', { params: [REFLECT], result: BOOL, fn: (value: unknown) => !isTrue(value) }],
    ['call', { params: [REFLECT, REFLECT], variadic: true, result: REFLECT, fn: call }],
    ['html', textOf(escapeHtml)],
    ['js', textOf(escapeJs)],
    ['urlquery', textOf(escapeQuery)],
    ['index', { params: [REFLECT, REFLECT], variadic: true, result: REFLECT, fn: index }],
    ['slice', { params: [REFLECT, REFLECT], variadic: true, result: REFLECT, fn: slice }],
    ['len', { params: [REFLECT], result: INT, fn: length }],
    ['print', { params: [ANY], variadic: true, result: STRING, fn: (...values: unknown[]) => sprint(values) }],
    ['println', { params: [ANY], variadic: true, result: STRING, fn: (...values: unknown[]) => sprintln(values) }],
    [
      'printf',
      {
        params: [STRING, ANY],
        variadic: true,
        result: STRING,
        contextual: true,
        fn: (execution: Execution, format: string, ...values: unknown[]) => {
          const text = sprintf(format, values);
          // A width may ask for megabytes.
          if (text.length > LARGE) execution.budget.charge(text.length);
          return text;
        },
      },
    ],
    ['eq', { params: [REFLECT, REFLECT], variadic: true, result: BOOL, fn: eq }],
    ['ne', compareTwo(ne)],
    ['lt', compareTwo(lt)],
    ['le', compareTwo(le)],
    ['gt', compareTwo(gt)],
    ['ge', compareTwo(ge)],
  ]);
}
