// Tells how a run goes and how it ended: in the conditions, in events, and in the history.
import type { Clock } from '#lib/clock';
import { goDuration } from '#lib/duration-ms';
import { getCondition, markReconciling, markStalled, readyCondition, type ConditionStatus } from '#runtime/conditions';
import type { EventRecorder, EventSeverity } from '#runtime/event-recorder';
import type { ObjectWriter } from '#runtime/object-writer';
import { changeLog, type Change } from '../apply/change-set.ts';
import { setReady, type ReadyReason } from './conditions.ts';
import { withOutcome } from './history.ts';
import { timeoutMs, type KustomizationDraft } from './kustomization.ts';

const group = 'kustomize.toolkit.fluxcd.io';

export class Report {
  /** Of the source; empty until there is an artifact to work on. */
  revision = '';
  /** Of the built manifests; undefined until they are built. */
  digest: string | undefined;
  readonly #writer: ObjectWriter<KustomizationDraft>;
  readonly #events: EventRecorder;
  readonly #clock: Clock;
  readonly #started: number;

  constructor(
    writer: ObjectWriter<KustomizationDraft>,
    { events, clock }: { readonly events: EventRecorder; readonly clock: Clock },
  ) {
    this.#writer = writer;
    this.#events = events;
    this.#clock = clock;
    this.#started = clock.monotonic();
  }

  /** How long the run has taken, as a Go duration. */
  get elapsed(): string {
    return goDuration(this.#clock.monotonic() - this.#started);
  }

  ready(status: ConditionStatus, reason: ReadyReason, message: string): void {
    setReady(this.#writer.object, status, reason, message, this.#clock.now());
  }

  /** Nothing helps but a change of the object, or of what it may refer to. */
  stalled(reason: ReadyReason, message: string): void {
    this.ready('False', reason, message);
    markStalled(this.#writer.object, reason, message, this.#clock.now());
    this.event('error', message);
  }

  progress(what: string): void {
    const { object } = this.#writer;
    const text = `${what} with a timeout of ${goDuration(timeoutMs(object))}`;
    markReconciling(object, 'Progressing', text, this.#clock.now());
    this.#writer.announce();
  }

  /** Its reason is Ready's. */
  event(severity: EventSeverity, message: string, metadata: Readonly<Record<string, string>> = {}): void {
    const { object } = this.#writer;
    const reason = getCondition(object, readyCondition)?.reason ?? severity;
    this.#events.record(object, {
      severity,
      reason,
      message,
      metadata: { ...(this.revision !== '' && { [`${group}/revision`]: this.revision }), ...metadata },
    });
  }

  changes(changes: readonly Change[]): void {
    if (changes.length > 0) this.event('info', changeLog(changes));
  }

  /** A run that did something is over; `intervalMs` is when the next one begins. */
  finished(intervalMs: number): void {
    const message = `Reconciliation finished in ${this.elapsed}, next run in ${goDuration(intervalMs)}`;
    this.event('info', message, { [`${group}/commit_status`]: 'update' });
  }

  /** Adds the outcome to the history, where the manifests were built at all. */
  outcome(status: ReadyReason, origin?: string): void {
    if (this.digest === undefined) return;
    const object = this.#writer.object.status!;
    object.history = withOutcome(object.history, {
      digest: this.digest,
      status,
      at: this.#clock.now(),
      duration: this.elapsed,
      metadata: { revision: this.revision, ...(origin !== undefined && { originRevision: origin }) },
    });
  }
}
