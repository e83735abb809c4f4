// Releases in every state, and what one pass makes of them.
import { sigsMarshal } from '#goyaml/index';
import { SupersededError } from '#runtime/controller';
import { conditions, retries, retrying, type Stage, type Stored } from '#test/controllers/helmrelease/one-pass';
import { configMap, testHook } from '#test/controllers/helmrelease/release-in-memory';

export interface Case extends Stage {
  readonly title: string;
  /** The actions, and what comes of them. */
  readonly want: string;
  /** `Type=Status Reason`. */
  readonly said?: readonly string[];
  /** Failures, those of installations, those of upgrades. */
  readonly counts?: string;
  /** `version status test=phase`, newest first. */
  readonly history?: string;
  /** Reasons, with a ! where somebody should look. */
  readonly events?: string;
}

const boom = new Error('no');
const deployed: Stored = { status: 'deployed' };
const installed = { lastAttemptedReleaseAction: 'install' };
const upgraded = { lastAttemptedReleaseAction: 'upgrade' };
const tested = { test: { enable: true } };
const newer = { chart: { version: '2.0.0' } };
const manifest = sigsMarshal(configMap({ data: { a: '1' } }) as never);
const remediated = conditions('Released=False UpgradeFailed', 'Remediated=True RollbackSucceeded');

export const absent: readonly Case[] = [
  {
    title: 'installs',
    want: 'install, done',
    said: ['Ready=True InstallSucceeded', 'Released=True InstallSucceeded'],
    history: '1 deployed',
    events: 'InstallSucceeded',
  },
  {
    title: 'installs anew what was uninstalled and kept',
    spec: { install: { replace: true } },
    stored: [{ status: 'uninstalled' }],
    want: 'install, done',
    history: '2 deployed',
  },
  {
    title: 'installs and finds no tests',
    spec: tested,
    want: 'install, test, done',
    said: ['Ready=True TestSucceeded', 'Released=True InstallSucceeded', 'TestSuccess=True TestSucceeded'],
    events: 'InstallSucceeded TestSucceeded',
  },
  {
    title: 'forgets what was done to the release before',
    status: { ...remediated, history: [], failures: 2 },
    want: 'install, done',
    said: ['Ready=True InstallSucceeded', 'Released=True InstallSucceeded'],
    counts: '2 0 0',
  },
  {
    title: 'throws what kept an installation from being stored, which is no attempt',
    fails: { install: 'unstored' },
    want: 'install, throws etcd is away',
    said: ['Reconciling=True Progressing', 'Ready=False InstallFailed', 'Released=False InstallFailed'],
    counts: '1 0 0',
    history: '',
    events: '!InstallFailed',
  },
  {
    title: 'stops at a failed installation without retries',
    fails: { install: boom },
    want: 'install, stop Failed to install after 1 attempt(s)',
    said: ['Stalled=True RetriesExceeded', 'Ready=False InstallFailed', 'Released=False InstallFailed'],
    counts: '1 1 0',
    history: '1 failed',
    events: '!InstallFailed',
  },
  {
    title: 'uninstalls a failed installation with retries left, and comes again',
    spec: retries('install', 1),
    fails: { install: boom },
    want: 'install, uninstall, requeue',
    said: [
      'Reconciling=True ProgressingWithRetry',
      'Ready=False InstallFailed',
      'Released=False InstallFailed',
      'Remediated=True UninstallSucceeded',
    ],
    counts: '1 1 0',
    events: '!InstallFailed UninstallSucceeded',
  },
  {
    title: 'never stops with retries without end',
    spec: retries('install', -1),
    status: { installFailures: 40, ...installed },
    fails: { install: boom },
    want: 'install, uninstall, requeue',
    counts: '1 41 0',
  },
  {
    title: 'uninstalls even the last failure where told to',
    spec: retries('install', 0, { remediateLastFailure: true }),
    fails: { install: boom },
    want: 'install, uninstall, stop Failed to install after 1 attempt(s)',
    said: [
      'Stalled=True RetriesExceeded',
      'Ready=False InstallFailed',
      'Released=False InstallFailed',
      'Remediated=True UninstallSucceeded',
    ],
  },
  {
    title: 'counts a failed uninstallation, and comes again',
    spec: retries('install', 1),
    fails: { install: boom, uninstall: boom },
    want: 'install, uninstall, requeue',
    said: [
      'Reconciling=True ProgressingWithRetry',
      'Ready=False InstallFailed',
      'Released=False InstallFailed',
      'Remediated=False UninstallFailed',
    ],
    counts: '2 1 0',
    history: '1 uninstalling',
    events: '!InstallFailed !UninstallFailed',
  },
  {
    title: 'throws what kept an uninstallation from leaving a trace',
    spec: retries('install', 1),
    fails: { install: boom, uninstall: 'unstored' },
    want: 'install, uninstall, throws etcd is away',
    counts: '2 1 0',
    history: '1 failed',
  },
  {
    title: 'does not install without attempts left',
    status: { installFailures: 1, ...installed },
    want: 'stop Failed to install after 1 attempt(s)',
    said: ['Stalled=True RetriesExceeded'],
  },
  {
    title: 'installs without attempts left where forced to',
    status: { installFailures: 1, ...installed },
    forced: true,
    want: 'install, done',
  },
];

