// Client-side apply: the patch that brings a live object from what was last wanted to what is wanted now, and leaves
// alone what others put there. Strategic for built-in kinds, a JSON merge patch for all others.
import type { PatchField, PatchType } from './patch-schema.ts';

export type Fields = Readonly<Record<string, unknown>>;

export interface ThreeWay {
  /** What was wanted last. */
  readonly original: Fields;
  readonly modified: Fields;
  readonly live: Fields;
}

/** A list whose elements cannot be told apart. The message quotes no value. */
export class MergeKeyError extends Error {
  constructor(field: string, mergeKey: string) {
    super(`an element of ${field} does not contain declared merge key: ${mergeKey}`);
    this.name = 'MergeKeyError';
  }
}

/** A strategic merge patch; empty when there is nothing to do. Throws a {@link MergeKeyError}. */
export function strategicPatch(states: ThreeWay, type: PatchType | undefined): Fields {
  return objectPatch(states, type, false);
}

function objectPatch(
  { original, modified, live }: ThreeWay,
  type: PatchType | undefined,
  retainsKeys: boolean,
): Fields {
  const patch: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(modified)) {
    if (!Object.hasOwn(live, key)) {
      if (value !== null) put(patch, key, value);
      continue;
    }
    const before = Object.hasOwn(original, key) ? original[key] : undefined;
    fieldPatch(patch, key, { original: before, modified: value, live: live[key] }, type?.get(key));
  }
  for (const key of goneFrom(original, modified)) if (Object.hasOwn(live, key)) put(patch, key, null);
  const retained = Object.keys(modified).filter((key) => modified[key] !== null);
  const isAffected = Object.keys(patch).length > 0 || goneFrom(live, modified).some((key) => live[key] !== null);
  if (retainsKeys && retained.length > 0 && isAffected) put(patch, '$retainKeys', retained.toSorted());
  return patch;
}

interface Values {
  readonly original: unknown;
  readonly modified: unknown;
  readonly live: unknown;
}

/** What it takes for one field that is there already. */
function fieldPatch(
  patch: Record<string, unknown>,
  key: string,
  { original, modified, live }: Values,
  field: PatchField | undefined,
): void {
  if (isFields(modified) && isFields(live) && field?.strategy !== 'replace') {
    const states = { original: isFields(original) ? original : {}, modified, live };
    const inner = objectPatch(states, field?.type, field?.retainsKeys === true);
    if (Object.keys(inner).length > 0) put(patch, key, inner);
    return;
  }
  if (Array.isArray(modified) && Array.isArray(live) && field?.strategy === 'merge' && live.length > 0) {
    const states = { original: Array.isArray(original) ? original : [], modified, live };
    if (field.mergeKey === undefined) scalarsPatch(patch, key, states);
    else elementsPatch(patch, key, states, { ...field, mergeKey: field.mergeKey });
    return;
  }
  if (!isEqual(modified, live)) put(patch, key, modified);
}

interface Lists {
  readonly original: readonly unknown[];
  readonly modified: readonly unknown[];
  readonly live: readonly unknown[];
}

/** A list that is a set: what is new is added, what is no longer wanted is taken out by its value. */
function scalarsPatch(patch: Record<string, unknown>, key: string, { original, modified, live }: Lists): void {
  const present = new Set(live);
  const wanted = new Set(modified);
  const added = modified.filter((value) => !present.has(value));
  const removed = [...new Set(original)].filter((value) => !wanted.has(value) && present.has(value));
  if (added.length > 0) put(patch, key, added);
  if (removed.length > 0) put(patch, `$deleteFromPrimitiveList/${key}`, removed);
  const isReordered = !isEqual(
    live.filter((value) => wanted.has(value)),
    modified.filter((value) => present.has(value)),
  );
  if (added.length > 0 || removed.length > 0 || isReordered) put(patch, `$setElementOrder/${key}`, modified);
}

/** A list of objects known by their merge key. Of elements with equal keys, the first goes with the first. */
function elementsPatch(
  patch: Record<string, unknown>,
  field: string,
  { original, modified, live }: Lists,
  { mergeKey, type, retainsKeys }: PatchField & { readonly mergeKey: string },
): void {
  const before = byKey(original, field, mergeKey);
  const wanted = byKey(modified, field, mergeKey);
  const present = byKey(live, field, mergeKey);
  const used = new Map<string, number>();
  const changes: Fields[] = [];
  for (const element of modified as Fields[]) {
    const id = String(element[mergeKey]);
    const at = used.get(id) ?? 0;
    used.set(id, at + 1);
    const found = present.get(id)?.[at];
    if (found === undefined) {
      changes.push(element);
      continue;
    }
    const states = { original: before.get(id)?.[at] ?? {}, modified: element, live: found };
    const inner = objectPatch(states, type, retainsKeys);
    if (Object.keys(inner).length > 0) changes.push({ ...inner, [mergeKey]: element[mergeKey] });
  }
  for (const [id, elements] of before) {
    if (elements.length <= (wanted.get(id)?.length ?? 0) || !present.has(id)) continue;
    changes.push({ $patch: 'delete', [mergeKey]: elements[0]![mergeKey] });
  }
  if (changes.length > 0) put(patch, field, changes);
  const keysOf = (list: readonly unknown[], other: ReadonlyMap<string, unknown>): string[] =>
    (list as Fields[]).map((element) => String(element[mergeKey])).filter((id) => other.has(id));
  if (changes.length === 0 && isEqual(keysOf(live, wanted), keysOf(modified, present))) return;
  const order = (modified as Fields[]).map((element) => ({ [mergeKey]: element[mergeKey] }));
  if (order.length > 0) put(patch, `$setElementOrder/${field}`, order);
}

function byKey(list: readonly unknown[], field: string, mergeKey: string): Map<string, Fields[]> {
  const found = new Map<string, Fields[]>();
  for (const element of list) {
    if (!isFields(element) || !Object.hasOwn(element, mergeKey)) throw new MergeKeyError(field, mergeKey);
    const id = String(element[mergeKey]);
    const same = found.get(id);
    if (same === undefined) found.set(id, [element]);
    else same.push(element);
  }
  return found;
}

/** A JSON merge patch; empty when there is nothing to do. Lists are taken as a whole. */
export function mergePatch({ original, modified, live }: ThreeWay): Fields {
  const patch: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(modified)) {
    const found = Object.hasOwn(live, key) ? live[key] : undefined;
    const before = Object.hasOwn(original, key) ? original[key] : undefined;
    if (isFields(value) && isFields(found)) {
      const inner = mergePatch({ original: isFields(before) ? before : {}, modified: value, live: found });
      if (Object.keys(inner).length > 0) put(patch, key, inner);
    } else if (found === undefined ? value !== null : !isEqual(value, found)) put(patch, key, value);
  }
  for (const key of goneFrom(original, modified)) if (Object.hasOwn(live, key)) put(patch, key, null);
  return patch;
}

/** What is in one and, under the same key, not in the other. */
function goneFrom(before: Fields, after: Fields): string[] {
  return Object.keys(before).filter((key) => !Object.hasOwn(after, key));
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isEqual(a: unknown, b: unknown): boolean {
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, at) => isEqual(item, b[at]));
  }
  if (!isFields(a)) return a === b;
  if (!isFields(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && isEqual(a[key], b[key]));
}

/** Keys hold names out of objects: one that is "__proto__" must become a key like any other. */
function put(fields: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(fields, key, { value, enumerable: true, configurable: true, writable: true });
}
