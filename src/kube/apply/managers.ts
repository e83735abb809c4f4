// Field managers: taking the fields over that kubectl and other tools own, so that a server-side apply may also remove them.
import type { ManagedFieldsEntry } from '#api/meta';
import type { KubeObject } from '../object.ts';
import { define, escapePointer, fieldOf, isMapping, type Mapping } from './mapping.ts';

/** Whose fields are taken. */
export interface Takeover {
  readonly manager: string;
  /** Match every manager that begins with `manager`. @default false */
  readonly prefix?: boolean;
  readonly operations: readonly ('Apply' | 'Update')[];
}

export interface JsonPatchOperation {
  readonly op: 'add' | 'remove' | 'replace' | 'test';
  readonly path: string;
  readonly value?: unknown;
}

/** What Flux takes over: kubectl in all its spellings, objects from before server-side apply, and its own past updates. */
export function fluxTakeovers(fieldManager: string, overrides: readonly string[] = []): Takeover[] {
  return [
    { manager: 'kubectl', prefix: true, operations: ['Apply', 'Update'] },
    { manager: 'before-first-apply', operations: ['Update'] },
    { manager: fieldManager, operations: ['Update'] },
    ...overrides.map((manager): Takeover => ({ manager, operations: ['Apply', 'Update'] })),
  ];
}

/** The managedFields after the takeover; undefined when nothing is to be taken. Does not change its arguments. */
export function takeOver(
  entries: readonly ManagedFieldsEntry[],
  fieldManager: string,
  takeovers: readonly Takeover[],
): ManagedFieldsEntry[] | undefined {
  const taken = entries.filter((entry) => takeovers.some((takeover) => takes(takeover, entry)));
  const [first] = taken;
  if (first === undefined) return undefined;
  const own = entries.find(
    (entry) => !entry.subresource && entry.manager === fieldManager && entry.operation === 'Apply',
  );
  const fields = [own, ...taken].reduce<Mapping>((union, entry) => unite(union, entry?.fieldsV1 ?? {}), {});
  const base = own ?? { ...first, manager: fieldManager, operation: 'Apply' };
  const others = entries.filter((entry) => entry !== own && !taken.includes(entry));
  return [...others, { ...base, fieldsV1: fields }];
}

function takes(takeover: Takeover, entry: ManagedFieldsEntry): boolean {
  const { manager = '', operation, subresource } = entry;
  // Status belongs to the controllers, however they wrote it.
  if (subresource) return false;
  if (!takeover.operations.some((each) => each === operation)) return false;
  return takeover.prefix ? manager.startsWith(takeover.manager) : manager === takeover.manager;
}

/** Union of two fieldsV1 sets, which are trees of `f:`, `k:`, `v:` and `.` keys. */
function unite(a: Mapping, b: Mapping): Mapping {
  const union: Mapping = { ...a };
  for (const [key, value] of Object.entries(b)) {
    const known = fieldOf(union, key);
    define(union, key, isMapping(known) && isMapping(value) ? unite(known, value) : value);
  }
  return union;
}

export interface CleanupRules {
  readonly fieldManager: string;
  readonly takeovers: readonly Takeover[];
  readonly annotations?: readonly string[];
  readonly labels?: readonly string[];
}

/** The JSON patch that prepares a live object for being applied; empty when there is nothing to clean. */
export function cleanupPatch(live: KubeObject, rules: CleanupRules): JsonPatchOperation[] {
  const operations: JsonPatchOperation[] = [];
  const removeFrom = (field: 'annotations' | 'labels', names: readonly string[] = []): void => {
    for (const name of names) {
      if (!Object.hasOwn(live.metadata[field] ?? {}, name)) continue;
      operations.push({ op: 'remove', path: `/metadata/${field}/${escapePointer(name)}` });
    }
  };
  removeFrom('annotations', rules.annotations);
  removeFrom('labels', rules.labels);
  const entries = takeOver(live.metadata.managedFields ?? [], rules.fieldManager, rules.takeovers);
  if (entries !== undefined) {
    operations.push({ op: 'replace', path: '/metadata/managedFields', value: entries });
    // The list was computed from this version: on any other it would drop what came between.
    operations.push({ op: 'replace', path: '/metadata/resourceVersion', value: live.metadata.resourceVersion });
  }
  return operations;
}
