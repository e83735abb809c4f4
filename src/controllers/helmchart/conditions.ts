// HelmChart's conditions and reasons as data.
import { fetchFailed, sourceConditions, storageOperationFailed } from '../source/conditions.ts';

export const buildFailed = 'BuildFailed';

export const helmChartConditions = sourceConditions([fetchFailed, buildFailed], { verifies: true });

/** Conditions whose end is worth an event when nothing else is new. */
export const helmChartFailures = [buildFailed, fetchFailed, storageOperationFailed];

/** How an error of the engine appears in the status. */
export interface Failure {
  readonly condition: typeof fetchFailed | typeof buildFailed;
  readonly reason: string;
  /** What stands before the error's own text. */
  readonly summary: string;
  /** Nothing will change until the spec or the source does. */
  readonly stalls: boolean;
}

const pullError: Failure = {
  condition: fetchFailed,
  reason: 'ChartPullError',
  summary: 'chart pull error',
  stalls: false,
};

/** By the code of the error. What is not here is `chart package error` for a chart of a source, else a pull error. */
export const failures: Readonly<Record<string, Failure>> = {
  HELM_REPOSITORY_URL: pullError,
  HELM_REPOSITORY_FETCH: pullError,
  HELM_REPOSITORY_INDEX: pullError,
  HELM_CHART_DIGEST: pullError,
  HELM_CHART_REFERENCE: {
    condition: fetchFailed,
    reason: 'InvalidChartReference',
    summary: 'invalid chart reference',
    stalls: true,
  },
  HELM_CHART_INVALID: {
    condition: fetchFailed,
    reason: 'InvalidChartReference',
    summary: 'invalid chart reference',
    stalls: true,
  },
  HELM_CHART_METADATA: {
    condition: buildFailed,
    reason: 'MetadataPatchError',
    summary: 'chart metadata patch error',
    stalls: true,
  },
  HELM_CHART_VALUES_FILES: {
    condition: buildFailed,
    reason: 'ValuesFilesError',
    summary: 'values files merge error',
    stalls: true,
  },
  HELM_CHART_DEPENDENCY: {
    condition: buildFailed,
    reason: 'DependencyBuildError',
    summary: 'dependency build error',
    stalls: false,
  },
  HELM_CHART_VERIFICATION: {
    condition: buildFailed,
    reason: 'ChartVerificationError',
    summary: 'chart verification error',
    stalls: false,
  },
  HELM_CHART_PACKAGE: {
    condition: buildFailed,
    reason: 'ChartPackageError',
    summary: 'chart package error',
    stalls: false,
  },
};

/** What cannot be told apart further. */
export const unknownFailure: Failure = {
  condition: buildFailed,
  reason: 'Unknown',
  summary: 'unknown build error',
  stalls: false,
};
