// Errors of the repository room; the codes say which step went wrong, and with that who can mend it.
import { CodedError } from '#lib/errors';

export type RepositoryErrorCode =
  /** The address, or one the index gives, cannot be used. */
  | 'HELM_REPOSITORY_URL'
  /** The server could not be reached, refused, or sent too much. */
  | 'HELM_REPOSITORY_FETCH'
  /** The index cannot be read. */
  | 'HELM_REPOSITORY_INDEX'
  /** The index has no such chart or version. */
  | 'HELM_CHART_REFERENCE'
  /** What was downloaded is not what the index promised. */
  | 'HELM_CHART_DIGEST'
  /** A version the metadata cannot be added to. */
  | 'HELM_CHART_METADATA'
  /** A values file is missing or no map. */
  | 'HELM_CHART_VALUES_FILES'
  /** A dependency is missing or not the wanted version. */
  | 'HELM_CHART_DEPENDENCY'
  /** A signature is demanded that cannot be looked for. */
  | 'HELM_CHART_VERIFICATION'
  /** The chart cannot be written. */
  | 'HELM_CHART_PACKAGE';

export class RepositoryError extends CodedError {
  declare readonly code: RepositoryErrorCode;
}
