// Merging of lists whose elements are known by keys; the order of the result is kustomize's, quirks included.
import { Node } from '#goyaml/index';
import { entry, isMissingOrNull, isNilOrEmpty, isNull, plainNode, setField, expectKind } from '../fields/node.ts';

type MergeElements = (dest: Node | undefined, origin: Node | undefined) => Node | undefined;
type Tuple = readonly string[];

/** `dest` (or `origin` standing in for it) after the merge; elements of the patch come first. */
export function mergeAssociative(
  dest: Node,
  origin: Node | undefined,
  keys: readonly string[],
  mergeElements: MergeElements,
): Node {
  const [key] = keys;
  if (
    key !== undefined &&
    keys.length === 1 &&
    isUniform(dest, key) &&
    (origin === undefined || isUniform(origin, key))
  ) {
    return mergeBySingleKey(dest, origin, key, mergeElements);
  }
  if (keys.length > 0) return mergeByTuples(dest, origin, keys, keyTuples(dest, origin, keys), mergeElements);
  return mergeByTuples(dest, origin, [''], scalarTuples(dest, origin), mergeElements);
}

/** Are all elements maps in which the key has a text? Then nothing is left to the quirks below. */
function isUniform(list: Node, key: string): boolean {
  return list.content.every((item) => {
    if (item.kind !== 'mapping' || isNull(item)) return false;
    const value = entry(item, key);
    return value !== undefined && value.kind === 'scalar' && !isNull(value) && value.value !== '';
  });
}

/** The common case, in time that grows with the lists and not with their product. */
function mergeBySingleKey(dest: Node, origin: Node | undefined, key: string, mergeElements: MergeElements): Node {
  const textOf = (item: Node): string => entry(item, key)?.value ?? '';
  const firstOf = (list: Node | undefined): Map<string, Node> => {
    const first = new Map<string, Node>();
    for (const item of list?.content ?? []) {
      const text = textOf(item);
      if (!first.has(text)) first.set(text, item);
    }
    return first;
  };
  const inDest = firstOf(dest);
  const inOrigin = dest === origin ? inDest : firstOf(origin);
  const result: Node[] = [];
  const at = new Map<string, number>();
  const gone = new Set<string>();
  for (const text of new Set([...inOrigin.keys(), ...inDest.keys()])) {
    const merged = mergeElements(inDest.get(text), inOrigin.get(text));
    if (merged === undefined || isMissingOrNull(merged) || isNilOrEmpty(merged)) {
      gone.add(text);
      continue;
    }
    if (entry(merged, key) === undefined) setField(merged, key, plainNode(text));
    at.set(text, result.length);
    result.push(merged);
  }
  // What the object had comes after, each in the place of its merged self: so of twins the last one wins.
  for (const item of dest.content) {
    const text = textOf(item);
    if (gone.has(text)) continue;
    const place = at.get(text);
    if (place === undefined) result.push(item);
    else result[place] = item;
  }
  return new Node('sequence', '', '', result);
}

function keyTuples(dest: Node, origin: Node | undefined, keys: readonly string[]): Tuple[] {
  return distinct([origin, dest], (item) =>
    keys.map((key) => {
      const value = item.kind === 'mapping' ? entry(item, key) : undefined;
      return isNilOrEmpty(value) ? '' : (value?.value ?? '');
    }),
  );
}

function scalarTuples(dest: Node, origin: Node | undefined): Tuple[] {
  return distinct([origin, dest], (item) => [item.value]);
}

function distinct(lists: readonly (Node | undefined)[], tupleOf: (item: Node) => Tuple): Tuple[] {
  const seen = new Set<string>();
  const out: Tuple[] = [];
  for (const item of lists.flatMap((list) => list?.content ?? [])) {
    const tuple = tupleOf(item);
    const text = JSON.stringify(tuple);
    if (seen.has(text)) continue;
    seen.add(text);
    out.push(tuple);
  }
  return out;
}

