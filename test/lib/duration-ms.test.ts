// Durations of specs as milliseconds, with a value to fall back on.
import assert from 'node:assert/strict';
import { durationMs } from '#lib/duration-ms';

describe('durationMs', () => {
  for (const [text, ms] of [
    ['1h', 3_600_000],
    ['1m30s', 90_000],
    ['1.5s', 1500],
    ['500us', 0.5],
    ['0s', 0],
    ['0', 0],
    [undefined, 42],
    ['', 42],
    ['ten minutes', 42],
    ['5', 42],
  ] as const) {
    it(`reads ${JSON.stringify(text)} as ${ms}`, () => {
      assert.equal(durationMs(text, 42), ms);
    });
  }
});
