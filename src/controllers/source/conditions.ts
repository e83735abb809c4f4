// Condition types and reasons that all sources share, and the conditions of a kind of source as data.
import { readyCondition, reconcilingCondition, stalledCondition } from '#runtime/conditions';
import type { ConditionSet } from '#runtime/summarize';

export const artifactInStorage = 'ArtifactInStorage';
export const artifactOutdated = 'ArtifactOutdated';
export const fetchFailed = 'FetchFailed';
export const storageOperationFailed = 'StorageOperationFailed';
export const sourceVerified = 'SourceVerified';

export const succeeded = 'Succeeded';

/** `failures` are the kind's own beside those of the storage, the worst first. */
export function sourceConditions(
  failures: readonly string[],
  { verifies = false }: { readonly verifies?: boolean } = {},
): ConditionSet {
  const negative = [storageOperationFailed, ...failures, artifactOutdated, stalledCondition, reconcilingCondition];
  const bipolar = verifies ? [sourceVerified] : [];
  const summarize = [
    storageOperationFailed,
    ...failures,
    artifactOutdated,
    artifactInStorage,
    ...bipolar,
    stalledCondition,
    reconcilingCondition,
  ];
  return { owned: [...summarize, readyCondition], summarize, negative: new Set(negative), bipolar };
}
