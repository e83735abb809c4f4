// The state machine of a release: look at its state, do what the state asks for, look again, until there is nothing to do.
import { goDuration } from '#lib/duration-ms';
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
} from '#runtime/conditions';
import { SupersededError } from '#runtime/controller';
import { type Action, type ActionType, type DesiredContext, noteRendering } from './action.ts';
import { driftedCondition, remediatedCondition, releasedCondition, setReady, summarize } from './conditions.ts';
import { catchUp } from './catch-up.ts';
import { correctDriftAction } from './correct-drift.ts';
import { verifyRelease } from './digests.ts';
import { summarizeDrift } from './drift.ts';
import { installAction } from './install.ts';
import { isOutage } from './outage.ts';
import {
  activeRemediation,
  activeRetry,
  failureCount,
  installRemediation,
  isExhausted,
  mustRemediateLast,
  type Remediation,
  upgradeRemediation,
} from './remediation.ts';
import { rollbackAction } from './rollback.ts';
import { fullName, isVerifiable, latest, previous, releaseTextOf, truncate, truncateToNewest } from './snapshot.ts';
import { determineState, type ReleaseState } from './state.ts';
import { supersedeOthers } from './supersede.ts';
import { testAction } from './test.ts';
import { uninstallRemediationAction } from './uninstall.ts';
import { unlockAction } from './unlock.ts';
import { upgradeAction } from './upgrade.ts';

export type LoopOutcome =
  | { readonly next: 'done' }
  /** Come again at once, slowed down by backoff. */
  | { readonly next: 'requeue' }
  | { readonly next: 'retry'; readonly afterMs: number }
  /** Nothing more until somebody changes something. */
  | { readonly next: 'stop'; readonly message: string };

/** No attempt is left. */
class RetriesExceededError extends Error {
  readonly action: 'install' | 'upgrade';

  constructor(action: 'install' | 'upgrade', what: string) {
    super(`exceeded maximum retries: cannot ${what}`);
    this.action = action;
  }
}

class MissingRollbackTargetError extends Error {
  constructor() {
    super('missing target release for rollback: cannot remediate failed release');
  }
}

export interface LoopOptions {
  /** Whether an upgrade was asked for even where nothing changed. Asked once. */
  readonly takeForceRequest: () => boolean;
  /** The state is worth showing if the run lasts. */
  readonly announce: () => void;
  /** What was done has to be on record before anything is built on it. */
  readonly record: () => Promise<void>;
}

export async function releaseLoop(context: DesiredContext, options: LoopOptions): Promise<LoopOutcome> {
  const { object, clock } = context;
  const ran = new Set<ActionType>();
  await catchUp(context, context.ociDigest);
  // Asked for once: what it forces is done once, too.
  for (;;) {
    context.signal.throwIfAborted();
    const next = await nextAction(context, options);
    if (!('run' in next)) return next;
    if (ran.has(next.type)) return retryOrGiveUp(context);
    begin(context, next);
    if (ran.size === 0) options.announce();
    else await options.record();
    try {
      await next.run();
    } catch (error) {
      context.signal.throwIfAborted();
      // Nothing failed that could be tried again: there is something newer to do.
      if (error instanceof SupersededError || isOutage(error)) throw error;
      if (activeRetry(object) !== undefined) return retryOrGiveUp(context);
      if (isTrue(object, readyCondition)) setReady(object, 'False', 'ReconcileError', errorMessage(error), clock.now());
      throw error;
    }
    ran.add(next.type);
    if (next.type === 'remediate') return afterRemediation(context);
  }
}

