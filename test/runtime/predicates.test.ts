// Which changes wake a reconcile, and how intervals are spread.
import assert from 'node:assert/strict';
import { RECONCILE_REQUEST_ANNOTATION } from '#api/meta';
import type { ObjectMeta } from '#kube/object';
import { jitter } from '#runtime/jitter';
import { needsReconcile, requestedAnew } from '#runtime/predicates';
import { reconcileRequest } from '#runtime/requests';

const asked = (value: string): ObjectMeta => ({ annotations: { [RECONCILE_REQUEST_ANNOTATION]: value } });

describe('needsReconcile', () => {
  for (const [what, before, after, wanted] of [
    ['a new status', { generation: 1, resourceVersion: '1' }, { generation: 1, resourceVersion: '2' }, false],
    ['a new label', { generation: 1 }, { generation: 1, labels: { a: 'b' } }, false],
    ['a new spec', { generation: 1 }, { generation: 2 }, true],
    ['a deletion', { generation: 1 }, { generation: 1, deletionTimestamp: 'now' }, true],
    ['another object of that name', { uid: 'a' }, { uid: 'b' }, true],
    ['a request', {}, asked('1'), true],
    ['another request', asked('1'), asked('2'), true],
    ['the same request', asked('1'), asked('1'), false],
    ['a request taken back', asked('1'), {}, false],
    ['an empty request', {}, asked(''), false],
  ] as const) {
    it(`${wanted ? 'is' : 'is not'} woken by ${what}`, () => {
      assert.equal(needsReconcile({ metadata: before }, { metadata: after }), wanted);
    });
  }

  it('is woken by an object it has not seen', () => {
    assert.equal(needsReconcile(undefined, { metadata: {} }), true);
  });

  it('tells a request from other changes', () => {
    assert.equal(requestedAnew({ metadata: { generation: 1 } }, { metadata: { generation: 2 } }), false);
    assert.equal(requestedAnew({ metadata: {} }, { metadata: asked('1') }), true);
    assert.equal(reconcileRequest({ metadata: asked('1') }), '1');
    assert.equal(reconcileRequest({ metadata: asked('') }), undefined);
  });
});

describe('jitter', () => {
  it('spreads evenly around the interval', () => {
    assert.deepEqual(
      [0, 0.5, 1].map((random) => Math.round(jitter(1000, 5, () => random))),
      [950, 1000, 1050],
    );
  });
  it('changes nothing at no percentage, or no interval', () => {
    assert.equal(
      jitter(1000, 0, () => 1),
      1000,
    );
    assert.equal(
      jitter(0, 50, () => 1),
      0,
    );
  });
});
