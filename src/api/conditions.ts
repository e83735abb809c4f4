// The words of conditions: types and reasons that users, scripts and other tools look for, spelled as Flux spells them.

export const ConditionType = {
  Ready: 'Ready',
  Reconciling: 'Reconciling',
  Stalled: 'Stalled',
  // Kustomization
  Healthy: 'Healthy',
  // Sources
  ArtifactInStorage: 'ArtifactInStorage',
  ArtifactOutdated: 'ArtifactOutdated',
  BuildFailed: 'BuildFailed',
  FetchFailed: 'FetchFailed',
  IncludeUnavailable: 'IncludeUnavailable',
  SourceVerified: 'SourceVerified',
  StorageOperationFailed: 'StorageOperationFailed',
  // HelmRelease
  Drifted: 'Drifted',
  Released: 'Released',
  Remediated: 'Remediated',
  TestSuccess: 'TestSuccess',
} as const;

export type ConditionType = (typeof ConditionType)[keyof typeof ConditionType];

/** Reasons that controllers of several kinds give. */
export const Reason = {
  AccessDenied: 'AccessDenied',
  DependencyNotReady: 'DependencyNotReady',
  Failed: 'Failed',
  FeatureGateDisabled: 'FeatureGateDisabled',
  InvalidCELExpression: 'InvalidCELExpression',
  Progressing: 'Progressing',
  ProgressingWithRetry: 'ProgressingWithRetry',
  Succeeded: 'Succeeded',
  ValidationFailed: 'ValidationFailed',
} as const;

/** Reasons of sources, on conditions and on events. */
export const SourceReason = {
  AcquireLockFailed: 'AcquireLockFailed',
  ArchiveOperationFailed: 'ArchiveOperationFailed',
  ArtifactUpToDate: 'ArtifactUpToDate',
  AuthenticationFailed: 'AuthenticationFailed',
  BucketOperationFailed: 'BucketOperationFailed',
  ChartPackageSucceeded: 'ChartPackageSucceeded',
  ChartPullSucceeded: 'ChartPullSucceeded',
  DirectoryCreationFailed: 'DirectoryCreationFailed',
  GarbageCollectionFailed: 'GarbageCollectionFailed',
  GarbageCollectionSucceeded: 'GarbageCollectionSucceeded',
  GitOperationFailed: 'GitOperationFailed',
  GitOperationSucceeded: 'GitOperationSucceeded',
  IncludeChange: 'IncludeChange',
  IndexationFailed: 'IndexationFailed',
  InvalidPath: 'InvalidPath',
  InvalidSTSConfiguration: 'InvalidSTSConfiguration',
  NewArtifact: 'NewArtifact',
  NewChart: 'NewChart',
  NewRevision: 'NewRevision',
  OCIArtifactLayerOperationFailed: 'OCIArtifactLayerOperationFailed',
  OCIArtifactPullFailed: 'OCIArtifactPullFailed',
  ReadOperationFailed: 'ReadOperationFailed',
  StatOperationFailed: 'StatOperationFailed',
  StorageOperationFailed: 'StorageOperationFailed',
  SymlinkUpdateFailed: 'SymlinkUpdateFailed',
  URLInvalid: 'URLInvalid',
  VerificationError: 'VerificationError',
} as const;

/** Reasons of a Kustomization. */
export const KustomizationReason = {
  ArtifactFailed: 'ArtifactFailed',
  BuildFailed: 'BuildFailed',
  DirCreationFailed: 'DirCreationFailed',
  HealthCheckCanceled: 'HealthCheckCanceled',
  HealthCheckFailed: 'HealthCheckFailed',
  PruneFailed: 'PruneFailed',
  ReconciliationFailed: 'ReconciliationFailed',
  ReconciliationSucceeded: 'ReconciliationSucceeded',
} as const;

/** Reasons of a HelmRelease. */
export const HelmReleaseReason = {
  ArtifactFailed: 'ArtifactFailed',
  DriftCorrected: 'DriftCorrected',
  DriftCorrectionFailed: 'DriftCorrectionFailed',
  DriftDetected: 'DriftDetected',
  InstallFailed: 'InstallFailed',
  InstallSucceeded: 'InstallSucceeded',
  MissingRollbackTarget: 'MissingRollbackTarget',
  PendingRelease: 'PendingRelease',
  RetriesExceeded: 'RetriesExceeded',
  RollbackFailed: 'RollbackFailed',
  RollbackSucceeded: 'RollbackSucceeded',
  SourceNotReady: 'SourceNotReady',
  TestFailed: 'TestFailed',
  TestSucceeded: 'TestSucceeded',
  UninstallFailed: 'UninstallFailed',
  UninstallSucceeded: 'UninstallSucceeded',
  UpgradeFailed: 'UpgradeFailed',
  UpgradeSucceeded: 'UpgradeSucceeded',
  ValuesError: 'ValuesError',
} as const;
