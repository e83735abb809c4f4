// Merge patches: the smallest that does it, checked by applying them.
import assert from 'node:assert/strict';
import { mergePatch, sameJson } from '#runtime/merge-patch';

describe('mergePatch', () => {
  for (const [what, before, after, patch] of [
    ['equal values', { a: { b: [1, { c: null }] } }, { a: { b: [1, { c: null }] } }, undefined],
    ['an absent and an undefined field', { a: 1 }, { a: 1, b: undefined }, undefined],
    ['a field more', { a: 1 }, { a: 1, b: 2 }, { b: 2 }],
    ['a field less', { a: 1, b: 2 }, { a: 1 }, { b: null }],
    ['a field that became undefined', { a: 1, b: 2 }, { a: 1, b: undefined }, { b: null }],
    [
      'a change deep down',
      { s: { x: 1, y: { z: 1, w: 2 } } },
      { s: { x: 1, y: { z: 3, w: 2 } } },
      { s: { y: { z: 3 } } },
    ],
    ['a list, whole', { l: [1, 2] }, { l: [1, 2, 3] }, { l: [1, 2, 3] }],
    ['a list that became a mapping', { l: [1] }, { l: { 0: 1 } }, { l: { 0: 1 } }],
    ['a mapping emptied', { s: { x: 1 } }, { s: {} }, { s: { x: null } }],
    ['falsy values', { a: 1, b: 'x', c: true }, { a: 0, b: '', c: false }, { a: 0, b: '', c: false }],
  ] as const) {
    it(`gives ${what}`, () => {
      assert.deepEqual(mergePatch(before as Record<string, unknown>, after as Record<string, unknown>), patch);
    });
  }

  it('compares as JSON does', () => {
    assert.ok(sameJson({ a: undefined }, {}));
    assert.ok(sameJson([], []));
    assert.ok(!sameJson([], {}));
    assert.ok(!sameJson({ a: null }, {}));
    assert.ok(!sameJson([1, 2], [2, 1]));
    assert.ok(!sameJson('1', 1));
  });
});
