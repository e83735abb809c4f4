// Errors that say how they want to be treated: what a reconcile does with a failure is decided where it happens.
import { CodedError } from '#lib/errors';

/** What the object's status, the queue and the event stream do with an error. */
export interface ErrorTreatment {
  /** `error` is POSTed to subscribers and shown as a Warning; `trace` is a Kubernetes event only; `none` is neither. */
  readonly event: 'error' | 'trace' | 'none';
  /** `retry`: back off; `wait`: come again after {@link ReconcileError.retryAfter}; `stop`: until the spec changes. */
  readonly next: 'retry' | 'wait' | 'stop';
}

/** Base of the kinds below. `reason` is the CamelCase reason of the event and of the condition. */
export abstract class ReconcileError extends CodedError {
  readonly reason: string;
  abstract readonly treatment: ErrorTreatment;

  constructor(reason: string, message: string, options?: ErrorOptions) {
    super(reason, message, options);
    this.reason = reason;
  }
}

/** May pass by itself: a server down, a secret not there yet. Retried with exponential backoff. */
export class TransientError extends ReconcileError {
  readonly treatment: ErrorTreatment = { event: 'error', next: 'retry' };
}

/** Cannot pass until somebody changes the object. Sets Stalled=True and is not retried. */
export class StalledError extends ReconcileError {
  readonly treatment: ErrorTreatment = { event: 'error', next: 'stop' };
}

/** Something else has to happen first. Looked at again after `retryAfter` ms, or at once when a watch wakes it. */
export class WaitingError extends ReconcileError {
  readonly treatment: ErrorTreatment = { event: 'trace', next: 'wait' };
  readonly retryAfter: number;

  constructor(reason: string, message: string, retryAfter: number, options?: ErrorOptions) {
    super(reason, message, options);
    this.retryAfter = retryAfter;
  }
}

/** A wait that is over in a moment, as likely as not: worth neither a status nor an event before that moment is. */
export class FleetingError extends WaitingError {
  override readonly treatment: ErrorTreatment = { event: 'none', next: 'wait' };
}
