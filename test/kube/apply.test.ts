// Taking fields over, cleaning live objects, finding drift, naming what an apply did.
import assert from 'node:assert/strict';
import type { ManagedFieldsEntry } from '#api/meta';
import { applyObject, isImmutableError } from '#kube/apply/apply';
import { differences, hasDrifted } from '#kube/apply/drift';
import { cleanupPatch, fluxTakeovers, takeOver } from '#kube/apply/managers';
import type { KubeObject } from '#kube/object';
import { StatusError } from '#kube/status-error';
import { CONFIG_MAPS, FakeApi, sendJson } from './fake-api.ts';

const entry = (
  manager: string,
  operation: 'Apply' | 'Update',
  fieldsV1: Record<string, unknown>,
  subresource?: string,
): ManagedFieldsEntry => ({
  manager,
  operation,
  apiVersion: 'v1',
  fieldsType: 'FieldsV1',
  fieldsV1,
  ...(subresource && { subresource }),
});

const takeovers = fluxTakeovers('kustomize-controller', ['helm']);
const wide = (value: number): KubeObject =>
  ({ metadata: {}, data: Array.from({ length: 1000 }, () => value) }) as unknown as KubeObject;
const refusal = (code: number, reason: string, message = '') => new StatusError({ code, reason, message });

describe('takeOver', () => {
  it('merges kubectl’s fields into ours, which moves to the end', () => {
    const entries = [
      entry('kustomize-controller', 'Apply', { 'f:data': { 'f:a': {} } }),
      entry('kubectl-client-side-apply', 'Update', { 'f:data': { '.': {}, 'f:b': {} } }),
      entry('someone', 'Update', { 'f:data': { 'f:c': {} } }),
    ];
    const result = takeOver(entries, 'kustomize-controller', takeovers);
    assert.deepEqual(
      result?.map(({ manager }) => manager),
      ['someone', 'kustomize-controller'],
    );
    assert.deepEqual(result?.[1]?.fieldsV1, { 'f:data': { 'f:a': {}, '.': {}, 'f:b': {} } });
    assert.deepEqual(entries[0]?.fieldsV1, { 'f:data': { 'f:a': {} } });
  });

  it('renames the first when we have no entry yet', () => {
    const result = takeOver([entry('kubectl', 'Update', { 'f:data': {} })], 'kustomize-controller', takeovers);
    assert.deepEqual(result, [{ ...entry('kustomize-controller', 'Apply', { 'f:data': {} }) }]);
  });

  it('takes our own old updates and named others, but no status and no other operation', () => {
    const entries = [
      entry('kustomize-controller', 'Update', { 'f:a': {} }),
      entry('helm', 'Apply', { 'f:b': {} }),
      entry('kubectl', 'Update', { 'f:status': {} }, 'status'),
      entry('before-first-apply', 'Apply', { 'f:c': {} }),
      entry('helm-controller', 'Apply', { 'f:d': {} }),
    ];
    const result = takeOver(entries, 'kustomize-controller', takeovers);
    assert.deepEqual(
      result?.map(({ manager, subresource }) => `${manager} ${subresource ?? ''}`),
      ['kubectl status', 'before-first-apply ', 'helm-controller ', 'kustomize-controller '],
    );
    assert.deepEqual(result?.at(-1)?.fieldsV1, { 'f:a': {}, 'f:b': {} });
  });

  it('has nothing to say where there is nothing to take', () => {
    assert.equal(takeOver([entry('kustomize-controller', 'Apply', {})], 'kustomize-controller', takeovers), undefined);
  });

  it('treats __proto__ as a field like any other', () => {
    const hostile = JSON.parse('{"f:data":{"__proto__":{"polluted":{}}}}') as Record<string, unknown>;
    const result = takeOver(
      [entry('kubectl', 'Update', hostile), entry('helm', 'Update', hostile)],
      'kustomize-controller',
      takeovers,
    );
    assert.equal(JSON.stringify(result?.[0]?.fieldsV1), '{"f:data":{"__proto__":{"polluted":{}}}}');
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  });
});

