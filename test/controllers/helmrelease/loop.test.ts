// What a release's state leads to: which actions run in one pass, what is counted, told and remembered, and what comes next.
import assert from 'node:assert/strict';
import * as tables from '#test/controllers/helmrelease/loop-cases';
import { conditionsOf, countsOf, historyOf, pass, staged } from '#test/controllers/helmrelease/one-pass';

describe('a release', () => {
  for (const [what, cases] of Object.entries(tables)) {
    describe(what, () => {
      for (const { title, want, said, counts, history, events, ...stage } of cases) {
        it(title, async () => {
          const release = staged(stage);
          assert.equal(await pass(release), want);
          if (said !== undefined) assert.deepEqual(conditionsOf(release), said);
          if (counts !== undefined) assert.equal(countsOf(release), counts);
          if (history !== undefined) assert.equal(historyOf(release), history);
          const told = release.events.map(({ severity, reason }) => `${severity === 'error' ? '!' : ''}${reason}`);
          if (events !== undefined) assert.equal(told.join(' '), events);
        });
      }
    });
  }
});
