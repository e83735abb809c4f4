// What a change during a run gives up: waits for health, or hooks as well.
import assert from 'node:assert/strict';
import type { HelmReleaseDraft } from '#controllers/helmrelease/helmrelease';
import { watchForNewer } from '#controllers/helmrelease/newer';

function release(metadata: object = {}, spec: object = {}): HelmReleaseDraft {
  return { metadata: { generation: 1, ...metadata }, spec: { interval: '1h', ...spec } } as HelmReleaseDraft;
}

function nobodyListens(): void {
  assert.fail('nobody listens');
}

function given(superseded: AbortSignal, unwanted: AbortSignal): string {
  return [superseded.aborted && 'waits', unwanted.aborted && 'hooks'].filter(Boolean).join(' and ') || 'nothing';
}

const deleted = { deletionTimestamp: '2026-01-01T00:00:00Z' };

describe('something newer than a run', () => {
  const cases: readonly (readonly [name: string, now: HelmReleaseDraft | undefined, gives: string])[] = [
    ['a request, or another chart', release(), 'waits'],
    ['another spec', release({ generation: 2 }), 'waits and hooks'],
    ['a deletion', release(deleted), 'waits and hooks'],
    ['an object that is gone', undefined, 'waits and hooks'],
    ['a suspension', release({ generation: 2 }, { suspend: true }), 'nothing'],
    ['a deletion of a suspended object', release(deleted, { suspend: true }), 'waits and hooks'],
  ];

  for (const [name, now, gives] of cases) {
    it(`${name}: ${gives}`, () => {
      let look = nobodyListens;
      const { superseded, unwanted } = watchForNewer(release(), { now: () => now, onNews: (told) => (look = told) });
      assert.equal(given(superseded, unwanted), 'nothing');
      look();
      assert.equal(given(superseded, unwanted), gives);
    });
  }

  it('looks again at each change', () => {
    let now = release({ generation: 2 }, { suspend: true });
    let look = nobodyListens;
    const { superseded, unwanted } = watchForNewer(release(), { now: () => now, onNews: (told) => (look = told) });
    look();
    now = release({ generation: 3 });
    look();
    assert.equal(given(superseded, unwanted), 'waits and hooks');
  });

  it('is nothing for a release that is being uninstalled', () => {
    let listeners = 0;
    const options = { now: () => undefined, onNews: () => void listeners++ };
    const { superseded, unwanted } = watchForNewer(release(deleted), options);
    assert.equal(given(superseded, unwanted), 'nothing');
    assert.equal(listeners, 0);
  });
});
