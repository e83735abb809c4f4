// Post-build substitution: over the text of the built object, with its types read anew.
import assert from 'node:assert/strict';
import { substituteObjects } from '#controllers/kustomization/post-build';
import type { GoObject } from '#goyaml/index';

function substituted(data: GoObject, variables: Record<string, string>, strict = false): unknown {
  const object: GoObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data };
  return (substituteObjects([object], { variables, strict })[0] as { data: unknown }).data;
}

describe('substituteObjects', () => {
  it('expands keys and values, and reads types anew', () => {
    assert.deepEqual(
      substituted(
        { '${key}': '${text}', number: '${number}', flag: '${flag}', quoted: '${q}${number}${q}', kept: '5' },
        { key: 'k', text: 't', number: '42', flag: 'yes', q: '"' },
      ),
      { k: 't', number: 42, flag: true, quoted: '42', kept: '5' },
    );
  });

  it('keeps integers no float holds', () => {
    const value = 12_345_678_901_234_567_890n;
    assert.deepEqual(substituted({ big: value, of: '${x}' }, { x: 'text' }), { big: value, of: 'text' });
  });

  it('leaves alone what asks for it, and what has nothing to expand', () => {
    const disabled = { 'kustomize.toolkit.fluxcd.io/substitute': 'disabled' };
    const objects: GoObject[] = [{ labels: disabled }, { annotations: disabled }, {}].map((metadata, i) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: `a${i}`, ...metadata },
      data: { x: i < 2 ? '${x}' : 'plain' },
    }));
    const after = substituteObjects(objects, { variables: { x: 'y' }, strict: false });
    assert.deepEqual(after, objects);
    const enabled = { 'kustomize.toolkit.fluxcd.io/substitute': 'Disabled' };
    const [other] = substituteObjects(
      [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', labels: enabled }, data: { x: '${x}' } }],
      { variables: { x: 'text' }, strict: false },
    );
    assert.deepEqual(other?.['data'], { x: 'text' });
  });

  it('is strict about bare variables only', () => {
    assert.deepEqual(substituted({ a: '${none}', b: '${none:=d}' }, { x: '' }), { a: null, b: 'd' });
    assert.throws(() => substituted({ a: '${none}' }, { x: '' }, true), {
      message:
        "post build failed for 'ConfigMap.v1.[noGrp]/a': envsubst error: variable substitution failed: " +
        'variable not set (strict mode): "none"',
    });
    assert.deepEqual(substituted({ b: '${none:=d}' }, { x: '' }, true), { b: 'd' });
  });

  for (const [what, data, variables, message] of [
    ['an open brace', { a: '${x' }, { x: '1' }, /variable substitution failed: missing closing brace$/],
    ['YAML that broke', { a: '${x}' }, { x: '"' }, /YAMLToJSON: /],
    ['a bad name', { a: '$${x}' }, { 'a-b': '1' }, /envsubst error: 'a-b' var name is invalid, must match /],
  ] as const) {
    it(`names the object, and says what is wrong: ${what}`, () => {
      assert.throws(
        () => substituted(data, variables),
        (error: Error) => {
          assert.match(error.message, /^post build failed for 'ConfigMap\.v1\.\[noGrp\]\/a': envsubst error: /);
          assert.match(error.message, message);
          return true;
        },
      );
    });
  }
});
