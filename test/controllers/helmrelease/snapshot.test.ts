// The history of a release: which revision counts, and which are worth remembering.
import assert from 'node:assert/strict';
import { recordOnObject, targets } from '#controllers/helmrelease/action';
import { fullReleaseName, releaseName, shortenName } from '#controllers/helmrelease/helmrelease';
import {
  hasBeenTested,
  hasTestInPhase,
  isVerifiable,
  latest,
  metaTime,
  previous,
  type SnapshotDraft,
  testHooksOf,
  truncate,
  truncateToNewest,
} from '#controllers/helmrelease/snapshot';
import { helmTime, type StoredRelease } from '#controllers/helmrelease/storage';
import type { ReleaseStatus } from '#helm/index';
import { ReleaseInMemory, revision } from '#test/controllers/helmrelease/release-in-memory';

function snapshot(version: number, status: string, phases?: readonly string[]): SnapshotDraft {
  const at = '2026-01-01T00:00:00Z';
  return {
    digest: '',
    name: 'x',
    namespace: 'ns',
    version,
    status,
    chartName: 'c',
    chartVersion: '1.0.0',
    configDigest: '',
    firstDeployed: at,
    lastDeployed: at,
    ...(phases !== undefined && { testHooks: Object.fromEntries(phases.map((phase, i) => [`t${i}`, { phase }])) }),
  };
}

const versions = (history: readonly SnapshotDraft[]): number[] => history.map(({ version }) => version);

describe('history of a release', () => {
  it('has its highest revision for the latest', () => {
    assert.equal(latest(undefined), undefined);
    assert.equal(latest([snapshot(1, 'superseded'), snapshot(3, 'failed'), snapshot(2, 'deployed')])!.version, 3);
  });

  for (const { title, history, ignoreTests = false, want } of [
    { title: 'nothing before the first', history: [snapshot(1, 'deployed')], want: undefined },
    { title: 'what was deployed', history: [snapshot(2, 'failed'), snapshot(1, 'deployed')], want: 1 },
    { title: 'what was superseded', history: [snapshot(2, 'deployed'), snapshot(1, 'superseded')], want: 1 },
    {
      title: 'no failure',
      history: [snapshot(3, 'failed'), snapshot(2, 'failed'), snapshot(1, 'superseded')],
      want: 1,
    },
    {
      title: 'nothing with a failed test',
      history: [snapshot(3, 'deployed'), snapshot(2, 'superseded', ['Succeeded', 'Failed']), snapshot(1, 'superseded')],
      want: 1,
    },
    {
      title: 'what has a failed test where tests do not count',
      history: [snapshot(3, 'deployed'), snapshot(2, 'superseded', ['Failed']), snapshot(1, 'superseded')],
      ignoreTests: true,
      want: 2,
    },
  ]) {
    it(`goes back to ${title}`, () => {
      assert.equal(previous(history, ignoreTests)?.version, want);
    });
  }

  it('is kept down to the revision to go back to', () => {
    const history = [1, 2, 3, 4].map((version) => snapshot(version, version === 4 ? 'deployed' : 'superseded'));
    assert.deepEqual(versions(truncate(history, false)), [4, 3]);
    assert.deepEqual(versions(truncate([snapshot(1, 'deployed')], false)), [1]);
    const failed = [3, 2, 1].map((version) => snapshot(version, version === 1 ? 'superseded' : 'failed'));
    assert.deepEqual(versions(truncate(failed, false)), [3, 2, 1]);
  });

  it('is kept to five where there is nothing to go back to', () => {
    const history = [1, 2, 3, 4, 5, 6, 7].map((version) => snapshot(version, 'failed'));
    assert.deepEqual(versions(truncate(history, false)), [7, 6, 5, 4, 3]);
    assert.deepEqual(versions(truncateToNewest(history)), [7, 6, 5, 4, 3]);
  });

  it('knows what was tested', () => {
    assert.equal(hasBeenTested(snapshot(1, 'deployed')), false);
    assert.equal(hasBeenTested(snapshot(1, 'deployed', [])), true);
    assert.equal(hasTestInPhase(snapshot(1, 'deployed', ['Succeeded', 'Failed']), 'Failed'), true);
    assert.equal(hasTestInPhase(snapshot(1, 'deployed', ['Succeeded']), 'Failed'), false);
    const never = { started_at: '', completed_at: '', phase: '' } as const;
    const ran = { started_at: '2026-01-01T00:00:00.5Z', completed_at: '', phase: 'Failed' } as const;
    const hooks = [
      { name: 'a', events: ['test'], last_run: ran },
      { name: 'b', events: ['test'], last_run: never },
      { name: 'c', events: ['pre-install'], last_run: ran },
    ];
    assert.deepEqual(testHooksOf({ hooks }), { a: { lastStarted: '2026-01-01T00:00:00Z', phase: 'Failed' } });
  });

  it('has times in whole seconds, as the record has them without trailing zeros', () => {
    assert.equal(metaTime('2026-11-23T06:57:23.855307239+02:00'), '2026-11-23T04:57:23Z');
    assert.equal(helmTime(Date.UTC(2026, 0, 1, 0, 0, 10, 120)), '2026-01-01T00:00:10.12Z');
    assert.equal(helmTime(Date.UTC(2026, 0, 1, 0, 0, 10)), '2026-01-01T00:00:10Z');
    assert.equal(helmTime(Date.UTC(2026, 0, 1, 0, 0, 10, 7)), '2026-01-01T00:00:10.007Z');
  });
});

