// The steps that are told when an action fails.
import assert from 'node:assert/strict';
import { ActionLog } from '#controllers/helmrelease/action-log';

describe('steps of an action', () => {
  let now = 0;
  const log = new ActionLog(() => now);
  const at = (ms: number, text: string): void => {
    now = ms;
    log.note(text);
  };
  beforeEach(() => log.clear());

  it('are written after the message, with their times', () => {
    at(1000, 'ConfigMap/ns/a created');
    at(1500, 'waiting');
    assert.equal(
      log.after('failed'),
      'failed\n\nLast Helm logs:\n\n1970-01-01T00:00:01Z: ConfigMap/ns/a created\n1970-01-01T00:00:01.5Z: waiting',
    );
  });

  it('leave the message alone when there are none', () => assert.equal(log.after('failed'), 'failed'));

  const again = (times: number): string => {
    for (let i = 0; i <= times; i++) at(1000 * i, 'same');
    return log.after('').split('\n').slice(4).join('|');
  };
  const first = '1970-01-01T00:00:00Z: same';
  const repeats: readonly [times: number, lines: string][] = [
    [1, `${first}|1970-01-01T00:00:01Z: same`],
    [2, `${first}|1970-01-01T00:00:02Z: same (1 duplicate line omitted)`],
    [4, `${first}|1970-01-01T00:00:04Z: same (3 duplicate lines omitted)`],
  ];
  for (const [times, lines] of repeats) {
    it(`are told once when they repeat ${times} times`, () => assert.equal(again(times), lines));
  }

  it('are cut where they are long', () => {
    at(0, 'x'.repeat(1_000_000));
    assert.equal(log.after('').length, '\n\nLast Helm logs:\n\n1970-01-01T00:00:00Z: '.length + 500 + 3);
  });

  it('are the last ten', () => {
    for (let i = 0; i < 1000; i++) at(i, `step ${i}`);
    assert.equal(log.after('').split('\n').length, 4 + 10);
    assert.match(log.after(''), /: step 990\n[\s\S]*: step 999$/);
  });
});
