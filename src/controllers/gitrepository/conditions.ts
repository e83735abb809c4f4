// GitRepository's conditions as data.
import { fetchFailed, sourceConditions, storageOperationFailed } from '../source/conditions.ts';

export const includeUnavailable = 'IncludeUnavailable';

export const gitRepositoryConditions = sourceConditions([fetchFailed, includeUnavailable], { verifies: true });

/** Conditions whose end is worth an event when nothing else is new. */
export const gitRepositoryFailures = [fetchFailed, includeUnavailable, storageOperationFailed];