export const changed: readonly Case[] = [
  {
    title: 'upgrades to another chart',
    ...newer,
    stored: [deployed],
    want: 'upgrade, done',
    said: ['Ready=True UpgradeSucceeded', 'Released=True UpgradeSucceeded'],
    history: '2 deployed, 1 superseded',
    events: 'UpgradeSucceeded',
  },
  {
    title: 'upgrades what it did not make, and remembers nothing of before',
    stored: [{ ...deployed, known: false }],
    want: 'upgrade, done',
    history: '2 deployed',
  },
  {
    title: 'upgrades what somebody changed, and remembers nothing of before',
    stored: [{ status: 'superseded' }, { ...deployed, known: { digest: `sha256:${'1'.repeat(64)}` } }],
    want: 'upgrade, done',
    history: '3 deployed',
  },
  {
    title: 'upgrades and tests',
    ...newer,
    spec: tested,
    tests: ['one', 'two'],
    stored: [{ ...deployed, known: { testHooks: { one: { phase: 'Succeeded' } } } }],
    want: 'upgrade, test, done',
    said: ['Ready=True TestSucceeded', 'Released=True UpgradeSucceeded', 'TestSuccess=True TestSucceeded'],
    history: '2 deployed one=Succeeded two=Succeeded, 1 superseded one=Succeeded',
  },
  {
    title: 'throws what kept an upgrade from being stored',
    ...newer,
    stored: [deployed],
    fails: { upgrade: 'unstored' },
    want: 'upgrade, throws etcd is away',
    said: ['Reconciling=True Progressing', 'Ready=False UpgradeFailed', 'Released=False UpgradeFailed'],
    counts: '1 0 0',
    history: '1 deployed',
  },
  {
    title: 'stops at a failed upgrade without retries',
    ...newer,
    stored: [deployed],
    fails: { upgrade: boom },
    want: 'upgrade, stop Failed to upgrade after 1 attempt(s)',
    said: ['Stalled=True RetriesExceeded', 'Ready=False UpgradeFailed', 'Released=False UpgradeFailed'],
    counts: '1 0 1',
    history: '2 failed, 1 deployed',
  },
  {
    title: 'rolls a failed upgrade back, and comes again',
    ...newer,
    spec: retries('upgrade', 1),
    stored: [deployed],
    fails: { upgrade: boom },
    want: 'upgrade, rollback, requeue',
    said: [
      'Reconciling=True ProgressingWithRetry',
      'Ready=False RollbackSucceeded',
      'Released=False UpgradeFailed',
      'Remediated=True RollbackSucceeded',
    ],
    counts: '1 0 1',
    history: '3 deployed, 2 failed, 1 superseded',
    events: '!UpgradeFailed RollbackSucceeded',
  },
  {
    title: 'rolls the last failed upgrade back when there were retries, and stops',
    ...newer,
    spec: retries('upgrade', 1),
    status: { upgradeFailures: 1, ...upgraded },
    stored: [deployed],
    fails: { upgrade: boom },
    want: 'upgrade, rollback, stop Failed to upgrade after 2 attempt(s)',
    said: [
      'Stalled=True RetriesExceeded',
      'Ready=False RollbackSucceeded',
      'Released=False UpgradeFailed',
      'Remediated=True RollbackSucceeded',
    ],
  },
  {
    title: 'leaves the last failed upgrade as it is where told to',
    ...newer,
    spec: retries('upgrade', 1, { remediateLastFailure: false }),
    status: { upgradeFailures: 1, ...upgraded },
    stored: [deployed],
    fails: { upgrade: boom },
    want: 'upgrade, stop Failed to upgrade after 2 attempt(s)',
  },
  {
    title: 'counts a failed rollback, and comes again',
    ...newer,
    spec: retries('upgrade', 1),
    stored: [{ ...deployed, manifest }],
    fails: { upgrade: boom, rollback: boom },
    want: 'upgrade, rollback, requeue',
    said: [
      'Reconciling=True ProgressingWithRetry',
      'Ready=False RollbackFailed',
      'Released=False UpgradeFailed',
      'Remediated=False RollbackFailed',
    ],
    counts: '2 0 1',
    events: '!UpgradeFailed !RollbackFailed',
  },
  {
    title: 'throws what kept a rollback from being stored',
    ...newer,
    spec: retries('upgrade', 1),
    stored: [deployed],
    fails: { upgrade: boom, rollback: 'unstored' },
    want: 'upgrade, rollback, throws etcd is away',
    counts: '2 0 1',
  },
  {
    title: 'uninstalls a failed upgrade where told to, and installs anew even without attempts left',
    ...newer,
    spec: retries('upgrade', 0, { strategy: 'uninstall', remediateLastFailure: true }),
    stored: [deployed],
    fails: { upgrade: boom },
    want: 'upgrade, uninstall, requeue',
    said: [
      'Reconciling=True ProgressingWithRetry',
      'Ready=False UpgradeFailed',
      'Released=False UpgradeFailed',
      'Remediated=True UninstallSucceeded',
    ],
  },
  {
    title: 'stops where there is nothing to roll back to',
    spec: retries('upgrade', 1),
    stored: [{ ...deployed, known: false }],
    fails: { upgrade: boom },
    want: 'upgrade, stop Failed to perform remediation: missing target release for rollback: cannot remediate failed release',
    said: ['Stalled=True MissingRollbackTarget', 'Ready=False UpgradeFailed', 'Released=False UpgradeFailed'],
    history: '2 failed',
  },
  {
    title: 'does not upgrade without attempts left',
    ...newer,
    status: { upgradeFailures: 1, ...upgraded },
    stored: [deployed],
    want: 'stop Failed to upgrade after 1 attempt(s)',
  },
  {
    title: 'upgrades without attempts left where forced to',
    ...newer,
    status: { upgradeFailures: 1, ...upgraded },
    stored: [deployed],
    forced: true,
    want: 'upgrade, done',
  },
];

