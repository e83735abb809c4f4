// Reading our own writes: until the cache has them, and not a moment longer.
import assert from 'node:assert/strict';
import type { KubeObject } from '#kube/object';
import { FreshObjects } from '#runtime/fresh-objects';

function named(name: string, resourceVersion: string): KubeObject {
  return { metadata: { namespace: 'ns', name, uid: name, resourceVersion } };
}

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

  it('forgets what the cache has also where nobody asks for it again', () => {
    const cache = new Map<string, KubeObject>();
    const many = new FreshObjects({ get: (key) => cache.get(key) });
    const before = ['a', 'b', 'c'].map((name) => named(name, '99'));
    for (const object of before) cache.set(`ns/${object.metadata.name!}`, object);
    many.note(named('a', '101'));
    many.note(named('b', '102'));
    cache.set('ns/a', named('a', '101'));
    many.note(named('c', '103'));
    // No cache goes back: it only shows whether the write is still there.
    cache.set('ns/a', before[0]!);
    assert.deepEqual(
      ['ns/a', 'ns/b', 'ns/c'].map((key) => many.get(key)?.metadata.resourceVersion),
      ['99', '102', '103'],
    );
  });
});
