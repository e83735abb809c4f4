// CEL of a Kustomization: health by expression, and dependencies that are met when one says so.
import assert from 'node:assert/strict';
import { ExpressionError, healthExpressions, readyByExpression } from '#controllers/apply/expressions';
import type { Unstructured } from '#kube/object';

type Checks = NonNullable<Parameters<typeof healthExpressions>[0]['spec']['healthCheckExprs']>;

function expressions(...checks: Checks): NonNullable<ReturnType<typeof healthExpressions>> {
  const spec = { healthCheckExprs: checks } as unknown as Parameters<typeof healthExpressions>[0]['spec'];
  return healthExpressions({ spec })!;
}

const widget = (status: object, metadata: object = {}): Unstructured => ({
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  metadata: { name: 'a', ...metadata },
  status,
});
const check = {
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  inProgress: 'status.phase == "Busy"',
  failed: 'status.phase == "Bad"',
  current: 'status.phase == "Good" && status.count == 3',
};

describe('health by expression', () => {
  for (const [status, health] of [
    [{ phase: 'Busy', count: 3 }, 'InProgress'],
    [{ phase: 'Bad', count: 3 }, 'Failed'],
    [{ phase: 'Good', count: 3 }, 'Current'],
    [{ phase: 'Good', count: 2 }, 'InProgress'],
    [{ phase: 'Other', count: 3 }, 'InProgress'],
    [{}, 'Unknown'],
  ] as const) {
    it(`is ${health} of ${JSON.stringify(status)}`, () => {
      assert.equal(expressions(check).judge(widget(status)).status, health);
    });
  }

  it('waits until the generation was observed', () => {
    const status = { phase: 'Good', count: 3, observedGeneration: 1 };
    assert.equal(expressions(check).judge(widget(status, { generation: 2 })).status, 'InProgress');
  });

  it('leaves other kinds, Jobs and what is gone to their own rules', () => {
    const all = expressions(check, { apiVersion: 'batch/v1', kind: 'Job', current: 'false' });
    assert.equal(all.judge({ apiVersion: 'v1', kind: 'ConfigMap', metadata: {} }).status, 'Current');
    assert.equal(all.judge(undefined).status, 'NotFound');
    const done = { conditions: [{ type: 'Complete', status: 'True' }] };
    assert.equal(all.judge({ apiVersion: 'batch/v1', kind: 'Job', metadata: {}, status: done }).status, 'Current');
    assert.deepEqual(
      [all.covers(widget({})), all.covers({ apiVersion: 'v1', kind: 'Pod', metadata: {} })],
      [true, false],
    );
  });

  it('goes by group, whatever the version; the first of two counts; a group alone covers its kinds', () => {
    const first = expressions({ ...check, apiVersion: 'example.com/v9', current: 'true', failed: 'false' }, check);
    assert.equal(first.judge(widget({ phase: 'x' })).status, 'Current');
    const { kind: _kind, ...group } = check;
    assert.equal(expressions(group).judge(widget({ phase: 'Bad' })).status, 'Failed');
  });

  it('is refused, by name, when it cannot be compiled', () => {
    assert.throws(
      () => expressions(check, { ...check, failed: 'status.(' }),
      (error) => {
        assert.ok(error instanceof ExpressionError);
        assert.match(error.message, /^healthCheckExprs\[1\]\.failed: /);
        return true;
      },
    );
  });

  it('is nothing where the spec has none', () => {
    const none = [] as const;
    assert.equal(expressions(...none), undefined);
  });
});

describe('readyExpr', () => {
  const self = { metadata: { name: 'app', labels: { wave: '2' } } };
  const dep = {
    metadata: { name: 'db' },
    status: { observedGeneration: 3, conditions: [{ type: 'Ready', status: 'True' }] },
  };

  for (const [text, wanted] of [
    ['dep.status.observedGeneration == 3', true],
    ['dep.status.conditions.exists(c, c.type == "Ready" && c.status == "True")', true],
    ['self.metadata.labels.wave == "1"', false],
    ['dep.metadata.name == self.metadata.name', false],
  ] as const) {
    it(`${text} is ${wanted}`, () => {
      assert.equal(readyByExpression(text, self, dep, 'db'), wanted);
    });
  }

  it('cannot tell when a field is missing', () => {
    assert.match(String(readyByExpression('dep.spec.x == 1', self, dep, 'db')), /^failed to evaluate dependency db: /);
  });

  for (const text of ['dep.(', 'other.name == "x"', '"text"']) {
    it(`is refused: ${text}`, () => {
      assert.throws(() => readyByExpression(text, self, dep, 'db'), ExpressionError);
    });
  }
});
