// Drift of a release: what counts as such, what is left alone, how it is told, and what it takes to put it back.
import assert from 'node:assert/strict';
import { patchOf } from '#controllers/helmrelease/correct-drift';
import { detectDrift, summarizeDrift } from '#controllers/helmrelease/drift';
import { sigsMarshal } from '#goyaml/index';
import { differences } from '#kube/apply/drift';
import type { Unstructured } from '#kube/object';
import { StatusError } from '#kube/status-error';
import { applyPatch } from '#test/controllers/helmrelease/memory-api';
import { configMap, namespace, ReleaseInMemory, revision } from '#test/controllers/helmrelease/release-in-memory';

interface Stage {
  /** Objects of the manifest. */
  readonly objects?: readonly object[];
  /** What somebody made of them in the cluster; undefined for deleted ones. */
  readonly edit?: (object: Unstructured) => Unstructured | undefined;
  readonly ignore?: readonly object[];
}

const map = configMap({ data: { a: '1', b: '2' } });
const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'key' }, data: { token: 'aGk=' } };
const role = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRole',
  metadata: { name: 'reader' },
  rules: [],
};
const disabled = { 'helm.toolkit.fluxcd.io/driftDetection': 'disabled' };

/** A release that was applied, and then edited in the cluster. */
async function staged({ objects = [map], edit = (object) => object, ignore = [] }: Stage): Promise<ReleaseInMemory> {
  const spec = { driftDetection: { mode: 'enabled', ignore } };
  const release = new ReleaseInMemory({ spec, objects: () => objects });
  const { ran } = release;
  await release.run();
  assert.equal(ran[0], 'install');
  for (const [key, object] of release.api.objects) {
    if (key.startsWith('secrets ') && key.includes('sh.helm.')) continue;
    const edited = edit(structuredClone(object));
    if (edited === undefined) release.api.objects.delete(key);
    else release.api.objects.set(key, edited);
  }
  release.api.writes.length = 0;
  return release;
}

async function driftOf(release: ReleaseInMemory): Promise<string> {
  const context = release.context();
  const stored = await context.storage.last();
  return summarizeDrift(await detectDrift(context, stored!));
}

const withData = (data: object) => (object: Unstructured) => ({ ...object, data });
const withMetadata = (change: object) => (object: Unstructured) => ({
  ...object,
  metadata: { ...object.metadata, ...change },
});

/** Secrets are deleted, all else is edited. */
const unlessSecret = (edit: (object: Unstructured) => Unstructured) => (object: Unstructured) =>
  object.kind === 'Secret' ? undefined : edit(object);

describe('drift of a release', () => {
  for (const { title, want, ...stage } of [
    { title: 'is none without an edit', want: '' },
    { title: 'is a lost object', edit: () => undefined, want: 'ConfigMap/apps/settings removed' },
    {
      title: 'is a lost object without a namespace',
      objects: [role],
      edit: () => undefined,
      want: 'ClusterRole/reader removed',
    },
    {
      title: 'is another value',
      edit: withData({ a: '9', b: '2' }),
      want: 'ConfigMap/apps/settings changed (0 additions, 1 changes, 0 removals)',
    },
    {
      title: 'is a value that is gone',
      edit: withData({ b: '2' }),
      want: 'ConfigMap/apps/settings changed (1 additions, 0 changes, 0 removals)',
    },
    { title: 'is no value more, which is others’', edit: withData({ a: '1', b: '2', c: '3' }), want: '' },
    {
      title: 'is a label that is gone',
      objects: [configMap({}, { labels: { team: 'blue' } })],
      edit: withMetadata({ labels: { 'app.kubernetes.io/managed-by': 'Helm' } }),
      want: 'ConfigMap/apps/settings changed (1 additions, 0 changes, 0 removals)',
    },
    {
      title: "is Helm's mark that is gone",
      edit: withMetadata({ labels: {}, annotations: {} }),
      want: 'ConfigMap/apps/settings changed (3 additions, 0 changes, 0 removals)',
    },
    {
      title: 'is no other metadata, and no status',
      edit: (object: Unstructured) => ({ ...withMetadata({ finalizers: ['x/y'] })(object), status: { x: 1 } }),
      want: '',
    },
    {
      title: 'is told of each object in the order of the manifest',
      objects: [role, secret, map],
      edit: () => undefined,
      want: 'ClusterRole/reader removed\nSecret/apps/key removed\nConfigMap/apps/settings removed',
    },
    {
      title: 'leaves out what the manifest excludes',
      objects: [configMap({}, { annotations: disabled }), secret],
      edit: () => undefined,
      want: 'ConfigMap/apps/settings excluded\nSecret/apps/key removed',
    },
    {
      title: 'leaves out what a label excludes, however it is written',
      objects: [configMap({}, { labels: { 'helm.toolkit.fluxcd.io/driftDetection': 'Disabled' } })],
      edit: () => undefined,
      want: 'ConfigMap/apps/settings excluded',
    },
    {
      title: 'leaves out what somebody excludes in the cluster',
      edit: (object: Unstructured) => withMetadata({ annotations: disabled })(withData({})(object)),
      want: 'ConfigMap/apps/settings excluded',
    },
    {
      title: 'does not leave out what says something else',
      objects: [configMap({}, { annotations: { 'helm.toolkit.fluxcd.io/driftDetection': 'enabled' } })],
      edit: () => undefined,
      want: 'ConfigMap/apps/settings removed',
    },
  ]) {
    it(title, async () => {
      assert.equal(await driftOf(await staged(stage)), want);
    });
  }
});

