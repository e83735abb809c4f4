// Passes over a release one after another, and what is told of each.
import assert from 'node:assert/strict';
import { postRenderersDigest } from '#controllers/helmrelease/digests';
import { sigsMarshal } from '#goyaml/index';
import {
  conditionsOf,
  countsOf,
  historyOf,
  message,
  pass,
  retries,
  retrying,
  staged,
  type Stored,
} from '#test/controllers/helmrelease/one-pass';
import { configMap } from '#test/controllers/helmrelease/release-in-memory';

const boom = new Error('no');
const deployed: Stored = { status: 'deployed' };
const installed = { lastAttemptedReleaseAction: 'install' };
const tested = { test: { enable: true } };
const newer = { chart: { version: '2.0.0' } };
const manifest = sigsMarshal(configMap({ data: { a: '1' } }) as never);
const metadata = (version: string, token: string, digest?: string): Record<string, string> => ({
  'helm.toolkit.fluxcd.io/revision': version,
  'helm.toolkit.fluxcd.io/token': token,
  'helm.toolkit.fluxcd.io/app-version': '9',
  ...(digest !== undefined && { 'helm.toolkit.fluxcd.io/oci-digest': digest }),
});
const none = 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const some = 'sha256:04d4c5d7d2b1a3b7f8e5e0c0a2a1c9b0f0c6a1e2d3b4c5d6e7f8091a2b3c4d5e';

describe('passes over a release', () => {
  it('install, fail and uninstall until no attempt is left, and begin anew with another spec', async () => {
    const release = staged({ spec: retries('install', 2), fails: { install: boom } });
    const passes = [];
    for (let i = 0; i < 4; i++) passes.push(await pass(release));
    assert.deepEqual(passes, [
      'install, uninstall, requeue',
      'install, uninstall, requeue',
      'install, stop Failed to install after 3 attempt(s)',
      'stop Failed to install after 3 attempt(s)',
    ]);
    release.fails.clear();
    release.edit({ timeout: '1m' });
    assert.equal(await pass(release), 'upgrade, done');
    assert.deepEqual(conditionsOf(release), ['Ready=True UpgradeSucceeded', 'Released=True UpgradeSucceeded']);
  });

  it('upgrade, fail and roll back until no attempt is left, and are ready when the old chart is wanted again', async () => {
    const release = staged({ spec: retries('upgrade', 1), fails: { upgrade: boom } });
    assert.equal(await pass(release), 'install, done');
    release.edit({}, newer);
    assert.equal(await pass(release), 'upgrade, rollback, requeue');
    assert.equal(await pass(release), 'upgrade, rollback, stop Failed to upgrade after 2 attempt(s)');
    assert.equal(await pass(release), 'stop Failed to upgrade after 2 attempt(s)');
    assert.equal(historyOf(release), '5 deployed, 4 failed, 3 superseded');
    release.edit({}, { chart: { version: '1.0.0' } });
    assert.equal(await pass(release), 'done');
    assert.deepEqual(conditionsOf(release), ['Ready=True UpgradeSucceeded', 'Released=True UpgradeSucceeded']);
    assert.equal(message(release, 'Ready'), 'Helm upgrade succeeded for release apps/web.v5 with chart site@1.0.0');
  });

  it('upgrade again in a while what failed, until it does not, which counts from nought', async () => {
    const release = staged({
      spec: { ...retrying('install'), ...retrying('upgrade') },
      fails: { install: boom, upgrade: boom },
    });
    assert.equal(await pass(release), 'install, retry 300000');
    assert.equal(message(release, 'Reconciling'), 'retrying after 5m0s');
    assert.equal(await pass(release), 'upgrade, retry 300000');
    assert.equal(await pass(release), 'upgrade, retry 300000');
    assert.equal(countsOf(release), '3 1 2');
    release.fails.clear();
    assert.equal(await pass(release), 'upgrade, done');
    assert.equal(countsOf(release), '0 0 0');
    assert.equal(historyOf(release), '4 deployed, 3 failed, 2 failed, 1 failed');
  });

  it('keep counting after a success, until something else is wanted', async () => {
    const release = staged({ spec: retries('install', 3), fails: { install: boom } });
    await pass(release);
    release.fails.clear();
    assert.equal(await pass(release), 'install, done');
    assert.equal(countsOf(release), '1 1 0');
    release.edit({});
    assert.equal(countsOf(release), '0 0 0');
  });

  it('force one upgrade for one request', async () => {
    const release = staged({ stored: [deployed], forced: true });
    assert.equal(await pass(release), 'upgrade, done');
    assert.equal(await pass(release), 'done');
    release.request('later', 'forceAt');
    assert.equal(await pass(release), 'upgrade, done');
    release.request('last');
    assert.equal(await pass(release), 'done');
  });

  it('render anew what the spec says of it, and not a second time', async () => {
    const release = staged({});
    await pass(release);
    release.object.status!.observedGeneration = 1;
    const postRenderers = [{ kustomize: { images: [{ name: 'a', newTag: '2' }] } }];
    release.edit({ postRenderers });
    release.fails.set('upgrade', 'unstored');
    assert.equal(await pass(release), 'upgrade, throws etcd is away');
    assert.equal(release.object.status!.observedPostRenderersDigest, undefined);
    release.fails.clear();
    assert.equal(await pass(release), 'upgrade, done');
    assert.equal(release.object.status!.observedPostRenderersDigest, postRenderersDigest(postRenderers));
    assert.equal(await pass(release), 'done');
  });

  it('render anew even when the failure was looked at and waited over', async () => {
    const release = staged({ spec: retrying('upgrade') });
    await pass(release);
    release.edit({ commonMetadata: { labels: { team: 'blue' } } });
    release.fails.set('upgrade', 'unstored');
    assert.equal(await pass(release), 'upgrade, retry 300000');
    release.object.status!.observedGeneration = 2;
    release.fails.clear();
    assert.equal(await pass(release), 'upgrade, done');
  });

  it('tell of a state that cannot be known', async () => {
    const release = staged({ stored: [{ status: 'unknown' }] });
    const why = "unable to determine state for release with status 'unknown'";
    assert.equal(await pass(release), `throws ${why}`);
    assert.equal(message(release, 'Ready'), `Could not determine release state: ${why}`);
    assert.deepEqual(conditionsOf(release), ['Ready=False StateError']);
  });
});

