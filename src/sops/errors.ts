// What goes wrong while something is decrypted. No message holds a value, a key or a token.
import { CodedError, errorMessage } from '#lib/errors';

/**
 * - `SOPS_FORMAT`: the text is not what SOPS writes
 * - `SOPS_KEY`: no key at hand recovers the data key
 * - `SOPS_VALUE`: a value does not decrypt, or cannot be written in the format asked for
 * - `SOPS_SECRET`: an entry of the decryption Secret cannot be used
 */
export type SopsErrorCode = 'SOPS_FORMAT' | 'SOPS_KEY' | 'SOPS_VALUE' | 'SOPS_SECRET';

export class SopsError extends CodedError {
  declare readonly code: SopsErrorCode;
}

/** What `work` gives; what it throws becomes a SopsError with `prefix` before its message. */
export function explained<T>(code: SopsErrorCode, prefix: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new SopsError(code, `${prefix}: ${errorMessage(error)}`, { cause: error });
  }
}
