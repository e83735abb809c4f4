// What is done about failures by the settings of an action, and what makes those counted so far meaningless.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { configDigest } from '#controllers/helmrelease/digests';
import type { HelmReleaseDraft } from '#controllers/helmrelease/helmrelease';
import {
  activeRemediation,
  activeRetry,
  countAttempt,
  countFailure,
  failureCount,
  installRemediation,
  isExhausted,
  isNewAttempt,
  mustRemediateLast,
  upgradeRemediation,
} from '#controllers/helmrelease/remediation';

function object(spec: object = {}, status: object = {}): HelmReleaseDraft {
  const metadata = { name: 'web', namespace: 'apps', generation: 3 };
  return { apiVersion: '', kind: 'HelmRelease', metadata, spec: { interval: '1h', ...spec }, status };
}

const tried = (action: string): object => ({ lastAttemptedReleaseAction: action });
const ignoring = { test: { enable: true, ignoreFailures: true } };

describe('settings of a remediation', () => {
  for (const { title, action, spec = {}, want } of [
    { title: 'of an installation', action: 'install', want: 'uninstall, 0 retries' },
    { title: 'of an upgrade', action: 'upgrade', want: 'rollback, 0 retries' },
    { title: 'of an installation with retries', action: 'install', retries: 2, want: 'uninstall, 2 retries' },
    { title: 'of an upgrade with retries', action: 'upgrade', retries: 2, want: 'rollback, 2 retries, even the last' },
    { title: 'of an upgrade with retries without end', action: 'upgrade', retries: -1, want: 'rollback, -1 retries' },
    {
      title: 'of an installation by another strategy, which it has not',
      action: 'install',
      remediation: { strategy: 'rollback' },
      want: 'uninstall, 0 retries',
    },
    {
      title: 'of an upgrade by another strategy',
      action: 'upgrade',
      remediation: { strategy: 'uninstall' },
      want: 'uninstall, 0 retries',
    },
    {
      title: 'with tests that do not count',
      action: 'upgrade',
      spec: ignoring,
      want: 'rollback, 0 retries, whatever the tests',
    },
    {
      title: 'with tests that count here',
      action: 'install',
      spec: ignoring,
      remediation: { ignoreTestFailures: false },
      want: 'uninstall, 0 retries',
    },
  ].map(({ title, action, spec: more, want, ...settings }) => ({
    title,
    action,
    want,
    spec: {
      ...more,
      [action]: {
        remediation: {
          ...('retries' in settings && { retries: settings.retries }),
          ...('remediation' in settings && settings.remediation),
        },
      },
    },
  }))) {
    it(title, () => {
      const made = action === 'install' ? installRemediation(object(spec)) : upgradeRemediation(object(spec));
      const { strategy, retries, remediateLastFailure: last, ignoreTestFailures: ignored } = made;
      const rest = `${last ? ', even the last' : ''}${ignored ? ', whatever the tests' : ''}`;
      assert.equal(`${strategy}, ${retries} retries${rest}`, want);
    });
  }

  for (const [retries, failures, remediateLastFailure, want] of [
    [0, 0, undefined, 'once more, undone'],
    [0, 1, undefined, 'no more'],
    [0, 1, true, 'no more, undone'],
    [2, 2, undefined, 'once more, undone'],
    [2, 2, false, 'once more, undone'],
    [2, 3, undefined, 'no more, undone'],
    [2, 3, false, 'no more'],
    [-1, 999, undefined, 'once more, undone'],
    [-1, 999, false, 'once more, undone'],
  ] as const) {
    it(`with ${retries} retries, ${failures} failures and ${remediateLastFailure ?? 'nothing'} of the last: ${want}`, () => {
      const remediation = { retries, ...(remediateLastFailure !== undefined && { remediateLastFailure }) };
      const draft = object({ upgrade: { remediation } }, { upgradeFailures: failures, installFailures: 50 });
      const made = upgradeRemediation(draft);
      const undone = mustRemediateLast(draft, made) ? ', undone' : '';
      assert.equal(`${isExhausted(draft, made) ? 'no' : 'once'} more${undone}`, want);
    });
  }

  it('count each action by itself, and all failures together', () => {
    const draft = object();
    countFailure(draft);
    countAttempt(draft, 'install');
    countFailure(draft);
    countAttempt(draft, 'upgrade');
    countAttempt(draft, 'upgrade');
    assert.deepEqual(draft.status, { failures: 2, installFailures: 1, upgradeFailures: 2 });
    assert.equal(failureCount(draft, { action: 'install' }), 1);
    assert.equal(failureCount(draft, { action: 'upgrade' }), 2);
  });

  it('are those of the action tried last', () => {
    assert.equal(activeRemediation(object()), undefined);
    assert.equal(activeRemediation(object({}, tried('install')))!.strategy, 'uninstall');
    assert.equal(activeRemediation(object({}, tried('upgrade')))!.strategy, 'rollback');
  });

  it('retry only by the strategy of the action tried last', () => {
    const strategy = { name: 'RetryOnFailure', retryInterval: '90s' };
    assert.deepEqual(activeRetry(object({ install: { strategy } }, tried('install'))), { intervalMs: 90_000 });
    assert.equal(activeRetry(object({ install: { strategy } }, tried('upgrade'))), undefined);
    assert.equal(activeRetry(object({ install: { strategy } }, {})), undefined);
    const other = { name: 'RemediateOnFailure' };
    assert.equal(activeRetry(object({ upgrade: { strategy: other } }, tried('upgrade'))), undefined);
  });
});

describe('an attempt', () => {
  const values = { a: 1 };
  const valuesDigest = configDigest(values);
  const attempt = { chartVersion: '1.0.0', values, valuesDigest };
  const last = {
    lastAttemptedGeneration: 3,
    lastAttemptedRevision: '1.0.0',
    lastAttemptedConfigDigest: valuesDigest,
  };
  const sha1 = `sha1:${createHash('sha1').update('a: 1\n').digest('hex')}`;
  for (const { title, status, want } of [
    { title: 'is new as the first', status: {}, want: true },
    { title: 'is the last one again', status: last, want: false },
    { title: 'is new with another spec', status: { ...last, lastAttemptedGeneration: 2 }, want: true },
    { title: 'is new with another chart', status: { ...last, lastAttemptedRevision: '0.9.0' }, want: true },
    {
      title: 'is new with the same version of another artifact',
      status: { ...last, lastAttemptedRevision: '1.0.0+0123456789ab' },
      want: true,
    },
    {
      title: 'is new with other values',
      status: { ...last, lastAttemptedConfigDigest: configDigest({ a: 2 }) },
      want: true,
    },
    {
      title: 'is the last one again by a digest of another algorithm',
      status: { ...last, lastAttemptedConfigDigest: sha1 },
      want: false,
    },
    {
      title: 'is new where nobody can tell',
      status: { ...last, lastAttemptedConfigDigest: 'none' },
      want: true,
    },
    {
      title: 'is the last one again where its values were not written down',
      status: { lastAttemptedGeneration: 3, lastAttemptedRevision: '1.0.0' },
      want: false,
    },
  ]) {
    it(title, () => {
      assert.equal(isNewAttempt(object({}, status), attempt), want);
    });
  }
});
