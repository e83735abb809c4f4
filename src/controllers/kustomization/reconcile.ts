// One pass over a Kustomization: source, dependencies, build, apply, prune, health, and what is told of it.
import { FINALIZER } from '#api/meta';
import type { Artifact } from '#api/source/shared';
import { goDuration } from '#lib/duration-ms';
import { errorMessage } from '#lib/errors';
import { getCondition, readyCondition } from '#runtime/conditions';
import { SupersededError, type Result } from '#runtime/controller';
import { jitter } from '#runtime/jitter';
import { noteRequest, pendingRequest } from '#runtime/requests';
import type { ApplyOutcome } from '../apply/applier.ts';
import { differences } from '../apply/change-set.ts';
import type { Cluster } from '../apply/cluster.ts';
import { ExpressionError, healthExpressions, type HealthExpressions } from '../apply/expressions.ts';
import { artifactOf } from './artifact.ts';
import { concludeConditions } from './conditions.ts';
import { converge } from './converge.ts';
import { decryptionKeys } from './decryption-keys.ts';
import { unmetDependency } from './dependencies.ts';
import { finalize } from './finalize.ts';
import { checkHealth } from './health.ts';
import { intervalMs, retryIntervalMs } from './kustomization.ts';
import { inputsOf, isSettled } from './memory.ts';
import { recover } from './recovery.ts';
import type { Run } from './run.ts';
import { step, StepError } from './step-error.ts';
import { substitutionVariables } from './variables.ts';

export async function reconcile(run: Run): Promise<Result> {
  const { object, writer, context, deps } = run;
  if (object.metadata.deletionTimestamp !== undefined) {
    await finalize(run);
    return {};
  }
  if (!(object.metadata.finalizers ?? []).includes(FINALIZER)) run.memory.knownFromStart = true;
  await writer.ensureFinalizer(FINALIZER);
  if (object.spec.suspend === true) {
    context.log.info({}, 'Reconciliation is suspended for this object');
    noteRequest(object);
    await writer.flush();
    return {};
  }
  const result = await pass(run);
  context.signal.throwIfAborted();
  noteRequest(object);
  concludeConditions(object, deps.clock.now());
  await writer.flush();
  return result;
}

/** All the way, or as far as the spec, its source and its dependencies let it come. */
async function pass(run: Run): Promise<Result> {
  try {
    const expressions = healthExpressions(run.object);
    if (asksForClosedGate(run)) return misconfigured(run, 'FeatureGateDisabled', gateClosed);
    const artifact = artifactOf(run);
    if (!('digest' in artifact)) return artifact;
    run.report.revision = artifact.revision;
    return waitForDependencies(run) ?? (await attempt(run, artifact, expressions));
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    const message = `Reconciliation failed terminally due to configuration error: ${error.message}`;
    return misconfigured(run, 'InvalidCELExpression', message);
  }
}

const gateClosed =
  'to use spec.decryption.serviceAccountName for decryption authentication please enable the ObjectLevelWorkloadIdentity feature gate in the controller';

function asksForClosedGate({ object, deps }: Run): boolean {
  return Boolean(object.spec.decryption?.serviceAccountName) && !deps.options.objectLevelIdentity;
}

/** Nothing helps but a new spec. */
function misconfigured(
  { object, report }: Run,
  reason: 'InvalidCELExpression' | 'FeatureGateDisabled',
  message: string,
): Result {
  report.stalled(reason, message);
  if (object.metadata.generation !== undefined) object.status!.observedGeneration = object.metadata.generation;
  return {};
}

/** Undefined when nothing is to be waited for. Throws an ExpressionError. */
function waitForDependencies({ object, deps, report }: Run): Result | undefined {
  const { requeueDependencyMs } = deps.options;
  const unmet = unmetDependency(object, deps.cache, report.revision);
  if (unmet === undefined) return undefined;
  const isNews = getCondition(object, readyCondition)?.message !== unmet;
  report.ready('False', 'DependencyNotReady', unmet);
  const retry = goDuration(requeueDependencyMs);
  if (isNews) report.event('info', `Dependencies do not meet ready condition, retrying in ${retry}`);
  return { requeueAfter: requeueDependencyMs };
}

