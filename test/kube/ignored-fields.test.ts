// What is applied where others may set fields, by what the live object, its owners and a dry-run say.
import assert from 'node:assert/strict';
import { withoutIgnored } from '#kube/apply/ignored-fields';
import type { Unstructured } from '#kube/object';

const fieldManager = 'kustomize-controller';

function deployment(replicas: number | undefined, image: string, managers: Record<string, object> = {}): Unstructured {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: 'app',
      managedFields: Object.entries(managers).map(([manager, fieldsV1]) => ({
        manager: manager.replace('/update', ''),
        operation: manager.endsWith('/update') ? 'Update' : 'Apply',
        fieldsV1: fieldsV1 as Record<string, unknown>,
      })),
    },
    spec: {
      ...(replicas !== undefined && { replicas }),
      template: { spec: { containers: [{ name: 'app', image }] } },
    },
  };
}

const replicasField = { 'f:spec': { 'f:replicas': {} } };
const imageField = {
  'f:spec': { 'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"app"}': { '.': {}, 'f:image': {} } } } } },
};
const image = '/spec/template/spec/containers/0/image';

function specOf(object: Unstructured): { replicas?: number; image?: string } {
  const spec = object['spec'] as {
    replicas?: number;
    template: { spec: { containers: { name: string; image?: string }[] } };
  };
  const container = spec.template.spec.containers[0]!;
  return {
    ...(spec.replicas !== undefined && { replicas: spec.replicas }),
    ...(container.image !== undefined && { image: container.image }),
  };
}

function annotated(value?: string): Unstructured {
  const annotations = value === undefined ? {} : { annotations: { 'a/b~c': value } };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', ...annotations } };
}

describe('withoutIgnored', () => {
  const desired = deployment(2, 'a:1');

  it('gives up a field that another applies', () => {
    const live = deployment(5, 'a:1', { [fieldManager]: replicasField, autoscaler: replicasField });
    const payload = withoutIgnored(desired, live, desired, { pointers: ['/spec/replicas'], fieldManager });
    assert.deepEqual(specOf(payload), { image: 'a:1' });
    assert.deepEqual(specOf(desired), { replicas: 2, image: 'a:1' });
  });

  it('carries the live value of a field that nobody else applies', () => {
    const live = deployment(5, 'a:1', { [fieldManager]: replicasField, 'autoscaler/update': replicasField });
    const payload = withoutIgnored(desired, live, desired, { pointers: ['/spec/replicas'], fieldManager });
    assert.deepEqual(specOf(payload), { replicas: 5, image: 'a:1' });
  });

  it('keeps a field that is as wanted, whoever applies it', () => {
    const live = deployment(2, 'a:1', { autoscaler: replicasField });
    const payload = withoutIgnored(desired, live, desired, { pointers: ['/spec/replicas'], fieldManager });
    assert.deepEqual(specOf(payload), { replicas: 2, image: 'a:1' });
  });

  it('finds who owns an item of a list by its keys', () => {
    const live = deployment(2, 'a:9', { updater: imageField });
    const payload = withoutIgnored(desired, live, desired, { pointers: [image], fieldManager });
    assert.deepEqual(specOf(payload), { replicas: 2 });
    const other = deployment(2, 'a:9', { updater: replicasField });
    assert.equal(specOf(withoutIgnored(desired, other, desired, { pointers: [image], fieldManager })).image, 'a:9');
  });

  it('keeps what the manifest no longer has, where the field is ours', () => {
    const silent = deployment(undefined, 'a:1');
    const live = deployment(5, 'a:1', { [fieldManager]: replicasField });
    // The server would give the field up, and its default in its place.
    const dryRun = deployment(1, 'a:1');
    const payload = withoutIgnored(silent, live, dryRun, { pointers: ['/spec/replicas'], fieldManager });
    assert.deepEqual(specOf(payload), { replicas: 5, image: 'a:1' });
  });

  it('gives up a field that is not there any more', () => {
    const live = deployment(undefined, 'a:1', {});
    const payload = withoutIgnored(desired, live, desired, { pointers: ['/spec/replicas'], fieldManager });
    assert.deepEqual(specOf(payload), { image: 'a:1' });
  });

  it('knows escapes, and makes the mappings on the way', () => {
    const pointers = ['/metadata/annotations/a~1b~0c'];
    const payload = withoutIgnored(annotated(), annotated('live'), annotated(), { pointers, fieldManager });
    assert.deepEqual(payload.metadata.annotations, { 'a/b~c': 'live' });
  });

  it('leaves objects and prototypes alone where a pointer leads nowhere', () => {
    const live = deployment(5, 'a:1');
    const pointers = [
      '',
      'spec',
      '/no/such/path',
      '/spec/replicas/deeper',
      '/spec/template/spec/containers/7',
      '/__proto__/x',
    ];
    assert.deepEqual(withoutIgnored(desired, live, desired, { pointers, fieldManager }), desired);
    assert.equal(({} as Record<string, unknown>)['x'], undefined);
  });
});
