// Trying again: how often, how long, and when not at all.
import assert from 'node:assert/strict';
import { isTransientNetworkError, isTransientStatus, retry, retryAfterMs } from '#net/retry';
import { FakeClock } from '#test/kube/fake-clock';

describe('retry', () => {
  it('waits longer each time and gives the last error', async () => {
    const clock = new FakeClock();
    let tries = 0;
    const result = assert.rejects(
      retry(
        () => {
          tries++;
          return Promise.reject(new Error(`try ${tries}`));
        },
        { clock, retries: 3, minDelayMs: 100, maxDelayMs: 300, isTransient: () => true },
      ),
      /try 4/,
    );
    for (const wait of [100, 200, 300]) {
      await clock.waiting((ms) => ms === wait);
      clock.advance(wait);
    }
    await result;
  });

  it('waits as long as it is asked to, within its limit', async () => {
    const clock = new FakeClock();
    const asked = [50, 5000];
    const result = retry((n) => (n < 2 ? Promise.reject(new Error('busy')) : Promise.resolve(n)), {
      clock,
      retries: 5,
      maxDelayMs: 1000,
      isTransient: () => asked.shift() ?? true,
    });
    for (const wait of [50, 1000]) {
      await clock.waiting((ms) => ms === wait);
      clock.advance(wait);
    }
    assert.equal(await result, 2);
  });

  it('does not try what is final, nor after an abort', async () => {
    const clock = new FakeClock();
    await assert.rejects(
      retry(() => Promise.reject(new Error('no')), { clock, retries: 5, isTransient: () => false }),
      /no/,
    );
    const controller = new AbortController();
    const result = assert.rejects(
      retry(() => Promise.reject(new Error('busy')), {
        clock,
        retries: 5,
        signal: controller.signal,
        isTransient: () => true,
      }),
      /stop/,
    );
    await clock.waiting(() => true);
    controller.abort(new Error('stop'));
    await result;
  });
});

describe('what passes', () => {
  it('is the network, however deep it hides', () => {
    const refused = Object.assign(new Error('x'), { code: 'ECONNREFUSED' });
    assert.equal(isTransientNetworkError(new Error('outer', { cause: new Error('inner', { cause: refused }) })), true);
    assert.equal(isTransientNetworkError(new AggregateError([refused])), true);
    assert.equal(isTransientNetworkError(Object.assign(new Error('x'), { code: 'CERT_HAS_EXPIRED' })), false);
    const circle = new Error('circle');
    circle.cause = circle;
    assert.equal(isTransientNetworkError(circle), false);
  });

  it('is 429 and 5xx but 501', () => {
    assert.deepEqual([200, 404, 429, 500, 501, 503].filter(isTransientStatus), [429, 500, 503]);
  });
});

describe('retryAfterMs', () => {
  it('reads seconds and dates', () => {
    const clock = new FakeClock(Date.UTC(2026, 0, 1));
    assert.equal(retryAfterMs('3', clock), 3000);
    assert.equal(retryAfterMs('Thu, 01 Jan 2026 00:00:07 GMT', clock), 7000);
    assert.equal(retryAfterMs('Thu, 01 Jan 2015 00:00:07 GMT', clock), 0);
    assert.equal(retryAfterMs('soon', clock), undefined);
    assert.equal(retryAfterMs(undefined, clock), undefined);
  });
});
