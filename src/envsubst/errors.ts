// The error of this room: its message is upstream's, for users grep for it.
import { CodedError } from '#lib/errors';

/** A broken `${...}`, a missing variable, or one that is too expensive to expand. */
export class SubstitutionError extends CodedError {
  constructor(message: string) {
    super('SUBSTITUTION_FAILED', message);
  }
}
