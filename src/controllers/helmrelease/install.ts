// Installs the release.
import { checkReleaseName } from '#helm/index';
import { errorMessage } from '#lib/errors';
import { setCondition } from '#runtime/conditions';
import { SupersededError } from '#runtime/controller';
import {
  type Action,
  attemptMetadata,
  attemptText,
  type DesiredContext,
  failureText,
  forgetOutcomes,
  noteDuration,
  noteRendering,
  observed,
  recordOnObject,
  setReleased,
  snapshotMetadata,
} from './action.ts';
import { installMethod } from './apply-method.ts';
import { summarize, testSuccessCondition } from './conditions.ts';
import { fullReleaseName, releaseName, timeoutMs } from './helmrelease.ts';
import { inventoryOf } from './inventory.ts';
import { activeRetry, clearFailures, countAttempt, countFailure } from './remediation.ts';
import {
  applyItems,
  ensureNamespace,
  identityOf,
  newRecord,
  renderRevision,
  runReleaseHooks,
  setStatus,
  waitForItems,
} from './revision.ts';
import { hasBeenTested, latest, releaseTextOf } from './snapshot.ts';

export function installAction(context: DesiredContext): Action {
  const { object } = context;
  return {
    name: 'install',
    type: 'release',
    timeoutMs: timeoutMs(object, 'install'),
    run: () => runRelease(context, 'install', () => install(context)),
  };
}

const words = {
  install: { succeeded: 'InstallSucceeded', failed: 'InstallFailed' },
  upgrade: { succeeded: 'UpgradeSucceeded', failed: 'UpgradeFailed' },
} as const;

/** What installing and upgrading have in common: counting, the history, conditions and events. */
export async function runRelease(
  context: DesiredContext,
  action: 'install' | 'upgrade',
  work: () => Promise<void>,
): Promise<void> {
  const { object, clock, ociDigest, signal } = context;
  const status = (object.status ??= {});
  status.lastAttemptedReleaseAction = action;
  if (action === 'install') status.history = [];
  forgetOutcomes(context);
  const started = clock.monotonic();
  const outcome = await observed(context, work);
  noteDuration(context, started);
  recordOnObject(context, outcome.written, ociDigest);
  signal.throwIfAborted();
  const { succeeded, failed } = words[action];
  if ('error' in outcome) {
    // Nothing failed: there is something newer to do.
    if (outcome.error instanceof SupersededError) throw outcome.error;
    countFailure(object);
    const name = fullReleaseName(object);
    const message = `Helm ${action} failed for ${attemptText(context, name)}: ${failureText(outcome.error)}`;
    setReleased(context, false, failed, message);
    context.event('error', failed, context.steps.after(message), attemptMetadata(context));
    summarize(object, clock.now());
    if (outcome.written.length === 0) throw outcome.error;
    countAttempt(object, action);
    return;
  }
  if (activeRetry(object) !== undefined) clearFailures(object);
  noteRendering(object);
  const current = latest(status.history)!;
  const message = `Helm ${action} succeeded for ${releaseTextOf(current)}`;
  setReleased(context, true, succeeded, message);
  if (object.spec.test?.enable === true && !hasBeenTested(current)) {
    const waiting = `Helm ${releaseTextOf(current)} is awaiting tests`;
    const condition = {
      type: testSuccessCondition,
      status: 'Unknown',
      reason: 'AwaitingTests',
      message: waiting,
    } as const;
    setCondition(object, condition, clock.now());
  }
  context.event('info', succeeded, message, snapshotMetadata(current));
  summarize(object, clock.now());
}

async function install(context: DesiredContext): Promise<void> {
  const { object, storage, applier, values } = context;
  const settings = object.spec.install ?? {};
  const name = releaseName(object);
  checkReleaseName(name);
  const last = await storage.last();
  const lastStatus = last?.record.info.status;
  if (last !== undefined) {
    const mayReplace = settings.replace === true && (lastStatus === 'uninstalled' || lastStatus === 'failed');
    if (!mayReplace) throw new Error('cannot re-use a name that is still in use');
  }
  const revision = (last?.record.version ?? 0) + 1;
  const method = installMethod(settings);
  const rendered = await renderRevision(context, { revision, isUpgrade: false, values, settings });
  const release = newRecord(context, {
    rendered,
    revision,
    status: 'pending-install',
    description: 'Initial install underway',
    side: method.side,
  });
  const identity = identityOf(release);
  const items = await applier.resolve(rendered.objects, identity).catch((error: unknown) => {
    const text = `unable to build kubernetes objects from release manifest: ${errorMessage(error)}`;
    throw new Error(text, { cause: error });
  });
  if (settings.disableTakeOwnership === true) await applier.checkOwnership(items, identity, 'install');
  await ensureNamespace(context);
  await storage.create(release);
  if (last !== undefined) await setStatus(context, last, 'superseded', 'superseded by new release');
  try {
    const hooks = { settings, action: 'install' } as const;
    await runReleaseHooks(context, release, { ...hooks, event: 'pre-install', prefix: 'failed pre-install: ' });
    const { targets } = await applyItems(context, { items, release: identity, settings, method });
    await waitForItems(context, targets, settings, 'install');
    await runReleaseHooks(context, release, { ...hooks, event: 'post-install', prefix: 'failed post-install: ' });
  } catch (error) {
    await setStatus(context, release, 'failed', `Release "${name}" failed: ${errorMessage(error)}`);
    throw error;
  }
  await setStatus(context, release, 'deployed', 'Install complete');
  (object.status ??= {}).inventory = inventoryOf(
    items,
    rendered.crds.flatMap(({ objects }) => objects),
  );
}
