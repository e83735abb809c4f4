// What can go wrong between us and a Git server, told apart by code.
import { CodedError } from '#lib/errors';

export type GitErrorCode =
  | 'GIT_AUTHENTICATION_REQUIRED'
  | 'GIT_AUTHORIZATION_FAILED'
  | 'GIT_REPOSITORY_NOT_FOUND'
  | 'GIT_EMPTY_REPOSITORY'
  | 'GIT_REFERENCE_NOT_FOUND'
  | 'GIT_PROTOCOL'
  | 'GIT_PACK_CORRUPT'
  | 'GIT_TOO_LARGE'
  | 'GIT_BAD_PATH'
  | 'GIT_OBJECT_NOT_FOUND'
  | 'GIT_REFERENCE_UNRESOLVED'
  | 'GIT_SPARSE_MISSING'
  | 'GIT_INCLUDE'
  | 'GIT_BAD_IDENTITY'
  | 'GIT_HOST_KEY'
  | 'GIT_TRANSPORT';

/** Made with one of the codes above. */
export class GitError extends CodedError {
  declare readonly code: GitErrorCode;
}
