// JSON read as encoding/json reads it, with its words for what is wrong.
import assert from 'node:assert/strict';
import { marshalJSON, unmarshalJSON } from '#goyaml/index';
import { outcome, readTable } from './golden.ts';

type Row = readonly [text: string, result: string | null, error?: string];

describe('encoding/json', () => {
  it('reads and refuses the same', () => {
    for (const [text, result, error] of readTable<Row>('json')) {
      assert.deepEqual(
        outcome(() => marshalJSON(unmarshalJSON(text))),
        error === undefined ? result : { err: error },
        text,
      );
    }
  });

  it('keeps integers apart from floats when asked', () => {
    assert.deepEqual(unmarshalJSON('[1, 1.0, 9007199254740993]', { integers: 'bigint' }), [1n, 1, 9007199254740993n]);
    assert.deepEqual(unmarshalJSON('[1, 1.0, 9007199254740993]', { integers: 'safe' }), [1, 1, 9007199254740993n]);
    assert.deepEqual(unmarshalJSON('[1, 9007199254740993]'), [1, 9007199254740992]);
  });

  it('takes __proto__ for an ordinary key', () => {
    for (const options of [{}, { integers: 'bigint' }] as const) {
      const value = unmarshalJSON('{"__proto__": {"x": "y"}}', options) as object;
      assert.deepEqual(Object.keys(value), ['__proto__']);
      assert.equal(Object.getPrototypeOf(value), Object.prototype);
      assert.equal(marshalJSON(value as never), '{"__proto__":{"x":"y"}}');
    }
  });

  it('keeps the given order of keys for structs', () => {
    assert.equal(marshalJSON({ b: 1, a: 2 }, { sortKeys: false }), '{"b":1,"a":2}');
  });

  it('refuses what is nested beyond all measure', () => {
    assert.throws(() => unmarshalJSON('['.repeat(1_000_000), { integers: 'bigint' }), {
      message: 'exceeded max depth',
    });
  });
});
