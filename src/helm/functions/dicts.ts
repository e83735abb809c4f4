// Sprig's functions on dicts. They share and change the maps they are given, as Go's do.
import {
  ANY,
  BOOL,
  DICT,
  GoError,
  GoMap,
  LIST,
  STRING,
  STRINGS,
  dictGet,
  dictSet,
  isDict,
  newDict,
  typeName,
} from '#gotemplate/index';
import type { Dict, Execution } from '#gotemplate/index';
import { sortStrings } from '#lib/go-string';
import { strval } from './conversion.ts';
import type { FunctionTable } from './conversion.ts';
import { deepCopy } from './deep-copy.ts';
import { mergeInto } from './merge.ts';

function dict(...items: unknown[]): Dict {
  const made = newDict();
  for (let at = 0; at < items.length; at += 2) {
    dictSet(made, strval(items[at]), at + 1 < items.length ? items[at + 1] : '');
  }
  return made;
}

function set(target: Dict | null, key: string, value: unknown): Dict {
  if (target === null) throw new GoError('assignment to entry in nil map');
  dictSet(target, key, value);
  return target;
}

function unset(target: Dict | null, key: string): Dict | null {
  if (target !== null) delete target[key];
  return target;
}

function get(from: Dict | null, key: string): unknown {
  const value = from === null ? undefined : dictGet(from, key);
  return value === undefined ? '' : value;
}

function hasKey(dict: Dict | null, key: string): boolean {
  return dict !== null && Object.hasOwn(dict, key);
}

function pluck(key: string, ...dicts: (Dict | null)[]): unknown[] {
  return dicts.filter((dict) => hasKey(dict, key)).map((dict) => dict?.[key]);
}

/** Go's order is random; ours is the sorted one, for output that does not change by itself. */
function keys(...dicts: (Dict | null)[]): string[] {
  return dicts.flatMap((dict) => sortedKeys(dict));
}

function sortedKeys(dict: Dict | null): string[] {
  return dict === null ? [] : sortStrings(Object.keys(dict));
}

function pick(from: Dict | null, ...wanted: string[]): Dict {
  const picked = newDict();
  for (const key of wanted) if (from !== null && Object.hasOwn(from, key)) dictSet(picked, key, from[key]);
  return picked;
}

function omit(from: Dict | null, ...unwanted: string[]): Dict {
  const left = newDict();
  const dropped = new Set(unwanted);
  for (const key of Object.keys(from ?? {})) if (!dropped.has(key)) dictSet(left, key, from?.[key]);
  return left;
}

function merge(overwrite: boolean): (target: Dict | null, ...sources: (Dict | null)[]) => unknown {
  return (target, ...sources) => {
    let result = target;
    for (const source of sources) {
      if (source === null) continue;
      result ??= newDict();
      mergeInto(result, source, overwrite);
    }
    return result ?? new GoMap(DICT, null);
  };
}

/** A failed type assertion, in the words of Go's runtime. */
function assertionError(value: unknown, wanted: string): GoError {
  const actual = value === null || value === undefined ? 'nil' : typeName(value);
  return new GoError(`interface conversion: interface {} is ${actual}, not ${wanted}`);
}

function requireDict(value: unknown): Dict {
  if (!isDict(value)) throw assertionError(value, DICT.name);
  return value;
}

/** dig KEY... DEFAULT DICT. Only a missing key gives the default: what is no dict on the way panics, chartutil.Values too. */
function dig(...args: unknown[]): unknown {
  if (args.length < 3) throw new GoError('dig needs at least three arguments');
  let dict = requireDict(args.at(-1));
  const fallback = args.at(-2);
  const path = args.slice(0, -2).map((key) => {
    if (typeof key !== 'string') throw assertionError(key, 'string');
    return key;
  });
  for (const [index, key] of path.entries()) {
    const value = dictGet(dict, key);
    if (value === undefined) return fallback;
    if (index === path.length - 1) return value;
    dict = requireDict(value);
  }
  return fallback;
}

const merging = { params: [DICT, DICT], variadic: true, fn: merge(false) };
const overwriting = { params: [DICT, DICT], variadic: true, fn: merge(true) };
const copying = {
  params: [ANY],
  contextual: true,
  fn: (execution: Execution, value: unknown) => {
    if (value === null) throw new GoError('reflect: call of reflect.Value.Type on zero Value');
    return deepCopy(value, execution.budget);
  },
};

export const dictFunctions: FunctionTable = {
  dict: { params: [ANY], variadic: true, result: DICT, fn: dict },
  get: { params: [DICT, STRING], fn: get },
  set: { params: [DICT, STRING, ANY], result: DICT, fn: set },
  unset: { params: [DICT, STRING], result: DICT, fn: unset },
  hasKey: { params: [DICT, STRING], result: BOOL, fn: hasKey },
  pluck: { params: [STRING, DICT], variadic: true, result: LIST, fn: pluck },
  keys: { params: [DICT], variadic: true, result: STRINGS, fn: keys },
  values: {
    params: [DICT],
    result: LIST,
    fn: (dict: Dict | null) => sortedKeys(dict).map((key) => dict?.[key]),
  },
  pick: { params: [DICT, STRING], variadic: true, result: DICT, fn: pick },
  omit: { params: [DICT, STRING], variadic: true, result: DICT, fn: omit },
  merge: merging,
  mustMerge: merging,
  mergeOverwrite: overwriting,
  mustMergeOverwrite: overwriting,
  dig: { params: [ANY], variadic: true, fn: dig },
  deepCopy: copying,
  mustDeepCopy: copying,
};
