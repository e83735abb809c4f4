// Upgrades the release: whatever changed is applied, what it no longer has goes.
import { errorMessage } from '#lib/errors';
import type { Action, DesiredContext, ReleaseContext } from './action.ts';
import { methodOf, sideOf } from './apply-method.ts';
import { releaseName, maxHistory, timeoutMs } from './helmrelease.ts';
import { runRelease } from './install.ts';
import { inventoryOf } from './inventory.ts';
import { ReleaseApplyError } from './release-applier.ts';
import type { ReleaseItem } from './release-objects.ts';
import {
  applyItems,
  identityOf,
  newRecord,
  renderRevision,
  runReleaseHooks,
  setStatus,
  waitForItems,
} from './revision.ts';
import type { StoredRelease } from './storage.ts';
import { idsOf, itemsOf, straysOf } from './stored-items.ts';
import { supersedeOthers } from './supersede.ts';

export function upgradeAction(context: DesiredContext): Action {
  return {
    name: 'upgrade',
    type: 'release',
    timeoutMs: timeoutMs(context.object, 'upgrade'),
    run: () => runRelease(context, 'upgrade', () => upgrade(context)),
  };
}

async function upgrade(context: DesiredContext): Promise<void> {
  const { object, storage, applier, values, log } = context;
  const settings = object.spec.upgrade ?? {};
  const name = releaseName(object);
  const { last, base } = await revisionsOf(context, name);
  const revision = last.record.version + 1;
  const side = sideOf(settings.serverSideApply, last.record);
  const reuse = settings.preserveValues === true ? base : undefined;
  const rendered = await renderRevision(context, { revision, isUpgrade: true, values, reuse, settings });
  const release = newRecord(context, {
    rendered,
    revision,
    status: 'pending-upgrade',
    description: 'Preparing upgrade',
    firstDeployed: base.record.info.first_deployed,
    labels: base.labels,
    side,
  });
  const identity = identityOf(release);
  const items = await applier.resolve(rendered.objects, identity).catch((error: unknown) => {
    const text = `unable to build kubernetes objects from new release manifest: ${errorMessage(error)}`;
    throw new Error(text, { cause: error });
  });
  const before = await itemsOf(context, base, identity);
  if (settings.disableTakeOwnership === true) {
    const known = new Set(before.map(({ id }) => id));
    const added = items.filter(({ id }) => !known.has(id));
    await applier.checkOwnership(added, identity, 'update');
  }
  const strays = await straysOf(context, identity, idsOf(before, items));
  await storage.makeRoom(maxHistory(object));
  await storage.create(release);
  let created: readonly ReleaseItem[] = [];
  try {
    const hooks = { settings, action: 'upgrade' } as const;
    await runReleaseHooks(context, release, { ...hooks, event: 'pre-upgrade', prefix: 'pre-upgrade hooks failed: ' });
    const method = methodOf(side, { before, replaces: settings.force === true });
    const outcome = await applyItems(context, { items, release: identity, settings, method });
    created = outcome.created;
    const problems = await removeLeftovers(context, [...before, ...strays], items);
    for (const problem of problems)
      log.error({ error: problem }, 'an object the release no longer has was not deleted');
    await waitForItems(context, outcome.targets, settings, 'upgrade');
    await runReleaseHooks(context, release, { ...hooks, event: 'post-upgrade', prefix: 'post-upgrade hooks failed: ' });
  } catch (error) {
    await setStatus(context, release, 'failed', `Upgrade "${name}" failed: ${errorMessage(error)}`);
    if (settings.cleanupOnFail === true) {
      const made = error instanceof ReleaseApplyError ? error.outcome.created : created;
      await applier.remove(made, context.signal);
    }
    throw error;
  }
  await supersedeOthers(context, revision);
  await setStatus(context, release, 'deployed', 'Upgrade complete');
  (object.status ??= {}).inventory = inventoryOf(
    items,
    rendered.crds.flatMap(({ objects }) => objects),
  );
}

/** The last revision, and the one whose objects are in the cluster. */
async function revisionsOf(
  { storage }: ReleaseContext,
  name: string,
): Promise<{ readonly last: StoredRelease; readonly base: StoredRelease }> {
  const last = await storage.last();
  if (last === undefined) throw new Error(`"${name}" has no deployed releases`);
  const { status = 'unknown' } = last.record.info;
  if (status.startsWith('pending-')) throw new Error('another operation (install/upgrade/rollback) is in progress');
  if (status === 'deployed') return { last, base: last };
  const deployed = (await storage.heads()).find((head) => head.status === 'deployed');
  const base = deployed === undefined ? undefined : await storage.get(deployed.revision);
  if (base !== undefined) return { last, base };
  if (status === 'failed' || status === 'superseded') return { last, base: last };
  throw new Error(`"${name}" has no deployed releases`);
}

export async function removeLeftovers(
  { applier, applied, signal }: ReleaseContext,
  before: readonly ReleaseItem[],
  after: readonly ReleaseItem[],
): Promise<string[]> {
  const kept = new Set(after.map(({ id }) => id));
  const leftovers = before.filter(({ id }) => !kept.has(id));
  for (const { id } of leftovers) applied.delete(id);
  return leftovers.length === 0 ? [] : applier.remove(leftovers, signal);
}