describe('cleanupPatch', () => {
  it('removes what is there and guards the managers by the version', () => {
    const live: KubeObject = {
      metadata: {
        resourceVersion: '7',
        annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}', keep: 'x' },
        labels: { 'fluxcd.io/sync-gc-mark': 'y' },
        managedFields: [entry('kubectl', 'Update', { 'f:data': {} })],
      },
    };
    const patch = cleanupPatch(live, {
      fieldManager: 'kustomize-controller',
      takeovers,
      annotations: ['kubectl.kubernetes.io/last-applied-configuration', 'fluxcd.io/sync-checksum'],
      labels: ['fluxcd.io/sync-gc-mark'],
    });
    assert.deepEqual(
      patch.map(({ op, path }) => `${op} ${path}`),
      [
        'remove /metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration',
        'remove /metadata/labels/fluxcd.io~1sync-gc-mark',
        'replace /metadata/managedFields',
        'replace /metadata/resourceVersion',
      ],
    );
  });

  it('is empty for a clean object', () => {
    assert.deepEqual(cleanupPatch({ metadata: {} }, { fieldManager: 'm', takeovers, annotations: ['a'] }), []);
  });
});

describe('drift', () => {
  const base = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'a', labels: { x: '1' } },
    data: { a: '1', b: '2' },
  };

  it('does not count status, versions, managers', () => {
    const live = {
      ...base,
      metadata: { ...base.metadata, resourceVersion: '9', generation: 4, managedFields: [] },
      status: { a: 1 },
    };
    assert.equal(hasDrifted(live, base), false);
  });

  it('names what was added, removed and changed', () => {
    const wanted = { ...base, metadata: { ...base.metadata, labels: { x: '2' } }, data: { a: '1', 'c/d~e': '3' } };
    assert.deepEqual(differences(base, wanted), [
      { path: '/metadata/labels/x', kind: 'changed' },
      { path: '/data/b', kind: 'removed' },
      { path: '/data/c~1d~0e', kind: 'added' },
    ]);
  });

  it('looks into lists, and away where told', () => {
    const live = { ...base, spec: { list: [{ v: 1 }, { v: 2 }] } };
    const wanted = { ...base, spec: { list: [{ v: 1 }, { v: 3 }, { v: 4 }] } };
    assert.deepEqual(
      differences(live, wanted).map(({ path }) => path),
      ['/spec/list/1/v', '/spec/list/2'],
    );
    assert.equal(hasDrifted(live, wanted, { ignore: ['/spec/list/1/v', '/spec/list/2'] }), false);
    assert.equal(hasDrifted(live, wanted, { ignore: ['/spec/lis'] }), true);
  });

  it('stops at its limit', () => {
    assert.equal(differences(wide(1), wide(2), { limit: 5 }).length, 5);
  });
});

describe('applyObject', () => {
  it('tells created, configured and unchanged apart by what the server answers', async () => {
    const answers: [number, string][] = [
      [201, '1'],
      [200, '1'],
      [200, '2'],
      [200, '2'],
    ];
    const api = await FakeApi.start((response) => {
      const [status, resourceVersion] = answers.shift() ?? [500, ''];
      sendJson(response, { metadata: { name: 'a', resourceVersion } }, status);
    });
    try {
      const client = api.client();
      const object = { metadata: { namespace: 'x', name: 'a' } };
      const actions: string[] = [];
      for (const liveVersion of [undefined, '1', '1', undefined]) {
        actions.push((await applyObject(client, CONFIG_MAPS, object, { fieldManager: 'm', liveVersion })).action);
      }
      assert.deepEqual(actions, ['created', 'unchanged', 'configured', 'configured']);
    } finally {
      await api.close();
    }
  });
});

describe('isImmutableError', () => {
  it('knows the refusals that only a new object can answer', () => {
    assert.equal(isImmutableError(refusal(422, 'Invalid', 'spec.clusterIP: field is immutable')), true);
    assert.equal(isImmutableError(refusal(409, 'Conflict')), true);
    assert.equal(isImmutableError(refusal(403, 'Forbidden', 'data is immutable when set')), true);
    assert.equal(isImmutableError(refusal(403, 'Forbidden', 'no')), false);
    assert.equal(isImmutableError(new Error('field is immutable')), false);
  });
});
