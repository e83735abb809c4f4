// How long tokens are used, how many are kept, and who waits for whom.
import assert from 'node:assert/strict';
import { TokenCache } from '#cloudauth/token-cache';
import { FakeClock } from '#test/kube/fake-clock';

const never = new AbortController().signal;
const minute = 60_000;

function cacheOf(clock: FakeClock, more: { maxSize?: number; maxDurationMs?: number } = {}) {
  const cache = new TokenCache({ clock, maxSize: 10, maxDurationMs: 60 * minute, ...more });
  let made = 0;
  const token = (key: string, lifeMs: number): Promise<{ made: number; expiresAt: number }> =>
    cache.get(key, () => Promise.resolve({ made: ++made, expiresAt: clock.now() + lifeMs }), never);
  return { cache, token };
}

describe('cached tokens', () => {
  it('are renewed after four fifths of their life', async () => {
    const clock = new FakeClock();
    const { token } = cacheOf(clock);
    assert.equal((await token('a', 10 * minute)).made, 1);
    clock.advance(8 * minute - 1);
    assert.equal((await token('a', 10 * minute)).made, 1);
    clock.advance(1);
    assert.equal((await token('a', 10 * minute)).made, 2);
  });

  it('are used no longer than the longest time, and an hour at most', async () => {
    const clock = new FakeClock();
    const short = cacheOf(clock, { maxDurationMs: 5 * minute });
    const long = cacheOf(clock, { maxDurationMs: 24 * 60 * minute });
    for (const { token } of [short, long]) await token('a', 24 * 60 * minute);
    clock.advance(5 * minute);
    assert.equal((await short.token('a', minute)).made, 2);
    assert.equal((await long.token('a', minute)).made, 1);
    clock.advance(55 * minute);
    assert.equal((await long.token('a', minute)).made, 2);
  });

  it('make room for others, the one that was not used for longest first; with no room none is kept', async () => {
    const clock = new FakeClock();
    const { token } = cacheOf(clock, { maxSize: 2 });
    for (const key of ['a', 'b', 'a', 'c']) await token(key, minute);
    assert.equal((await token('a', minute)).made, 1);
    assert.equal((await token('b', minute)).made, 4);
    const none = cacheOf(clock, { maxSize: 0 });
    await none.token('a', minute);
    assert.equal((await none.token('a', minute)).made, 2);
  });

  it('are made once for all who ask meanwhile, and go on when the first gives up', async () => {
    const { cache } = cacheOf(new FakeClock());
    const gate = Promise.withResolvers<void>();
    let made = 0;
    const make = async (): Promise<{ expiresAt: number }> => {
      made++;
      await gate.promise;
      return { expiresAt: Number.MAX_SAFE_INTEGER };
    };
    const impatient = new AbortController();
    const first = cache.get('a', make, impatient.signal);
    const second = cache.get('a', make, never);
    impatient.abort(new Error('no time'));
    await assert.rejects(first, /no time/);
    gate.resolve();
    await second;
    assert.equal(made, 1);
  });

  it('are not remembered when they could not be made', async () => {
    const clock = new FakeClock();
    const { cache, token } = cacheOf(clock);
    await assert.rejects(
      cache.get('a', () => Promise.reject(new Error('refused')), never),
      /refused/,
    );
    assert.equal((await token('a', minute)).made, 1);
  });
});
