// Time limits of any length.
import assert from 'node:assert/strict';
import { durationMs } from '#lib/duration-ms';
import { timeLimit, timerMs } from '#lib/time-limit';

describe('time limits', () => {
  const limits: readonly [string, number][] = [
    ['0s', 0],
    ['0.1ms', 1],
    ['1.0005s', 1001],
    ['5m', 300_000],
    ['999999h', 2_147_483_647],
  ];
  for (const [text, ms] of limits) {
    it(`${text} is ${ms} ms`, () => {
      assert.equal(timerMs(durationMs(text, 0)), ms);
      assert.equal(timeLimit(durationMs(text, 0)).aborted, false);
    });
  }

  it('end in a timeout', async () => {
    const limit = timeLimit(0.5);
    await new Promise((resolve) => limit.addEventListener('abort', resolve));
    assert.equal((limit.reason as Error).name, 'TimeoutError');
  });
});
