// Fields that others may set: an apply of everything else gives them up, or carries the value that is there.
import { isDeepStrictEqual } from 'node:util';
import type { ManagedFieldsEntry } from '#api/meta';
import type { Unstructured } from '../object.ts';
import { define, fieldOf, isMapping, type Mapping } from './mapping.ts';

export interface IgnoredFields {
  /** JSON pointers (RFC 6901). One that leads nowhere is without effect. */
  readonly pointers: readonly string[];
  /** Who applies. */
  readonly fieldManager: string;
}

/**
 * What to apply instead of `desired`, so that ignored fields stay as they are `live`: where the dry-run of `desired` would
 * change one, it is left out if somebody else applies it too, and takes the live value if nobody does. Fields that already
 * agree stay: giving them up would remove those nobody else sets.
 */
export function withoutIgnored(
  desired: Unstructured,
  live: Unstructured,
  dryRun: Unstructured,
  { pointers, fieldManager }: IgnoredFields,
): Unstructured {
  const payload = structuredClone(desired);
  const others = (live.metadata.managedFields ?? []).filter(
    ({ manager, operation, subresource }) => operation === 'Apply' && !subresource && manager !== fieldManager,
  );
  for (const pointer of pointers) {
    const path = tokensOf(pointer);
    if (path.length === 0) continue;
    const value = valueAt(live, path);
    if (isDeepStrictEqual(value, valueAt(dryRun, path))) continue;
    if (value === undefined || others.some((entry) => owns(entry, live, path))) removeAt(payload, path);
    else setAt(payload, path, structuredClone(value));
  }
  return payload;
}

function tokensOf(pointer: string): string[] {
  if (!pointer.startsWith('/')) return [];
  return pointer
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** Whether the entry has the field. Items of a list go by their keys, which are found by what the live item is. */
function owns(entry: ManagedFieldsEntry, live: Unstructured, path: readonly string[]): boolean {
  let fields: unknown = entry.fieldsV1;
  let value: unknown = live;
  for (const token of path) {
    if (!isMapping(fields)) return false;
    const item = child(value, token);
    const key = Array.isArray(value) ? Object.keys(fields).find((each) => isKeyOf(each, item)) : `f:${token}`;
    if (key === undefined || !Object.hasOwn(fields, key)) return false;
    fields = fields[key];
    value = item;
  }
  return true;
}

/** Whether `k:{"name":"app"}` stands for this item of a list. */
function isKeyOf(key: string, item: unknown): boolean {
  if (!key.startsWith('k:') || !isMapping(item)) return false;
  const names = JSON.parse(key.slice(2)) as Mapping;
  return Object.entries(names).every(([name, value]) => isDeepStrictEqual(child(item, name), value));
}

function valueAt(root: unknown, path: readonly string[]): unknown {
  return path.reduce(child, root);
}

function child(value: unknown, token: string): unknown {
  if (Array.isArray(value)) return /^\d+$/.test(token) ? (value[Number(token)] as unknown) : undefined;
  return isMapping(value) ? fieldOf(value, token) : undefined;
}

function removeAt(root: unknown, path: readonly string[]): void {
  const parent = valueAt(root, path.slice(0, -1));
  const token = path.at(-1)!;
  if (child(parent, token) === undefined) return;
  if (Array.isArray(parent)) parent.splice(Number(token), 1);
  else delete (parent as Mapping)[token];
}

/** Mappings on the way are made where they are missing; lists are not. */
function setAt(root: Mapping, path: readonly string[], value: unknown): void {
  let parent: unknown = root;
  for (const token of path.slice(0, -1)) {
    if (child(parent, token) === undefined && isMapping(parent)) define(parent, token, {});
    parent = child(parent, token);
  }
  const token = path.at(-1)!;
  if (isMapping(parent)) define(parent, token, value);
  else if (Array.isArray(parent) && child(parent, token) !== undefined) parent[Number(token)] = value;
}
