// TOML written as BurntSushi's encoder does, and read back.
import assert from 'node:assert/strict';
import { decodeToml, encodeToml, TomlError, TomlTime } from '#lib/go-toml';
import type { TomlValue } from '#lib/go-toml';

const table = (value: object): TomlValue => value as TomlValue;

describe('TOML', () => {
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

  it('reads integers, floats and times apart', () => {
    const read = decodeToml(
      'i = 1\nf = 1.0\nd = 1979-05-27\nt = 07:32:00\nz = 1979-05-27T07:32:00Z\n[__proto__]\nx = 1\n',
    );
    assert.equal(read['i'], 1n);
    assert.equal(read['f'], 1);
    const times = [read['d'], read['t'], read['z']];
    assert.deepEqual(
      times.map((time) => (time instanceof TomlTime ? time.kind : undefined)),
      ['date-local', 'time-local', 'instant'],
    );
    assert.ok(Object.hasOwn(read, '__proto__'));
    assert.equal(({} as Record<string, unknown>)['x'], undefined);
  });

  it('says where a text is wrong', () => {
    assert.throws(
      () => decodeToml('a = 1\nb = '),
      (error) => error instanceof TomlError && error.message.startsWith('toml: line 2: '),
    );
    assert.throws(() => decodeToml('a = 1\na = 2'), TomlError);
    assert.throws(() => decodeToml(`a = ${'['.repeat(100_000)}`), TomlError);
  });
});