function object(spec: object): Parameters<typeof releaseName>[0] {
  return { metadata: { name: 'app', namespace: 'own' }, spec: { interval: '1h', ...spec } };
}

describe('name of a release', () => {
  it('is that of the spec, or made of target and object', () => {
    assert.equal(releaseName(object({})), 'app');
    assert.equal(releaseName(object({ targetNamespace: 'other' })), 'other-app');
    assert.equal(releaseName(object({ targetNamespace: 'other', releaseName: 'mine' })), 'mine');
  });

  it('is shortened with a hash of the whole', () => {
    const long = 'release-name-with-very-long-name-which-is-longer-than-53-characters';
    assert.equal(shortenName(long), 'release-name-with-very-long-name-which-i-788ca0d0d7b0');
    assert.equal(shortenName(`another-${long}`), 'another-release-name-with-very-long-name-7e72150d5a36');
    assert.equal(shortenName('x'.repeat(53)), 'x'.repeat(53));
    const target = object({ targetNamespace: 'n'.repeat(60) });
    assert.equal(fullReleaseName(target).length, 64);
    assert.equal(releaseName(target).length, 53);
  });
});

const remembered = (...numbers: readonly number[]): ReleaseInMemory => {
  const release = new ReleaseInMemory();
  for (const version of numbers) {
    const testHooks = { one: { phase: 'Succeeded' } };
    release.store(revision(version, 'deployed'), { ociDigest: `sha256:${version}`, testHooks });
  }
  return release;
};
const written = (...records: readonly (readonly [number, ReleaseStatus])[]): StoredRelease[] =>
  records.map(([version, status]) => {
    const parts = { chart: new Uint8Array(), body: new Uint8Array() };
    return { record: revision(version, status), parts, labels: {} };
  });
const told = ({ object: { status } }: ReleaseInMemory): string[] =>
  (status!.history ?? []).map(
    (each) => `${each.version} ${each.status} ${each.ociDigest} ${Object.keys(each.testHooks ?? {}).join()}`,
  );

describe('revisions as they are remembered', () => {
  it('are none where nothing was written', () => {
    const release = remembered(1);
    recordOnObject(release.context(), [], 'sha256:9');
    assert.deepEqual(told(release), ['1 deployed sha256:1 one']);
  });

  it('begin with the newest, of the artifact that was tried', () => {
    const release = remembered(1);
    recordOnObject(release.context(), written([2, 'deployed']), 'sha256:9');
    assert.deepEqual(told(release), ['2 deployed sha256:9 ', '1 deployed sha256:1 one']);
  });

  it('keep what only the object knows of an older one', () => {
    const release = remembered(1, 2);
    recordOnObject(release.context(), written([3, 'failed'], [2, 'superseded']), 'sha256:9');
    assert.deepEqual(told(release), ['3 failed sha256:9 ', '2 superseded sha256:2 one', '1 deployed sha256:1 one']);
  });

  it('follow the first older one they know, as upstream does', () => {
    const release = remembered(1, 2);
    recordOnObject(
      release.context(),
      written([4, 'deployed'], [3, 'failed'], [2, 'superseded'], [1, 'superseded']),
      '',
    );
    assert.deepEqual(told(release), ['4 deployed undefined ', '2 superseded sha256:2 one', '1 deployed sha256:1 one']);
  });

  it('are of one name in one namespace', () => {
    const [snapshot] = remembered(1).object.status!.history!;
    assert.equal(targets(snapshot!, revision(1, 'deployed')), true);
    assert.equal(targets(snapshot!, revision(2, 'deployed')), false);
    assert.equal(targets(snapshot!, { ...revision(1, 'deployed'), name: 'other' }), false);
    assert.equal(targets(snapshot!, { ...revision(1, 'deployed'), namespace: 'other' }), false);
  });

  it('can be checked by the digests of this program only', () => {
    assert.equal(isVerifiable({}), true);
    assert.equal(isVerifiable({ apiVersion: '' }), true);
    assert.equal(isVerifiable({ apiVersion: 'v2' }), false);
  });
});
