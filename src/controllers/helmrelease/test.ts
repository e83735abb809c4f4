// Runs the chart's tests on the latest revision.
import type { RecordedHook } from '#helm/index';
import { setCondition } from '#runtime/conditions';
import { SupersededError } from '#runtime/controller';
import { type Action, type DesiredContext, failureText, observed, snapshotMetadata, targets } from './action.ts';
import { summarize, testSuccessCondition } from './conditions.ts';
import { timeoutMs, type HelmReleaseDraft } from './helmrelease.ts';
import { activeRemediation, countAttempt, countFailure } from './remediation.ts';
import { runReleaseHooks } from './revision.ts';
import { hasBeenTested, latest, snapshotOf, testHooksOf, releaseTextOf } from './snapshot.ts';
import { NoLatestError } from './uninstall.ts';

export function testAction(context: DesiredContext): Action {
  return { name: 'test', type: 'test', timeoutMs: timeoutMs(context.object, 'test'), run: () => run(context) };
}

async function run(context: DesiredContext): Promise<void> {
  const { object, storage, clock } = context;
  const current = latest(object.status?.history);
  if (current === undefined) throw new NoLatestError();
  let ran = 0;
  const outcome = await observed(context, async () => {
    const release = await storage.last();
    if (release === undefined) throw new Error('release: not found');
    if (!targets(current, release.record)) throw new Error('release mismatch');
    const hooks = selected(release.record.hooks ?? [], object);
    ran = hooks.length;
    if (hooks.length === 0) {
      current.testHooks = {};
      return;
    }
    const request = { settings: {}, action: 'test', event: 'test', prefix: '' } as const;
    try {
      await runReleaseHooks(context, { ...release, record: { ...release.record, hooks } }, request);
    } finally {
      context.signal.throwIfAborted();
      await storage.update(release);
    }
  });
  context.signal.throwIfAborted();
  const [written] = outcome.written;
  if (written !== undefined) {
    const at = object.status!.history!.indexOf(current);
    const { ociDigest } = current;
    object.status!.history![at] = snapshotOf(written.record, { ociDigest, testHooks: testHooksOf(written.record) });
  }
  const tested = latest(object.status?.history)!;
  const text = `for ${releaseTextOf(tested)}`;
  const tell = (status: 'True' | 'False', reason: string, message: string): void => {
    setCondition(object, { type: testSuccessCondition, status, reason, message }, clock.now());
    context.event(status === 'True' ? 'info' : 'error', reason, message, snapshotMetadata(tested));
    summarize(object, clock.now());
  };
  if ('error' in outcome) {
    if (outcome.error instanceof SupersededError) throw outcome.error;
    countFailure(object);
    tell('False', 'TestFailed', `Helm test failed ${text}: ${failureText(outcome.error)}`);
    if (!hasBeenTested(tested)) throw outcome.error;
    const remediation = activeRemediation(object);
    if (remediation !== undefined && !remediation.ignoreTestFailures) countAttempt(object, remediation.action);
    return;
  }
  const hooks = ran === 0 ? 'no test hooks' : `${ran} test hook${ran === 1 ? '' : 's'} completed successfully`;
  tell('True', 'TestSucceeded', `Helm test succeeded ${text}: ${hooks}`);
}

/** The hooks the filters let through; objects of the record itself, so that results are written to it. */
function selected(hooks: readonly RecordedHook[], { spec }: HelmReleaseDraft): RecordedHook[] {
  const filters = spec.test?.filters ?? [];
  const named = filters.filter(({ exclude }) => exclude !== true).map(({ name }) => name);
  const excluded = new Set(filters.filter(({ exclude }) => exclude === true).map(({ name }) => name));
  return hooks.filter(({ name = '', events = [] }) => {
    if (!events.includes('test') || excluded.has(name)) return false;
    return named.length === 0 || named.includes(name);
  });
}
