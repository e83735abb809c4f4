// One pass over a HelmRelease: chart, dependencies, values, and whatever its release needs.
import { FINALIZER } from '#api/meta';
import type { HelmRelease } from '#api/helm/helmrelease';
import type { HelmChart } from '#api/source/helmchart';
import type { Artifact } from '#api/source/shared';
import type { ValuesMap } from '#helm/index';
import type { KubeClient } from '#kube/client';
import { keyOf, type KubeObject } from '#kube/object';
import type { Clock } from '#lib/clock';
import { errorMessage } from '#lib/errors';
import { getCondition, isTrue, markReconciling, readyCondition } from '#runtime/conditions';
import { SupersededError, type ReconcileContext, type Result } from '#runtime/controller';
import type { EventRecorder } from '#runtime/event-recorder';
import type { ObjectSource } from '#runtime/fresh-objects';
import { jitter } from '#runtime/jitter';
import type { ObjectWriter } from '#runtime/object-writer';
import { noteRequest, pendingRequest } from '#runtime/requests';
import { ExpressionError, healthExpressions } from '../kustomization/expressions.ts';
import type { DesiredContext, ReleaseContext } from './action.ts';
import { ActionLog } from './action-log.ts';
import type { ChartFiles } from './chart-files.ts';
import { syncChart, type TemplateContext } from './chart-template.ts';
import type { HelmCluster } from './cluster.ts';
import { unmetDependency } from './dependencies.ts';
import { configDigest } from './digests.ts';
import { finalize } from './finalize.ts';
import { Gates, NotYetError, StoppedError } from './gates.ts';
import { intervalMs, releaseName, releaseNamespace, storageNamespace, type HelmReleaseDraft } from './helmrelease.ts';
import { releaseLoop, type LoopOutcome } from './loop.ts';
import { inputsOf, isUntouched, type RunMemory } from './memory.ts';
import { watchForNewer } from './newer.ts';
import { ReleaseApplier } from './release-applier.ts';
import type { ReleaseRenderer } from './renderer.ts';
import type { ChartFile, ChartInfo } from './render-job.ts';
import { takeForceRequest, takeResetRequest } from './requests.ts';
import { type Attempt, clearFailures, isNewAttempt } from './remediation.ts';
import { latest } from './snapshot.ts';
import { chartRevision, crossNamespaceProblem, lookUpSource, type ChartSource, type ChartSources } from './source.ts';
import { type ReleaseCache, ReleaseStorage } from './storage.ts';
import { NoLatestError, uninstallRelease } from './uninstall.ts';
import { composeValues } from './values.ts';

export interface HelmReleaseDependencies {
  readonly client: KubeClient;
  readonly cache: ObjectSource<HelmReleaseDraft>;
  readonly charts: ObjectSource<HelmChart & KubeObject>;
  readonly sources: ChartSources;
  readonly files: ChartFiles;
  readonly renderer: ReleaseRenderer;
  readonly releases: ReleaseCache;
  /** The cluster a release lives in, as the identity its object names. */
  readonly clusterFor: (object: HelmReleaseDraft) => Promise<HelmCluster>;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly random: () => number;
  readonly options: HelmReleaseOptions;
}

export interface HelmReleaseOptions {
  readonly jitterPercentage: number;
  /** ms; Flux's `--requeue-dependency`. Watches wake a waiting object sooner. */
  readonly requeueDependencyMs: number;
  readonly noCrossNamespaceRefs: boolean;
  /** Objects of a kind applied at once. */
  readonly concurrency: number;
}

const artifactRetryMs = 30_000;
/** How long a chart may take to come before the object tells that it waits. */
const justAskedMs = 3000;

interface Chart {
  readonly info: ChartInfo;
  readonly file: ChartFile;
  readonly ociDigest: string;
}

export class HelmReleaseRun {
  readonly #deps: HelmReleaseDependencies;
  readonly #writer: ObjectWriter<HelmReleaseDraft>;
  readonly #context: ReconcileContext;
  readonly #memory: RunMemory;
  readonly #gates: Gates;

