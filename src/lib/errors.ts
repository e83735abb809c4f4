// The base of every error the program raises on purpose: a stable code beside the sentence a person reads.

/** An error with a stable code. The message names the object, the field and the next step. */
export class CodedError extends Error {
  /** Stable, upper-case, e.g. `GIT_AUTH_FAILED`. Callers decide by this or by class, never by text. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** The text of anything that was thrown. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
