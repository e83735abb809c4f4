// Ready, derived: which of an object's other conditions speaks for it. As source-controller's summary does.
import type { Condition } from '#api/meta';
import {
  type Conditioned,
  type ConditionStatus,
  getCondition,
  isFalse,
  readyCondition,
  setCondition,
} from './conditions.ts';

/** A kind's conditions as data. */
export interface ConditionSet {
  /** Types this controller writes; on a conflict its values win over other writers'. */
  readonly owned: readonly string[];
  /** Types that Ready is derived from, the most telling first. */
  readonly summarize: readonly string[];
  /** Types for which True is the bad news. */
  readonly negative: ReadonlySet<string>;
  /** Types that may be True or False for good; False takes Ready down with its own reason. */
  readonly bipolar: readonly string[];
}

/** Smaller is more telling. */
function priority(condition: Condition, negative: boolean): number {
  if (condition.status === 'Unknown') return 4;
  if (condition.status === 'True') return negative ? 0 : 2;
  return negative ? 3 : 1;
}

function invert(status: ConditionStatus): ConditionStatus {
  return status === 'True' ? 'False' : status === 'False' ? 'True' : 'Unknown';
}

/** Writes Ready from the conditions of the set that are present; leaves it alone when there is none. */
export function summarizeReady(object: Conditioned, set: ConditionSet, now: number): void {
  let best: { condition: Condition; rank: number } | undefined;
  for (const type of set.summarize) {
    const condition = getCondition(object, type);
    if (condition === undefined) continue;
    const rank = priority(condition, set.negative.has(type));
    if (best === undefined || rank < best.rank) best = { condition, rank };
  }
  if (best !== undefined) {
    const { type, status, reason, message } = best.condition;
    const ready = set.negative.has(type) ? invert(status) : status;
    setCondition(object, { type: readyCondition, status: ready, reason, message }, now);
  }
  for (const type of set.bipolar) {
    if (!isFalse(object, type)) continue;
    const { reason, message } = getCondition(object, type)!;
    setCondition(object, { type: readyCondition, status: 'False', reason, message }, now);
  }
}
