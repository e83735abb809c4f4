// The gates before a release can be worked on, told in conditions and events: passed, or why not.
import { errorMessage } from '#lib/errors';
import type { Clock } from '#lib/clock';
import { markReconciling, markStalled } from '#runtime/conditions';
import type { EventRecorder, EventSeverity } from '#runtime/event-recorder';
import { passGate, setReady, type ReadyReason } from './conditions.ts';
import type { HelmReleaseDraft } from './helmrelease.ts';

/** Something has to happen first; the object says what. */
export class NotYetError extends Error {
  readonly afterMs: number;
  /** It is expected to happen in a moment, and is worth no status before that is over. */
  readonly isFleeting: boolean;

  constructor(message: string, afterMs: number, isFleeting = false) {
    super(message);
    this.afterMs = afterMs;
    this.isFleeting = isFleeting;
  }
}

/** Cannot pass until somebody changes something; the object says what. */
export class StoppedError extends Error {}

export interface GatesOptions {
  readonly object: HelmReleaseDraft;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export class Gates {
  readonly #options: GatesOptions;

  constructor(options: GatesOptions) {
    this.#options = options;
  }

  /** Does something that Ready is False of with `reason` when it fails. */
  async through<T>(reason: ReadyReason, prefix: string, work: () => Promise<T>): Promise<T> {
    try {
      const result = await work();
      this.pass(reason);
      return result;
    } catch (error) {
      this.#options.signal.throwIfAborted();
      throw this.fault(reason, prefix, error);
    }
  }

  /** What failed, told; to be thrown. */
  fault(reason: ReadyReason, prefix: string, error: unknown): Error {
    const message = `${prefix}${errorMessage(error)}`;
    this.notReady(reason, message);
    this.event('error', reason, message);
    return new Error(message, { cause: error });
  }

  /** Nothing but a change of the object, or of what it refers to, helps. To be thrown. */
  stop(reason: ReadyReason, message: string, cause?: unknown): StoppedError {
    markStalled(this.#options.object, reason, message, this.#now());
    this.ready('False', reason, message);
    this.event('error', reason, message);
    return new StoppedError(message, { cause });
  }

  notReady(reason: ReadyReason, message: string): void {
    markReconciling(this.#options.object, 'Progressing', 'Fulfilling prerequisites', this.#now());
    this.ready('False', reason, message);
  }

  /** What these reasons said against the object no longer holds. */
  pass(...reasons: readonly ReadyReason[]): void {
    passGate(this.#options.object, reasons, this.#now());
  }

  ready(status: 'True' | 'False' | 'Unknown', reason: ReadyReason, message: string): void {
    setReady(this.#options.object, status, reason, message, this.#now());
  }

  event(severity: EventSeverity, reason: string, message: string, metadata?: Readonly<Record<string, string>>): void {
    const { events, object } = this.#options;
    events.record(object, { severity, reason, message, ...(metadata && { metadata }) });
  }

  #now(): number {
    return this.#options.clock.now();
  }
}
