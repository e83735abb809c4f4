// TOML written as BurntSushi's encoder does.
import assert from 'node:assert/strict';
import { encodeToml } from '#lib/go-toml';
import { TomlError, type TomlValue } from '#lib/toml-value';

const table = (value: object): TomlValue => value as TomlValue;

describe('TOML, written', () => {
  it('writes plain values first, then tables, indented, and lists of tables', () => {
    const value = table({
      z: 1n,
      t: { u: { v: 'x' }, a: true },
      l: [{ n: 1.5 }, { n: 2, m: [{ p: 1n }] }],
      s: [1n, 'two', [3]],
      mixed: [{ a: 1n, b: null }, 5n],
      e: {},
      'odd key': 'q"\\\n\u007f',
      none: null,
    });
    assert.equal(
      encodeToml(value),
      'mixed = [{a = 1, }, 5]\n"odd key" = "q\\"\\\\\\n\\u007f"\ns = [1, "two", [3.0]]\nz = 1\n' +
        '\n[e]\n' +
        '\n[[l]]\n  n = 1.5\n' +
        '\n[[l]]\n  n = 2.0\n\n  [[l.m]]\n    p = 1\n' +
        '\n[t]\n  a = true\n  [t.u]\n    v = "x"\n',
    );
  });

  it('writes numbers as Go does', () => {
    const value = table({ a: 1e21, b: Infinity, c: -Infinity, d: NaN, e: 1e-7, f: 2n ** 62n });
    assert.equal(
      encodeToml(value),
      'a = 1000000000000000000000.0\nb = inf\nc = -inf\nd = nan\ne = 0.0000001\nf = 4611686018427387904\n',
    );
  });

  it('refuses nil in lists and lists of tables on top', () => {
    assert.throws(() => encodeToml(table({ a: [1n, null] })), TomlError);
    assert.throws(() => encodeToml(table({ a: { b: [[null]] } })), TomlError);
    assert.throws(() => encodeToml([table({ a: 1n })]), TomlError);
    let deep: TomlValue = [];
    for (let i = 0; i < 5000; i++) deep = [deep];
    assert.throws(() => encodeToml(table({ deep })), TomlError);
  });
});