/** What is to be done now; or that nothing is. */
async function nextAction(context: DesiredContext, options: LoopOptions): Promise<Action | LoopOutcome> {
  const { object, clock } = context;
  let state: ReleaseState;
  try {
    state = await determineState(context);
  } catch (error) {
    context.signal.throwIfAborted();
    setReady(object, 'False', 'StateError', `Could not determine release state: ${errorMessage(error)}`, clock.now());
    throw error;
  }
  try {
    const action = await actionFor(context, state, options.takeForceRequest());
    if (action !== undefined) return action;
  } catch (error) {
    if (error instanceof RetriesExceededError) return exhausted(context, error.action);
    if (!(error instanceof MissingRollbackTargetError)) throw error;
    const message = `Failed to perform remediation: ${error.message}`;
    markStalled(object, 'MissingRollbackTarget', message, clock.now());
    return { next: 'stop', message };
  }
  settle(context);
  return { next: 'done' };
}

function settle({ object, clock }: DesiredContext): void {
  deleteConditions(object, reconcilingCondition);
  summarize(object, clock.now());
  if (isTrue(object, readyCondition)) noteRendering(object);
}

function exhausted({ object, clock }: DesiredContext, action: 'install' | 'upgrade'): LoopOutcome {
  const remediation = action === 'install' ? installRemediation(object) : upgradeRemediation(object);
  const message = `Failed to ${action} after ${failureCount(object, remediation)} attempt(s)`;
  markStalled(object, 'RetriesExceeded', message, clock.now());
  return { next: 'stop', message };
}

function begin({ object, clock }: DesiredContext, action: Action): void {
  const text = `Running '${action.name}' action with timeout of ${goDuration(action.timeoutMs)}`;
  markReconciling(object, 'Progressing', text, clock.now());
  if (action.type === 'release') setReady(object, 'Unknown', 'Progressing', text, clock.now());
}

function retryOrGiveUp({ object, clock }: DesiredContext): LoopOutcome {
  const retry = activeRetry(object);
  if (retry !== undefined) {
    markReconciling(object, 'ProgressingWithRetry', `retrying after ${goDuration(retry.intervalMs)}`, clock.now());
    return { next: 'retry', afterMs: retry.intervalMs };
  }
  const remediation = activeRemediation(object);
  if (remediation === undefined || !isExhausted(object, remediation)) return requeue(object, clock.now());
  deleteConditions(object, reconcilingCondition);
  return { next: 'done' };
}

function requeue(object: DesiredContext['object'], now: number): LoopOutcome {
  markReconciling(object, 'ProgressingWithRetry', getCondition(object, readyCondition)?.message ?? '', now);
  return { next: 'requeue' };
}

function afterRemediation(context: DesiredContext): LoopOutcome {
  const { object, clock } = context;
  if (activeRetry(object) !== undefined) return retryOrGiveUp(context);
  const remediation = activeRemediation(object);
  if (remediation === undefined || !isExhausted(object, remediation)) return requeue(object, clock.now());
  // Nothing would be left of the release: it is installed anew, with attempts of its own.
  if (remediation.action === 'upgrade' && remediation.strategy === 'uninstall') return requeue(object, clock.now());
  return exhausted(context, remediation.action);
}

/** The action a state asks for; undefined for none. */
async function actionFor(context: DesiredContext, state: ReleaseState, force: boolean): Promise<Action | undefined> {
  const { object } = context;
  switch (state.status) {
    case 'InSync':
      await supersedeOthers(context, latest(object.status?.history)!.version);
      forgetOldRevisions(context);
      if (force) return upgradeAction(context);
      replaceRemediated(context);
      replaceFailed(context);
      noteDrift(context, undefined);
      return undefined;
    case 'Locked':
      return unlockAction(context);
    case 'Absent':
      if (!force && isExhausted(object, installRemediation(object))) {
        throw new RetriesExceededError('install', 'install release');
      }
      return installAction(context);
    case 'Unmanaged':
      (object.status ??= {}).history = [];
      return upgradeAction(context);
    case 'OutOfSync':
      if (!force && isExhausted(object, upgradeRemediation(object))) {
        throw new RetriesExceededError('upgrade', 'upgrade release');
      }
      return upgradeAction(context);
    case 'Drifted': {
      const snapshot = latest(object.status?.history)!;
      const what = `Cluster state of release ${fullName(snapshot)} has drifted from the desired state`;
      const message = `${what}:\n${summarizeDrift(state.report)}`;
      context.event('error', 'DriftDetected', message);
      noteDrift(context, message);
      return object.spec.driftDetection?.mode === 'enabled' ? correctDriftAction(context, state.report) : undefined;
    }
    case 'Untested':
      replaceRemediated(context);
      return testAction(context);
    default:
      return failedAction(context, force);
  }
}

