// CEL as Flux uses it: what is refused when, what comes out, and what it may cost.
import assert from 'node:assert/strict';
import {
  CelEvaluationError,
  CelSyntaxError,
  CelUnsupportedError,
  compileExpression,
  type ExpressionContext,
} from '#cel/index';

const readiness: ExpressionContext = { variables: ['self', 'dep'], output: 'bool' };

describe('CEL', () => {
  describe('gives', () => {
    const ready = { conditions: [{ type: 'Ready', status: 'True', observedGeneration: 2 }], replicas: 3 };
    const rows: [string, Record<string, unknown>, unknown, ExpressionContext?][] = [
      [
        'self.metadata.generation == dep.status.seen',
        { self: { metadata: { generation: 1 } }, dep: { status: { seen: 1 } } },
        true,
        readiness,
      ],
      ['status.conditions.filter(e, e.type == "Ready").all(e, e.status == "True")', { status: ready }, true],
      [
        'status.conditions.exists(e, e.type == "Ready" && e.observedGeneration == metadata.generation)',
        { status: ready, metadata: { generation: 2 } },
        true,
        { wholeNumbers: 'int' },
      ],
      ['has(status.gone) ? status.gone : "none"', { status: ready }, 'none'],
      ['status.replicas + 1', { status: ready }, 4, { wholeNumbers: 'int' }],
      ['string(status.replicas) + "/3"', { status: ready }, '3/3', { wholeNumbers: 'int' }],
      ['1 == 1.0 && 1 < 1.5 && 2.0 > 1', {}, true],
      ['[1, 2, 3].map(x, x * 2)', {}, [2, 4, 6]],
      ['"a,b".split(",").exists(x, x == "b") && "x".upperAscii() == "X"', {}, true],
      ['sets.contains([1, 2], [2.0]) && sets.intersects(["a"], ["b", "a"]) && sets.equivalent([1, 1], [1])', {}, true],
      ['base64.encode(b"hi") + string(base64.decode("aGk="))', {}, 'aGk=hi'],
      ['"v1.2".matches("^v[0-9.]+$")', {}, true],
      [
        'has(labels.__proto__) && labels["constructor"] == "c"',
        { labels: JSON.parse('{"__proto__":"p","constructor":"c"}') },
        true,
      ],
      ['{"a": {"b": [null, true]}}', {}, { a: { b: [null, true] } }],
    ];
    for (const [text, variables, expected, context] of rows) {
      it(text, () => assert.deepEqual(compileExpression(text, context).evaluate(variables), expected));
    }
  });

  describe('refuses to compile', () => {
    const rows: [string, RegExp, ExpressionContext?][] = [
      ['a ==', /^Syntax error at 1:\d+: unexpected "="$/],
      ['if', /reserved identifier/],
      ['has(a)', /^invalid argument to has\(\) macro/],
      ['self.x == other', /^undeclared reference to 'other' \(in container ''\)$/, readiness],
      ['[1].exists(x, x == y)', /undeclared reference to 'y'/, readiness],
      ['self.status.ready', /^CEL expression output type mismatch: expected bool, got dyn$/, readiness],
      ['"yes"', /expected bool, got string/, readiness],
      [`a == "${'x'.repeat(100_000)}"`, /code point size exceeds limit/],
    ];
    for (const [text, message, context] of rows) {
      it(text.slice(0, 60), () => {
        assert.throws(
          () => compileExpression(text, context),
          (error) => error instanceof CelSyntaxError && message.test(error.message),
        );
      });
    }
  });

  it('says what only this engine cannot read', () => {
    for (const text of [
      'a.?b',
      'a[?0]',
      '{?"a": b}',
      '`a`',
      `a${' '.repeat(20_000)}`,
      '('.repeat(300) + ')'.repeat(300),
    ]) {
      assert.throws(() => compileExpression(text), CelUnsupportedError);
    }
    assert.throws(() => compileExpression('a == "x?." +'), CelSyntaxError);
  });

  it('knows the names that loops and types bring', () => {
    const text = 'self.list.all(x, type(x) == int || x in [1, 2]) && google.protobuf.Timestamp != null';
    assert.ok(compileExpression(text, { variables: ['self'] }));
  });

  describe('fails to evaluate', () => {
    const items = Array.from({ length: 100 }, (_, i) => i);
    let deep: unknown = 1;
    for (let i = 0; i < 200; i++) deep = [deep];
    const rows: [string, Record<string, unknown>, RegExp, ExpressionContext?][] = [
      ['status.gone == 1', { status: {} }, /field not found: gone|no such key/],
      ['status.x == 1', {}, /unresolved|undeclared|no such/],
      ['self.x', { self: { x: 'true' } }, /output|type/, { variables: ['self'] }],
      ['l.all(a, l.all(b, l.all(c, a + b + c >= 0)))', { l: items }, /more than 100000 steps/],
      ['l.map(a, l.map(b, l.map(c, a)))', { l: items }, /more than 100000 steps/],
      [`["x"]${'.map(x, x + x)'.repeat(40)}`, {}, /more than 1048576 characters/],
      [`[[1]]${'.map(x, x + x)'.repeat(40)}`, {}, /more than 100000 items/],
      ['deep == deep', { deep }, /nested deeper/],
      ['"a".matches("(?=x)")', {}, /error parsing regexp/],
    ];
    for (const [text, variables, message, context] of rows) {
      it(text.slice(0, 60), () => {
        const expression = compileExpression(text, context);
        if (text === 'self.x') assert.equal(expression.evaluate(variables), 'true');
        else
          assert.throws(
            () => expression.evaluate(variables),
            (error) => error instanceof CelEvaluationError && message.test(error.message),
          );
      });
    }

    it('a result of another type than the wanted one', () => {
      const expression = compileExpression('self.x ? self.y : self.z', { output: 'bool' });
      assert.equal(expression.evaluate({ self: { x: true, y: true } }), true);
      assert.throws(() => expression.evaluate({ self: { x: true, y: 'yes' } }), CelEvaluationError);
    });

    it('and works again after it', () => {
      const expression = compileExpression('l.all(a, l.all(b, a + b >= 0))', { wholeNumbers: 'int' });
      const many = Array.from({ length: 400 }, (_, i) => i);
      assert.throws(() => expression.evaluate({ l: many }), /steps/);
      assert.equal(expression.evaluate({ l: [1, 2] }), true);
    });
  });
});
