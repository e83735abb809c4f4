// Takes a revision that an interrupted action left pending, and makes it a failed one, which can be acted upon.
import {
  type Action,
  type DesiredContext,
  failureText,
  observed,
  refreshed,
  setReleased,
  snapshotMetadata,
  targets,
} from './action.ts';
import { summarize } from './conditions.ts';
import { timeoutMs } from './helmrelease.ts';
import { countFailure } from './remediation.ts';
import { setStatus } from './revision.ts';
import { isUnderWay } from './storage.ts';
import { snapshotOf, releaseTextOf } from './snapshot.ts';

export function unlockAction(context: DesiredContext): Action {
  return { name: 'unlock', type: 'unlock', timeoutMs: timeoutMs(context.object), run: () => unlock(context) };
}

async function unlock(context: DesiredContext): Promise<void> {
  const { object, storage, clock } = context;
  const release = await storage.last();
  const status = release?.record.info.status ?? 'unknown';
  // Somebody else was quicker.
  if (release === undefined || !isUnderWay(status)) return;
  const history = object.status?.history ?? [];
  const { ociDigest } = history.find((each) => targets(each, release.record)) ?? {};
  const snapshot = snapshotOf(release.record, { ociDigest });
  const outcome = await observed(context, () =>
    setStatus(context, release, 'failed', `Release unlocked from stale '${status}' state`),
  );
  for (const { record } of outcome.written) {
    const at = history.findIndex((each) => targets(each, record));
    if (at >= 0) history[at] = refreshed(history[at]!, record);
  }
  const what = `Helm ${releaseTextOf(snapshot)} in ${status} state`;
  if ('error' in outcome) {
    countFailure(object);
    const message = `Unlock of ${what} failed: ${failureText(outcome.error)}`;
    setReleased(context, false, 'PendingRelease', message);
    context.event('error', 'PendingRelease', message, snapshotMetadata(snapshot));
    summarize(object, clock.now());
    throw outcome.error;
  }
  const message = `Unlocked ${what}`;
  setReleased(context, false, 'PendingRelease', message);
  context.event('info', 'PendingRelease', message, snapshotMetadata(snapshot));
  summarize(object, clock.now());
}