export const failed: readonly Case[] = [
  {
    title: 'upgrades a failed release nobody remembers trying',
    stored: [{ status: 'failed' }],
    status: { installFailures: 3 },
    want: 'upgrade, done',
  },
  {
    title: 'upgrades a failed release for which something has changed since',
    stored: [{ status: 'failed' }],
    status: installed,
    want: 'upgrade, done',
    history: '2 deployed, 1 failed',
  },
  {
    title: 'upgrades a failed release where forced to',
    stored: [{ status: 'failed' }],
    status: { installFailures: 1, ...installed },
    forced: true,
    want: 'upgrade, done',
  },
  {
    title: 'stops at a failed release without attempts left',
    stored: [{ status: 'failed' }],
    status: { installFailures: 1, ...installed },
    want: 'stop Failed to install after 1 attempt(s)',
  },
  {
    title: 'goes on where it was interrupted before the uninstallation',
    spec: retries('install', 3),
    stored: [{ status: 'failed' }],
    status: { installFailures: 2, ...installed },
    want: 'uninstall, requeue',
  },
  {
    title: 'goes on where it was interrupted before the rollback, past what failed before',
    spec: retries('upgrade', 3),
    stored: [{ status: 'superseded' }, deployed, { status: 'failed' }, { status: 'failed' }],
    status: { upgradeFailures: 2, ...upgraded },
    want: 'rollback, requeue',
    history: '5 deployed, 4 failed, 3 failed, 2 superseded',
  },
  {
    title: 'rolls back past what failed its tests',
    spec: { ...tested, ...retries('upgrade', 3) },
    stored: [
      { status: 'superseded' },
      { status: 'superseded', known: { testHooks: { one: { phase: 'Failed' } } } },
      { status: 'failed' },
    ],
    status: { upgradeFailures: 1, ...upgraded },
    want: 'rollback, requeue',
    history: '4 deployed, 3 failed, 2 superseded one=Failed, 1 superseded',
  },
  {
    title: 'rolls back to what failed its tests where they do not count',
    spec: { ...tested, ...retries('upgrade', 3, { ignoreTestFailures: true }) },
    stored: [
      { status: 'superseded' },
      { status: 'superseded', known: { testHooks: { one: { phase: 'Failed' } } } },
      { status: 'failed' },
    ],
    status: { upgradeFailures: 1, ...upgraded },
    want: 'rollback, requeue',
    history: '4 deployed, 3 failed, 2 superseded one=Failed',
  },
  {
    title: 'upgrades where what it would roll back to was changed',
    spec: retries('upgrade', 3),
    stored: [{ ...deployed, known: { digest: `sha256:${'1'.repeat(64)}` } }, { status: 'failed' }],
    status: { upgradeFailures: 1, ...upgraded },
    want: 'upgrade, done',
  },
  {
    title: 'upgrades where the digest of what it would roll back to cannot be read',
    spec: retries('upgrade', 3),
    stored: [{ ...deployed, known: { digest: 'none' } }, { status: 'failed' }],
    status: { upgradeFailures: 1, ...upgraded },
    want: 'upgrade, done',
  },
];

