// The three ways an expression fails: it is wrong, it is beyond this engine, or it went wrong with these values.
import { CodedError } from '#lib/errors';

/** cel-go refuses the expression too. */
export class CelSyntaxError extends CodedError {
  constructor(message: string) {
    super('CEL_INVALID', message);
  }
}

/** The expression may be right, but uses what this engine does not have. */
export class CelUnsupportedError extends CodedError {
  constructor(message: string) {
    super('CEL_UNSUPPORTED', message);
  }
}

/** A missing key, a type without the operation, or too much work. */
export class CelEvaluationError extends CodedError {
  constructor(message: string) {
    super('CEL_EVALUATION', message);
  }
}
