// One pass over a Kustomization: source, dependencies, build, apply, prune, health, and what is told of it.
import { FINALIZER } from '#api/meta';
import type { Artifact } from '#api/source/shared';
import type { KubeClient } from '#kube/client';
import type { Unstructured } from '#kube/object';
import type { Clock } from '#lib/clock';
import { errorMessage } from '#lib/errors';
import { getCondition, markReconciling, markStalled, readyCondition } from '#runtime/conditions';
import { SupersededError, type ReconcileContext, type Result } from '#runtime/controller';
import type { EventRecorder, EventSeverity } from '#runtime/event-recorder';
import type { ObjectSource } from '#runtime/fresh-objects';
import { jitter } from '#runtime/jitter';
import type { ObjectWriter } from '#runtime/object-writer';
import { JobError } from '#workers/pool';
import { reconcileRequest } from '#runtime/predicates';
import { ApplyError, type Applier, type ApplyOutcome } from '../apply/applier.ts';
import { changeLog } from '../apply/change-set.ts';
import type { Cluster } from '../apply/cluster.ts';
import { KubeConfigMissingError } from '../apply/kubeconfig.ts';
import type { InventoryEntry } from '../apply/object-id.ts';
import { prepareObjects } from '../apply/prepare.ts';
import { prune } from '../apply/pruner.ts';
import { ArtifactUnavailableError, type Builder, type BuildOutput } from './build.ts';
import { concludeConditions, setReady, type ReadyReason } from './conditions.ts';
import { unmetDependency } from './dependencies.ts';
import { ExpressionError, healthExpressions, type HealthExpressions } from './expressions.ts';
import { deletesObjects, finalize } from './finalize.ts';
import { checkHealth, goDuration } from './health.ts';
import { withOutcome } from './history.ts';
import { intervalMs, retryIntervalMs, timeoutMs, type KustomizationDraft } from './kustomization.ts';
import { inputsOf, isUntouched, type RunMemory } from './memory.ts';
import { claims, neverConcluded, ownedObjects } from './recovery.ts';
import { step, StepError } from './step-error.ts';
import { lookUpSource, type Sources } from './source.ts';
import { substitutionVariables } from './variables.ts';

export interface KustomizationDependencies {
  readonly client: KubeClient;
  readonly cache: ObjectSource<KustomizationDraft>;
  readonly sources: Sources;
  readonly builder: Builder;
  readonly applier: Applier;
  /** The cluster an object is applied to, as the identity it names. */
  readonly clusterFor: (object: KustomizationDraft) => Promise<Cluster>;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly random: () => number;
  /** Runs a build with its apply when it is its turn: bounds how many are under way. */
  readonly work: <T>(task: () => Promise<T>) => Promise<T>;
  readonly options: KustomizationOptions;
}

export interface KustomizationOptions {
  readonly jitterPercentage: number;
  /** ms; Flux's `--requeue-dependency`. Watches wake a waiting object sooner. */
  readonly requeueDependencyMs: number;
  readonly noCrossNamespaceRefs: boolean;
  readonly strictSubstitution: boolean;
  readonly pruneConcurrency: number;
}

/** Ask the server about each stage before anything of it is written, as Flux always does. */
export const dryRunAnnotation = 'kustomize.sluice.dev/dry-run';
const group = 'kustomize.toolkit.fluxcd.io';
/** How long a new source may be without an artifact before that is said. */
const sourceGraceMs = 2000;

export class KustomizationRun {
  readonly #deps: KustomizationDependencies;
  readonly #writer: ObjectWriter<KustomizationDraft>;
  readonly #context: ReconcileContext;
  readonly #memory: RunMemory;
  readonly #started: number;
  #revision = '';
  #digest: string | undefined;
  #firstRun = false;

  constructor(
    deps: KustomizationDependencies,
    writer: ObjectWriter<KustomizationDraft>,
    context: ReconcileContext,
    memory: RunMemory,
  ) {
    this.#deps = deps;
    this.#writer = writer;
    this.#context = context;
    this.#memory = memory;
    this.#started = deps.clock.monotonic();
  }

