// HelmRepository's conditions as data.
import { readyCondition, reconcilingCondition, stalledCondition } from '#runtime/conditions';
import type { ConditionSet } from '#runtime/summarize';
import { artifactInStorage, artifactOutdated, fetchFailed, storageOperationFailed } from '../source/conditions.ts';

const summarize = [
  storageOperationFailed,
  fetchFailed,
  artifactOutdated,
  artifactInStorage,
  stalledCondition,
  reconcilingCondition,
];

export const helmRepositoryConditions: ConditionSet = {
  owned: [...summarize, readyCondition],
  summarize,
  negative: new Set([storageOperationFailed, fetchFailed, artifactOutdated, stalledCondition, reconcilingCondition]),
  bipolar: [],
};

/** Conditions whose end is worth an event when nothing else is new. */
export const helmRepositoryFailures = [fetchFailed, storageOperationFailed];
