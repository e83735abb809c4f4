// One pass over a HelmRelease: chart, dependencies, values, and whatever its release needs.
import { FINALIZER } from '#api/meta';
import { errorMessage } from '#lib/errors';
import { isFalse, isTrue, markReconciling, readyCondition } from '#runtime/conditions';
import { SupersededError, type Result } from '#runtime/controller';
import { jitter } from '#runtime/jitter';
import { noteRequest } from '#runtime/requests';
import { chartOf, type Chart } from './chart.ts';
import { configDigest } from './digests.ts';
import { finalize } from './finalize.ts';
import { NotYetError, StoppedError } from './gates.ts';
import { intervalMs, storageNamespace } from './helmrelease.ts';
import { releaseLoop, type LoopOutcome } from './loop.ts';
import { inputsOf, isSettled } from './memory.ts';
import { leaveOldRelease } from './old-release.ts';
import { chartArtifact, checkDependencies, checkSpec, writeChart } from './prerequisites.ts';
import { releaseContext, storageOf, wantedRelease } from './release.ts';
import { type Attempt, clearFailures, isNewAttempt } from './remediation.ts';
import { takeForceRequest, takeResetRequest } from './requests.ts';
import type { Run } from './run.ts';
import { composeValues } from './values.ts';

export async function reconcile(run: Run): Promise<Result> {
  const { object, writer, context } = run;
  object.status ??= {};
  if (object.metadata.deletionTimestamp !== undefined) return remove(run);
  await writer.ensureFinalizer(FINALIZER);
  if (object.spec.suspend === true) {
    context.log.info({}, 'reconciliation is suspended for this object');
    noteRequest(object);
    await writer.flush();
    return {};
  }
  try {
    const result = await fulfil(run);
    await conclude(run);
    return result;
  } catch (error) {
    context.signal.throwIfAborted();
    return failed(run, error);
  }
}

async function remove(run: Run): Promise<Result> {
  const { object, writer, context, gates } = run;
  try {
    await finalize(run);
  } catch (error) {
    context.signal.throwIfAborted();
    if (!isFalse(object, readyCondition)) gates.ready('False', 'UninstallFailed', errorMessage(error));
    await conclude(run);
    throw error;
  }
  await writer.removeFinalizer(FINALIZER);
  return {};
}

/** Makes the release what the spec wants, as far as one run can. */
async function fulfil(run: Run): Promise<Result> {
  const { object, deps, context, gates, memory, writer } = run;
  const { signal } = context;
  checkSpec(run);
  const written = await writeChart(run);
  checkDependencies(run);
  const source = chartArtifact(run, written);
  const values = await gates.through('ValuesError', '', () => composeValues(object, deps.client, signal));
  const valuesDigest = configDigest(values);
  const cluster = await gates.through('RESTClientError', '', () => deps.clusterFor(object));
  const storage = storageOf(run, cluster, wantedRelease(object));
  const inputs = async (): Promise<string> => inputsOf(object, source.artifact, valuesDigest, await storage.heads());
  if (await isSettled(object, memory, cluster, { inputs: await inputs(), signal })) return nextInterval(run);
  memory.settled = undefined;
  markReconciling(object, 'Progressing', 'Fulfilling prerequisites', deps.clock.now());
  writer.announce();
  const chart = await chartOf(run, source);
  const release = releaseContext(run, cluster, storage);
  if (await leaveOldRelease(run, cluster, chart)) return { requeue: true };
  noteAttempt(run, chart, { chartVersion: chart.info.version, values, valuesDigest });
  const { info, file, ociDigest } = chart;
  const outcome = await releaseLoop(
    { ...release, chart: info, file, ociDigest, values, valuesDigest },
    {
      takeForceRequest: () => takeForceRequest(object),
      announce: () => writer.announce(),
      record: () => writer.record(),
    },
  );
  return conclusion(run, outcome, inputs);
}

/** `inputs` are those of a next run, if nothing happens until then. */
async function conclusion(run: Run, outcome: LoopOutcome, inputs: () => Promise<string>): Promise<Result> {
  const { object, deps, context, memory } = run;
  if (outcome.next === 'requeue') return { requeue: true };
  observe(run);
  switch (outcome.next) {
    case 'retry':
      return { requeueAfter: jitter(outcome.afterMs, deps.options.jitterPercentage, deps.random) };
    case 'stop':
      context.log.error({ error: outcome.message }, 'reconciliation stalled');
      return {};
    default:
      if (isTrue(object, readyCondition)) memory.settled = await inputs();
      return nextInterval(run);
  }
}

function nextInterval({ object, deps }: Run): Result {
  return { requeueAfter: jitter(intervalMs(object), deps.options.jitterPercentage, deps.random) };
}

function noteAttempt({ object }: Run, { ociDigest }: Chart, attempt: Attempt): void {
  const status = object.status!;
  status.storageNamespace = storageNamespace(object);
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

async function failed(run: Run, error: unknown): Promise<Result> {
  const { object, context, gates, memory } = run;
  memory.settled = undefined;
  if (error instanceof StoppedError) observe(run);
  if (error instanceof SupersededError) {
    gates.ready('False', 'HealthCheckCanceled', 'New reconciliation triggered, health checks canceled');
    gates.event('info', 'HealthCheckCanceled', 'New reconciliation triggered, health checks canceled');
  }
  const handled = error instanceof StoppedError || error instanceof NotYetError || error instanceof SupersededError;
  if (!handled && !isFalse(object, readyCondition)) gates.ready('False', 'ReconcileError', errorMessage(error));
  if (!(error instanceof NotYetError && error.isFleeting)) await conclude(run);
  if (error instanceof NotYetError) {
    context.log.info({}, error.message);
    return { requeueAfter: error.afterMs };
  }
  if (handled) return {};
  throw error;
}

async function conclude({ object, context, writer }: Run): Promise<void> {
  context.signal.throwIfAborted();
  noteRequest(object);
  await writer.flush();
}

function observe({ object }: Run): void {
  const { generation } = object.metadata;
  if (generation !== undefined) object.status!.observedGeneration = generation;
}
