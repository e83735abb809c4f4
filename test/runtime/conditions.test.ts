// Conditions: when they move, what they exclude, the order they stand in.
import assert from 'node:assert/strict';
import {
  deleteConditions,
  getCondition,
  markReconciling,
  markStalled,
  setCondition,
  type Conditioned,
} from '#runtime/conditions';

const now = Date.UTC(2026, 0, 1, 12, 0, 0, 900);
const later = now + 60_000;

function widget(): Conditioned {
  return { metadata: { generation: 3 } };
}

describe('conditions', () => {
  it('carry the generation, and a time in whole seconds', () => {
    const object = widget();
    setCondition(object, { type: 'Ready', status: 'True', reason: 'Done', message: 'all done' }, now);
    assert.deepEqual(object.status?.conditions, [
      {
        type: 'Ready',
        status: 'True',
        reason: 'Done',
        message: 'all done',
        lastTransitionTime: '2026-01-01T12:00:00Z',
        observedGeneration: 3,
      },
    ]);
  });

  const base = { type: 'Ready', status: 'True', reason: 'Done', message: 'all done' } as const;
  for (const [what, change, moves] of [
    ['nothing', {}, false],
    ['the status', { status: 'False' }, true],
    ['the reason', { reason: 'Other' }, true],
    ['the message', { message: 'other' }, true],
  ] as const) {
    it(`${moves ? 'move' : 'stay'} when ${what} changes`, () => {
      const metadata = { generation: 3 };
      const object: Conditioned = { metadata };
      setCondition(object, base, now);
      metadata.generation = 4;
      setCondition(object, { ...base, ...change }, later);
      const after = getCondition(object, 'Ready');
      assert.equal(after?.lastTransitionTime, moves ? '2026-01-01T12:01:00Z' : '2026-01-01T12:00:00Z');
      assert.equal(after?.observedGeneration, 4);
    });
  }

  it('stand in order: Stalled, Reconciling, Ready, then the latest observed, then by name', () => {
    const metadata = { generation: 1 };
    const object: Conditioned = { metadata };
    setCondition(object, { ...base, type: 'Zulu' }, now);
    setCondition(object, { ...base, type: 'Alpha' }, now);
    metadata.generation = 2;
    for (const type of ['Mike', 'Ready', 'Reconciling', 'Stalled', 'Bravo']) {
      setCondition(object, { ...base, type }, now);
    }
    assert.deepEqual(
      object.status?.conditions?.map(({ type }) => type),
      ['Stalled', 'Reconciling', 'Ready', 'Bravo', 'Mike', 'Alpha', 'Zulu'],
    );
  });

  it('cut messages to what the schema takes', () => {
    const object = widget();
    setCondition(object, { ...base, message: 'x'.repeat(40_000) }, now);
    const { message } = getCondition(object, 'Ready')!;
    assert.equal(message.length, 32_768);
    assert.ok(message.endsWith('x...'));
  });

  it('exclude each other: Reconciling and Stalled', () => {
    const object = widget();
    markReconciling(object, 'Progressing', 'at it', now);
    markStalled(object, 'Wrong', 'no way', now);
    assert.deepEqual(
      object.status?.conditions?.map(({ type }) => type),
      ['Stalled'],
    );
    markReconciling(object, 'Progressing', 'at it', now);
    assert.deepEqual(
      object.status?.conditions?.map(({ type }) => type),
      ['Reconciling'],
    );
  });

  it('are removed by type; removing what is not there changes nothing', () => {
    const object = widget();
    deleteConditions(object, 'Ready');
    assert.equal(object.status, undefined);
    setCondition(object, base, now);
    const before = object.status!.conditions;
    deleteConditions(object, 'Stalled');
    assert.equal(object.status!.conditions, before);
    deleteConditions(object, 'Ready', 'Stalled');
    assert.deepEqual(object.status!.conditions, []);
  });
});
