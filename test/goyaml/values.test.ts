// Go values written as YAML and JSON, byte for byte as go-yaml v2, v3, sigs.k8s.io/yaml and encoding/json.
import assert from 'node:assert/strict';
import { decodeV2, encodeV2, encodeV3, marshalJSON, sigsMarshal, type GoValue } from '#goyaml/index';
import { outcome, readTable, untag, type Recorded, type Tagged } from './golden.ts';

interface Row {
  readonly value: Tagged;
  readonly enc2: Recorded;
  readonly sigs?: Recorded;
  readonly enc3: Recorded;
  readonly enc3c?: Recorded;
  readonly json: Recorded;
  readonly jsonraw?: Recorded;
  readonly jsonindent?: Recorded;
}

describe('values written as Go writes them', () => {
  const rows = readTable<Row>('values').map((row) => ({ ...row, go: untag(row.value) }));

  function compare(write: (value: GoValue) => string, expected: (row: Row) => Recorded): void {
    for (const row of rows) {
      assert.deepEqual(
        outcome(() => write(row.go)),
        expected(row),
        JSON.stringify(row.value),
      );
    }
  }

  it('go-yaml v2', () => compare(encodeV2, (row) => row.enc2));

  it('sigs.k8s.io/yaml', () => compare(sigsMarshal, (row) => row.sigs ?? row.enc2));

  it('go-yaml v3', () =>
    compare(
      (value) => encodeV3(value, { sequences: 'wide' }),
      (row) => row.enc3,
    ));

  it('go-yaml v3 with compact sequences', () => compare(encodeV3, (row) => row.enc3c ?? row.enc3));

  it('encoding/json', () => compare(marshalJSON, (row) => row.json));

  it('encoding/json without HTML escapes', () => {
    compare(
      (value) => `${marshalJSON(value, { escapeHTML: false })}\n`,
      (row) => row.jsonraw ?? (typeof row.json === 'string' ? `${row.json}\n` : row.json),
    );
  });

  it('encoding/json with indentation', () => {
    compare(
      (value) => marshalJSON(value, { indent: '  ' }),
      (row) => row.jsonindent ?? row.json,
    );
  });

  it('what v2 writes, v2 reads again', () => {
    for (const { go, enc2 } of rows) {
      if (typeof enc2 === 'string' && typeof go === 'string' && /^[\n\x20-\x7e]*$/.test(enc2) && !enc2.includes('!!')) {
        assert.equal(decodeV2(enc2), go);
      }
    }
  });
});
