// Documents with comments, anchors, tags, styles and mistakes, against what go-yaml v2 and v3 made of them.
import assert from 'node:assert/strict';
import {
  emitDocuments,
  marshalJSON,
  nodeToValue,
  parseDocuments,
  parseFirst,
  yamlToJSON,
  type EmitOptions,
} from '#goyaml/index';
import { outcome, readTable, record, type Recorded, type RecordedNode } from './golden.ts';

interface Row {
  readonly text: string;
  readonly tree: readonly RecordedNode[] | { readonly err: string };
  readonly emit: Recorded;
  /** Indented by 4, absent when the same. */
  readonly emit4?: Recorded;
  readonly y2j: Recorded;
  readonly y2jstrict?: Recorded;
  /** go-yaml v3 into a map[string]any, then JSON. */
  readonly v3json?: Recorded;
}

function tree(text: string): Row['tree'] {
  const result = outcome(() => JSON.stringify(parseDocuments(text, { comments: true }).map(record)));
  return typeof result === 'string' ? (JSON.parse(result) as RecordedNode[]) : result;
}

function emit(text: string, options: EmitOptions): Recorded {
  return outcome(() => emitDocuments(parseDocuments(text, { comments: true }), options));
}

function v3ToJSON(text: string): string {
  const document = parseFirst(text);
  const value = document === undefined ? null : nodeToValue(document, { integers: 'bigint', keys: 'strings-only' });
  return marshalJSON(value);
}

describe('go-yaml on documents', () => {
  const rows = readTable<Row>('documents');

  it('builds the same trees, comments and positions included', () => {
    for (const { text, tree: expected } of rows) assert.deepEqual(tree(text), expected, text);
  });

  it('finds the same mistakes on the same lines', () => {
    assert.ok(rows.filter((row) => 'err' in row.tree).length > 50);
  });

  it('writes trees back as kyaml does', () => {
    for (const row of rows) assert.deepEqual(emit(row.text, {}), row.emit, row.text);
  });

  it('writes trees back with wide indentation', () => {
    for (const row of rows) {
      assert.deepEqual(emit(row.text, { indent: 4, sequences: 'wide' }), row.emit4 ?? row.emit, row.text);
    }
  });

  it('converts to JSON by way of v2', () => {
    for (const { text, y2j, y2jstrict } of rows) {
      assert.deepEqual(
        outcome(() => yamlToJSON(text)),
        y2j,
        text,
      );
      assert.deepEqual(
        outcome(() => yamlToJSON(text, { strict: true })),
        y2jstrict ?? y2j,
        text,
      );
    }
  });

  it('converts to JSON by way of v3', () => {
    for (const { text, v3json } of rows) {
      if (v3json !== undefined) {
        assert.deepEqual(
          outcome(() => v3ToJSON(text)),
          v3json,
          text,
        );
      }
    }
  });

  it('keeps only what was asked for when comments are not', () => {
    for (const { text } of rows) {
      const withComments = outcome(() => yamlTexts(text, true));
      assert.deepEqual(
        outcome(() => yamlTexts(text, false)),
        withComments,
        text,
      );
    }
  });
});

/** Kinds, tags and texts of all nodes. */
function yamlTexts(text: string, comments: boolean): string {
  return JSON.stringify(parseDocuments(text, { comments }).map((node) => strip(record(node))));
}

function strip({ h: _h, l: _l, f: _f, p: _p, c, ...rest }: RecordedNode): object {
  return { ...rest, c: c?.map(strip) };
}
