// Waits that grow, and forget.
import assert from 'node:assert/strict';
import { Backoff, delay, exponentialDelay } from '#lib/backoff';
import { FakeClock } from '#test/kube/fake-clock';

describe('Backoff', () => {
  it('doubles to its limit, spread upwards by the jitter', () => {
    const clock = new FakeClock();
    const plain = new Backoff({ initialMs: 800, maxMs: 5000 }, clock);
    assert.deepEqual(
      [1, 2, 3, 4, 5].map(() => plain.next()),
      [800, 1600, 3200, 5000, 5000],
    );
    const spread = new Backoff({ initialMs: 100, maxMs: 1000, factor: 3, jitter: 1, random: () => 0.5 }, clock);
    assert.deepEqual(
      [1, 2, 3].map(() => spread.next()),
      [150, 450, 1350],
    );
  });

  it('begins again after a quiet time, and when told', () => {
    const clock = new FakeClock();
    const backoff = new Backoff({ initialMs: 1, maxMs: 100, resetAfterMs: 1000 }, clock);
    backoff.next();
    clock.advance(1000);
    assert.equal(backoff.next(), 2);
    clock.advance(1001);
    assert.equal(backoff.next(), 1);
    backoff.next();
    backoff.reset();
    assert.equal(backoff.next(), 1);
  });
});

describe('exponentialDelay', () => {
  it('stays at its limit however long it fails', () => {
    assert.deepEqual(
      [0, 1, 2, 10, 5000].map((n) => exponentialDelay(n, 750, 900_000)),
      [750, 1500, 3000, 768_000, 900_000],
    );
  });
});

describe('delay', () => {
  it('ends with the time or with the signal, leaving nothing behind', async () => {
    const clock = new FakeClock();
    const slept = delay(10, clock);
    clock.advance(10);
    await slept;
    const controller = new AbortController();
    const cut = assert.rejects(delay(10, clock, controller.signal), /stop/);
    controller.abort(new Error('stop'));
    await cut;
    assert.deepEqual(clock.waits, []);
    await assert.rejects(delay(10, clock, controller.signal), /stop/);
  });
});
