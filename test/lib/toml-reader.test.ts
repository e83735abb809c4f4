// TOML read as the BurntSushi library reads it; test/golden/helm-functions/toml.json has what it said of many more texts.
import assert from 'node:assert/strict';
import { readToml } from '#lib/toml-reader';
import { TomlError, TomlTime } from '#lib/toml-value';

describe('TOML, read', () => {
  it('reads integers, floats and times apart', () => {
    const read = readToml(
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
      () => readToml('a = 1\nb = '),
      new TomlError('toml: line 2 (last key "b"): unexpected EOF; expected value'),
    );
    assert.throws(() => readToml('a = 1\na = 2'), TomlError);
    assert.throws(() => readToml(`a = ${'['.repeat(100_000)}`), TomlError);
  });
});
