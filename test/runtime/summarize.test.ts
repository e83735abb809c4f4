// Ready from other conditions: every pair of kinds of conditions, and which of the two speaks.
import assert from 'node:assert/strict';
import { getCondition, setCondition, type Conditioned, type ConditionStatus } from '#runtime/conditions';
import { summarizeReady, type ConditionSet } from '#runtime/summarize';

const set: ConditionSet = {
  owned: [],
  summarize: ['Bad1', 'Bad2', 'Good1', 'Good2', 'Verified'],
  negative: new Set(['Bad1', 'Bad2']),
  bipolar: ['Verified'],
};

function summary(...conditions: readonly (readonly [string, ConditionStatus])[]): string {
  const object: Conditioned = { metadata: { generation: 1 } };
  for (const [type, status] of conditions) {
    setCondition(object, { type, status, reason: `${type}Reason`, message: `${type} is ${status}` }, 0);
  }
  summarizeReady(object, set, 0);
  const ready = getCondition(object, 'Ready');
  return ready === undefined ? 'absent' : `${ready.status} ${ready.reason} ${ready.message}`;
}

/** Most telling first. */
const cells: readonly (readonly [string, ConditionStatus, ConditionStatus])[] = [
  ['Bad', 'True', 'False'],
  ['Good', 'False', 'False'],
  ['Good', 'True', 'True'],
  ['Bad', 'False', 'True'],
  ['Good', 'Unknown', 'Unknown'],
];

describe('summarizeReady', () => {
  for (const [kind, status, ready] of [...cells, ['Bad', 'Unknown', 'Unknown'] as const]) {
    it(`makes Ready ${ready} of ${kind}=${status} alone`, () => {
      assert.equal(summary([`${kind}1`, status]), `${ready} ${kind}1Reason ${kind}1 is ${status}`);
    });
  }

  for (const [i, [kind, status, ready]] of cells.entries()) {
    for (const [otherKind, otherStatus] of cells.slice(i + 1)) {
      it(`prefers ${kind}=${status} to ${otherKind}=${otherStatus}`, () => {
        // The preferred one is the later in the list, so the list's order cannot be what decides.
        const first = kind === otherKind ? `${otherKind}1` : `${otherKind}1`;
        assert.equal(
          summary([first, otherStatus], [`${kind}2`, status]),
          `${ready} ${kind}2Reason ${kind}2 is ${status}`,
        );
      });
    }
  }

  it('lets the first of the list speak among equals', () => {
    assert.equal(summary(['Bad2', 'True'], ['Bad1', 'True']), 'False Bad1Reason Bad1 is True');
    assert.equal(summary(['Good2', 'True'], ['Good1', 'True']), 'True Good1Reason Good1 is True');
  });

  it('lets a failed verification speak whatever else there is', () => {
    assert.equal(summary(['Bad1', 'True'], ['Verified', 'False']), 'False VerifiedReason Verified is False');
    assert.equal(summary(['Good1', 'True'], ['Verified', 'True']), 'True Good1Reason Good1 is True');
    assert.equal(summary(['Good1', 'True'], ['Verified', 'Unknown']), 'True Good1Reason Good1 is True');
  });

  it('leaves Ready alone when nothing is there to tell', () => {
    assert.equal(summary(), 'absent');
    assert.equal(summary(['Other', 'True']), 'absent');
  });
});
