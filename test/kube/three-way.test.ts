// The patches of client-side apply, and what they know of kinds from the server's documents.
import assert from 'node:assert/strict';
import { PatchSchemas, patchTypesOf } from '#kube/apply/patch-schema';
import { MergeKeyError, mergePatch, strategicPatch, type ThreeWay } from '#kube/apply/three-way';
import { StatusError } from '#kube/status-error';

const ref = (name: string): object => ({ $ref: `#/components/schemas/${name}` });
const kind = { group: 'apps', version: 'v1', kind: 'Thing' };
const patchOperation = (media: string): object => ({
  patch: { 'x-kubernetes-group-version-kind': kind, requestBody: { content: { [media]: {} } } },
});

function documentOf(media = 'application/strategic-merge-patch+json'): Record<string, unknown> {
  return {
    paths: { '/apis/apps/v1/things/{name}': patchOperation(media) },
    components: {
      schemas: {
        Thing: {
          'x-kubernetes-group-version-kind': [kind],
          properties: { spec: { default: {}, allOf: [ref('Spec')] } },
        },
        Spec: {
          properties: {
            items: {
              type: 'array',
              items: { allOf: [ref('Item')] },
              'x-kubernetes-patch-strategy': 'merge,retainKeys',
              'x-kubernetes-patch-merge-key': 'name',
            },
            set: { type: 'array', items: { type: 'string' }, 'x-kubernetes-patch-strategy': 'merge' },
            whole: { ...ref('Item'), 'x-kubernetes-patch-strategy': 'replace' },
            union: { ...ref('Item'), 'x-kubernetes-patch-strategy': 'retainKeys' },
            list: { type: 'array', items: { type: 'string' } },
            size: { type: 'integer' },
          },
        },
        Item: { properties: { name: { type: 'string' } } },
      },
    },
  };
}

const type = patchTypesOf(documentOf()).get('Thing');
const spec = (original: object, modified: object, live: object): ThreeWay => ({
  original: { spec: original },
  modified: { spec: modified },
  live: { spec: live },
});

