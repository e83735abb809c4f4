// HelmRelease's conditions and reasons, and how Ready follows from the others.
import type { Condition } from '#api/meta';
import {
  deleteConditions,
  getCondition,
  isTrue,
  readyCondition,
  reconcilingCondition,
  setCondition,
  stalledCondition,
  type ConditionStatus,
} from '#runtime/conditions';
import type { HelmReleaseDraft } from './helmrelease.ts';

export const releasedCondition = 'Released';
export const testSuccessCondition = 'TestSuccess';
export const remediatedCondition = 'Remediated';
/** Of Flux 2.9; there only while somebody looks for drift. */
export const driftedCondition = 'Drifted';

export const ownedConditions = [
  releasedCondition,
  remediatedCondition,
  testSuccessCondition,
  driftedCondition,
  reconcilingCondition,
  readyCondition,
  stalledCondition,
];

export type ReadyReason =
  | 'Progressing'
  | 'DependencyNotReady'
  | 'AccessDenied'
  | 'ArtifactFailed'
  | 'SourceNotReady'
  | 'ValuesError'
  | 'ChartMutateError'
  | 'RESTClientError'
  | 'StateError'
  | 'ReconcileError'
  | 'UninstallFailed'
  | 'HealthCheckCanceled'
  | 'InvalidChartReference'
  | 'HelmChartSyncErr'
  | 'InvalidCELExpression';

export function setReady(
  object: HelmReleaseDraft,
  status: ConditionStatus,
  reason: ReadyReason,
  message: string,
  now: number,
): void {
  setCondition(object, { type: readyCondition, status, reason, message }, now);
}

/** A gate that kept the object from being Ready is passed: what it said no longer holds. */
export function passGate(object: HelmReleaseDraft, reasons: readonly ReadyReason[], now: number): void {
  const ready = getCondition(object, readyCondition);
  if (ready?.status !== 'False' || !reasons.some((reason) => reason === ready.reason)) return;
  setReady(object, 'Unknown', 'Progressing', 'reconciliation in progress', now);
}

/** Writes Ready from what was released, tested and remediated. */
export function summarize(object: HelmReleaseDraft, now: number): void {
  const { test } = object.spec;
  if (test?.enable !== true) deleteConditions(object, testSuccessCondition);
  const types = [remediatedCondition];
  if (test?.enable === true && test.ignoreFailures !== true) types.push(testSuccessCondition);
  types.push(releasedCondition);
  const [first] = ranked(object.status?.conditions ?? [], types);
  if (first === undefined) return;
  // Whatever was undone was a failure.
  const status = first.type === remediatedCondition ? 'False' : first.status;
  if (isTrue(object, stalledCondition) && status === 'True') deleteConditions(object, stalledCondition);
  setCondition(object, { type: readyCondition, status, reason: first.reason, message: first.message }, now);
}

/**
 * The conditions of the types, the most telling first: one goes before another when it is of the same generation or a
 * later one, and earlier in the list. That is no order, so that how it is sorted matters: by insertion.
 */
function ranked(conditions: readonly Condition[], types: readonly string[]): Condition[] {
  const sorted = conditions.filter(({ type }) => types.includes(type));
  const before = (a: Condition, b: Condition): boolean =>
    (a.observedGeneration ?? 0) >= (b.observedGeneration ?? 0) && types.indexOf(a.type) < types.indexOf(b.type);
  for (let i = 1; i < sorted.length; i++) {
    for (let j = i; j > 0 && before(sorted[j]!, sorted[j - 1]!); j--) {
      [sorted[j], sorted[j - 1]] = [sorted[j - 1]!, sorted[j]!];
    }
  }
  return sorted;
}
