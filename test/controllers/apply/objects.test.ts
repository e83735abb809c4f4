// What is said of objects before anything is applied: ids, order, marks, preparation, fingerprints.
import assert from 'node:assert/strict';
import type { KubeObject, Unstructured } from '#kube/object';
import { changeLog, differences } from '#controllers/apply/change-set';
import { desiredHash, isLaterVersion, liveFingerprint } from '#controllers/apply/fingerprint';
import {
  applyDisabled,
  keepsOtherManagers,
  mayRecreate,
  ownedBy,
  ownerKeyOf,
  pruneDisabled,
} from '#controllers/apply/marks';
import {
  compareApplyOrder,
  formatObjectId,
  inventoryEntry,
  kindWeight,
  objectIdOf,
  parseObjectId,
  stageOf,
  subjectOf,
  type ObjectId,
} from '#controllers/apply/object-id';
import { prepareObjects } from '#controllers/apply/prepare';

const rbac = 'rbac.authorization.k8s.io';
const id = (group: string, kind: string, namespace: string, name: string): ObjectId => ({
  group,
  kind,
  namespace,
  name,
});

function ofKind(apiVersion: string, kind: string): Unstructured {
  return { apiVersion, kind, metadata: { name: 'a' } };
}

function definition(caBundle: string): Unstructured {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'd' },
    spec: { conversion: { strategy: 'Webhook', webhook: { clientConfig: { caBundle, url: 'u' } } } },
    status: { conditions: [] },
  };
}

function bundleOf(object: Unstructured): unknown {
  return (object['spec'] as { conversion: { webhook: { clientConfig: { caBundle?: string } } } }).conversion.webhook
    .clientConfig.caBundle;
}

function live(more: object): KubeObject {
  return { metadata: { uid: 'u', resourceVersion: '5', ...more } };
}

function hashOf(data: unknown): string {
  return desiredHash({ metadata: {}, data });
}

describe('object ids', () => {
  for (const [object, text] of [
    [id('', 'Service', 'default', 'podinfo'), 'default_podinfo__Service'],
    [id('', 'Namespace', '', 'flux-system'), '_flux-system__Namespace'],
    [id('apps', 'Deployment', 'ns', 'a.b-c'), 'ns_a.b-c_apps_Deployment'],
    [id(rbac, 'ClusterRole', '', 'system:node:x'), `_system__node__x_${rbac}_ClusterRole`],
    [id(rbac, 'Role', 'ns', 'a:b'), `ns_a__b_${rbac}_Role`],
    [id(rbac, 'RoleBinding', 'ns', ':'), `ns____${rbac}_RoleBinding`],
    [id(rbac, 'ClusterRoleBinding', '', 'a:'), `_a___${rbac}_ClusterRoleBinding`],
  ] as const) {
    it(`write ${subjectOf(object)} as ${text}, and read it back`, () => {
      assert.equal(formatObjectId(object), text);
      assert.deepEqual(parseObjectId(text), object);
    });
  }

  for (const text of ['', 'a', 'a_b', 'a_b_c', 'ns_a_b__Service', '_a_b_c_d_e']) {
    it(`take ${JSON.stringify(text)} for none`, () => {
      assert.equal(parseObjectId(text), undefined);
    });
  }

  it('leave the version to the entry', () => {
    const object = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'a', namespace: 'ns' } };
    assert.deepEqual(inventoryEntry(object), { id: 'ns_a_apps_Deployment', v: 'v1' });
    assert.deepEqual(objectIdOf({ metadata: {} }), id('', '', '', ''));
  });

  it('are shown as kind, namespace and name', () => {
    assert.equal(subjectOf(id('', 'Namespace', '', 'a')), 'Namespace/a');
    assert.equal(subjectOf(id('apps', 'Deployment', 'ns', 'a')), 'Deployment/ns/a');
  });
});

