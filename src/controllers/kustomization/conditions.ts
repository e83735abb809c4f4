// Kustomization's conditions, reasons, and how Ready is set: directly, since one object of work is under way at a time.
import {
  deleteConditions,
  getCondition,
  isFalse,
  isTrue,
  markReconciling,
  readyCondition,
  reconcilingCondition,
  setCondition,
  stalledCondition,
  type ConditionStatus,
} from '#runtime/conditions';
import type { KustomizationDraft } from './kustomization.ts';

export const healthyCondition = 'Healthy';
export const ownedConditions = [readyCondition, reconcilingCondition, stalledCondition, healthyCondition];

export type ReadyReason =
  | 'Progressing'
  | 'ReconciliationSucceeded'
  | 'ReconciliationFailed'
  | 'ArtifactFailed'
  | 'BuildFailed'
  | 'DependencyNotReady'
  | 'HealthCheckFailed'
  | 'HealthCheckCanceled'
  | 'PruneFailed'
  | 'AccessDenied'
  | 'InvalidCELExpression'
  | 'FeatureGateDisabled';

export function setReady(
  object: KustomizationDraft,
  status: ConditionStatus,
  reason: ReadyReason,
  message: string,
  now: number,
): void {
  setCondition(object, { type: readyCondition, status, reason, message }, now);
}

export function setHealthy(
  object: KustomizationDraft,
  status: ConditionStatus,
  reason: string,
  message: string,
  now: number,
): void {
  setCondition(object, { type: healthyCondition, status, reason, message }, now);
}

/** At the end of every run: what the outcome means for Reconciling and for the observed generation. */
export function concludeConditions(object: KustomizationDraft, now: number): void {
  if (isTrue(object, readyCondition)) {
    deleteConditions(object, reconcilingCondition);
    if (object.metadata.generation !== undefined) object.status!.observedGeneration = object.metadata.generation;
    return;
  }
  const reconciling = getCondition(object, reconcilingCondition);
  if (isFalse(object, readyCondition) && reconciling !== undefined) {
    markReconciling(object, 'ProgressingWithRetry', reconciling.message, now);
  }
}
