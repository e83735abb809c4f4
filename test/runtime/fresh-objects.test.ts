// Reading our own writes: until the cache has them, and not a moment longer.
import assert from 'node:assert/strict';
import type { KubeObject } from '#kube/object';
import { FreshObjects } from '#runtime/fresh-objects';

function version(resourceVersion: string, uid = 'u'): KubeObject {
  return { metadata: { namespace: 'ns', name: 'a', uid, resourceVersion } };
}

describe('FreshObjects', () => {
  let cached: KubeObject | undefined;
  let fresh: FreshObjects<KubeObject>;
  beforeEach(() => {
    cached = version('99');
    fresh = new FreshObjects({ get: () => cached });
  });

  it('gives the cache where nothing was written', () => {
    assert.equal(fresh.get('ns/a'), cached);
  });

  it('gives our write until the cache has it or a later one', () => {
    const written = version('100');
    fresh.note(written);
    assert.equal(fresh.get('ns/a'), written);
    for (const caughtUp of ['100', '101', '1000']) {
      fresh.note(written);
      cached = version(caughtUp);
      assert.equal(fresh.get('ns/a'), cached);
    }
    cached = version('99');
    assert.equal(fresh.get('ns/a'), cached, 'the write is forgotten by then');
  });

  it('gives nothing for what is gone, and the new one for what was made again', () => {
    fresh.note(version('100'));
    cached = undefined;
    assert.equal(fresh.get('ns/a'), undefined);
    fresh.note(version('100'));
    cached = version('7', 'another');
    assert.equal(fresh.get('ns/a'), cached);
  });

  it('forgets when told', () => {
    fresh.note(version('100'));
    fresh.forget('ns/a');
    assert.equal(fresh.get('ns/a'), cached);
  });
});
