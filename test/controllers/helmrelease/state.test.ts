// The state of a release: what is stored, against what the object wants and remembers of it.
import assert from 'node:assert/strict';
import { commonMetadataDigest, postRenderersDigest, releaseDigest } from '#controllers/helmrelease/digests';
import { summarizeDrift } from '#controllers/helmrelease/drift';
import { determineState, type ReleaseState } from '#controllers/helmrelease/state';
import type { SnapshotDraft } from '#controllers/helmrelease/snapshot';
import type { ReleaseStatus } from '#helm/index';
import {
  configMap,
  type RecordOptions,
  ReleaseInMemory,
  revision,
  type Setting,
} from '#test/controllers/helmrelease/release-in-memory';
import { sigsMarshal } from '#goyaml/index';
import { createHash } from 'node:crypto';

interface Case extends Setting {
  readonly title: string;
  /** What is stored, newest last; remembered where it says so. */
  readonly stored?: readonly (RecordOptions & {
    readonly status: ReleaseStatus;
    readonly known?: boolean | Partial<SnapshotDraft>;
  })[];
  readonly want: string;
}

const settled = { conditions: [ready('True')], observedGeneration: 1 };

function ready(status: 'True' | 'False'): object {
  const said = { reason: 'x', message: '', lastTransitionTime: '2026-01-01T00:00:00Z', observedGeneration: 1 };
  return { type: 'Ready', status, ...said };
}

const postRenderers = [{ kustomize: { images: [{ name: 'a', newTag: '2' }] } }];
const commonMetadata = { labels: { team: 'blue' } };
const tested = { test: { enable: true } };
const sha512 = (text: string): string => `sha512:${createHash('sha512').update(text).digest('hex')}`;
const failedTest = { testHooks: { one: { phase: 'Failed' } } };
const manifest = sigsMarshal(configMap({ data: { a: '1' } }) as never);