  get #object(): KustomizationDraft {
    return this.#writer.object;
  }

  async go(): Promise<Result> {
    const object = this.#object;
    if (object.metadata.deletionTimestamp !== undefined) return this.#delete();
    if (!(object.metadata.finalizers ?? []).includes(FINALIZER)) this.#memory.knownFromStart = true;
    await this.#writer.ensureFinalizer(FINALIZER);
    if (object.spec.suspend === true) {
      this.#context.log.info({}, 'Reconciliation is suspended for this object');
      this.#noteRequest();
      await this.#writer.flush();
      return {};
    }
    const result = await this.#pass();
    await this.#conclude();
    return result;
  }

  async #delete(): Promise<Result> {
    const object = this.#object;
    try {
      const cluster = await this.#clusterToLeave();
      if (cluster !== undefined) {
        await this.#recover(cluster);
        const event = (severity: EventSeverity, message: string): void => this.#event(severity, message);
        await finalize(object, { ...this.#context, cluster, client: this.#deps.client, event });
      }
    } catch (error) {
      this.#context.signal.throwIfAborted();
      // An object that does not go away must say what keeps it.
      this.#ready('False', 'PruneFailed', errorMessage(error));
      await this.#writer.flush();
      throw error;
    }
    await this.#writer.removeFinalizer(FINALIZER);
    return {};
  }

  /** Undefined when nothing is to be deleted: then it does not matter whether the cluster can be reached. */
  async #clusterToLeave(): Promise<Cluster | undefined> {
    const object = this.#object;
    const isEmpty = (object.status?.inventory?.entries ?? []).length === 0;
    const mayKnowLess = neverConcluded(object) && !this.#memory.knownFromStart;
    if (!deletesObjects(object) || (isEmpty && !mayKnowLess)) return undefined;
    try {
      return await this.#deps.clusterFor(object);
    } catch (error) {
      // Without a way to it no run can have made anything there.
      if (isEmpty && error instanceof KubeConfigMissingError) return undefined;
      throw error;
    }
  }

  async #pass(): Promise<Result> {
    try {
      const expressions = healthExpressions(this.#object);
      const artifact = this.#artifact();
      return 'digest' in artifact ? await this.#withArtifact(artifact, expressions) : artifact;
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      return this.#misconfigured(error);
    }
  }

  /** Nothing helps but a new spec. */
  #misconfigured(error: ExpressionError): Result {
    const object = this.#object;
    const message = `Reconciliation failed terminally due to configuration error: ${error.message}`;
    this.#ready('False', 'InvalidCELExpression', message);
    markStalled(object, 'InvalidCELExpression', message, this.#deps.clock.now());
    if (object.metadata.generation !== undefined) object.status!.observedGeneration = object.metadata.generation;
    this.#event('error', message);
    return {};
  }

  /** The artifact to build from, or what to do without one. */
  #artifact(): Artifact | Result {
    const object = this.#object;
    const { requeueDependencyMs, noCrossNamespaceRefs } = this.#deps.options;
    const retryText = goDuration(requeueDependencyMs);
    const lookup = lookUpSource(object, this.#deps.sources, { retryText, noCrossNamespaceRefs });
    if ('found' in lookup) return lookup.found;
    if ('denied' in lookup) {
      this.#ready('False', 'AccessDenied', lookup.denied);
      markStalled(object, 'AccessDenied', lookup.denied, this.#deps.clock.now());
      this.#event('error', lookup.denied);
      return {};
    }
    // A source that was just made is being fetched: its watch wakes us, and "not found" would be no news.
    if (lookup.missing === 'artifact' && lookup.isNew && getCondition(object, readyCondition) === undefined) {
      return { requeueAfter: sourceGraceMs };
    }
    this.#ready('False', 'ArtifactFailed', lookup.message);
    return { requeueAfter: lookup.missing === 'object' ? retryIntervalMs(object) : requeueDependencyMs };
  }

  async #withArtifact(artifact: Artifact, expressions: HealthExpressions | undefined): Promise<Result> {
    const object = this.#object;
    const { options, cache } = this.#deps;
    this.#revision = artifact.revision;
    const unmet = unmetDependency(object, cache, artifact.revision);
    if (unmet !== undefined) {
      const isNews = getCondition(object, readyCondition)?.message !== unmet;
      this.#ready('False', 'DependencyNotReady', unmet);
      const retry = goDuration(options.requeueDependencyMs);
      if (isNews) this.#event('info', `Dependencies do not meet ready condition, retrying in ${retry}`);
      return { requeueAfter: options.requeueDependencyMs };
    }
    try {
      const changed = await this.#reconcile(artifact, expressions);
      const interval = intervalMs(object);
      if (changed) {
        const took = goDuration(this.#deps.clock.monotonic() - this.#started);
        this.#event('info', `Reconciliation finished in ${took}, next run in ${goDuration(interval)}`, {
          [`${group}/commit_status`]: 'update',
        });
      }
      return { requeueAfter: jitter(interval, options.jitterPercentage, this.#deps.random) };
    } catch (error) {
      return this.#failed(error);
    }
  }

  /** Does the work; tells whether there was any. Throws a StepError. */
  async #reconcile(artifact: Artifact, expressions: HealthExpressions | undefined): Promise<boolean> {
    const object = this.#object;
    const { client, clusterFor } = this.#deps;
    const { signal } = this.#context;
    const cluster = await step('ReconciliationFailed', () => clusterFor(object));
    this.#firstRun = neverConcluded(object);
    await step('ReconciliationFailed', () => this.#recover(cluster));
    const variables = await step('BuildFailed', () => substitutionVariables(object, client, signal));
    const inputs = inputsOf(object, artifact, variables);
    if (await this.#isSettled(inputs, artifact, cluster)) return this.#pendingRequest() !== undefined;
    this.#memory.settled = undefined;
    // So many at a time: those under way end sooner, and a wait for health, which costs nothing, keeps nobody out.
    const { built, outcome } = await this.#deps.work(() => this.#converge(artifact, variables, cluster));
    const isNew = object.status!.lastAppliedRevision !== artifact.revision || changeLog(outcome.changes) !== '';
    await this.#checkHealth(outcome, cluster, { isNew, expressions });
    this.#succeed(artifact, built);
    if (!outcome.changes.some(({ action }) => action === 'skipped')) this.#memory.settled = inputs;
    return true;
  }

  /** Takes up what another process made in a first run that it did not bring to an end. */
  async #recover(cluster: Cluster): Promise<void> {
    const object = this.#object;
    if (this.#memory.knownFromStart || !neverConcluded(object)) return;
    const { name, namespace = '' } = object.metadata;
    const entries = await ownedObjects(cluster, { name, namespace }, this.#context.signal);
    if (entries.length > 0) (object.status ??= {}).inventory = { entries };
    this.#memory.knownFromStart = true;
  }

  async #converge(
    artifact: Artifact,
    variables: Record<string, string> | undefined,
    cluster: Cluster,
  ): Promise<{ readonly built: BuildOutput; readonly outcome: ApplyOutcome }> {
    this.#context.signal.throwIfAborted();
    this.#begin(artifact);
    const built = await this.#build(artifact, variables);
    const outcome = await this.#apply(built, cluster);
    await this.#prune(outcome, cluster);
    return { built, outcome };
  }

  /** Nothing to do: same inputs as the last good run, and nobody touched what it left. */
  async #isSettled(inputs: string, artifact: Artifact, cluster: Cluster): Promise<boolean> {
    const object = this.#object;
    if (this.#memory.settled !== inputs || object.status?.lastAppliedRevision !== artifact.revision) return false;
    if (getCondition(object, readyCondition)?.status !== 'True') return false;
    const named = object.spec.wait !== true && (object.spec.healthChecks ?? []).length > 0;
    // Of these the shared watches do not tell, or not all that is asked.
    if (named || (object.spec.wait === true && object.spec.healthCheckExprs !== undefined)) return false;
    const healthy = object.spec.wait === true;
    return isUntouched(object.status.inventory?.entries ?? [], this.#memory, cluster, {
      healthy,
      signal: this.#context.signal,
    });
  }

  #begin(artifact: Artifact): void {
    this.#ready('Unknown', 'Progressing', 'Reconciliation in progress');
    this.#progress(`Fetching manifests for revision ${artifact.revision}`);
  }

  async #build(artifact: Artifact, variables: Record<string, string> | undefined): Promise<BuildOutput> {
    const object = this.#object;
    const { builder, options } = this.#deps;
    const { signal } = this.#context;
    this.#progress(`Building manifests for revision ${artifact.revision}`);
    try {
      const { strictSubstitution } = options;
      const built = await builder.build({ artifact, kustomization: object, variables, strictSubstitution, signal });
      object.status!.lastAttemptedRevision = artifact.revision;
      this.#digest = built.digest;
      return built;
    } catch (error) {
      signal.throwIfAborted();
      const unavailable = error instanceof ArtifactUnavailableError || isArtifactFault(error);
      if (!unavailable) object.status!.lastAttemptedRevision = artifact.revision;
      throw new StepError(unavailable ? 'ArtifactFailed' : 'BuildFailed', error);
    }
  }

  async #apply(built: BuildOutput, cluster: Cluster): Promise<ApplyOutcome> {
    const object = this.#object;
    const { signal } = this.#context;
    this.#progress(`Detecting drift for revision ${this.#revision}`);
    const { name, namespace = '' } = object.metadata;
    const { commonMetadata } = object.spec;
    const objects = await step('ReconciliationFailed', () =>
      prepareObjects(built.objects, { owner: { name, namespace }, ...(commonMetadata && { commonMetadata }) }),
    );
    await step('ReconciliationFailed', () => this.#claim(objects, cluster));
    try {
      const outcome = await this.#deps.applier.apply({
        cluster,
        objects,
        force: object.spec.force ?? false,
        dryRunFirst: object.metadata.annotations?.[dryRunAnnotation] === 'enabled',
        memory: this.#memory.applied,
        signal,
      });
      this.#tellChanges(outcome);
      return outcome;
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof ApplyError) {
        this.#tellChanges(error.outcome);
        this.#addToInventory(error.outcome);
      }
      throw new StepError('ReconciliationFailed', error);
    }
  }

  /**
   * Puts what is about to be made on record first: a process that dies between making an object and writing it down
   * would leave one that nothing ever deletes.
   */
  async #claim(objects: readonly Unstructured[], cluster: Cluster): Promise<void> {
    // Of a first run the labels are record enough.
    if (this.#firstRun) return;
    const status = (this.#object.status ??= {});
    const entries = status.inventory?.entries ?? [];
    const known = new Set(entries.map(({ id }) => id));
    const added = claims(objects, cluster).filter(({ id }) => !known.has(id));
    if (added.length === 0) return;
    status.inventory = { entries: [...entries, ...added] };
    await this.#writer.record();
  }

  /** Objects of a failed apply are ours all the same: without an entry they could never be pruned. */
  #addToInventory(outcome: ApplyOutcome): void {
    const entries = new Map((this.#object.status?.inventory?.entries ?? []).map((entry) => [entry.id, entry]));
    for (const { entry, action } of outcome.changes) if (action !== 'skipped') entries.set(entry.id, entry);
    if (entries.size > 0) this.#object.status!.inventory = { entries: [...entries.values()] };
  }

  async #prune(outcome: ApplyOutcome, cluster: Cluster): Promise<void> {
    const object = this.#object;
    const before = object.status?.inventory?.entries ?? [];
    // Skipped objects stay in the inventory: not touching them is not disowning them.
    const ids = new Set(outcome.changes.map(({ entry }) => entry.id));
    const entries: InventoryEntry[] = outcome.changes.map(({ entry }) => entry);
    object.status!.inventory = { entries };
    const stale = before.filter(({ id }) => !ids.has(id));
    if (stale.length === 0 || !object.spec.prune) return;
    const { name, namespace = '' } = object.metadata;
    const pruned = await step('PruneFailed', () =>
      prune({
        cluster,
        entries: stale,
        owner: { name, namespace },
        concurrency: this.#deps.options.pruneConcurrency,
        signal: this.#context.signal,
      }),
    );
    for (const { id } of stale) this.#memory.applied.delete(id);
    if (pruned.changes.length > 0) {
      this.#event('info', pruned.changes.map(({ subject, action }) => `${subject} ${action}`).join('\n'));
    }
    if (pruned.failures.length > 0) {
      entries.push(...pruned.survivors);
      throw new StepError('PruneFailed', new Error(`delete failed, errors: ${pruned.failures.join(';')};`));
    }
  }

  async #checkHealth(
    outcome: ApplyOutcome,
    cluster: Cluster,
    options: { readonly isNew: boolean; readonly expressions: HealthExpressions | undefined },
  ): Promise<void> {
    const { signal, superseded } = this.#context;
    await step('HealthCheckFailed', () =>
      checkHealth({
        object: this.#object,
        revision: this.#revision,
        cluster,
        applied: outcome.targets,
        ...options,
        signal: AbortSignal.any([signal, superseded]),
        now: () => this.#deps.clock.now(),
        announce: () => this.#writer.announce(250),
        event: (message) => this.#event('info', message),
      }),
    );
  }

  #succeed(artifact: Artifact, built: BuildOutput): void {
    const status = this.#object.status!;
    status.lastAppliedRevision = artifact.revision;
    const origin = originOf(artifact);
    if (origin === undefined) delete status.lastAppliedOriginRevision;
    else status.lastAppliedOriginRevision = origin;
    this.#ready('True', 'ReconciliationSucceeded', `Applied revision: ${artifact.revision}`);
    this.#remember('ReconciliationSucceeded', built.digest, origin);
  }

  #failed(error: unknown): Result {
    const { signal, superseded } = this.#context;
    signal.throwIfAborted();
    const cause = error instanceof StepError ? error.cause : error;
    if (superseded.aborted && cause instanceof SupersededError) {
      this.#ready('False', 'HealthCheckCanceled', 'New reconciliation triggered, health checks canceled');
      this.#event('info', 'Health checks canceled due to a new reconciliation');
      return {};
    }
    const reason = error instanceof StepError ? error.reason : 'ReconciliationFailed';
    const message = errorMessage(error);
    this.#ready('False', reason, message);
    if (this.#digest !== undefined) this.#remember(reason, this.#digest, undefined);
    const retry = retryIntervalMs(this.#object);
    this.#context.log.error(
      { error: message, revision: this.#revision },
      `Reconciliation failed after ${goDuration(this.#deps.clock.monotonic() - this.#started)}, next try in ${goDuration(retry)}`,
    );
    this.#event('error', message);
    return { requeueAfter: retry };
  }

  #remember(status: string, digest: string, origin: string | undefined): void {
    const object = this.#object.status!;
    const { clock } = this.#deps;
    object.history = withOutcome(object.history, {
      digest,
      status,
      at: clock.now(),
      duration: goDuration(clock.monotonic() - this.#started),
      metadata: { revision: this.#revision, ...(origin !== undefined && { originRevision: origin }) },
    });
  }

  async #conclude(): Promise<void> {
    if (this.#context.signal.aborted) throw this.#context.signal.reason;
    this.#noteRequest();
    concludeConditions(this.#object, this.#deps.clock.now());
    await this.#writer.flush();
  }

  #pendingRequest(): string | undefined {
    const request = reconcileRequest(this.#object);
    return request === this.#object.status?.lastHandledReconcileAt ? undefined : request;
  }

  #noteRequest(): void {
    const request = reconcileRequest(this.#object);
    if (request !== undefined) (this.#object.status ??= {}).lastHandledReconcileAt = request;
  }

  #tellChanges(outcome: ApplyOutcome): void {
    const text = changeLog(outcome.changes);
    if (text !== '') this.#event('info', text);
  }

  #ready(status: 'True' | 'False' | 'Unknown', reason: ReadyReason, message: string): void {
    setReady(this.#object, status, reason, message, this.#deps.clock.now());
  }

  #progress(what: string): void {
    const text = `${what} with a timeout of ${goDuration(timeoutMs(this.#object))}`;
    markReconciling(this.#object, 'Progressing', text, this.#deps.clock.now());
    this.#writer.announce();
  }

  #event(severity: EventSeverity, message: string, metadata: Readonly<Record<string, string>> = {}): void {
    const reason = getCondition(this.#object, readyCondition)?.reason ?? severity;
    this.#deps.events.record(this.#object, {
      severity,
      reason,
      message,
      metadata: { ...(this.#revision !== '' && { [`${group}/revision`]: this.#revision }), ...metadata },
    });
  }
}

function originOf(artifact: Artifact): string | undefined {
  return artifact.metadata?.['org.opencontainers.image.revision'];
}

/** What is wrong is the artifact, or what the spec looks for in it; not the manifests. */
function isArtifactFault(error: unknown): boolean {
  return error instanceof JobError && ['PATH_NOT_FOUND', 'ARTIFACT_DIGEST_MISMATCH'].includes(error.code);
}