export const pending: readonly Case[] = [
  {
    title: 'unlocks and upgrades what it did not make',
    stored: [{ status: 'pending-install', known: false }],
    want: 'unlock, upgrade, done',
    history: '2 deployed',
    events: 'PendingRelease UpgradeSucceeded',
  },
  {
    title: 'unlocks and upgrades what was interrupted',
    stored: [deployed, { status: 'pending-upgrade' }],
    status: upgraded,
    want: 'unlock, upgrade, done',
    said: ['Ready=True UpgradeSucceeded', 'Released=True UpgradeSucceeded'],
    history: '3 deployed, 2 failed, 1 superseded',
  },
  {
    title: 'unlocks and rolls back what was interrupted after a failure',
    spec: retries('upgrade', 2),
    stored: [deployed, { status: 'pending-rollback' }],
    status: { upgradeFailures: 1, ...upgraded },
    want: 'unlock, rollback, requeue',
  },
  {
    title: 'throws what kept a release locked',
    stored: [{ status: 'pending-upgrade' }],
    fails: { unlock: 'unstored' },
    want: 'unlock, throws etcd is away',
    said: ['Reconciling=True Progressing', 'Ready=False PendingRelease', 'Released=False PendingRelease'],
    counts: '1 0 0',
    events: '!PendingRelease',
  },
];

