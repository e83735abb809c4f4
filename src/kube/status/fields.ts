// Reading an object nobody has validated: what is missing or of another type is the default.
import type { KubeObject } from '../object.ts';

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

/** An object as a rule sees it. */
export interface Inspected extends KubeObject {
  readonly spec?: unknown;
  readonly status?: unknown;
}

/** Undefined where there is nothing. */
export function valueAt(value: unknown, path: readonly string[]): unknown {
  let current = value;
  for (const name of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, name)) return undefined;
    current = (current as Record<string, unknown>)[name];
  }
  return current;
}

export function intAt(object: Inspected, path: readonly string[], fallback: number): number {
  const value = valueAt(object, path);
  return typeof value === 'number' && Number.isInteger(value) ? value : fallback;
}

export function stringAt(object: Inspected, path: readonly string[], fallback: string): string {
  const value = valueAt(object, path);
  return typeof value === 'string' ? value : fallback;
}

export function booleanAt(object: Inspected, path: readonly string[], fallback: boolean): boolean {
  const value = valueAt(object, path);
  return typeof value === 'boolean' ? value : fallback;
}

export function listAt(object: Inspected, path: readonly string[]): readonly unknown[] {
  const value = valueAt(object, path);
  return Array.isArray(value) ? value : [];
}

/** `status.conditions`, in order. Entries that are not objects are passed over. */
export function conditionsOf(object: Inspected): Condition[] {
  return listAt(object, ['status', 'conditions']).flatMap((entry) => {
    if (typeof entry !== 'object' || entry === null) return [];
    const { type, status, reason, message } = entry as Record<string, unknown>;
    return [{ type: text(type), status: text(status), reason: text(reason), message: text(message) }];
  });
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