describe('strategicPatch', () => {
  const cases: readonly [name: string, states: ThreeWay, patch: object | undefined][] = [
    ['leaves alone what others added', spec({}, { size: 1 }, { size: 1, own: 1, list: ['a'] }), undefined],
    ['puts back what others changed', spec({ size: 1 }, { size: 1 }, { size: 2 }), { size: 1 }],
    [
      'takes out what is no longer wanted',
      spec({ size: 1, list: [] }, { list: [] }, { size: 2, list: [] }),
      { size: null },
    ],
    ['has nothing to take out that is gone', spec({ size: 1 }, {}, {}), undefined],
    ['takes a null for the end of a field', spec({}, { size: null, list: null }, { size: 1 }), { size: null }],
    ['replaces lists that do not merge', spec({}, { list: ['a', 'b'] }, { list: ['b'] }), { list: ['a', 'b'] }],
    ['changes the type of a value', spec({}, { size: 'x' }, { size: { a: 1 } }), { size: 'x' }],
    [
      'takes objects as a whole where they are one',
      spec({}, { whole: { a: 1 } }, { whole: { a: 2, b: 1 } }),
      { whole: { a: 1 } },
    ],
    [
      'names the members of a union that stay',
      spec({ union: { a: 1, c: 1 } }, { union: { a: 1, b: null } }, { union: { a: 1, c: 1 } }),
      { union: { c: null, $retainKeys: ['a'] } },
    ],
    ['adds to sets', spec({}, { set: ['a', 'b'] }, { set: ['a'] }), { set: ['b'], '$setElementOrder/set': ['a', 'b'] }],
    [
      'takes out of sets, but not what others added',
      spec({ set: ['a', 'b', 'gone'] }, { set: ['a'] }, { set: ['own', 'b', 'a'] }),
      { '$deleteFromPrimitiveList/set': ['b'], '$setElementOrder/set': ['a'] },
    ],
    ['fills an empty list', spec({}, { items: [{ name: 'a' }] }, { items: [] }), { items: [{ name: 'a' }] }],
    [
      'adds, changes and takes out elements by their key',
      spec(
        { items: [{ name: 'a', x: 1 }, { name: 'b' }, { name: 'gone' }] },
        { items: [{ name: 'c' }, { name: 'a', x: 2 }] },
        { items: [{ name: 'own' }, { name: 'a', x: 1 }, { name: 'b', x: 1 }] },
      ),
      {
        items: [{ name: 'c' }, { name: 'a', x: 2, $retainKeys: ['name', 'x'] }, { name: 'b', $patch: 'delete' }],
        '$setElementOrder/items': [{ name: 'c' }, { name: 'a' }],
      },
    ],
    [
      'puts elements in another order',
      spec({}, { items: [{ name: 'b' }, { name: 'a' }] }, { items: [{ name: 'a' }, { name: 'own' }, { name: 'b' }] }),
      { '$setElementOrder/items': [{ name: 'b' }, { name: 'a' }] },
    ],
    [
      'goes through elements with one key side by side',
      spec(
        {},
        {
          items: [
            { name: 1, x: 1 },
            { name: 1, x: 2 },
          ],
        },
        {
          items: [
            { name: 1, x: 1 },
            { name: 1, x: 2 },
          ],
        },
      ),
      undefined,
    ],
  ];
  for (const [name, states, patch] of cases) {
    it(name, () => assert.deepEqual(strategicPatch(states, type), patch === undefined ? {} : { spec: patch }));
  }

  it('refuses elements that have no key, and quotes nothing of them', () => {
    const states = spec({}, { items: [{ secret: 'hidden' }] }, { items: [{ name: 'a' }] });
    assert.throws(
      () => strategicPatch(states, type),
      (error: unknown) => {
        assert.ok(error instanceof MergeKeyError);
        assert.equal(error.message, 'an element of items does not contain declared merge key: name');
        return true;
      },
    );
  });

  it('takes __proto__ for a key like any other', () => {
    const modified = JSON.parse('{"__proto__": {"a": 1}}') as Record<string, unknown>;
    assert.deepEqual(Object.keys(strategicPatch({ original: {}, modified, live: {} }, undefined)), ['__proto__']);
  });
});

describe('mergePatch', () => {
  it('adds, changes and takes out, and leaves alone what others added', () => {
    const original = { a: { x: 1, y: 1 }, list: [{ name: 'a' }], gone: 1 };
    const modified = { a: { x: 2 }, list: [{ name: 'b' }], same: 1 };
    const live = { a: { x: 1, y: 1, own: 1 }, list: [{ name: 'a' }], gone: 2, own: 1, same: 1 };
    assert.deepEqual(mergePatch({ original, modified, live }), {
      a: { x: 2, y: null },
      list: [{ name: 'b' }],
      gone: null,
    });
    assert.deepEqual(mergePatch({ original: modified, modified, live: { ...live, ...modified } }), {});
  });
});

describe('PatchSchemas', () => {
  it('asks once for a group-version, and tells of kinds that take no strategic patch', async () => {
    const asked: string[] = [];
    const documents: Record<string, Record<string, unknown>> = {
      '/openapi/v3/apis/apps/v1': documentOf(),
      '/openapi/v3/apis/apps/v2': documentOf('application/merge-patch+json'),
    };
    const schemas = new PatchSchemas({
      raw: ({ path }) => {
        asked.push(path);
        const document = documents[path];
        if (document === undefined) return Promise.reject(new StatusError({ code: 404, reason: 'NotFound' }));
        return Promise.resolve({ status: 200, headers: {}, body: JSON.stringify(document) } as never);
      },
    });
    const [first, second] = await Promise.all([schemas.typeOf('apps/v1', 'Thing'), schemas.typeOf('apps/v1', 'Other')]);
    assert.notEqual(first, undefined);
    assert.equal(second, undefined);
    assert.equal(await schemas.typeOf('apps/v2', 'Thing'), undefined);
    assert.equal(await schemas.typeOf('v1', 'Pod'), undefined);
    assert.deepEqual(asked, ['/openapi/v3/apis/apps/v1', '/openapi/v3/apis/apps/v2', '/openapi/v3/api/v1']);
  });
});
