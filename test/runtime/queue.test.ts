// The work queue: one run of a key at a time, priorities, delays, backoff, and the end of it all.
import assert from 'node:assert/strict';
import { Priority, WorkQueue } from '#runtime/queue';
import { FakeClock } from '../kube/fake-clock.ts';

describe('WorkQueue', () => {
  let clock: FakeClock;
  let queue: WorkQueue;
  let superseded: string[];

  beforeEach(() => {
    clock = new FakeClock();
    superseded = [];
    queue = new WorkQueue({ clock, minDelay: 750, maxDelay: 900_000, onSuperseded: (key) => superseded.push(key) });
  });

  /** Takes everything that is ready, marking each key done at once. */
  async function drain(): Promise<string[]> {
    const keys: string[] = [];
    while (queue.depth > 0) {
      const key = (await queue.get())!;
      keys.push(key);
      queue.done(key);
    }
    return keys;
  }

  it('holds a key once, in order of arrival', async () => {
    for (const key of ['a', 'b', 'a', 'c']) queue.add(key);
    assert.equal(queue.depth, 3);
    assert.deepEqual(await drain(), ['a', 'b', 'c']);
  });

  it('serves requests before changes before periodic work, and lets a key move up but not down', async () => {
    queue.add('periodic', Priority.periodic);
    queue.add('change', Priority.change);
    queue.add('request', Priority.request);
    queue.add('up', Priority.periodic);
    queue.add('up', Priority.request);
    queue.add('change', Priority.periodic);
    assert.deepEqual(await drain(), ['request', 'up', 'change', 'periodic']);
  });

  it('never hands out a key that is in work, and runs it once more when it was added meanwhile', async () => {
    queue.add('a');
    assert.equal(await queue.get(), 'a');
    queue.add('a');
    queue.add('a');
    assert.deepEqual([queue.depth, queue.active], [0, 1]);
    let second: string | undefined;
    const waiting = queue.get().then((key) => (second = key));
    await Promise.resolve();
    assert.equal(second, undefined);
    queue.done('a');
    await waiting;
    assert.equal(second, 'a');
    queue.done('a');
    assert.deepEqual([queue.depth, queue.active], [0, 0]);
  });

  it('tells who is at work that something newer waits, but not of periodic work', async () => {
    queue.add('a');
    await queue.get();
    queue.add('a', Priority.periodic);
    assert.deepEqual(superseded, []);
    queue.add('a', Priority.change);
    assert.deepEqual(superseded, ['a']);
  });

  it('keeps the highest priority asked for during work', async () => {
    queue.add('a');
    await queue.get();
    queue.add('a', Priority.request);
    queue.add('a', Priority.periodic);
    queue.add('b', Priority.change);
    queue.done('a');
    assert.deepEqual(await drain(), ['a', 'b']);
  });

  it('keeps the sooner of two delays', async () => {
    queue.addAfter('a', 5000);
    queue.addAfter('a', 1000);
    queue.addAfter('a', 3000);
    assert.deepEqual(clock.waits, [1000]);
    clock.advance(999);
    assert.equal(queue.depth, 0);
    clock.advance(1);
    assert.deepEqual(await drain(), ['a']);
    clock.advance(10_000);
    assert.equal(queue.depth, 0);
  });

  it('adds at once what has no delay left', () => {
    queue.addAfter('a', 0);
    queue.addAfter('b', -5);
    assert.equal(queue.depth, 2);
  });

  it('doubles the delay of failures up to the limit, until they are forgotten', () => {
    const delays = Array.from({ length: 13 }, () => {
      const delay = queue.addRateLimited('a');
      clock.advance(delay);
      return delay;
    });
    assert.deepEqual(delays.slice(0, 4), [750, 1500, 3000, 6000]);
    assert.deepEqual(delays.slice(-2), [900_000, 900_000]);
    queue.forget('a');
    assert.equal(queue.addRateLimited('a'), 750);
    assert.equal(queue.addRateLimited('b'), 750);
  });

  it('cancels a delay, and drops all there is of a key', () => {
    queue.addAfter('a', 1000);
    queue.cancelDelay('a');
    queue.addRateLimited('b');
    queue.drop('b');
    clock.advance(5000);
    assert.equal(queue.depth, 0);
    assert.equal(queue.addRateLimited('b'), 750);
  });

  it('wakes one waiter for each key', async () => {
    const got: (string | undefined)[] = [];
    const waiters = [queue.get(), queue.get()].map(async (next) => got.push(await next));
    queue.add('a');
    queue.add('b');
    await Promise.all(waiters);
    assert.deepEqual(got, ['a', 'b']);
  });

  it('gives nothing any more once closed', async () => {
    queue.add('a');
    queue.addAfter('b', 10);
    const first = await queue.get();
    queue.add('c');
    const pending = [queue.get(), queue.get()];
    queue.close();
    assert.equal(first, 'a');
    assert.deepEqual(await Promise.all(pending), ['c', undefined]);
    queue.add('d');
    queue.addAfter('e', 0);
    queue.done('a');
    clock.advance(100);
    assert.equal(await queue.get(), undefined);
    assert.deepEqual(clock.waits, []);
  });
});
