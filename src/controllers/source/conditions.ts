// Condition types and reasons that all sources share.

export const artifactInStorage = 'ArtifactInStorage';
export const artifactOutdated = 'ArtifactOutdated';
export const fetchFailed = 'FetchFailed';
export const storageOperationFailed = 'StorageOperationFailed';
export const sourceVerified = 'SourceVerified';

export const succeeded = 'Succeeded';