const cases: readonly Case[] = [
  { title: 'nothing stored', want: 'Absent: no release in storage for object' },
  {
    title: 'nothing stored but much remembered',
    status: { history: [{ name: 'web', namespace: 'apps', version: 1, status: 'deployed', digest: 'sha256:00' }] },
    want: 'Absent: no release in storage for object',
  },
  ...(['install', 'upgrade', 'rollback'] as const).map((action) => ({
    title: `pending ${action}`,
    stored: [{ status: `pending-${action}`, known: true } as const],
    want: `Locked: release with status 'pending-${action}'`,
  })),
  {
    title: 'pending and never seen',
    stored: [{ status: 'pending-install' }],
    want: "Locked: release with status 'pending-install'",
  },
  { title: 'never seen', stored: [{ status: 'deployed' }], want: 'Unmanaged: found existing release in storage' },
  {
    title: 'never seen and failed',
    stored: [{ status: 'failed' }],
    want: 'Unmanaged: found existing release in storage',
  },
  {
    title: 'never seen and uninstalled',
    stored: [{ status: 'uninstalled' }],
    want: 'Absent: found uninstalled release in storage',
  },
  {
    title: 'another than remembered',
    stored: [{ status: 'deployed', known: { digest: `sha256:${'0'.repeat(64)}` } }],
    want: 'Unmanaged: release not observed to be made for object',
  },
  {
    title: 'remembered by a digest nobody can read',
    stored: [{ status: 'deployed', known: { digest: 'sha256;0' } }],
    want: 'Unmanaged: release digest verification error',
  },
  {
    title: 'remembered with another OCI artifact',
    stored: [{ status: 'deployed', known: { ociDigest: 'sha256:11' } }],
    ociDigest: 'sha256:22',
    want: 'InSync',
  },
  {
    title: 'remembered without the OCI artifact it was made of',
    stored: [{ status: 'deployed', known: { digest: releaseDigest(revision(1, 'deployed'), 'sha256:11') } }],
    want: 'Unmanaged: release not observed to be made for object',
  },
  {
    title: 'a newer revision than the one remembered, by somebody else',
    stored: [{ status: 'superseded', known: true }, { status: 'deployed' }],
    want: 'Unmanaged: release not observed to be made for object',
  },
  {
    title: 'remembered by a controller whose digests are of another form',
    stored: [{ status: 'deployed', known: { apiVersion: 'v2', digest: 'sha256:00' } }],
    want: 'InSync',
  },
  {
    title: 'failed',
    stored: [{ status: 'failed', known: true, description: 'Upgrade failed' }],
    want: 'Failed: Upgrade failed',
  },
  {
    title: 'failed, with another chart wanted',
    stored: [{ status: 'failed', known: true, description: 'Upgrade failed' }],
    chart: { version: '2.0.0' },
    want: 'Failed: Upgrade failed',
  },
  {
    title: 'uninstalled, its history kept',
    stored: [{ status: 'uninstalled', known: true }],
    want: 'Absent: found uninstalled release in storage',
  },
  { title: 'deployed as wanted', stored: [{ status: 'deployed', known: true }], want: 'InSync' },
  {
    title: 'of another version of the chart',
    stored: [{ status: 'deployed', known: true }],
    chart: { version: '1.0.1' },
    want: 'OutOfSync: release chart changed',
  },
  {
    title: 'of the same version from another artifact',
    stored: [{ status: 'deployed', known: true, chartVersion: '1.0.0+aaaaaaaaaaaa' }],
    chart: { version: '1.0.0+bbbbbbbbbbbb' },
    want: 'OutOfSync: release chart changed',
  },
  {
    title: 'of a chart with another name',
    stored: [{ status: 'deployed', known: true }],
    chart: { name: 'page' },
    want: 'OutOfSync: release chart changed',
  },
  {
    title: 'with other values',
    stored: [{ status: 'deployed', known: true, values: { a: 1 } }],
    values: { a: 2 },
    want: 'OutOfSync: release config values changed',
  },
  {
    title: 'with values more than are wanted, which are to be kept',
    spec: { upgrade: { preserveValues: true } },
    stored: [{ status: 'deployed', known: true, values: { a: 1, b: 2 } }],
    values: { a: 1 },
    want: 'InSync',
  },
  {
    title: 'with other values than are wanted, all else to be kept',
    spec: { upgrade: { preserveValues: true } },
    stored: [{ status: 'deployed', known: true, values: { a: 1, b: 2 } }],
    values: { a: 2 },
    want: 'OutOfSync: release config values changed',
  },
  {
    title: 'with values where none are wanted',
    stored: [{ status: 'deployed', known: true, values: { a: 1 } }],
    want: 'OutOfSync: release config values changed',
  },
  {
    title: 'with the same values in another order',
    stored: [{ status: 'deployed', known: true, values: { a: 1, b: [{ d: 1, c: 2 }] } }],
    values: { b: [{ c: 2, d: 1 }], a: 1n },
    want: 'InSync',
  },
  {
    title: 'with the same values under a digest of another algorithm',
    stored: [{ status: 'deployed', known: { configDigest: sha512('a: 1\n') }, values: { a: 1 } }],
    values: { a: 1 },
    want: 'InSync',
  },
  {
    title: 'with other values under a digest of another algorithm',
    stored: [{ status: 'deployed', known: { configDigest: sha512('a: 1\n') }, values: { a: 1 } }],
    values: { a: 2 },
    want: 'OutOfSync: release config values changed',
  },
  {
    title: 'with values under a digest nobody can read',
    stored: [{ status: 'deployed', known: { configDigest: 'a' }, values: { a: 1 } }],
    values: { a: 1 },
    want: 'OutOfSync: release config values changed',
  },
  {
    title: 'with post-renderers the new spec brings',
    spec: { postRenderers },
    stored: [{ status: 'deployed', known: true }],
    want: 'OutOfSync: postrenderers digest has changed',
  },
  {
    title: 'with post-renderers the new spec no longer has',
    status: { observedPostRenderersDigest: postRenderersDigest(postRenderers) },
    stored: [{ status: 'deployed', known: true }],
    want: 'OutOfSync: postrenderers digest has changed',
  },
  {
    title: 'with post-renderers that were there before',
    spec: { postRenderers },
    status: { observedPostRenderersDigest: postRenderersDigest(postRenderers) },
    stored: [{ status: 'deployed', known: true }],
    want: 'InSync',
  },
  {
    title: 'with common metadata the new spec brings',
    spec: { commonMetadata },
    stored: [{ status: 'deployed', known: true }],
    want: 'OutOfSync: common metadata digest has changed',
  },
  {
    title: 'with common metadata the new spec no longer has',
    status: { observedCommonMetadataDigest: commonMetadataDigest(commonMetadata) },
    stored: [{ status: 'deployed', known: true }],
    want: 'OutOfSync: common metadata digest has changed',
  },
  {
    title: 'rendered as the spec says, by a controller that did not write down how',
    spec: { postRenderers, commonMetadata },
    status: settled,
    stored: [{ status: 'deployed', known: true }],
    want: 'InSync',
  },
  {
    title: 'not rendered as the spec says, which was looked at before and failed',
    spec: { postRenderers },
    status: { ...settled, conditions: [ready('False')] },
    stored: [{ status: 'deployed', known: true }],
    want: 'OutOfSync: postrenderers digest has changed',
  },
  { title: 'with a test to run', spec: tested, stored: [{ status: 'deployed', known: true }], want: 'Untested' },
  {
    title: 'with no test to run',
    spec: tested,
    stored: [{ status: 'deployed', known: { testHooks: {} } }],
    want: 'InSync',
  },
  {
    title: 'with a good test',
    spec: tested,
    status: { lastAttemptedReleaseAction: 'install' },
    stored: [{ status: 'deployed', known: { testHooks: { one: { phase: 'Succeeded' } } } }],
    want: 'InSync',
  },
  {
    title: 'with a failed test',
    spec: tested,
    status: { lastAttemptedReleaseAction: 'install' },
    stored: [{ status: 'deployed', known: failedTest }],
    want: 'Failed: release has test in failed phase',
  },
  {
    title: 'with a failed test of a release that was tried before anybody remembers',
    spec: tested,
    stored: [{ status: 'deployed', known: failedTest }],
    want: 'InSync',
  },
  {
    title: 'with a failed test that does not count',
    spec: { test: { enable: true, ignoreFailures: true } },
    status: { lastAttemptedReleaseAction: 'upgrade' },
    stored: [{ status: 'deployed', known: failedTest }],
    want: 'InSync',
  },
  {
    title: 'with a failed test that counts for upgrades',
    spec: {
      test: { enable: true, ignoreFailures: true },
      upgrade: { remediation: { ignoreTestFailures: false } },
    },
    status: { lastAttemptedReleaseAction: 'upgrade' },
    stored: [{ status: 'deployed', known: failedTest }],
    want: 'Failed: release has test in failed phase',
  },
  {
    title: 'with a failed test nobody asks for any more',
    status: { lastAttemptedReleaseAction: 'install' },
    stored: [{ status: 'deployed', known: failedTest }],
    want: 'InSync',
  },
  {
    title: 'with another chart wanted before it was tested',
    spec: tested,
    chart: { version: '2.0.0' },
    stored: [{ status: 'deployed', known: true }],
    want: 'OutOfSync: release chart changed',
  },
  ...(['enabled', 'warn'] as const).map((mode) => ({
    title: `without its object, looked at (${mode})`,
    spec: { driftDetection: { mode } },
    stored: [{ status: 'deployed', known: true, manifest } as const],
    want: 'Drifted: ConfigMap/apps/settings removed',
  })),
  ...(['disabled', undefined] as const).map((mode) => ({
    title: `without its object, not looked at (${mode ?? 'by default'})`,
    spec: { driftDetection: { mode } },
    stored: [{ status: 'deployed', known: true, manifest } as const],
    want: 'InSync',
  })),
  {
    title: 'without its object before it was tested',
    spec: { ...tested, driftDetection: { mode: 'enabled' } },
    stored: [{ status: 'deployed', known: true, manifest }],
    want: 'Untested',
  },
  {
    title: 'half uninstalled',
    stored: [{ status: 'uninstalling', known: true }],
    want: "Locked: release with status 'uninstalling'",
  },
  {
    title: 'whose newest revision is gone',
    stored: [{ status: 'superseded', known: true }],
    want: 'OutOfSync: release that superseded the last one is gone',
  },
  {
    title: 'of a status nobody knows',
    stored: [{ status: 'unknown', known: true }],
    want: "Error: unable to determine state for release with status 'unknown'",
  },
  {
    title: 'looked at by a rule nobody can read',
    spec: { driftDetection: { mode: 'enabled', ignore: [{ paths: ['/data'], target: { name: '(' } }] } },
    stored: [{ status: 'deployed', known: true, manifest }],
    want: 'Error: unable to determine cluster state: failed to create ignore rule selector: invalid name regex: ',
  },
];

function told(state: ReleaseState): string {
  const { status } = state;
  if (status === 'Drifted') return `${status}: ${summarizeDrift(state.report)}`;
  return 'reason' in state ? `${status}: ${state.reason}` : status;
}

describe('state of a release', () => {
  for (const { title, stored = [], want, ...setting } of cases) {
    it(title, async () => {
      const release = new ReleaseInMemory(setting);
      for (const [at, { status, known, ...record }] of stored.entries()) {
        release.store(revision(at + 1, status, record), known === true ? {} : known || undefined);
      }
      const state = await determineState(release.context()).catch((error: Error) => error);
      const said = state instanceof Error ? `Error: ${state.message}` : told(state);
      if (state instanceof Error) assert.ok(said.startsWith(want), said);
      else assert.equal(said, want);
    });
  }

  it('that cannot be read', async () => {
    const release = new ReleaseInMemory().store(revision(1, 'deployed'), {});
    release.api.failure = (verb) => (verb === 'get' ? new Error('etcd is away') : undefined);
    await assert.rejects(determineState(release.context()), {
      message: 'failed to retrieve last release from storage: etcd is away',
    });
  });
});
