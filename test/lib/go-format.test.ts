// Single verbs of fmt. (The whole of printf is checked against recorded results in test/gotemplate.)
import assert from 'node:assert/strict';
import {
  formatBoolean,
  formatBytes,
  formatComplexVerb,
  formatFloatVerb,
  formatInteger,
  formatString,
  pad,
  plainSpec,
  type FormatSpec,
} from '#lib/go-format';

function spec(flags: Partial<FormatSpec> = {}): FormatSpec {
  return { ...plainSpec(), ...flags };
}

describe('go-format', () => {
  it('formats integers', () => {
    assert.equal(formatInteger(spec(), -42n, 'd'), '-42');
    assert.equal(formatInteger(spec({ plus: true, width: 6, zero: true }), 42n, 'd'), '+00042');
    assert.equal(formatInteger(spec({ width: 6, zero: true, precision: 3 }), 42n, 'd'), '   042');
    assert.equal(formatInteger(spec({ sharp: true }), 255n, 'X'), '0XFF');
    assert.equal(formatInteger(spec({ sharp: true }), 8n, 'o'), '010');
    assert.equal(formatInteger(spec(), 8n, 'O'), '0o10');
    assert.equal(formatInteger(spec(), -5n, 'b'), '-101');
    assert.equal(formatInteger(spec({ sharp: true }), 0x1f600n, 'U'), "U+1F600 '😀'");
    assert.equal(formatInteger(spec(), 0x110000n, 'c'), '\ufffd');
    assert.equal(formatInteger(spec({ precision: 0, width: 3 }), 0n, 'd'), '   ');
    assert.equal(formatInteger(spec(), 1n, 's'), undefined);
  });

  it('formats floats', () => {
    assert.equal(formatFloatVerb(spec({ precision: 2 }), 2.675, 'f'), '2.67');
    assert.equal(formatFloatVerb(spec({ precision: 0 }), 2.5, 'f'), '2');
    assert.equal(formatFloatVerb(spec(), 1e6, 'v'), '1e+06');
    assert.equal(formatFloatVerb(spec({ sharp: true }), 1, 'g'), '1.00000');
    assert.equal(formatFloatVerb(spec({ zero: true, width: 8 }), -1.5, 'g'), '-00001.5');
    assert.equal(formatFloatVerb(spec({ zero: true, width: 6 }), Infinity, 'f'), '  +Inf');
    assert.equal(formatFloatVerb(spec(), 1, 'd'), undefined);
    assert.equal(formatComplexVerb(spec(), 1, -2, 'v'), '(1-2i)');
  });

  it('formats strings and bytes', () => {
    assert.equal(formatString(spec({ precision: 2, width: 4 }), 'héllo', 's'), '  hé');
    assert.equal(formatString(spec({ minus: true, width: 4 }), 'ab', 's'), 'ab  ');
    assert.equal(formatString(spec({ space: true, sharp: true }), 'hi', 'x'), '0x68 0x69');
    assert.equal(formatString(spec({ sharp: true }), 'a"b', 'q'), '`a"b`');
    assert.equal(formatBytes(spec(), Uint8Array.of(0xff, 1), 'X'), 'FF01');
    assert.equal(formatBytes(spec(), Uint8Array.of(1), 'v'), undefined);
    assert.equal(formatBoolean(spec({ width: 6 }), true), '  true');
    assert.equal(pad(spec({ width: 3, zero: true }), 'é'), '00é');
  });
});
