// Values: references in their order, paths, and what of it the inline values win over.
import assert from 'node:assert/strict';
import type { HelmRelease } from '#api/helm/helmrelease';
import { composeValues, ValuesReferenceError } from '#controllers/helmrelease/values';
import type { KubeClient } from '#kube/client';
import { StatusError } from '#kube/status-error';

type Data = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** A cluster of ConfigMaps and Secrets, by `Kind/name`. Counts what it is asked for. */
function clusterOf(objects: Data): { client: Pick<KubeClient, 'get'>; asked: string[] } {
  const asked: string[] = [];
  const get = (ref: { plural: string }, { name }: { name: string }): Promise<unknown> => {
    const kind = ref.plural === 'secrets' ? 'Secret' : 'ConfigMap';
    asked.push(`${kind}/${name}`);
    const data = objects[`${kind}/${name}`];
    if (data === undefined) {
      const message = `${ref.plural} "${name}" not found`;
      return Promise.reject(new StatusError({ code: 404, reason: 'NotFound', message }));
    }
    const encode = (value: string): string => (kind === 'Secret' ? Buffer.from(value).toString('base64') : value);
    return Promise.resolve({
      metadata: { name },
      data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, encode(value)])),
    });
  };
  return { client: { get } as unknown as Pick<KubeClient, 'get'>, asked };
}

function compose(spec: object, objects: Data = {}): Promise<unknown> {
  const object = { metadata: { name: 'x', namespace: 'ns' }, spec: { interval: '1h', ...spec } } as HelmRelease;
  return composeValues(object, clusterOf(objects).client, new AbortController().signal);
}

const map = (name: string, more: object = {}): object => ({ kind: 'ConfigMap', name, ...more });

describe('values of a HelmRelease', () => {
  it('are none, or the inline ones', async () => {
    assert.deepEqual(await compose({}), {});
    assert.deepEqual(await compose({ values: { a: { b: 1 } } }), { a: { b: 1 } });
  });

  it('are merged in order, maps into each other, all else replaced, null kept', async () => {
    const objects = {
      'ConfigMap/one': { 'values.yaml': 'a: {x: 1, v: 1}\nl: [1, 2]\nk: 1\n' },
      'Secret/two': { other: 'a: {v: 2, z: 2}\nl: [3]\nk: null\n' },
    };
    const valuesFrom = [map('one'), { kind: 'Secret', name: 'two', valuesKey: 'other' }];
    assert.deepEqual(await compose({ valuesFrom, values: { a: { z: 3 } } }, objects), {
      a: { x: 1, v: 2, z: 3 },
      l: [3],
      k: null,
    });
  });

  it('are read once for each object', async () => {
    const { client, asked } = clusterOf({ 'ConfigMap/one': { a: 'x: 1', b: 'v: 1' } });
    const valuesFrom = [map('one', { valuesKey: 'a' }), map('one', { valuesKey: 'b' })];
    const object = {
      metadata: { name: 'x', namespace: 'ns' },
      spec: { interval: '1h', valuesFrom },
    } as unknown as HelmRelease;
    assert.deepEqual(await composeValues(object, client, new AbortController().signal), { x: 1, v: 1 });
    assert.deepEqual(asked, ['ConfigMap/one']);
  });

  for (const { title, text, path = 'a.b', literal, want } of [
    { title: 'a number as such', text: '7', want: { a: { b: 7n } } },
    { title: 'a quoted number as text', text: '"7"', want: { a: { b: '7' } } },
    { title: 'a list', text: '{x,y}', want: { a: { b: ['x', 'y'] } } },
    { title: 'a second assignment after a comma', text: '1,c=2', want: { a: { b: 1n }, c: 2n } },
    { title: 'a literal as it is', text: '1,c={2}', literal: true, want: { a: { b: '1,c={2}' } } },
    { title: 'an item of a list', text: 'x', path: 'a[1]', want: { a: [null, 'x'] } },
    { title: 'a name with a dot', text: 'x', path: String.raw`a\.b`, want: { 'a.b': 'x' } },
  ]) {
    it(`at a path: ${title}`, async () => {
      const objects = { 'ConfigMap/one': { 'values.yaml': text } };
      const reference = map('one', { targetPath: path, ...(literal !== undefined && { literal }) });
      assert.deepEqual(await compose({ valuesFrom: [reference] }, objects), want);
    });
  }

  it('at a path win over inline ones below a key that only those have', async () => {
    const objects = { 'ConfigMap/one': { 'values.yaml': 'path' } };
    const valuesFrom = [map('one', { targetPath: 'nested.a' }), map('one', { targetPath: 'list[0]' })];
    const values = { nested: { a: 'inline' }, list: ['inline', 'kept'] };
    assert.deepEqual(await compose({ valuesFrom, values }, objects), { nested: { a: 'path' }, list: ['path', 'kept'] });
    assert.deepEqual(values, { nested: { a: 'inline' }, list: ['inline', 'kept'] });
  });

  it('at a path lose against inline ones at the top, and where an earlier reference has the map, too', async () => {
    const objects = {
      'ConfigMap/one': { 'values.yaml': 'path' },
      'ConfigMap/map': { 'values.yaml': 'nested: {other: 1}' },
    };
    const top = { valuesFrom: [map('one', { targetPath: 'a' })], values: { a: 'inline' } };
    assert.deepEqual(await compose(top, objects), { a: 'inline' });
    const shared = {
      valuesFrom: [map('map'), map('one', { targetPath: 'nested.a' })],
      values: { nested: { a: 'inline' } },
    };
    assert.deepEqual(await compose(shared, objects), { nested: { other: 1, a: 'inline' } });
  });

  it('may lack what is optional, object or key', async () => {
    const objects = { 'ConfigMap/one': { other: '' } };
    const optional = true;
    const valuesFrom = [map('absent', { optional }), map('absent', { optional }), map('one', { optional })];
    assert.deepEqual(await compose({ valuesFrom, values: { a: 1 } }, objects), { a: 1 });
  });

  for (const { title, reference, data, want } of [
    {
      title: 'object',
      reference: map('no'),
      data: '',
      want: /ConfigMap chart values reference 'ns\/no' with key 'values\.yaml': configmaps "no" not found$/,
    },
    {
      title: 'key',
      reference: map('one', { valuesKey: 'k' }),
      data: '',
      want: /'ns\/one' with key 'k': key not found$/,
    },
    { title: 'YAML', reference: map('one'), data: 'secret: [', want: /: the value is no valid YAML$/ },
    { title: 'map', reference: map('one'), data: 'secret', want: /: the value is no YAML map$/ },
    {
      title: 'path',
      reference: map('one', { targetPath: 'a[99999]' }),
      data: 'secret',
      want: /: the value cannot be set at 'a\[99999\]'$/,
    },
  ]) {
    it(`tell of what is wrong, never of the value: ${title}`, async () => {
      await assert.rejects(
        compose({ valuesFrom: [reference] }, { 'ConfigMap/one': { 'values.yaml': data } }),
        (error) => {
          assert.ok(error instanceof ValuesReferenceError);
          assert.match(error.message, want);
          assert.doesNotMatch(error.message, /secret(?!s)/);
          return true;
        },
      );
    });
  }

  it('keep a key named __proto__ an ordinary one', async () => {
    const objects = { 'ConfigMap/one': { 'values.yaml': '__proto__: {polluted: 1}' } };
    const values = (await compose({ valuesFrom: [map('one')] }, objects)) as Record<string, unknown>;
    assert.deepEqual(Object.keys(values), ['__proto__']);
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  });
});
