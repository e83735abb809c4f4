// Goes back to the last good revision after a failed upgrade, as Helm does: by a new revision with its content.
import { errorMessage } from '#lib/errors';
import { SupersededError } from '#runtime/controller';
import {
  type Action,
  eventMetadata,
  type DesiredContext,
  failureText,
  noteDuration,
  observed,
  recordOnObject,
  setRemediated,
} from './action.ts';
import { applyMethodRecord, methodOf, sideOf } from './apply-method.ts';
import { summarize } from './conditions.ts';
import { maxHistory, releaseName, timeoutMs } from './helmrelease.ts';
import { countFailure } from './remediation.ts';
import { applyItems, identityOf, runReleaseHooks, setStatus, waitForItems } from './revision.ts';
import { releaseTextOf, type SnapshotDraft } from './snapshot.ts';
import { inventoryOf } from './inventory.ts';
import { restartPods } from './restart-pods.ts';
import { helmTime, type StoredRelease } from './storage.ts';
import { idsOf, itemsOf, straysOf } from './stored-items.ts';
import { supersedeOthers } from './supersede.ts';
import { removeLeftovers } from './upgrade.ts';

export function rollbackAction(context: DesiredContext, target: SnapshotDraft): Action {
  return {
    name: 'rollback',
    type: 'remediate',
    timeoutMs: timeoutMs(context.object, 'rollback'),
    run: () => run(context, target),
  };
}

async function run(context: DesiredContext, target: SnapshotDraft): Promise<void> {
  const { object, clock, valuesDigest, signal } = context;
  const started = clock.monotonic();
  const outcome = await observed(context, () => rollBack(context, target.version));
  noteDuration(context, started);
  recordOnObject(context, outcome.written, target.ociDigest ?? '');
  signal.throwIfAborted();
  // Told of the revision gone back to, for the values that were asked for.
  const metadata = eventMetadata({
    revision: target.chartVersion,
    token: valuesDigest,
    appVersion: target.appVersion,
    ociDigest: target.ociDigest,
  });
  const text = `Helm rollback to previous ${releaseTextOf(target)}`;
  if ('error' in outcome) {
    if (outcome.error instanceof SupersededError) throw outcome.error;
    countFailure(object);
    const message = `${text} failed: ${failureText(outcome.error)}`;
    setRemediated(context, false, 'RollbackFailed', message);
    context.event('error', 'RollbackFailed', context.steps.after(message), metadata);
    summarize(object, clock.now());
    if (outcome.written.length === 0) throw outcome.error;
    return;
  }
  const message = `${text} succeeded`;
  setRemediated(context, true, 'RollbackSucceeded', message);
  context.event('info', 'RollbackSucceeded', message, metadata);
  summarize(object, clock.now());
}

async function rollBack(context: DesiredContext, version: number): Promise<void> {
  const { object, storage, applier, clock, log } = context;
  const settings = object.spec.rollback ?? {};
  const name = releaseName(object);
  const current = await storage.last();
  const target = await storage.get(version);
  if (current === undefined || target === undefined) throw new Error(`release has no ${version} version`);
  const { apply_method: _method, ...content } = target.record;
  const side = sideOf(settings.serverSideApply, target.record);
  const release: StoredRelease = {
    ...target,
    record: {
      ...content,
      ...applyMethodRecord(side),
      version: current.record.version + 1,
      info: {
        first_deployed: current.record.info.first_deployed,
        last_deployed: helmTime(clock.now()),
        deleted: '',
        description: `Rollback to ${version}`,
        status: 'pending-rollback',
        ...(target.record.info.notes !== undefined && { notes: target.record.info.notes }),
      },
      ...(target.record.hooks !== undefined && { hooks: target.record.hooks.map((hook) => ({ ...hook })) }),
    },
  };
  const identity = identityOf(release);
  const items = await itemsOf(context, release, identity);
  const before = await itemsOf(context, current, identity);
  const strays = await straysOf(context, identity, idsOf(before, items));
  await storage.makeRoom(maxHistory(object));
  await storage.create(release);
  const hooks = { settings, action: 'rollback', prefix: '' } as const;
  try {
    await runReleaseHooks(context, release, { ...hooks, event: 'pre-rollback' });
    const method = methodOf(side, { before, replaces: settings.force === true });
    const step = { items, release: identity, settings, method };
    const outcome = await applyItems(context, step).catch(async (error: unknown) => {
      // One that failed stays so: a superseded one would be taken for good, and gone back to.
      if (current.record.info.status === 'deployed') {
        await setStatus(context, current, 'superseded', current.record.info.description ?? '');
      }
      throw error;
    });
    const problems = await removeLeftovers(context, [...before, ...strays], items);
    for (const problem of problems)
      log.error({ error: problem }, 'an object the release no longer has was not deleted');
    if (settings.recreate === true) {
      await restartPods(
        context,
        items.filter((item) => !outcome.created.includes(item)),
      );
    }
    await waitForItems(context, outcome.targets, settings, 'rollback');
    await runReleaseHooks(context, release, { ...hooks, event: 'post-rollback' });
  } catch (error) {
    await setStatus(context, release, 'failed', `Rollback "${name}" failed: ${errorMessage(error)}`);
    if (settings.cleanupOnFail === true) {
      const known = new Set(before.map(({ id }) => id));
      await applier.remove(
        items.filter(({ id }) => !known.has(id)),
        context.signal,
      );
    }
    throw error;
  }
  await supersedeOthers(context, release.record.version);
  await setStatus(context, release, 'deployed', `Rollback to ${version}`);
  (object.status ??= {}).inventory = inventoryOf(items, []);
}