/** The general case: several keys, keys that are missing, elements that are no maps. */
function mergeByTuples(
  dest: Node,
  origin: Node | undefined,
  keys: readonly string[],
  distinctTuples: readonly Tuple[],
  mergeElements: MergeElements,
): Node {
  const tuples = keys.length > 1 ? unify(distinctTuples) : distinctTuples;
  const used = keys.filter((_, i) => tuples.some((tuple) => tuple[i] !== ''));
  const added = new Node('sequence');
  let validKeys: readonly string[] = keys;
  for (const tuple of tuples) {
    validKeys = used.length === 0 ? keys : used;
    const values = used.length === 0 ? tuple : tuple.filter((value, i) => value !== '' || used.includes(keys[i] ?? ''));
    const search = searchBy(validKeys, values);
    const merged = mergeElements(
      findElement(dest, search),
      origin === undefined ? undefined : findElement(origin, search),
    );
    if (merged === undefined || isMissingOrNull(merged) || (merged.kind === 'mapping' && merged.content.length === 0)) {
      setElement(dest, undefined, validKeys, values);
      continue;
    }
    for (const [i, key] of validKeys.entries()) {
      const value = values[i] ?? '';
      if (key !== '' && value !== '' && merged.kind === 'mapping' && entry(merged, key) === undefined) {
        setField(merged, key, plainNode(value));
      }
    }
    setElement(added, merged, validKeys, values);
  }
  if (tuples.length === 0) return dest;
  return appendElements(added, dest, validKeys);
}

/** Tuples that agree in one part and differ only where one is empty are one. */
function unify(tuples: readonly Tuple[]): Tuple[] {
  const out = [...tuples];
  for (let i = 0; i < out.length; i++) {
    for (let j = 0; j < out.length; j++) {
      const joined = join(out[i] ?? [], out[j] ?? []);
      if (joined === undefined) continue;
      out[i] = joined;
      out[j] = joined;
    }
  }
  return out;
}

function join(a: Tuple, b: Tuple): Tuple | undefined {
  let common = false;
  const joined: string[] = [];
  for (const [i, x] of a.entries()) {
    const y = b[i] ?? '';
    if (x === y) common = true;
    else if (x !== '' && y !== '') return undefined;
    joined.push(x === '' ? y : x);
  }
  return common ? joined : undefined;
}

interface Search {
  readonly keys: readonly string[];
  readonly values: readonly string[];
}

/** Of keys without values only those that have one are searched by, unless none has. */
function searchBy(keys: readonly string[], values: readonly string[]): Search {
  const withValue = keys.map((_, i) => i).filter((i) => (values[i] ?? '') !== '');
  if (withValue.length === 0) return { keys, values };
  return { keys: withValue.map((i) => keys[i] ?? ''), values: withValue.map((i) => values[i] ?? '') };
}

function findElement(list: Node, { keys, values }: Search): Node | undefined {
  if (list.kind !== 'sequence') return undefined;
  if (keys[0] === undefined || keys[0] === '') return list.content.find((item) => item.value === values[0]);
  return list.content.find(
    (item) => item.kind === 'mapping' && !isNull(item) && keys.every((key, i) => entry(item, key)?.value === values[i]),
  );
}

/** Replaces, adds or (without an element) removes what has these values; drops elements that are empty. */
function setElement(list: Node, element: Node | undefined, keys: readonly string[], values: readonly string[]): void {
  const forMaps = (keys[0] ?? '') !== '' && (values[0] ?? '') !== '';
  const kept: Node[] = [];
  let found = false;
  for (const item of list.content) {
    if (isNull(item) || (item.kind === 'mapping' && item.content.length === 0)) continue;
    if (item.kind !== 'mapping' && forMaps) {
      kept.push(item);
      continue;
    }
    if (!hasValues(item, keys, values)) {
      if (values.length > 0) kept.push(item);
      continue;
    }
    found = true;
    if (element !== undefined) kept.push(element);
  }
  list.content = kept;
  if (element !== undefined && !isNull(element) && !found) list.content.push(element);
}

/** A key without a value asks only that the field is there. */
function hasValues(item: Node, keys: readonly string[], values: readonly string[]): boolean {
  let last: Node | undefined = undefined;
  for (const [i, key] of keys.entries()) {
    if (i < values.length) {
      const value = values[i] ?? '';
      if (key === '') {
        expectKind(item, 'scalar');
        last = item.value === value ? item : undefined;
      } else {
        expectKind(item, 'mapping');
        const node = entry(item, key);
        last = node !== undefined && (value === '' || node.value === value) ? node : undefined;
      }
    }
    if (last === undefined) return false;
  }
  return true;
}

/** Puts the elements of `from` after those of `into`, or in the place of their merged selves. */
function appendElements(into: Node, from: Node, keys: readonly string[]): Node {
  for (const item of from.content) {
    if (keys[0] === '') {
      setElement(into, item, [''], [item.value]);
      continue;
    }
    const values: string[] = [];
    for (const key of keys) {
      const node = item.kind === 'mapping' || isNull(item) ? entry(item, key) : expectMap(item);
      if (node === undefined) into.content.push(item);
      else values.push(node.value);
    }
    if (keys.length > 1) setElement(into, undefined, keys, values);
    setElement(into, item, keys, values);
  }
  return into;
}

function expectMap(item: Node): undefined {
  expectKind(item, 'mapping');
  return undefined;
}
