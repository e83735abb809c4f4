// HelmRepository's conditions as data.
import { fetchFailed, sourceConditions, storageOperationFailed } from '../source/conditions.ts';

export const helmRepositoryConditions = sourceConditions([fetchFailed]);

/** Conditions whose end is worth an event when nothing else is new. */
export const helmRepositoryFailures = [fetchFailed, storageOperationFailed];