  constructor(
    deps: HelmReleaseDependencies,
    writer: ObjectWriter<HelmReleaseDraft>,
    context: ReconcileContext,
    memory: RunMemory,
  ) {
    this.#deps = deps;
    this.#writer = writer;
    this.#context = context;
    this.#memory = memory;
    this.#gates = new Gates({
      object: () => writer.object,
      events: deps.events,
      clock: deps.clock,
      signal: context.signal,
    });
  }

  get #object(): HelmReleaseDraft {
    return this.#writer.object;
  }

  get #spec(): HelmRelease {
    return this.#object;
  }

  async go(): Promise<Result> {
    const object = this.#object;
    object.status ??= {};
    if (object.metadata.deletionTimestamp !== undefined) return this.#delete();
    await this.#writer.ensureFinalizer(FINALIZER);
    if (object.spec.suspend === true) {
      this.#context.log.info({}, 'reconciliation is suspended for this object');
      noteRequest(object);
      await this.#writer.flush();
      return {};
    }
    try {
      const result = await this.#reconcile();
      await this.#conclude();
      return result;
    } catch (error) {
      this.#context.signal.throwIfAborted();
      return this.#failed(error);
    }
  }

  async #failed(error: unknown): Promise<Result> {
    const object = this.#object;
    this.#memory.settled = undefined;
    if (error instanceof StoppedError) this.#observe();
    if (error instanceof SupersededError) {
      this.#gates.ready('False', 'HealthCheckCanceled', 'New reconciliation triggered, health checks canceled');
      this.#gates.event('info', 'HealthCheckCanceled', 'New reconciliation triggered, health checks canceled');
    }
    const handled = error instanceof StoppedError || error instanceof NotYetError || error instanceof SupersededError;
    if (!handled && getCondition(object, readyCondition)?.status !== 'False') {
      this.#gates.ready('False', 'ReconcileError', errorMessage(error));
    }
    if (!(error instanceof NotYetError && error.isFleeting)) await this.#conclude();
    if (error instanceof NotYetError) {
      this.#context.log.info({}, error.message);
      return { requeueAfter: error.afterMs };
    }
    if (handled) return {};
    throw error;
  }

  async #conclude(): Promise<void> {
    this.#context.signal.throwIfAborted();
    noteRequest(this.#object);
    await this.#writer.flush();
  }

  #observe(): void {
    const { generation } = this.#object.metadata;
    if (generation !== undefined) this.#object.status!.observedGeneration = generation;
  }

  async #delete(): Promise<Result> {
    const object = this.#object;
    try {
      await finalize(object, {
        clusterFor: this.#deps.clusterFor,
        contextOf: (cluster) => this.#releaseContext(cluster, this.#oldRelease() ?? this.#release()),
        chart: this.#templateContext(),
        now: () => this.#deps.clock.now(),
        signal: this.#context.signal,
      });
    } catch (error) {
      this.#context.signal.throwIfAborted();
      if (getCondition(object, readyCondition)?.status !== 'False') {
        this.#gates.ready('False', 'UninstallFailed', errorMessage(error));
      }
      await this.#conclude();
      throw error;
    }
    await this.#writer.removeFinalizer(FINALIZER);
    return {};
  }

  async #reconcile(): Promise<Result> {
    const object = this.#object;
    const { options, random } = this.#deps;
    this.#checkSpec();
    const written = await this.#syncChart();
    this.#checkDependencies();
    const { artifact, kind } = this.#artifact(written);
    const values = await this.#values();
    const valuesDigest = configDigest(values);
    const cluster = await this.#gates.through('RESTClientError', '', () => this.#deps.clusterFor(object));
    const storage = this.#storage(cluster, this.#release());
    const interval = (): Result => ({
      requeueAfter: jitter(intervalMs(this.#spec), options.jitterPercentage, random),
    });
    const inputs = inputsOf(object, artifact, valuesDigest, await storage.heads());
    if (await this.#isSettled(inputs, cluster)) return interval();
    this.#memory.settled = undefined;
    markReconciling(object, 'Progressing', 'Fulfilling prerequisites', this.#deps.clock.now());
    this.#writer.announce();
    const chart = await this.#chart(artifact, kind);
    const base = this.#releaseContext(cluster, this.#release(), storage);
    if (await this.#leaveOldRelease(cluster, chart)) return { requeue: true };
    this.#noteAttempt(chart, { chartVersion: chart.info.version, values, valuesDigest });
    const context: DesiredContext = {
      ...base,
      chart: chart.info,
      file: chart.file,
      ociDigest: chart.ociDigest,
      values,
      valuesDigest,
    };
    const outcome = await releaseLoop(context, {
      takeForceRequest: () => takeForceRequest(object),
      announce: () => this.#writer.announce(),
      record: () => this.#writer.record(),
    });
    return this.#resultOf(outcome, async () => {
      this.#memory.settled = inputsOf(object, artifact, valuesDigest, await storage.heads());
      return interval();
    });
  }

  async #resultOf(outcome: LoopOutcome, done: () => Promise<Result>): Promise<Result> {
    const { options, random } = this.#deps;
    if (outcome.next === 'requeue') return { requeue: true };
    this.#observe();
    switch (outcome.next) {
      case 'retry':
        return { requeueAfter: jitter(outcome.afterMs, options.jitterPercentage, random) };
      case 'stop':
        this.#context.log.error({ error: outcome.message }, 'reconciliation stalled');
        return {};
      default: {
        const isReady = isTrue(this.#object, readyCondition);
        const result = await done();
        if (!isReady) this.#memory.settled = undefined;
        return result;
      }
    }
  }

  /** Nothing to do: same inputs as the last good run, and nobody touched what is looked after. */
  async #isSettled(inputs: string, cluster: HelmCluster): Promise<boolean> {
    const object = this.#object;
    if (this.#memory.settled !== inputs || !isTrue(object, readyCondition)) return false;
    if (pendingRequest(object) !== undefined) return false;
    const mode = object.spec.driftDetection?.mode ?? 'disabled';
    return mode === 'disabled' || isUntouched(object, this.#memory, cluster, this.#context.signal);
  }

  #checkSpec(): void {
    const { chart, chartRef } = this.#object.spec;
    if ((chart === undefined) === (chartRef === undefined)) {
      const message = 'invalid Chart reference: either chart or chartRef must be set';
      throw this.#gates.stop('InvalidChartReference', message);
    }
    const denied = this.#deps.options.noCrossNamespaceRefs ? crossNamespaceProblem(this.#object) : undefined;
    if (denied !== undefined) throw this.#gates.stop('AccessDenied', denied);
  }

  async #syncChart(): Promise<ChartSource | undefined> {
    try {
      return await syncChart(this.#object, this.#templateContext());
    } catch (error) {
      this.#context.signal.throwIfAborted();
      const message = `could not sync HelmChart: ${errorMessage(error)}`;
      this.#gates.event('error', 'HelmChartSyncErr', message);
      throw new Error(message, { cause: error });
    }
  }

  #checkDependencies(): void {
    const { cache, options } = this.#deps;
    let unmet: string | undefined;
    try {
      healthExpressions(this.#spec);
      unmet = unmetDependency(this.#spec, cache);
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      const message = `Reconciliation failed terminally due to configuration error: ${error.message}`;
      throw this.#gates.stop('InvalidCELExpression', message, error);
    }
    if (unmet !== undefined) {
      const isNews = getCondition(this.#object, readyCondition)?.message !== unmet;
      this.#gates.notReady('DependencyNotReady', unmet);
      if (isNews) this.#gates.event('info', 'DependencyNotReady', unmet);
      throw new NotYetError(unmet, options.requeueDependencyMs);
    }
    this.#gates.pass('DependencyNotReady');
  }

  #artifact(written: ChartSource | undefined): { readonly artifact: Artifact; readonly kind: string } {
    const object = this.#object;
    const { options, sources, random, clock } = this.#deps;
    const lookup = lookUpSource(object, sources, written);
    if ('denied' in lookup) {
      throw this.#gates.stop('AccessDenied', lookup.denied);
    }
    if ('failed' in lookup) {
      this.#gates.notReady('ArtifactFailed', lookup.failed);
      throw new Error(lookup.failed);
    }
    this.#gates.pass('AccessDenied', 'ArtifactFailed');
    if ('unready' in lookup) {
      this.#gates.notReady('SourceNotReady', lookup.unready);
      // A chart that was only just asked for is on its way: its arrival wakes the object.
      const now = clock.monotonic();
      if (written !== undefined) this.#memory.askedAt = now;
      const left = (this.#memory.askedAt ?? -Infinity) + justAskedMs - now;
      if (left > 0) throw new NotYetError(lookup.unready, left, true);
      const after = jitter(options.requeueDependencyMs, options.jitterPercentage, random);
      throw new NotYetError(lookup.unready, after);
    }
    this.#gates.pass('SourceNotReady');
    return { artifact: lookup.found, kind: lookup.kind };
  }

  #values(): Promise<ValuesMap> {
    const { client } = this.#deps;
    return this.#gates.through('ValuesError', '', () => composeValues(this.#spec, client, this.#context.signal));
  }

  async #chart(artifact: Artifact, kind: string): Promise<Chart> {
    const { files, renderer } = this.#deps;
    const { signal } = this.#context;
    let path: string;
    try {
      path = await files.path(artifact, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!errorMessage(error).includes('status: 404'))
        throw this.#gates.fault('ArtifactFailed', 'Could not load chart: ', error);
      const message = 'Source not ready: artifact not found. Retrying in 30s';
      this.#gates.ready('False', 'ArtifactFailed', message);
      throw new NotYetError(message, artifactRetryMs);
    }
    const plain = { path, digest: artifact.digest };
    const info = await this.#gates.through('ArtifactFailed', 'Could not load chart: ', () =>
      renderer.chartInfo(plain, signal),
    );
    try {
      const { version, ociDigest } = chartRevision(artifact, kind, info.version);
      this.#gates.pass('ChartMutateError');
      if (version === undefined) return { info, file: plain, ociDigest };
      return { info: { ...info, version }, file: { ...plain, version }, ociDigest };
    } catch (error) {
      throw this.#gates.fault('ChartMutateError', '', error);
    }
  }

  /** Uninstalls the release the object was for, when it is for another one now; tells whether there was one. */
  async #leaveOldRelease(cluster: HelmCluster, chart: Chart): Promise<boolean> {
    const object = this.#object;
    const old = this.#oldRelease();
    const snapshot = latest(object.status?.history);
    if (old === undefined || snapshot === undefined) return false;
    const inPlace = object.spec.upgrade?.chartNameChangeStrategy === 'InPlaceUpdate';
    const reason =
      old.namespace !== storageNamespace(this.#spec)
        ? 'storage namespace'
        : snapshot.namespace !== releaseNamespace(this.#spec)
          ? 'release namespace'
          : snapshot.name !== releaseName(this.#spec)
            ? 'release name'
            : snapshot.chartName !== chart.info.name && !inPlace
              ? 'chart name'
              : undefined;
    if (reason === undefined) return false;
    this.#context.log.info({ reason }, 'release target configuration changed: uninstalling the current release');
    await uninstallRelease(this.#releaseContext(cluster, old)).catch((error: unknown) => {
      if (!(error instanceof NoLatestError)) throw error;
    });
    const status = object.status!;
    status.history = [];
    clearFailures(object);
    delete status.storageNamespace;
    return true;
  }

  #noteAttempt({ ociDigest }: Chart, attempt: Attempt): void {
    const object = this.#object;
    const status = object.status!;
    status.storageNamespace = storageNamespace(this.#spec);
    // The request is used up even where it adds nothing.
    const isReset = takeResetRequest(object);
    if (isReset || isNewAttempt(object, attempt)) clearFailures(object);
    if (object.metadata.generation !== undefined) status.lastAttemptedGeneration = object.metadata.generation;
    status.lastAttemptedRevision = attempt.chartVersion;
    if (ociDigest === '') delete status.lastAttemptedRevisionDigest;
    else status.lastAttemptedRevisionDigest = ociDigest;
    status.lastAttemptedConfigDigest = attempt.valuesDigest;
    delete status.lastAttemptedValuesChecksum;
    delete status.lastReleaseRevision;
  }

  #release(): { readonly namespace: string; readonly name: string } {
    return { namespace: storageNamespace(this.#spec), name: releaseName(this.#spec) };
  }

  /** Where the release of the history is stored; undefined when there never was one. */
  #oldRelease(): { readonly namespace: string; readonly name: string } | undefined {
    const { storageNamespace: namespace, history } = this.#object.status ?? {};
    const snapshot = latest(history);
    return namespace && snapshot !== undefined ? { namespace, name: snapshot.name } : undefined;
  }

  #storage(cluster: HelmCluster, id: { readonly namespace: string; readonly name: string }): ReleaseStorage {
    const { releases, renderer, clock } = this.#deps;
    return new ReleaseStorage(id, {
      client: cluster.client,
      heads: cluster.heads,
      cache: releases,
      cluster: cluster.client.config.server,
      madeFor: this.#object.metadata.uid,
      unpack: (payload, signal) => renderer.unpack(payload, signal),
      clock,
      signal: this.#context.signal,
    });
  }

  #releaseContext(
    cluster: HelmCluster,
    id: { readonly namespace: string; readonly name: string },
    storage = this.#storage(cluster, id),
  ): ReleaseContext {
    const { renderer, clock, options } = this.#deps;
    const { signal, log, onNews } = this.#context;
    const steps = new ActionLog(() => clock.now());
    const applierOptions = { concurrency: options.concurrency, note: (step: string) => steps.note(step) };
    return {
      object: this.#object,
      cluster,
      storage,
      applier: new ReleaseApplier(cluster, applierOptions, signal),
      renderer,
      applied: this.#memory.applied,
      clock,
      log,
      steps,
      signal,
      ...watchForNewer(this.#object, { now: () => this.#deps.cache.get(keyOf(this.#object)), onNews }),
      event: (severity, reason, message, metadata) => this.#gates.event(severity, reason, message, metadata),
    };
  }

  #templateContext(): TemplateContext {
    const { client, charts, options } = this.#deps;
    return {
      client,
      charts,
      noCrossNamespaceRefs: options.noCrossNamespaceRefs,
      event: (severity, reason, message) => this.#gates.event(severity, reason, message),
      signal: this.#context.signal,
    };
  }
}
