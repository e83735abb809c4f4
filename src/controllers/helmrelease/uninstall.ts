// Uninstalls the release: because the HelmRelease goes, because it is to be another release now, or as remediation.
import { sortByKind, uninstallOrder } from '#helm/index';
import type { Unstructured } from '#kube/object';
import { isNotFound } from '#kube/status-error';
import { errorMessage } from '#lib/errors';
import pLimit from 'p-limit';
import {
  type Action,
  type DesiredContext,
  failureText,
  observed,
  refreshed,
  type ReleaseContext,
  setReleased,
  setRemediated,
  snapshotMetadata,
  targets,
} from './action.ts';
import { summarize } from './conditions.ts';
import { timeoutMs } from './helmrelease.ts';
import { isNamespaceGoing } from './namespace-end.ts';
import { awaitGone, type Doomed, isGone } from './object-end.ts';
import { isOutage } from './outage.ts';
import { resourcePolicy, type ReleaseItem } from './release-objects.ts';
import { countFailure } from './remediation.ts';
import { type HookRequest, identityOf, runReleaseHooks, setStatus } from './revision.ts';
import { fullName, latest, metaTime, type SnapshotDraft, releaseTextOf } from './snapshot.ts';
import { helmTime, type StoredRelease } from './storage.ts';
import { idsOf, itemsOf, straysOf } from './stored-items.ts';

const deletedAtOnce = 16;

export function uninstallRemediationAction(context: DesiredContext): Action {
  return {
    name: 'uninstall',
    type: 'remediate',
    timeoutMs: timeoutMs(context.object, 'uninstall'),
    run: () => remediate(context),
  };
}

/** The release never was, as far as the object knows. */
export class NoLatestError extends Error {
  constructor() {
    super('no latest release');
  }
}

/** Ready keeps the message of the action that failed: that is what has to be mended. */
async function remediate(context: DesiredContext): Promise<void> {
  const { object } = context;
  const current = latest(object.status?.history);
  if (current === undefined) throw new NoLatestError();
  const outcome = await observed(context, () => uninstall(context));
  noteUninstalled(context, current, outcome.written);
  context.signal.throwIfAborted();
  const text = `Helm uninstall remediation for ${releaseTextOf(current)}`;
  const metadata = snapshotMetadata(current);
  if ('error' in outcome) {
    countFailure(object);
    const message = `${text} failed: ${failureText(outcome.error)}`;
    setRemediated(context, false, 'UninstallFailed', message);
    context.event('error', 'UninstallFailed', context.steps.after(message), metadata);
    if (outcome.written.length === 0) throw outcome.error;
    return;
  }
  setRemediated(context, true, 'UninstallSucceeded', `${text} succeeded`);
  context.event('info', 'UninstallSucceeded', `${text} succeeded`, metadata);
}

/** Uninstalls for good. Throws what kept it from being done. */
export async function uninstallRelease(context: ReleaseContext): Promise<void> {
  const { object, storage, clock } = context;
  const current = latest(object.status?.history);
  if (current === undefined) throw new NoLatestError();
  if ((await storage.last()) === undefined) {
    const message = `Release ${fullName(current)} was not found, assuming it is uninstalled`;
    setReleased(context, true, 'UninstallSucceeded', message);
    setReleased(context, false, 'UninstallSucceeded', message);
    summarize(object, clock.now());
    return;
  }
  const outcome = await observed(context, () => uninstall(context));
  noteUninstalled(context, current, outcome.written);
  context.signal.throwIfAborted();
  const text = `Helm uninstall`;
  if ('error' in outcome) {
    const reason = failureText(outcome.error);
    if (object.spec.uninstall?.keepHistory === true && reason.includes('is already deleted')) {
      setReleased(context, false, 'UninstallSucceeded', `Release ${fullName(current)} was already uninstalled`);
      summarize(object, clock.now());
      return;
    }
    countFailure(object);
    const message = `${text} failed for ${releaseTextOf(current)}: ${reason}`;
    setReleased(context, false, 'UninstallFailed', message);
    context.event('error', 'UninstallFailed', context.steps.after(message), snapshotMetadata(current));
    summarize(object, clock.now());
    throw outcome.error;
  }
  const message = `${text} succeeded for ${releaseTextOf(current)}`;
  setReleased(context, false, 'UninstallSucceeded', message);
  context.event('info', 'UninstallSucceeded', message, snapshotMetadata(current));
  summarize(object, clock.now());
}

/** A purge leaves no record; that it was is known all the same. */
function noteUninstalled(
  { object, clock }: ReleaseContext,
  current: SnapshotDraft,
  written: readonly StoredRelease[],
): void {
  const history = object.status?.history ?? [];
  const at = history.findIndex(({ version }) => version === current.version);
  const record = written.find((release) => targets(current, release.record))?.record;
  if (at < 0) return;
  if (record !== undefined) history[at] = refreshed(current, record);
  else if (history[at]!.status === 'uninstalling') history[at]!.deleted ??= metaTime(helmTime(clock.now()));
}