export const inTest: readonly Case[] = [
  {
    title: 'stops at a failed test without retries',
    spec: tested,
    tests: ['one'],
    fails: { test: boom },
    want: 'install, test, stop Failed to install after 1 attempt(s)',
    said: [
      'Stalled=True RetriesExceeded',
      'Ready=False TestFailed',
      'Released=True InstallSucceeded',
      'TestSuccess=False TestFailed',
    ],
    counts: '1 1 0',
    history: '1 deployed one=Failed',
    events: 'InstallSucceeded !TestFailed',
  },
  {
    title: 'uninstalls a failed test of an installation with retries left',
    spec: { ...tested, ...retries('install', 1) },
    tests: ['one'],
    fails: { test: boom },
    want: 'install, test, uninstall, requeue',
    said: [
      'Reconciling=True ProgressingWithRetry',
      'Ready=False TestFailed',
      'Released=True InstallSucceeded',
      'Remediated=True UninstallSucceeded',
      'TestSuccess=False TestFailed',
    ],
  },
  {
    title: 'rolls back a failed test of an upgrade',
    ...newer,
    spec: { ...tested, ...retries('upgrade', 1) },
    tests: ['one'],
    stored: [{ ...deployed, known: { testHooks: {} } }],
    fails: { test: boom },
    want: 'upgrade, test, rollback, requeue',
    said: [
      'Reconciling=True ProgressingWithRetry',
      'Ready=False RollbackSucceeded',
      'Released=True UpgradeSucceeded',
      'Remediated=True RollbackSucceeded',
      'TestSuccess=False TestFailed',
    ],
    counts: '1 0 1',
  },
  {
    title: 'is ready with a failed test that does not count',
    spec: { test: { enable: true, ignoreFailures: true } },
    tests: ['one'],
    fails: { test: boom },
    want: 'install, test, done',
    said: ['Ready=True InstallSucceeded', 'Released=True InstallSucceeded', 'TestSuccess=False TestFailed'],
    counts: '1 0 0',
    history: '1 deployed one=Failed',
  },
  {
    title: 'does not count a failed test where the remediation does not',
    spec: { ...tested, ...retries('install', 0, { ignoreTestFailures: true }) },
    tests: ['one'],
    fails: { test: boom },
    want: 'install, test, done',
    said: ['Ready=False TestFailed', 'Released=True InstallSucceeded', 'TestSuccess=False TestFailed'],
    counts: '1 0 0',
  },
  {
    title: 'throws what kept a test from being told of',
    spec: tested,
    stored: [{ ...deployed, hooks: [testHook('one')] }],
    tests: ['one'],
    status: installed,
    fails: { test: 'unstored' },
    want: 'test, throws etcd is away',
    counts: '1 0 0',
    events: '!TestFailed',
  },
  {
    title: 'tests what was rolled back to and is what is wanted',
    spec: tested,
    status: { ...upgraded, ...remediated },
    stored: [deployed],
    want: 'test, done',
    said: ['Ready=True TestSucceeded', 'Released=True UpgradeSucceeded', 'TestSuccess=True TestSucceeded'],
  },
];

export const inSync: readonly Case[] = [
  {
    title: 'does nothing to what is as wanted',
    stored: [deployed],
    status: conditions('Reconciling=True Progressing', 'Released=True InstallSucceeded'),
    want: 'done',
    said: ['Ready=True InstallSucceeded', 'Released=True InstallSucceeded'],
    events: '',
  },
  {
    title: 'upgrades what is as wanted where forced to, once',
    stored: [deployed],
    forced: true,
    want: 'upgrade, done',
    history: '2 deployed, 1 superseded',
  },
  {
    title: 'is ready with what was rolled back to when that is what is wanted',
    stored: [deployed],
    status: { ...upgraded, ...remediated },
    want: 'done',
    said: ['Ready=True UpgradeSucceeded', 'Released=True UpgradeSucceeded'],
  },
  ...(['Install', 'Upgrade'] as const).map((action) => ({
    title: `is ready again when what failed to ${action.toLowerCase()} is no longer wanted`,
    stored: [deployed],
    status: conditions(`Ready=False ${action}Failed`, `Released=False ${action}Failed`),
    want: 'done',
    said: [`Ready=True ${action}Succeeded`, `Released=True ${action}Succeeded`],
  })),
  {
    title: 'keeps the revision to go back to',
    stored: [{ status: 'superseded' }, { status: 'superseded' }, { status: 'failed' }, deployed],
    want: 'done',
    history: '4 deployed, 3 failed, 2 superseded',
  },
  {
    title: 'keeps five revisions where it never goes back',
    spec: retrying('upgrade'),
    status: upgraded,
    stored: [
      ...(['failed', 'failed', 'superseded', 'failed', 'superseded'] as const).map((status) => ({ status })),
      deployed,
    ],
    want: 'done',
    history: '6 deployed, 5 superseded, 4 failed, 3 superseded, 2 failed',
  },
  {
    title: 'goes back to what failed its tests where nobody minds',
    spec: { test: { enable: true, ignoreFailures: true } },
    stored: [
      { status: 'superseded' },
      { status: 'superseded', known: { testHooks: { one: { phase: 'Failed' } } } },
      { ...deployed, known: { testHooks: {} } },
    ],
    want: 'done',
    history: '3 deployed, 2 superseded one=Failed',
  },
];