async function attempt(run: Run, artifact: Artifact, expressions: HealthExpressions | undefined): Promise<Result> {
  const { object, deps, report } = run;
  try {
    const changed = await fulfil(run, artifact, expressions);
    const interval = intervalMs(object);
    if (changed) report.finished(interval);
    return { requeueAfter: jitter(interval, deps.options.jitterPercentage, deps.random) };
  } catch (error) {
    return failed(run, error);
  }
}

/** Makes the cluster what the artifact says; tells whether there was anything to do. Throws a StepError. */
async function fulfil(run: Run, artifact: Artifact, expressions: HealthExpressions | undefined): Promise<boolean> {
  const { object, deps, memory } = run;
  const { signal } = run.context;
  const { revision } = artifact;
  const cluster = await step('ReconciliationFailed', () => deps.clusterFor(object));
  await step('ReconciliationFailed', () => recover(run, cluster));
  const variables = await step('BuildFailed', () => substitutionVariables(object, deps.client, signal));
  const keys = await step('BuildFailed', () => decryptionKeys(object, deps.decryption, signal));
  const inputs = inputsOf(object, artifact, [variables, keys?.digest]);
  if (await isSettled(object, memory, cluster, { inputs, revision, signal })) {
    return pendingRequest(object) !== undefined;
  }
  memory.settled = undefined;
  // So many at a time: those under way end sooner, and a wait for health, which costs nothing, keeps nobody out.
  const outcome = await deps.work(() => converge(run, { artifact, variables, keys }, cluster));
  await step('HealthCheckFailed', () => awaitHealth(run, outcome, cluster, expressions));
  succeeded(run, artifact);
  if (outcome.isRepeatable) memory.settled = inputs;
  return true;
}

function awaitHealth(
  { object, deps, context, report, writer }: Run,
  { changes, targets }: ApplyOutcome,
  cluster: Cluster,
  expressions: HealthExpressions | undefined,
): Promise<void> {
  const { revision } = report;
  return checkHealth({
    object,
    revision,
    cluster,
    expressions,
    applied: targets,
    isNew: object.status!.lastAppliedRevision !== revision || differences(changes).length > 0,
    signal: AbortSignal.any([context.signal, context.superseded]),
    now: () => deps.clock.now(),
    announce: () => writer.announce(250),
    event: (message) => report.event('info', message),
  });
}

function succeeded({ object, report }: Run, { revision, metadata }: Artifact): void {
  const status = object.status!;
  status.lastAppliedRevision = revision;
  const origin = metadata?.['org.opencontainers.image.revision'];
  if (origin === undefined) delete status.lastAppliedOriginRevision;
  else status.lastAppliedOriginRevision = origin;
  report.ready('True', 'ReconciliationSucceeded', `Applied revision: ${revision}`);
  report.outcome('ReconciliationSucceeded', origin);
}

function failed({ object, context, report }: Run, error: unknown): Result {
  const { signal, superseded, log } = context;
  signal.throwIfAborted();
  const cause = error instanceof StepError ? error.cause : error;
  if (superseded.aborted && cause instanceof SupersededError) {
    report.ready('False', 'HealthCheckCanceled', 'New reconciliation triggered, health checks canceled');
    report.event('info', 'Health checks canceled due to a new reconciliation');
    return {};
  }
  const reason = error instanceof StepError ? error.reason : 'ReconciliationFailed';
  const message = errorMessage(error);
  report.ready('False', reason, message);
  report.outcome(reason);
  const retry = retryIntervalMs(object);
  log.error(
    { error: message, revision: report.revision },
    `Reconciliation failed after ${report.elapsed}, next try in ${goDuration(retry)}`,
  );
  report.event('error', message);
  return { requeueAfter: retry };
}
