// What Flux's CEL environment has beside the standard functions: strings, sets, encoders; and bounds on what grows.
import {
  CelScalar,
  celFunc,
  celList,
  celListConcat,
  celMethod,
  isCelList,
  listType,
  type CelList,
} from '@bufbuild/cel';
import { strings } from '@bufbuild/cel/ext';

type Functions = NonNullable<Parameters<typeof import('@bufbuild/cel').celEnv>[0]>['funcs'];

const { BOOL, BYTES, DYN, STRING } = CelScalar;
const maxText = 1024 * 1024;
const maxItems = 100_000;

/** Functions called on a namespace rather than on a value. */
export const namespaces: ReadonlySet<string> = new Set(['base64', 'sets', 'strings', 'optional', 'google']);

/** A function that stands in every loop and ends it, by an error, when the budget is spent. */
export const spendFunction = '@spend';

/** All functions of one environment. */
export function environmentFunctions(spend: () => void): NonNullable<Functions> {
  return [
    ...strings,
    ...sets(),
    celFunc('base64.encode', [BYTES], STRING, (bytes) => Buffer.from(bytes).toString('base64')),
    celFunc('base64.decode', [STRING], BYTES, (text) => new Uint8Array(Buffer.from(text, 'base64'))),
    celFunc(spendFunction, [BOOL], BOOL, (condition) => {
      spend();
      return condition;
    }),
    // Doubling a text or a list forty times takes a line of CEL.
    celFunc('_+_', [STRING, STRING], STRING, (a, b) => {
      if (a.length + b.length > maxText) throw new Error(`a text of more than ${maxText} characters`);
      return a + b;
    }),
    celFunc('_+_', [listType(DYN), listType(DYN)], listType(DYN), (a, b) => {
      if (a.size + b.size > maxItems) throw new Error(`a list of more than ${maxItems} items`);
      return celListConcat(a, b);
    }),
    celMethod('reverse', listType(DYN), [], listType(DYN), function reverse(this: CelList) {
      return celList([...this].toReversed());
    }),
  ];
}

function sets(): NonNullable<Functions> {
  const lists = [listType(DYN), listType(DYN)] as const;
  return [
    celFunc('sets.contains', lists, BOOL, (list, other) => [...other].every((item) => holds(list, item))),
    celFunc('sets.intersects', lists, BOOL, (list, other) => [...other].some((item) => holds(list, item))),
    celFunc(
      'sets.equivalent',
      lists,
      BOOL,
      (list, other) => [...other].every((item) => holds(list, item)) && [...list].every((item) => holds(other, item)),
    ),
  ];
}

function holds(list: CelList, wanted: unknown): boolean {
  for (const item of list) if (isEqual(item, wanted)) return true;
  return false;
}

/** Equality of plain values; numbers across their types. */
function isEqual(a: unknown, b: unknown): boolean {
  if (isCelList(a) && isCelList(b)) {
    const others = [...b];
    return a.size === b.size && [...a].every((item, i) => isEqual(item, others[i]));
  }
  // oxlint-disable-next-line eqeqeq -- a bigint and a number of the same value are the same number
  if (isNumber(a) && isNumber(b)) return a == b;
  return a === b;
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number' || typeof value === 'bigint';
}