describe('what is told of a release', () => {
  it('names release, chart and timeout', async () => {
    const release = staged({ spec: { timeout: '90s', install: { timeout: '2m' }, releaseName: 'w'.repeat(60) } });
    const begun: (string | undefined)[] = [];
    release.api.failure = (verb) => {
      if (verb === 'create') begun.push(message(release, 'Reconciling'), message(release, 'Ready'));
      return verb === 'create' ? new Error(' no room\n') : undefined;
    };
    await pass(release);
    const text = "Running 'install' action with timeout of 2m0s";
    assert.deepEqual(begun, [text, text]);
    const told = `Helm install failed for release apps/${'w'.repeat(60)} with chart site@1.0.0: no room`;
    assert.equal(message(release, 'Ready'), told);
    assert.deepEqual(release.events, [
      { severity: 'error', reason: 'InstallFailed', message: told, metadata: metadata('1.0.0', none) },
    ]);
  });

  it('is of what was tried for failures, and of what was gone back to for rollbacks', async () => {
    const oci = 'sha256:22';
    const release = staged({
      ...newer,
      values: { a: 1 },
      ociDigest: oci,
      spec: retries('upgrade', 1),
      stored: [{ ...deployed, known: { ociDigest: 'sha256:11' } }],
      fails: { upgrade: boom },
    });
    await pass(release);
    const token = release.context().valuesDigest;
    assert.deepEqual(release.events, [
      {
        severity: 'error',
        reason: 'UpgradeFailed',
        message: `Helm upgrade failed for release apps/web with chart site@2.0.0: cannot patch "settings" with kind ConfigMap: no`,
        metadata: metadata('2.0.0', token, oci),
      },
      {
        severity: 'info',
        reason: 'RollbackSucceeded',
        message: 'Helm rollback to previous release apps/web.v1 with chart site@1.0.0 succeeded',
        metadata: metadata('1.0.0', token, 'sha256:11'),
      },
    ]);
  });

  it('is of what was installed for an uninstallation', async () => {
    const release = staged({
      values: { a: 2 },
      spec: retries('install', 3),
      stored: [{ status: 'failed', known: { ociDigest: 'sha256:11' } }],
      status: { installFailures: 1, ...installed },
    });
    await pass(release);
    assert.deepEqual(release.events, [
      {
        severity: 'info',
        reason: 'UninstallSucceeded',
        message: 'Helm uninstall remediation for release apps/web.v1 with chart site@1.0.0 succeeded',
        metadata: metadata('1.0.0', none, 'sha256:11'),
      },
    ]);
  });

  it('is of what was found for an unlock', async () => {
    for (const [known, digest] of [
      [false, undefined],
      [{ ociDigest: 'sha256:22' }, 'sha256:22'],
    ] as const) {
      const before: Stored = { ...deployed, known: { ociDigest: 'sha256:11' } };
      const release = staged({ ociDigest: some, stored: [before, { status: 'pending-upgrade', known }] });
      await pass(release);
      assert.deepEqual(release.events[0], {
        severity: 'info',
        reason: 'PendingRelease',
        message: 'Unlocked Helm release apps/web.v2 with chart site@1.0.0 in pending-upgrade state',
        metadata: metadata('1.0.0', none, digest),
      });
    }
  });

  it('counts the tests', async () => {
    for (const [tests, said] of [
      [[], 'no test hooks'],
      [['one'], '1 test hook completed successfully'],
      [['one', 'two'], '2 test hooks completed successfully'],
    ] as const) {
      const release = staged({ spec: tested, tests });
      await pass(release);
      const told = `Helm test succeeded for release apps/web.v1 with chart site@1.0.0: ${said}`;
      assert.equal(message(release, 'TestSuccess'), told);
      assert.equal(message(release, 'Ready'), told);
    }
  });

  it('names what drifted and what came of it', async () => {
    const release = staged({ spec: { driftDetection: { mode: 'enabled' } }, stored: [{ ...deployed, manifest }] });
    await pass(release);
    assert.deepEqual(release.events, [
      {
        severity: 'error',
        reason: 'DriftDetected',
        message:
          'Cluster state of release apps/web.v1 has drifted from the desired state:\nConfigMap/apps/settings removed',
        metadata: undefined,
      },
      {
        severity: 'info',
        reason: 'DriftCorrected',
        message: 'Cluster state of release apps/web.v1 has been corrected:\nConfigMap/apps/settings created',
        metadata: metadata('1.0.0', none),
      },
    ]);
  });
});
