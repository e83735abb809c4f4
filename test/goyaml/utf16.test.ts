// YAML in UTF-16: what go-yaml made of the same bytes.
import assert from 'node:assert/strict';
import { yamlToJSON } from '#goyaml/index';
import { fromBytes } from '#lib/go-string';
import { outcome } from './golden.ts';

const little = (text: string): Buffer => Buffer.from(`\ufeff${text}`, 'utf16le');
const big = (text: string): Buffer => little(text).swap16();
const cut = (...bytes: number[]): Buffer => Buffer.concat([little('a: '), Buffer.from(bytes)]);

const rows: readonly (readonly [bytes: Buffer, result: ReturnType<typeof outcome>])[] = [
  [little('a: é☃😀\nb: [1]\n'), '{"a":"é☃😀","b":[1]}'],
  [big('a: é\r\nb: |\r\n  x\r\n'), '{"a":"é","b":"x\\n"}'],
  [Buffer.from([0xff, 0xfe]), 'null'],
  [Buffer.concat([little('a: 1\n'), Buffer.from([0x20])]), { err: 'yaml: incomplete UTF-16 character' }],
  [cut(0x00, 0xd8, 0x20, 0x00), { err: 'yaml: expected low surrogate area' }],
  [cut(0x00, 0xd8), { err: 'yaml: incomplete UTF-16 surrogate pair' }],
  [cut(0x00, 0xdc, 0x20, 0x00), { err: 'yaml: unexpected low surrogate area' }],
  [little('a: \u0001\n'), { err: 'yaml: control characters are not allowed' }],
];

describe('YAML in UTF-16', () => {
  for (const [bytes, result] of rows) {
    it(typeof result === 'string' ? result : result.err, () => {
      assert.deepEqual(
        outcome(() => yamlToJSON(fromBytes(bytes))),
        result,
      );
    });
  }
});
