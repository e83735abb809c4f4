// The reconcile that all sources share: deletion, finalizer, suspension, steps, summary, one status write.
import { FINALIZER, type Condition } from '#api/meta';
import type { KubeObject, ResourceRef } from '#kube/object';
import { errorMessage } from '#lib/errors';
import {
  deleteConditions,
  getCondition,
  isTrue,
  markReconciling,
  markStalled,
  readyCondition,
  reconcilingCondition,
  setCondition,
  stalledCondition,
} from './conditions.ts';
import type { Reconcile, ReconcileContext, Result } from './controller.ts';
import type { EventRecorder } from './event-recorder.ts';
import { jitter } from './jitter.ts';
import { objectReconciler, type ObjectReconcilerDependencies, type ObjectRun } from './object-reconciler.ts';
import type { ObjectWriter } from './object-writer.ts';
import { FleetingError, ReconcileError, StalledError, WaitingError } from './reconcile-error.ts';
import { noteRequest } from './requests.ts';
import { type ConditionSet, summarizeReady } from './summarize.ts';

/** A source object as this machine sees it; drafts of all source kinds fit. */
export interface SourceObject extends KubeObject {
  spec: { suspend?: boolean };
  status?: {
    conditions?: Condition[];
    observedGeneration?: number;
    lastHandledReconcileAt?: string;
  };
}

/** What a step works with. The object is the working copy: steps write its status and conditions, nobody else's. */
export interface StepContext<T extends SourceObject> extends ReconcileContext {
  readonly object: T;
  readonly now: () => number;
  readonly events: EventRecorder;
  /** Sets Reconciling (and Ready, where it is Unknown) to this message, shown if the run lasts. */
  readonly progress: (message: string) => void;
}

/** Does one part of the work, or throws a {@link ReconcileError} that says how to go on. */
export type Step<T extends SourceObject, Run> = (context: StepContext<T>, run: Run) => Promise<void>;

/** One kind of source, as data and steps. `Run` is what the steps of one run hand on to each other. */
export interface SourceKind<T extends SourceObject, Run> {
  readonly kind: string;
  readonly ref: ResourceRef;
  readonly conditions: ConditionSet;
  readonly fieldManager: string;
  /** ms between runs. */
  readonly interval: (object: T) => number;
  /** Begins a run; `dispose` is called at its end, come what may. */
  readonly begin: (object: T) => Run;
  readonly dispose?: (run: Run) => Promise<void>;
  readonly steps: readonly Step<T, Run>[];
  /** After a successful run, before the status is written: events about what is new. `before` is the object as found. */
  readonly notify: (context: StepContext<T>, before: T, run: Run) => void;
  /** Removes what the object owns outside the cluster. */
  readonly finalize: (object: T) => Promise<void>;
}

export interface SourceReconcilerDependencies<T extends SourceObject> extends ObjectReconcilerDependencies<T> {
  readonly events: EventRecorder;
  readonly random: () => number;
  readonly jitterPercentage: number;
}

const progressing = 'Progressing';

/** The reconcile function of a source kind. */
export function sourceReconciler<T extends SourceObject, Run>(
  kind: SourceKind<T, Run>,
  deps: SourceReconcilerDependencies<T>,
): Reconcile {
  const { kind: name, ref, fieldManager, conditions } = kind;
  const frame = { kind: name, ref, fieldManager, ownedConditions: conditions.owned, newMemory: () => undefined };
  return objectReconciler<T, undefined>(frame, deps, (run) => new SourceRun(kind, deps, run).go());
}

class SourceRun<T extends SourceObject, Run> {
  readonly #kind: SourceKind<T, Run>;
  readonly #deps: SourceReconcilerDependencies<T>;
  readonly #writer: ObjectWriter<T>;
  readonly #before: T;
  readonly #context: StepContext<T>;

