// Conditions on an object: read, write, remove, and Flux's order of them. Pure functions over the object in hand.
import type { Condition } from '#api/meta';
import { timestamp } from '#lib/timestamp';

export type ConditionStatus = 'True' | 'False' | 'Unknown';

/** Anything that carries conditions. */
export interface Conditioned {
  readonly metadata: { readonly generation?: number };
  status?: { conditions?: Condition[] };
}

export const readyCondition = 'Ready';
export const reconcilingCondition = 'Reconciling';
export const stalledCondition = 'Stalled';

/** Bytes a condition's message may have; the CRDs' own limit. */
const maxMessageLength = 32768;
const typeOrder = [stalledCondition, reconcilingCondition, readyCondition];

export function getCondition(object: Conditioned, type: string): Condition | undefined {
  return object.status?.conditions?.find((condition) => condition.type === type);
}

export function isTrue(object: Conditioned, type: string): boolean {
  return getCondition(object, type)?.status === 'True';
}

export function isFalse(object: Conditioned, type: string): boolean {
  return getCondition(object, type)?.status === 'False';
}

export interface ConditionValue {
  readonly type: string;
  readonly status: ConditionStatus;
  readonly reason: string;
  readonly message: string;
}

/**
 * Writes a condition. Its transition time moves when status, reason or message differ from before, its observed
 * generation always follows the object's.
 */
export function setCondition(object: Conditioned, value: ConditionValue, now: number): void {
  const status = (object.status ??= {});
  const conditions = (status.conditions ??= []);
  const at = conditions.findIndex((condition) => condition.type === value.type);
  const before = at < 0 ? undefined : conditions[at];
  const message = trimMessage(value.message);
  const same =
    before !== undefined &&
    before.status === value.status &&
    before.reason === value.reason &&
    before.message === message;
  const next: Condition = {
    type: value.type,
    status: value.status,
    reason: value.reason,
    message,
    lastTransitionTime: same ? before.lastTransitionTime : timestamp(now),
    ...(object.metadata.generation === undefined ? {} : { observedGeneration: object.metadata.generation }),
  };
  if (at < 0) conditions.push(next);
  else conditions[at] = next;
  conditions.sort(compareConditions);
}

/** Removes every condition of the named types. */
export function deleteConditions(object: Conditioned, ...types: readonly string[]): void {
  const conditions = object.status?.conditions;
  if (conditions === undefined || !conditions.some((condition) => types.includes(condition.type))) return;
  object.status!.conditions = conditions.filter((condition) => !types.includes(condition.type));
}

/** `Reconciling=True`; it excludes Stalled. */
export function markReconciling(object: Conditioned, reason: string, message: string, now: number): void {
  deleteConditions(object, stalledCondition);
  setCondition(object, { type: reconcilingCondition, status: 'True', reason, message }, now);
}

/** `Stalled=True`; it excludes Reconciling. */
export function markStalled(object: Conditioned, reason: string, message: string, now: number): void {
  deleteConditions(object, reconcilingCondition);
  setCondition(object, { type: stalledCondition, status: 'True', reason, message }, now);
}

/** Stalled, Reconciling, Ready first; then the most recently observed; then by name. */
function compareConditions(a: Condition, b: Condition): number {
  const rank = (condition: Condition): number => {
    const at = typeOrder.indexOf(condition.type);
    return at < 0 ? typeOrder.length : at;
  };
  if (rank(a) !== rank(b)) return rank(a) - rank(b);
  if (rank(a) === typeOrder.length) {
    const generations = (b.observedGeneration ?? 0) - (a.observedGeneration ?? 0);
    if (generations !== 0) return generations;
  }
  return a.type < b.type ? -1 : a.type > b.type ? 1 : 0;
}

function trimMessage(message: string): string {
  return message.length <= maxMessageLength ? message : `${message.slice(0, maxMessageLength - 3)}...`;
}
