// What goes wrong on the way to a token: one class, told apart by code.
import { CodedError } from '#lib/errors';

/**
 * - `IDENTITY_ACCOUNT_NOT_FOUND`: the ServiceAccount to act as is not there
 * - `IDENTITY_CONFIG`: an annotation, a field or the environment says something that cannot be used, or too little
 * - `IDENTITY_GATE`: identities of ServiceAccounts are switched off
 * - `IDENTITY_REFUSED`: a cloud answered, and not with what was asked for
 * - `IDENTITY_UNREACHABLE`: a cloud did not answer
 */
export type IdentityErrorCode =
  | 'IDENTITY_ACCOUNT_NOT_FOUND'
  | 'IDENTITY_CONFIG'
  | 'IDENTITY_GATE'
  | 'IDENTITY_REFUSED'
  | 'IDENTITY_UNREACHABLE';

export class IdentityError extends CodedError {
  declare readonly code: IdentityErrorCode;
}

/** What `work` gives; what it throws keeps its code and has `prefix` before its message. */
export async function explained<T>(prefix: string, work: () => Promise<T> | T): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    throw new CodedError(error.code, `${prefix}${error.message}`, { cause: error });
  }
}