  constructor(
    kind: SourceKind<T, Run>,
    deps: SourceReconcilerDependencies<T>,
    { writer, before, context }: ObjectRun<T, undefined>,
  ) {
    this.#kind = kind;
    this.#deps = deps;
    this.#writer = writer;
    this.#before = before;
    this.#context = {
      ...context,
      object: writer.object,
      now: () => deps.clock.now(),
      events: deps.events,
      progress: (message) => this.#progress(message),
    };
  }

  async go(): Promise<Result> {
    const { object } = this.#writer;
    if (object.metadata.deletionTimestamp !== undefined) {
      await this.#finalize();
      return {};
    }
    await this.#writer.ensureFinalizer(FINALIZER);
    if (object.spec.suspend === true) {
      this.#context.log.info({}, 'reconciliation is suspended for this object');
      noteRequest(object);
      this.#observe();
      await this.#writer.flush();
      return {};
    }
    return this.#pass();
  }

  async #finalize(): Promise<void> {
    const { object } = this.#writer;
    try {
      await this.#kind.finalize(object);
    } catch (error) {
      const reason = error instanceof ReconcileError ? error.reason : 'GarbageCollectionFailed';
      this.#context.events.record(object, { severity: 'error', reason, message: errorMessage(error) });
      throw error;
    }
    await this.#writer.removeFinalizer(FINALIZER);
  }

  async #pass(): Promise<Result> {
    const { object } = this.#writer;
    this.#begin();
    const run = this.#kind.begin(object);
    let failure: unknown;
    try {
      for (const step of this.#kind.steps) await step(this.#context, run);
    } catch (error) {
      failure = error;
    } finally {
      await this.#kind.dispose?.(run);
    }
    const { now, signal } = this.#context;
    // A run cut short by the end of the process has nothing to report; the next process starts it anew.
    if (signal.aborted) throw failure ?? signal.reason;
    if (failure instanceof FleetingError) {
      await this.#writer.discard();
      throw failure;
    }
    noteRequest(object);
    if (failure === undefined) this.#succeed();
    else this.#fail(failure);
    summarizeReady(object, this.#kind.conditions, now());
    if (failure === undefined) this.#kind.notify(this.#context, this.#before, run);
    await this.#writer.flush();
    if (failure !== undefined) throw failure;
    // Every step went well and yet a condition speaks against Ready: look again soon, not after a whole interval.
    if (!isTrue(object, readyCondition)) return { requeue: true };
    return { requeueAfter: jitter(this.#kind.interval(object), this.#deps.jitterPercentage, this.#deps.random) };
  }

  #begin(): void {
    const { object } = this.#writer;
    const { generation = 0 } = object.metadata;
    const observed = object.status?.observedGeneration ?? -1;
    const message =
      generation === observed
        ? 'reconciliation in progress'
        : `processing object: new generation ${observed} -> ${generation}`;
    const ready = getCondition(object, readyCondition);
    if (ready === undefined) this.#setReadyUnknown(message);
    this.#progress(message);
  }

  #progress(message: string): void {
    const { object } = this.#writer;
    markReconciling(object, progressing, message, this.#deps.clock.now());
    if (getCondition(object, readyCondition)?.status === 'Unknown') this.#setReadyUnknown(message);
    this.#writer.announce();
  }

  #setReadyUnknown(message: string): void {
    const value = { type: readyCondition, status: 'Unknown', reason: progressing, message } as const;
    setCondition(this.#writer.object, value, this.#deps.clock.now());
  }

  #succeed(): void {
    deleteConditions(this.#writer.object, reconcilingCondition, stalledCondition);
    this.#observe();
  }

  #fail(failure: unknown): void {
    const { object } = this.#writer;
    const now = this.#deps.clock.now();
    if (failure instanceof StalledError) {
      markStalled(object, failure.reason, failure.message, now);
      this.#observe();
    } else {
      deleteConditions(object, stalledCondition);
      const reconciling = getCondition(object, reconcilingCondition);
      if (reconciling !== undefined) markReconciling(object, 'ProgressingWithRetry', reconciling.message, now);
    }
    if (failure instanceof ReconcileError && failure.treatment.event !== 'none') {
      const severity = failure instanceof WaitingError ? 'trace' : 'error';
      this.#context.events.record(object, { severity, reason: failure.reason, message: errorMessage(failure) });
    }
  }

  #observe(): void {
    const { object } = this.#writer;
    if ((object.status?.conditions ?? []).length === 0) return;
    if (object.metadata.generation !== undefined) object.status!.observedGeneration = object.metadata.generation;
  }
}