describe('rules of what to leave alone', () => {
  const edited = withData({ a: '9', b: '9' });
  const [both, onlyB, none] = [2, 1, 0].map((count) =>
    count === 0 ? '' : `ConfigMap/apps/settings changed (0 additions, ${count} changes, 0 removals)`,
  ) as [string, string, string];
  const labelled = configMap({ data: { a: '1', b: '2' } }, { labels: { team: 'blue' }, annotations: { note: 'x' } });
  for (const { title, ignore, want, objects = [map] } of [
    { title: 'name a field', ignore: [{ paths: ['/data/a'] }], want: onlyB },
    { title: 'name what is below', ignore: [{ paths: ['/data'] }], want: none },
    { title: 'name whole tokens', ignore: [{ paths: ['/dat', '/data/'] }], want: both },
    { title: 'name what is not there', ignore: [{ paths: ['/spec/x', '/data/z/0'] }], want: both },
    { title: 'add up', ignore: [{ paths: ['/data/a'] }, { paths: ['/data/b'] }], want: none },
    { title: 'name the whole', ignore: [{ paths: [''] }], want: 'ConfigMap/apps/settings excluded' },
    ...[
      [{ kind: 'ConfigMap' }, true],
      [{ kind: 'Config' }, false],
      [{ kind: 'Config.*|Secret' }, true],
      [{ name: 'sett' }, false],
      [{ name: 'sett.*' }, true],
      [{ namespace }, true],
      [{ namespace: 'app' }, false],
      [{ group: '' }, true],
      [{ group: 'apps' }, false],
      [{ version: 'v1' }, true],
      [{ version: 'v1beta.*' }, false],
      [{ kind: 'ConfigMap', name: 'other' }, false],
      [{ labelSelector: 'team=blue' }, true],
      [{ labelSelector: 'team in (red, green)' }, false],
      [{ labelSelector: 'app.kubernetes.io/managed-by=Helm' }, true],
      [{ annotationSelector: 'note' }, true],
      [{ annotationSelector: '!note' }, false],
      [{ annotationSelector: 'meta.helm.sh/release-name=web' }, true],
      [{}, true],
    ].map(([target, matches]) => ({
      title: `${matches === true ? 'hold' : 'do not hold'} for ${JSON.stringify(target)}`,
      ignore: [{ paths: ['/data/a'], target: target as object }],
      objects: [labelled],
      want: matches === true ? onlyB : both,
    })),
  ]) {
    it(title, async () => {
      assert.equal(await driftOf(await staged({ objects, ignore, edit: edited })), want);
    });
  }

  for (const [target, want] of [
    [{ kind: '(' }, 'invalid kind regex: '],
    [{ namespace: '*' }, 'invalid namespace regex: '],
    [{ labelSelector: 'a b' }, 'invalid label selector: '],
    [{ annotationSelector: '=' }, 'invalid annotation selector: '],
  ] as const) {
    it(`say what they cannot be read for: ${want}`, async () => {
      const release = await staged({});
      release.object.spec.driftDetection!.ignore = [{ paths: ['/data'], target }];
      await assert.rejects(driftOf(release), (error: Error) =>
        error.message.startsWith(`failed to create ignore rule selector: ${want}`),
      );
    });
  }
});

