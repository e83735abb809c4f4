// GitRepository's conditions as data.
import { readyCondition, reconcilingCondition, stalledCondition } from '#runtime/conditions';
import type { ConditionSet } from '#runtime/summarize';
import {
  artifactInStorage,
  artifactOutdated,
  fetchFailed,
  sourceVerified,
  storageOperationFailed,
} from '../source/conditions.ts';

export const includeUnavailable = 'IncludeUnavailable';

const summarize = [
  storageOperationFailed,
  fetchFailed,
  includeUnavailable,
  artifactOutdated,
  artifactInStorage,
  sourceVerified,
  stalledCondition,
  reconcilingCondition,
];

export const gitRepositoryConditions: ConditionSet = {
  owned: [...summarize, readyCondition],
  summarize,
  negative: new Set([
    storageOperationFailed,
    fetchFailed,
    includeUnavailable,
    artifactOutdated,
    stalledCondition,
    reconcilingCondition,
  ]),
  bipolar: [sourceVerified],
};

/** Conditions whose end is worth an event when nothing else is new. */
export const gitRepositoryFailures = [fetchFailed, includeUnavailable, storageOperationFailed];