/** Whatever the newest revision is, and whoever made it: the release has to go. */
async function uninstall(context: ReleaseContext): Promise<void> {
  const { object, storage, clock } = context;
  const settings = object.spec.uninstall ?? {};
  const release = await storage.last();
  if (release === undefined) throw new Error(`uninstall: Release not loaded: ${storage.id.name}: release: not found`);
  const { record } = release;
  if (record.info.status === 'uninstalled') {
    if (settings.keepHistory === true) throw new Error(`the release named "${record.name}" is already deleted`);
    await storage.purge();
    return;
  }
  const identity = identityOf(release);
  const items = await itemsOf(context, release, identity);
  const strays = await straysOf(context, identity, idsOf(items));
  record.info = { ...record.info, deleted: helmTime(clock.now()) };
  const hooks = { settings, action: 'uninstall', prefix: '' } as const;
  const hasHooks = settings.disableHooks !== true && (record.hooks ?? []).length > 0;
  // With nothing that could fail half-way before the purge, the interim record would only be written to be deleted.
  if (hasHooks || settings.keepHistory === true) {
    await setStatus(context, release, 'uninstalling', 'Deletion in progress (or silently failed)');
  }
  await runDeletionHooks(context, release, { ...hooks, event: 'pre-delete' });
  const problems = await deleteObjects(context, [...items, ...strays]);
  if (problems.length > 0) {
    await setStatus(context, release, 'uninstalling', 'Deletion in progress (or silently failed)');
    throw new Error(
      `uninstallation completed with ${problems.length} error(s): ${problems.map((text) => `failed to delete release: ${text}`).join('; ')}`,
    );
  }
  await runDeletionHooks(context, release, { ...hooks, event: 'post-delete' });
  if (settings.keepHistory === true) await setStatus(context, release, 'uninstalled', 'Uninstallation complete');
  else {
    record.info = { ...record.info, status: 'uninstalled', description: 'Uninstallation complete' };
    await storage.purge();
  }
  context.applied.clear();
  delete object.status?.inventory;
}

/** Where the namespace is gone, or going, no hook can run any more: nothing else may wait for it. */
async function runDeletionHooks(context: ReleaseContext, release: StoredRelease, request: HookRequest): Promise<void> {
  try {
    await runReleaseHooks(context, release, request);
  } catch (error) {
    if (!isNamespaceGoing(error)) throw error;
    context.log.info({ event: request.event }, 'hooks left out: their namespace is going');
  }
}

const propagation = { background: 'Background', foreground: 'Foreground', orphan: 'Orphan' } as const;

/** Deletes in Helm's order, kind by kind, and waits for the end. Returns a line for each that could not be deleted. */
async function deleteObjects(context: ReleaseContext, items: readonly ReleaseItem[]): Promise<string[]> {
  const { object, cluster, applier, signal, log, steps } = context;
  const settings = object.spec.uninstall ?? {};
  const policy = propagation[settings.deletionPropagation ?? 'background'];
  const kept = items.filter((item) => resourcePolicy(item.object) === 'keep');
  for (const { subject } of kept) log.info({ object: subject }, 'kept due to its resource policy');
  const wanted = items.filter((item) => resourcePolicy(item.object) === undefined);
  const ordered = sortByKind(wanted, uninstallOrder(), (item) => item.object.kind ?? '');
  const failures: string[] = [];
  const doomed: Doomed[] = [];
  for (const batch of Map.groupBy(ordered, (item) => item.object.kind ?? '').values()) {
    const limit = pLimit(deletedAtOnce);
    await Promise.all(
      batch.map((item) =>
        limit(async () => {
          const { name = '', namespace } = item.object.metadata;
          try {
            const answer: Unstructured = await cluster.client.delete(
              item.resource,
              { name, namespace },
              { propagationPolicy: policy, signal },
            );
            steps.note(`${item.subject} deleted`);
            if (!isGone(answer)) doomed.push({ item, kind: () => applier.view.kind(item.resource) });
          } catch (error) {
            signal.throwIfAborted();
            if (isOutage(error)) throw error;
            if (!isNotFound(error)) failures.push(errorMessage(error));
          }
        }),
      ),
    );
  }
  if (settings.disableWait === true || failures.length > 0) return failures;
  if (doomed.length > 0) steps.note(`waiting for the end of ${doomed.length} object(s)`);
  await awaitGone(doomed, { view: applier.view, timeoutMs: timeoutMs(object, 'uninstall'), signal });
  return failures;
}