describe('what drifted', () => {
  it('is put back, what is missing first', async () => {
    const edit = unlessSecret(withData({ a: '9' }));
    const release = await staged({ objects: [map, secret], edit });
    await release.run();
    assert.deepEqual(release.api.writes, ['apply secrets/key', 'apply configmaps/settings']);
    assert.equal(
      release.events.at(-1)!.message,
      'Cluster state of release apps/web.v1 has been corrected:\n' +
        'Secret/apps/key created\nConfigMap/apps/settings configured',
    );
    assert.equal(await driftOf(release), '');
  });

  it('is put back but for what is to be left alone', async () => {
    const ignore = [{ paths: ['/data/a'] }];
    const release = await staged({ ignore, edit: withData({ a: '9', b: '9' }) });
    await release.run();
    assert.deepEqual(release.api.writes, ['patch configmaps/settings']);
    assert.deepEqual(release.api.find('configmaps', 'settings')!['data'], { a: '9', b: '2' });
  });

  it('is put back as far as it can be', async () => {
    const release = await staged({ objects: [map, secret], edit: () => undefined });
    release.api.failure = (verb, plural) =>
      verb === 'apply' && plural === 'configmaps' ? new Error('denied by policy') : undefined;
    await release.run();
    const [, told] = release.events;
    assert.equal(told!.reason, 'DriftCorrectionFailed');
    assert.equal(
      told!.message,
      'Failed to partially correct cluster state of release apps/web.v1:\n' +
        'ConfigMap/apps/settings creation failure: denied by policy\n\n' +
        'Successful corrections:\nSecret/apps/key created',
    );
  });

  it('of a Secret is never quoted', async () => {
    const release = await staged({ objects: [secret], edit: withData({ token: 'eA==' }) });
    const message = 'Secret "key" is invalid: data[token]: Invalid value: "hunter2": must be short';
    const refusal = new StatusError({ code: 422, reason: 'Invalid', message });
    let dryRuns = 0;
    release.api.failure = (verb) => (verb === 'apply' && dryRuns++ > 0 ? refusal : undefined);
    await release.run().catch(() => undefined);
    const told = release.events.find(({ reason }) => reason === 'DriftCorrectionFailed')!;
    assert.match(told.message, /:\nSecret\/apps\/key patch failure: must be short$/);
    await assert.rejects(driftOf(release), { message: 'Secret/apps/key: must be short' });
  });

  it('is known of the others when one cannot be compared', async () => {
    const release = await staged({ objects: [map, secret], edit: unlessSecret((object) => object) });
    release.applied.clear();
    release.api.failure = (verb) => (verb === 'apply' ? new Error('no webhook') : undefined);
    assert.equal(await driftOf(release), 'Secret/apps/key removed');
  });

  it('cannot be known when nothing could be compared', async () => {
    const release = await staged({ objects: [map] });
    release.applied.clear();
    release.api.failure = (verb) => (verb === 'apply' ? new Error('no webhook') : undefined);
    await assert.rejects(driftOf(release), { message: 'ConfigMap/apps/settings: no webhook' });
  });
});

describe('patch of what drifted', () => {
  for (const { title, live, wanted } of [
    { title: 'another value', live: { spec: { a: 1 } }, wanted: { spec: { a: 2 } } },
    { title: 'a value more', live: { spec: {} }, wanted: { spec: { a: { b: [1] } } } },
    { title: 'a value less', live: { spec: { a: 1, b: 2 } }, wanted: { spec: { b: 2 } } },
    { title: 'a longer list', live: { spec: { l: [1] } }, wanted: { spec: { l: [1, 2, 3] } } },
    { title: 'a shorter list', live: { spec: { l: [1, 2, 3, 4] } }, wanted: { spec: { l: [9] } } },
    { title: 'a map in a list', live: { spec: { l: [{ a: 1, b: 2 }] } }, wanted: { spec: { l: [{ a: 2 }] } } },
    { title: 'another kind of value', live: { spec: { a: [1] } }, wanted: { spec: { a: { b: 1 } } } },
    {
      title: 'names with slashes and tildes',
      live: { data: { 'a/b': '1' } },
      wanted: { data: { 'a/b': '2', 'c~d': '3' } },
    },
    { title: 'labels where there were none', live: { metadata: {} }, wanted: { metadata: { labels: { 'a/b': 'c' } } } },
    {
      title: 'annotations beside others',
      live: { metadata: { annotations: { a: '1' } } },
      wanted: { metadata: { annotations: { a: '2', b: '3' } } },
    },
  ]) {
    it(`brings ${title}`, () => {
      const from: Unstructured = { metadata: {}, ...live };
      const to: Unstructured = { metadata: {}, ...wanted };
      const changes = differences(from, to);
      assert.deepEqual(applyPatch(from, patchOf({ changes, live: from, wanted: to })), to);
    });
  }
});

describe('objects of a manifest', () => {
  it('are compared in the namespace of the release, unless they name another', async () => {
    const objects = [configMap(), configMap({}, { name: 'far', namespace: 'infra' })];
    const manifest = objects.map((object) => sigsMarshal(object as never)).join('---\n');
    const release = new ReleaseInMemory().store(revision(1, 'deployed', { manifest }), {});
    assert.equal(await driftOf(release), 'ConfigMap/apps/settings removed\nConfigMap/infra/far removed');
  });
});
