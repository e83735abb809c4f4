// A failure of one part of the work, with the reason it gives the Ready condition.
import { errorMessage } from '#lib/errors';
import type { ReadyReason } from './conditions.ts';

/** A failure with the reason it gives Ready. */
export class StepError extends Error {
  readonly reason: ReadyReason;

  constructor(reason: ReadyReason, cause: unknown) {
    super(errorMessage(cause), { cause });
    this.name = 'StepError';
    this.reason = reason;
  }
}

/** Runs one part; what it throws gets the reason. */
export async function step<T>(reason: ReadyReason, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof StepError ? error : new StepError(reason, error);
  }
}
