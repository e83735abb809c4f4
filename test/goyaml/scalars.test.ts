// What plain and tagged scalars mean, as values and as keys, to go-yaml v2 and v3.
import assert from 'node:assert/strict';
import { marshalJSON, nodeToValue, parseFirst, yamlToJSON } from '#goyaml/index';
import { outcome, readTable } from './golden.ts';

type Row = readonly [op: 'y2j' | 'v3json', text: string, result: string | null, error?: string];

function convert(op: Row[0], text: string): string {
  if (op === 'y2j') return yamlToJSON(text);
  const document = parseFirst(text);
  return document === undefined
    ? 'null'
    : marshalJSON(nodeToValue(document, { integers: 'bigint', keys: 'strings-only' }));
}

describe('scalars', () => {
  const rows = readTable<Row>('scalars');
  for (const [op, name] of [
    ['y2j', 'v2'],
    ['v3json', 'v3'],
  ] as const) {
    it(`mean what go-yaml ${name} takes them for`, () => {
      const mine = rows.filter((row) => row[0] === op);
      assert.ok(mine.length > 300);
      for (const [, text, result, error] of mine) {
        const expected = error === undefined ? result : { err: error };
        assert.deepEqual(
          outcome(() => convert(op, text)),
          expected,
          text,
        );
      }
    });
  }
});
