// Sprig's arithmetic: int64 by spf13/cast's reading of its arguments, float64, and decimals for addf and its like.
import { ANY, FLOAT64, GoError, GoSlice, INT, INT64, INTS, STRING, goInt, sprint } from '#gotemplate/index';
import type { Budget, Execution } from '#gotemplate/index';
import { parseIntSaturating, toFloat64, toInt64, wrapInt64 } from './conversion.ts';
import type { FunctionTable } from './conversion.ts';
import { Decimal } from './decimal.ts';

function requireDivisor(value: bigint): bigint {
  if (value === 0n) throw new GoError('runtime error: integer divide by zero');
  return value;
}

function highest(first: unknown, ...rest: unknown[]): bigint {
  return rest.map(toInt64).reduce((best, value) => (value > best ? value : best), toInt64(first));
}

function lowest(first: unknown, ...rest: unknown[]): bigint {
  return rest.map(toInt64).reduce((best, value) => (value < best ? value : best), toInt64(first));
}

function round(value: unknown, places: number, ...options: number[]): number {
  const threshold = options[0] ?? 0.5;
  const power = places < 0 ? 1 / Number(`1e${-places}`) : Number(`1e${places}`);
  const scaled = power * toFloat64(value);
  const fraction = scaled - Math.trunc(scaled);
  return (fraction >= threshold ? Math.ceil(scaled) : Math.floor(scaled)) / power;
}

/** About what one int of a list takes, in bytes. */
const INT_SIZE = 64;

/** The numbers from start (included) to stop (not included). */
function steps(budget: Budget, start: number, stop: number, step: number): number[] {
  if (start === stop || (stop < start ? step >= 0 : step <= 0)) return [];
  const count = Math.ceil((stop - start) / step);
  budget.charge(count * INT_SIZE);
  budget.step(count);
  return Array.from({ length: count }, (_, index) => start + index * step);
}

function ints(numbers: readonly number[]): GoSlice {
  return GoSlice.make(
    INTS,
    numbers.map((number) => goInt(number)),
  );
}

function sequence(execution: Execution, ...bounds: number[]): string {
  const range = sequenceRange(bounds);
  return range === undefined ? '' : steps(execution.budget, range.start, range.stop, range.step).join(' ');
}

function sequenceRange(bounds: readonly number[]): { start: number; stop: number; step: number } | undefined {
  const [a, b, c] = bounds;
  if (a === undefined || bounds.length > 3) return undefined;
  const start = b === undefined ? 1 : a;
  const end = c ?? b ?? a;
  const direction = end < start ? -1 : 1;
  if (c === undefined || b === undefined) return { start, stop: end + direction, step: direction };
  if (direction < 0 && b > 0) return undefined;
  return { start, stop: end + direction, step: b };
}

/** Folds decimals from the left and rounds once at the end. */
function fold(first: unknown, rest: readonly unknown[], operate: (a: Decimal, b: Decimal) => Decimal): number {
  let result = Decimal.fromNumber(toFloat64(first));
  for (const value of rest) result = operate(result, Decimal.fromNumber(toFloat64(value)));
  return result.toNumber();
}

const binary = (operate: (a: bigint, b: bigint) => bigint): FunctionTable[string] => ({
  params: [ANY, ANY],
  result: INT64,
  fn: (a: unknown, b: unknown) => wrapInt64(operate(toInt64(a), toInt64(b))),
});

const folding = (operate: (a: Decimal, b: Decimal) => Decimal): FunctionTable[string] => ({
  params: [ANY, ANY],
  variadic: true,
  result: FLOAT64,
  fn: (first: unknown, ...rest: unknown[]) => fold(first, rest, operate),
});

const max = { params: [ANY, ANY], variadic: true, result: INT64, fn: highest };

export const mathFunctions: FunctionTable = {
  atoi: { params: [STRING], fn: (text: string) => goInt(parseIntSaturating(text)) },
  int: { params: [ANY], fn: (value: unknown) => goInt(toInt64(value)) },
  int64: { params: [ANY], result: INT64, fn: toInt64 },
  float64: { params: [ANY], result: FLOAT64, fn: toFloat64 },
  toDecimal: { params: [ANY], result: INT64, fn: octal },
  add: {
    params: [ANY],
    variadic: true,
    result: INT64,
    fn: (...values: unknown[]) => wrapInt64(values.reduce<bigint>((sum, value) => sum + toInt64(value), 0n)),
  },
  add1: { params: [ANY], result: INT64, fn: (value: unknown) => wrapInt64(toInt64(value) + 1n) },
  sub: binary((a, b) => a - b),
  div: binary((a, b) => a / requireDivisor(b)),
  mod: binary((a, b) => a % requireDivisor(b)),
  mul: {
    params: [ANY, ANY],
    variadic: true,
    result: INT64,
    fn: (first: unknown, ...rest: unknown[]) =>
      rest.reduce<bigint>((product, value) => wrapInt64(product * toInt64(value)), toInt64(first)),
  },
  max,
  biggest: max,
  min: { params: [ANY, ANY], variadic: true, result: INT64, fn: lowest },
  maxf: {
    params: [ANY, ANY],
    variadic: true,
    result: FLOAT64,
    fn: (...values: unknown[]) => Math.max(...values.map(toFloat64)),
  },
  minf: {
    params: [ANY, ANY],
    variadic: true,
    result: FLOAT64,
    fn: (...values: unknown[]) => Math.min(...values.map(toFloat64)),
  },
  addf: {
    params: [ANY],
    variadic: true,
    result: FLOAT64,
    fn: (...values: unknown[]) => fold(0, values, (a, b) => a.add(b)),
  },
  add1f: { params: [ANY], result: FLOAT64, fn: (value: unknown) => fold(value, [1], (a, b) => a.add(b)) },
  subf: folding((a, b) => a.subtract(b)),
  mulf: folding((a, b) => a.multiply(b)),
  divf: folding((a, b) => a.divide(b)),
  floor: { params: [ANY], result: FLOAT64, fn: (value: unknown) => Math.floor(toFloat64(value)) },
  ceil: { params: [ANY], result: FLOAT64, fn: (value: unknown) => Math.ceil(toFloat64(value)) },
  round: { params: [ANY, INT, FLOAT64], variadic: true, result: FLOAT64, fn: round },
  until: {
    params: [INT],
    result: INTS,
    contextual: true,
    fn: (execution: Execution, count: number) => ints(steps(execution.budget, 0, count, count < 0 ? -1 : 1)),
  },
  untilStep: {
    params: [INT, INT, INT],
    result: INTS,
    contextual: true,
    fn: (execution: Execution, start: number, stop: number, step: number) =>
      ints(steps(execution.budget, start, stop, step)),
  },
  seq: { params: [INT], variadic: true, result: STRING, contextual: true, fn: sequence },
};

/** The value read as octal: file modes written as numbers. */
function octal(value: unknown): bigint {
  const match = /^([+-]?)0*([0-7]+)$/.exec(sprint([value]));
  if (match === null) return 0n;
  const [, sign = '', digits = ''] = match;
  // 22 octal digits are 66 bits: surely out of range, which is 0 too.
  if (digits.length > 22) return 0n;
  const size = BigInt(`0o${digits}`);
  const number = sign === '-' ? -size : size;
  return number === wrapInt64(number) ? number : 0n;
}
