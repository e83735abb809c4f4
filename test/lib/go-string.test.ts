// Strings that hold any bytes.
import assert from 'node:assert/strict';
import {
  byteLength,
  compareStrings,
  fromBytes,
  hasInvalidBytes,
  isAscii,
  runes,
  sliceBytes,
  sortStrings,
  toBytes,
  toValid,
} from '#lib/go-string';
import { recordedStrconv } from './go-strconv.ts';

describe('go-string', () => {
  it('keeps every byte, whether it is UTF-8 or not', () => {
    for (const { B, Valid, Len, Runes } of recordedStrconv().quote) {
      const text = fromBytes(Buffer.from(B, 'base64'));
      assert.equal(Buffer.from(toBytes(text)).toString('base64'), B);
      assert.equal(byteLength(text), Len, B);
      assert.equal(runes(text).length, Runes, B);
      assert.equal(hasInvalidBytes(text), !Valid, B);
    }
  });

  it('marks each invalid byte, and makes it U+FFFD where validity is wanted', () => {
    const text = fromBytes(Uint8Array.of(0x61, 0xff, 0x62));
    assert.equal(text, 'a\udcffb');
    assert.equal(toValid(text), 'a\ufffdb');
  });

  it('slices by bytes, cutting runes apart', () => {
    assert.equal(sliceBytes('hello', 1, 3), 'el');
    assert.deepEqual([...toBytes(sliceBytes('日本', 1, 4))], [0x97, 0xa5, 0xe6]);
    assert.equal(sliceBytes('日本', 3), '本');
  });

  it('orders bytewise, not by UTF-16 units', () => {
    assert.ok(compareStrings('\u{ffff}', '\u{10000}') < 0);
    assert.ok(compareStrings('a', 'b') < 0);
    assert.ok(compareStrings('ab', 'a') > 0);
    assert.equal(compareStrings('é', 'é'), 0);
    assert.ok(compareStrings('z\udcff', 'z\u{10ffff}') > 0);
    assert.deepEqual(sortStrings(['b', '\u{1f600}', '\uff5e', 'B', '']), ['', 'B', 'b', '\uff5e', '\u{1f600}']);
  });

  it('tells ASCII', () => {
    assert.ok(isAscii('plain'));
    assert.ok(!isAscii('é'));
  });
});
