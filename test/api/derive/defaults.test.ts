// Pruning and defaulting, which happen before an object is judged.
import assert from 'node:assert/strict';
import { applyDefaults } from '#api/derive/defaults';
import { prune } from '#api/derive/prune';
import { anything, boolean, integer, list, map, object, oneOf, required, string, stringMap } from '#api/schema';

const schema = object('An object.', {
  mode: oneOf('A word.', ['a', 'b'], { default: 'a' }),
  name: required(string('A name.')),
  labels: stringMap('Labels.'),
  free: anything('Anything.'),
  items: list(
    'Items.',
    object('An item.', { optional: boolean('A flag.', { default: false }), name: string('A name.') }),
  ),
  byName: map('Values by name.', object('A value.', { count: integer('A number.', { default: 1 }) })),
  update: object('A part.', { strategy: string('A word.', { default: 'Setters' }) }, { default: { path: 'x' } }),
}).json;

function parse(text: string): Record<string, unknown> {
  return JSON.parse(text) as Record<string, unknown>;
}

describe('pruning', () => {
  it('drops and names what is not declared, at any depth', () => {
    const { value, unknownFields } = prune(
      parse('{"name":"x","nmae":1,"items":[{"name":"i","extra":{}}],"byName":{"k":{"other":1}}}'),
      schema,
    );
    assert.deepEqual(value, { name: 'x', items: [{ name: 'i' }], byName: { k: {} } });
    assert.deepEqual(unknownFields, ['nmae', 'items[0].extra', 'byName.k.other']);
  });

  it('keeps everything below a field of any kind', () => {
    const { value, unknownFields } = prune(parse('{"free":{"a":[{"b":null}]}}'), schema);
    assert.deepEqual(value, { free: { a: [{ b: null }] } });
    assert.deepEqual(unknownFields, []);
  });

  it('drops a null that means absent, and keeps one that a default will replace', () => {
    const { value } = prune(parse('{"name":null,"mode":null,"labels":{"a":null,"b":"c"},"items":[null]}'), schema);
    assert.deepEqual(value, { mode: null, labels: { b: 'c' }, items: [null] });
  });

  it('leaves the type, the kind and the metadata of an object alone', () => {
    const whole = parse('{"apiVersion":"v1","kind":"Thing","metadata":{"name":"x","unheard":1}}');
    assert.deepEqual(prune(whole, schema).value, whole);
  });

  it('takes __proto__ and constructor for ordinary keys', () => {
    const { value, unknownFields } = prune(
      parse('{"__proto__":{"name":"x"},"constructor":1,"labels":{"__proto__":"a","constructor":"b"}}'),
      schema,
    );
    assert.deepEqual(unknownFields, ['__proto__', 'constructor']);
    assert.equal(JSON.stringify(value), '{"labels":{"__proto__":"a","constructor":"b"}}');
    assert.equal(Object.getPrototypeOf(value['labels']), Object.prototype);
  });
});

describe('defaulting', () => {
  it('fills what is absent and what is null, at any depth', () => {
    assert.deepEqual(applyDefaults(parse('{"mode":null,"items":[{},{"optional":true}],"byName":{"k":{}}}'), schema), {
      mode: 'a',
      items: [{ optional: false }, { optional: true }],
      byName: { k: { count: 1 } },
      update: { path: 'x', strategy: 'Setters' },
    });
  });

  it('keeps what is there, false and empty too', () => {
    const given = { mode: 'b', items: [], update: {} };
    assert.deepEqual(applyDefaults(given, schema), { mode: 'b', items: [], update: { strategy: 'Setters' } });
  });

  it('gives each object a default of its own and leaves its argument alone', () => {
    const given = {};
    const first = applyDefaults(given, schema);
    assert.deepEqual(given, {});
    (first['update'] as Record<string, unknown>)['path'] = 'changed';
    assert.deepEqual(applyDefaults({}, schema)['update'], { path: 'x', strategy: 'Setters' });
  });

  it('takes __proto__ for an ordinary key', () => {
    const result = applyDefaults(parse('{"labels":{"__proto__":"a"}}'), schema);
    assert.equal(JSON.stringify(result['labels']), '{"__proto__":"a"}');
  });
});
