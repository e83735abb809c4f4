// Why a repository could not be fetched, in the words and with the reasons of Flux.
import { GitError, publicUrl } from '#git/index';
import { errorMessage } from '#lib/errors';
import { ReconcileError, TransientError } from '#runtime/reconcile-error';

export interface CheckoutAttempt {
  readonly url: string;
  /** The references were being listed, to see whether anything is new. */
  readonly listing: boolean;
  readonly timedOut: boolean;
}

export function checkoutFailure(error: unknown, attempt: CheckoutAttempt): ReconcileError {
  if (error instanceof ReconcileError) return error;
  const code = error instanceof GitError ? error.code : undefined;
  if (code === 'GIT_EMPTY_REPOSITORY') {
    return new TransientError('EmptyGitRepository', errorMessage(error), { cause: error });
  }
  const message = `failed to checkout and determine revision: ${sentence(error, code, attempt)}`;
  return new TransientError('GitOperationFailed', message, { cause: error });
}

function sentence(error: unknown, code: GitError['code'] | undefined, attempt: CheckoutAttempt): string {
  const url = publicUrl(attempt.url);
  const why = attempt.timedOut ? 'context deadline exceeded' : errorMessage(error);
  // What is wrong with the wish, not with the server, stands alone.
  if (code === 'GIT_REFERENCE_UNRESOLVED') return why;
  if (attempt.listing && code !== 'GIT_REFERENCE_NOT_FOUND') return `unable to list remote for '${url}': ${why}`;
  if (code === 'GIT_REPOSITORY_NOT_FOUND') return `unable to clone: ${why}: git repository: '${url}'`;
  return `unable to clone '${url}': ${why}`;
}