describe('the order of application', () => {
  for (const [apiVersion, kind, stage] of [
    ['apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'definitions'],
    ['v1', 'Namespace', 'definitions'],
    [`${rbac}/v1`, 'ClusterRole', 'definitions'],
    ['example.com/v1', 'Namespace', 'rest'],
    ['example.com/v1', 'CustomResourceDefinition', 'rest'],
    ['storage.k8s.io/v1', 'StorageClass', 'classes'],
    ['example.com/v1', 'WidgetClass', 'classes'],
    [`${rbac}/v1`, 'ClusterRoleBinding', 'rest'],
    ['v1', 'ConfigMap', 'rest'],
    ['v1', 'Secret', 'custom'],
    ['example.com/v2', 'Tenant', 'custom'],
    ['example.com/v1', 'Secret', 'rest'],
    ['v1', 'Tenant', 'rest'],
  ] as const) {
    it(`puts ${apiVersion} ${kind} into stage ${stage}`, () => {
      assert.equal(stageOf(ofKind(apiVersion, kind), ['Secret', 'example.com/Tenant']), stage);
    });
  }

  it('goes by weight, then group, kind, namespace, name', () => {
    const sorted = [
      id('', 'CustomResourceDefinition', '', 'x'),
      id('', 'Namespace', '', 'x'),
      id('', 'ResourceQuota', 'a', 'x'),
      id('', 'ServiceAccount', 'a', 'x'),
      id('', 'ConfigMap', 'a', 'a'),
      id('', 'ConfigMap', 'a', 'b'),
      id('', 'ConfigMap', 'b', 'a'),
      id('', 'Secret', 'a', 'a'),
      id('apps', 'Deployment', 'a', 'a'),
      id('', 'Widget', 'a', 'a'),
      id('batch', 'Gadget', 'a', 'a'),
      id('batch', 'Job', 'a', 'a'),
      id('admissionregistration.k8s.io', 'MutatingWebhookConfiguration', '', 'x'),
      id('admissionregistration.k8s.io', 'ValidatingWebhookConfiguration', '', 'x'),
    ];
    assert.deepEqual(sorted.toReversed().toSorted(compareApplyOrder), sorted);
    assert.equal(kindWeight('Anything'), 0);
  });
});

describe('marks', () => {
  const group = 'kustomize.toolkit.fluxcd.io';
  const plain: KubeObject = { metadata: {} };
  const annotated = (key: string, value: string): KubeObject => ({
    metadata: { annotations: { [`${group}/${key}`]: value } },
  });
  const labelled = (key: string, value: string): KubeObject => ({
    metadata: { labels: { [`${group}/${key}`]: value } },
  });

  it('switch application off, wherever they stand, whatever their case', () => {
    for (const [key, value] of [
      ['reconcile', 'disabled'],
      ['reconcile', 'Disabled'],
      ['ssa', 'Ignore'],
      ['ssa', 'ignore'],
    ] as const) {
      for (const mark of [annotated, labelled]) {
        assert.ok(applyDisabled(mark(key, value), undefined));
        assert.ok(applyDisabled(plain, mark(key, value)));
      }
    }
    assert.ok(!applyDisabled(annotated('reconcile', 'enabled'), annotated('ssa', 'Merge')));
    assert.ok(!applyDisabled(plain, plain));
  });

  it('make only what is not there', () => {
    assert.ok(applyDisabled(annotated('ssa', 'IfNotPresent'), plain));
    assert.ok(!applyDisabled(annotated('ssa', 'IfNotPresent'), undefined));
    assert.ok(!applyDisabled(plain, annotated('ssa', 'IfNotPresent')));
  });

  it('keep others in, let objects be made anew, and keep them from deletion', () => {
    assert.ok(keepsOtherManagers(annotated('ssa', 'Merge'), undefined));
    assert.ok(keepsOtherManagers(plain, labelled('ssa', 'merge')));
    assert.ok(mayRecreate(annotated('force', 'enabled'), undefined));
    assert.ok(mayRecreate(plain, labelled('force', 'Enabled')));
    assert.ok(!mayRecreate(annotated('force', 'disabled'), plain));
    for (const [key, value] of [
      ['prune', 'disabled'],
      ['reconcile', 'disabled'],
      ['ssa', 'Ignore'],
    ] as const) {
      assert.ok(pruneDisabled(annotated(key, value)));
    }
    assert.ok(!pruneDisabled(annotated('ssa', 'Merge')));
  });

  it('name the owner', () => {
    const owned = { metadata: { labels: { [`${group}/name`]: 'a', [`${group}/namespace`]: 'ns' } } };
    assert.ok(ownedBy(owned, { name: 'a', namespace: 'ns' }));
    assert.ok(!ownedBy(owned, { name: 'a', namespace: 'other' }));
    assert.ok(!ownedBy(plain, { name: 'a', namespace: 'ns' }));
    assert.deepEqual([ownerKeyOf(owned), ownerKeyOf(plain)], ['ns/a', '/']);
  });
});

describe('prepareObjects', () => {
  const owner = { namespace: 'ns', name: 'app' };
  const prepare = (object: Unstructured, more: object = {}): Unstructured =>
    prepareObjects([object], { owner, ...more })[0]!;
  const labels = {
    'kustomize.toolkit.fluxcd.io/name': 'app',
    'kustomize.toolkit.fluxcd.io/namespace': 'ns',
  };

  it('adds the owner and leaves out what the server keeps', () => {
    const object: Unstructured = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'a', creationTimestamp: null, managedFields: [{}], labels: { x: 'y' } },
      spec: { replicas: 1 },
      status: { replicas: 1 },
    };
    const before = structuredClone(object);
    assert.deepEqual(prepare(object), {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'a', labels: { x: 'y', ...labels } },
      spec: { replicas: 1 },
    });
    assert.deepEqual(object, before, 'what was built is not touched');
  });

  it('lets common metadata win over all', () => {
    const commonMetadata = {
      labels: { x: 'common', 'kustomize.toolkit.fluxcd.io/name': 'other' },
      annotations: { a: 'common' },
    };
    const { metadata } = prepare(
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', labels: { x: 'own' }, annotations: { b: 'own' } } },
      { commonMetadata },
    );
    assert.deepEqual(metadata.labels, { ...labels, ...commonMetadata.labels });
    assert.deepEqual(metadata.annotations, { a: 'common', b: 'own' });
  });

  it('folds stringData of a Secret into data', () => {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, data: { a: 'eA==', b: 'eQ==' } };
    const prepared = prepare({ ...secret, stringData: { b: 'new', c: 'ü', __proto__x: '1' } });
    assert.deepEqual(prepared['data'], { a: 'eA==', b: 'bmV3', c: 'w7w=', __proto__x: 'MQ==' });
    assert.ok(!('stringData' in prepared));
    assert.ok(!('stringData' in prepare({ ...secret, stringData: null })));
  });

  it('refuses a Secret that is still encrypted, and no other object with such a field', () => {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace: 'ns' }, sops: {} };
    assert.throws(() => prepare(secret), {
      message: 'Secret/ns/s is SOPS encrypted, configuring decryption is required for this secret to be reconciled',
    });
    prepare({ ...secret, kind: 'Widget', apiVersion: 'example.com/v1' });
  });

  it('refuses entries of a Secret that the server would refuse and quote', () => {
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's', namespace: 'ns' },
      data: { a: 'eA==', pin: 1234 },
    };
    assert.throws(() => prepare(secret), {
      message: 'Secret/ns/s: data.pin must be text: put quotes around what is encrypted',
    });
    assert.throws(() => prepare({ ...secret, data: { 'password: hidden': 'eA==' } }), {
      message:
        "Secret/ns/s: an entry of data has a name that is not made of at most 253 letters, digits, '-', '_' and '.'",
    });
  });

  it("drops a definition's certificate authority that is none, and keeps its status", () => {
    const real = Buffer.from('-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n').toString('base64');
    assert.equal(bundleOf(prepare(definition(real))), real);
    const placeholder = definition('Cg==');
    assert.equal(bundleOf(prepare(placeholder)), undefined);
    assert.equal(bundleOf(placeholder), 'Cg==');
    assert.deepEqual(prepare(placeholder)['status'], { conditions: [] });
  });
});