/** Tells what drifted, or that nothing did, or nothing at all where nobody looked. */
function noteDrift({ object, clock }: DesiredContext, drift: string | undefined): void {
  const { mode = 'disabled' } = object.spec.driftDetection ?? {};
  if (mode === 'disabled') return deleteConditions(object, driftedCondition);
  const [status, reason, message] =
    drift === undefined
      ? (['False', 'NoDriftDetected', 'No drift detected against the cluster state'] as const)
      : (['True', 'DriftDetected', drift] as const);
  setCondition(object, { type: driftedCondition, status, reason, message }, clock.now());
}

function forgetOldRevisions({ object }: DesiredContext): void {
  const status = (object.status ??= {});
  const history = status.history ?? [];
  const ignoreTests = activeRemediation(object)?.ignoreTestFailures ?? object.spec.test?.ignoreFailures ?? false;
  status.history = activeRetry(object) === undefined ? truncate(history, ignoreTests) : truncateToNewest(history);
}

/** The release came right after it had been rolled back: what counts is that it was released. */
function replaceRemediated({ object }: DesiredContext): void {
  const remediated = getCondition(object, remediatedCondition);
  const snapshot = latest(object.status?.history);
  if (remediated?.status !== 'True' || snapshot === undefined) return;
  const message = `Helm upgrade succeeded for ${releaseTextOf(snapshot)}`;
  deleteConditions(object, remediatedCondition, releasedCondition);
  const value = { type: releasedCondition, status: 'True', reason: 'UpgradeSucceeded', message } as const;
  setCondition(object, value, Date.parse(remediated.lastTransitionTime));
}

/** What failed left no trace and is no longer asked for: the release is as it should be. */
function replaceFailed({ object, clock }: DesiredContext): void {
  const reason = getCondition(object, releasedCondition)?.reason;
  const snapshot = latest(object.status?.history);
  if (snapshot === undefined || (reason !== 'InstallFailed' && reason !== 'UpgradeFailed')) return;
  const [action, succeeded] =
    reason === 'InstallFailed' ? ['install', 'InstallSucceeded'] : ['upgrade', 'UpgradeSucceeded'];
  const message = `Helm ${action} succeeded for ${releaseTextOf(snapshot)}`;
  setCondition(object, { type: releasedCondition, status: 'True', reason: succeeded, message }, clock.now());
}

async function failedAction(context: DesiredContext, force: boolean): Promise<Action> {
  const { object } = context;
  const status = (object.status ??= {});
  if (activeRetry(object) !== undefined) {
    status.history = truncateToNewest(status.history ?? []);
    return upgradeAction(context);
  }
  const remediation = activeRemediation(object);
  if (remediation === undefined || failureCount(object, remediation) <= 0 || force) return upgradeAction(context);
  if (!mustRemediateLast(object, remediation)) {
    throw new RetriesExceededError(remediation.action, 'remediate failed release');
  }
  status.history = truncate(status.history ?? [], remediation.ignoreTestFailures);
  return remediation.strategy === 'uninstall'
    ? uninstallRemediationAction(context)
    : rollbackOrUpgrade(context, remediation);
}

async function rollbackOrUpgrade(context: DesiredContext, remediation: Remediation): Promise<Action> {
  const { object, storage } = context;
  const target = previous(object.status?.history, remediation.ignoreTestFailures);
  if (target === undefined) throw new MissingRollbackTargetError();
  const stored = await storage.get(target.version);
  const isIntact =
    stored !== undefined &&
    (!isVerifiable(target) || verifyRelease(target.digest, stored.record, target.ociDigest) === true);
  return isIntact ? rollbackAction(context, target) : upgradeAction(context);
}