export const retried: readonly Case[] = [
  {
    title: 'comes again in a while after a failed installation',
    spec: retrying('install'),
    fails: { install: boom },
    want: 'install, retry 300000',
    said: ['Reconciling=True ProgressingWithRetry', 'Ready=False InstallFailed', 'Released=False InstallFailed'],
    counts: '1 1 0',
    history: '1 failed',
  },
  {
    title: 'comes again in a while after an installation that was not even stored',
    spec: retrying('install', { retryInterval: '90s' }),
    fails: { install: 'unstored' },
    want: 'install, retry 90000',
    counts: '1 0 0',
  },
  {
    title: 'upgrades what failed, whatever the retries',
    spec: { upgrade: { strategy: { name: 'RetryOnFailure' }, remediation: { retries: 0 } } },
    stored: [deployed, { status: 'failed' }],
    status: { failures: 9, upgradeFailures: 9, ...upgraded },
    want: 'upgrade, done',
    counts: '0 0 0',
    history: '3 deployed, 2 failed, 1 superseded',
  },
  {
    title: 'never rolls back',
    ...newer,
    spec: { upgrade: { strategy: { name: 'RetryOnFailure', retryInterval: '1m' }, remediation: { retries: 5 } } },
    stored: [deployed],
    fails: { upgrade: boom },
    want: 'upgrade, retry 60000',
    said: ['Reconciling=True ProgressingWithRetry', 'Ready=False UpgradeFailed', 'Released=False UpgradeFailed'],
  },
  {
    title: 'comes again in a while after a failed test, too',
    spec: { ...tested, ...retrying('install') },
    tests: ['one'],
    fails: { test: boom },
    want: 'install, test, retry 300000',
  },
  {
    title: 'by another name is remediated',
    spec: { install: { strategy: { name: 'RemediateOnFailure' }, remediation: { retries: 1 } } },
    fails: { install: boom },
    want: 'install, uninstall, requeue',
  },
  {
    title: 'throws that there is something newer to do',
    ...newer,
    spec: retrying('upgrade'),
    stored: [deployed],
    fails: { upgrade: new SupersededError() },
    want: 'upgrade, throws a newer change is waiting',
    counts: '0 0 0',
    events: '',
  },
];

export const drifted: readonly Case[] = [
  {
    title: 'tells of drift it is only to look for',
    spec: { driftDetection: { mode: 'warn' } },
    status: conditions('Released=True InstallSucceeded'),
    stored: [{ ...deployed, manifest }],
    want: 'done',
    said: ['Ready=True InstallSucceeded', 'Drifted=True DriftDetected', 'Released=True InstallSucceeded'],
    events: '!DriftDetected',
  },
  {
    title: 'puts back what drifted',
    spec: { driftDetection: { mode: 'enabled' } },
    status: conditions('Released=True InstallSucceeded'),
    stored: [{ ...deployed, manifest }],
    want: 'correct cluster drift, done',
    said: ['Ready=True InstallSucceeded', 'Drifted=False NoDriftDetected', 'Released=True InstallSucceeded'],
    events: '!DriftDetected DriftCorrected',
  },
  {
    title: 'comes again where what drifted could not be put back',
    spec: { driftDetection: { mode: 'enabled' } },
    status: { ...installed, ...conditions('Released=True InstallSucceeded') },
    stored: [{ ...deployed, manifest }],
    fails: { 'correct cluster drift': boom },
    want: 'correct cluster drift, requeue',
    said: [
      'Reconciling=True ProgressingWithRetry',
      'Ready=Unknown Progressing',
      'Drifted=True DriftDetected',
      'Released=True InstallSucceeded',
    ],
    counts: '0 0 0',
    events: '!DriftDetected !DriftCorrectionFailed !DriftDetected',
  },
  {
    title: 'no longer tells of drift where nobody looks for it',
    status: conditions('Drifted=True DriftDetected', 'Released=True InstallSucceeded'),
    stored: [{ ...deployed, manifest }],
    want: 'done',
    said: ['Ready=True InstallSucceeded', 'Released=True InstallSucceeded'],
  },
];