describe('fingerprints', () => {
  it('move with any version where the server counts no generations', () => {
    assert.notEqual(liveFingerprint(live({})), liveFingerprint(live({ resourceVersion: '6' })));
  });

  it('is the same when a controller of Kubernetes writes down what it did', () => {
    const bare = live({ generation: 1, resourceVersion: '5' });
    const noted = { 'deployment.kubernetes.io/revision': '1' };
    assert.equal(liveFingerprint(live({ generation: 1, annotations: noted })), liveFingerprint(bare));
    const more = { ...noted, note: 'x' };
    assert.notEqual(liveFingerprint(live({ generation: 1, annotations: more })), liveFingerprint(bare));
  });

  it('move with spec, labels, annotations, but not with status, where it does', () => {
    const base = liveFingerprint(live({ generation: 1, labels: { a: 'b', c: 'd' } }));
    assert.equal(liveFingerprint(live({ generation: 1, labels: { c: 'd', a: 'b' }, resourceVersion: '9' })), base);
    for (const change of [
      { generation: 2 },
      { labels: { a: 'x', c: 'd' } },
      { annotations: { a: 'b' } },
      { uid: 'v' },
      { deletionTimestamp: 'now' },
    ]) {
      assert.notEqual(
        liveFingerprint(live({ generation: 1, labels: { a: 'b', c: 'd' }, ...change })),
        base,
        JSON.stringify(change),
      );
    }
  });

  it('of what is wanted ignore the order of keys, not of lists', () => {
    assert.equal(hashOf({ a: 1, b: { c: 2, d: undefined } }), hashOf({ b: { c: 2 }, a: 1 }));
    assert.notEqual(hashOf([1, 2]), hashOf([2, 1]));
    assert.notEqual(hashOf('1'), hashOf(1));
    assert.equal(typeof hashOf(12_345_678_901_234_567_890n), 'string');
  });

  it('compare versions of any length', () => {
    assert.ok(isLaterVersion('10', '9'));
    assert.ok(isLaterVersion('18446744073709551616', '18446744073709551615'));
    assert.ok(!isLaterVersion('9', '9'));
    assert.ok(!isLaterVersion('9', '10'));
  });
});

describe('changeLog', () => {
  it('tells of what was made or changed', () => {
    const all = (['created', 'configured', 'unchanged', 'skipped', 'deleted'] as const).map((action) => ({
      subject: `Kind/${action}`,
      entry: { id: action, v: 'v1' },
      action,
    }));
    assert.equal(changeLog(differences(all)), 'Kind/created created\nKind/configured configured');
    assert.equal(changeLog(differences([])), '');
  });
});
