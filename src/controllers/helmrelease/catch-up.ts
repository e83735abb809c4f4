// Brings a HelmRelease's history up to what is stored: a process that died wrote revisions it could tell nobody of.
import { type ReleaseContext, refreshed, setReleased, setRemediated, snapshotMetadata, targets } from './action.ts';
import { summarize } from './conditions.ts';
import type { Head } from './release-index.ts';
import { releaseTextOf, type SnapshotDraft, snapshotOf, latest } from './snapshot.ts';
import type { StoredRelease } from './storage.ts';

/** How much of a release is looked at when nothing is known of it. */
const revisionsRead = 5;

/**
 * Takes revisions into the history that were written for this very object, the newest first, down to the one to go back
 * to. Revisions somebody else wrote, or wrote over, are not ours to believe. Costs nothing while history and storage
 * agree on the newest.
 */
export async function catchUp(context: ReleaseContext, ociDigest?: string): Promise<void> {
  const { object, storage, clock } = context;
  const status = (object.status ??= {});
  const [newest] = await storage.heads();
  const told = latest(status.history);
  if (newest === undefined || !isOwn(newest, context)) return;
  if (told?.version === newest.revision && told.status === newest.status) return;
  const releases = await ownRevisions(context);
  const [last] = releases;
  if (last === undefined) return;
  const known = status.history ?? [];
  status.history = releases.map(({ record }) => {
    const snapshot = known.find((each) => targets(each, record));
    return snapshot === undefined ? snapshotOf(record, { ociDigest }) : refreshed(snapshot, record);
  });
  if (last.record.info.status !== 'deployed') return;
  tellDeployed(context, last, status.history[0]!);
  summarize(object, clock.now());
}

function isOwn({ madeFor }: Head, { object }: ReleaseContext): boolean {
  return madeFor !== undefined && madeFor === object.metadata.uid;
}

async function ownRevisions(context: ReleaseContext): Promise<StoredRelease[]> {
  const { storage } = context;
  const releases: StoredRelease[] = [];
  for (const head of (await storage.heads()).slice(0, revisionsRead)) {
    const release = isOwn(head, context) ? await storage.get(head.revision) : undefined;
    if (release === undefined) break;
    releases.push(release);
    const { status } = release.record.info;
    if (releases.length > 1 && (status === 'deployed' || status === 'superseded')) break;
  }
  return releases;
}

/** What the dead process would have told. */
function tellDeployed(context: ReleaseContext, { record }: StoredRelease, snapshot: SnapshotDraft): void {
  const metadata = snapshotMetadata(snapshot);
  const [, target] = /^Rollback to (\d+)$/.exec(record.info.description ?? '') ?? [];
  if (target !== undefined) {
    const message = `Helm rollback to previous ${releaseTextOf({ ...snapshot, version: Number(target) })} succeeded`;
    setRemediated(context, true, 'RollbackSucceeded', message);
    context.event('info', 'RollbackSucceeded', message, metadata);
    return;
  }
  const [action, reason] =
    snapshot.version === 1 ? (['install', 'InstallSucceeded'] as const) : (['upgrade', 'UpgradeSucceeded'] as const);
  context.object.status!.lastAttemptedReleaseAction = action;
  const message = `Helm ${action} succeeded for ${releaseTextOf(snapshot)}`;
  setReleased(context, true, reason, message);
  context.event('info', reason, message, metadata);
}
