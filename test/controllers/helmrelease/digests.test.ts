// Digests of releases and values, against what helm-controller recorded and upstream's own vectors.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import {
  commonMetadataDigest,
  configDigest,
  postRenderersDigest,
  releaseDigest,
  verifyRelease,
} from '#controllers/helmrelease/digests';
import { type SnapshotDraft, snapshotOf } from '#controllers/helmrelease/snapshot';
import { assembleRelease, decodeRelease, encodeRelease, unpackRelease, type ReleaseRecord } from '#helm/index';

const golden = JSON.parse(
  readFileSync(path.resolve(import.meta.dirname, '../../golden/helmrelease/flux-2.7-release.json'), 'utf8'),
) as { payload: string; snapshot: SnapshotDraft; values: Record<string, unknown> };

const empty = 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

function bare(more: Partial<ReleaseRecord> = {}): ReleaseRecord {
  const info = { first_deployed: '', last_deployed: '', deleted: '' };
  return { name: 'foo', namespace: '', version: 0, info, ...more };
}

function hook(...events: string[]): NonNullable<ReleaseRecord['hooks']> {
  return [{ name: 'x', events, last_run: { started_at: '', completed_at: '', phase: '' } }];
}

describe('digests of a release', () => {
  it('are those of helm-controller', () => {
    const { record } = unpackRelease(golden.payload);
    assert.deepEqual(snapshotOf(record), golden.snapshot);
    assert.equal(configDigest(golden.values), golden.snapshot.configDigest);
    assert.equal(verifyRelease(golden.snapshot.digest, record), true);
  });

  it('of nothing but a name are those of upstream', () => {
    assert.equal(releaseDigest(bare()), 'sha256:91b6773f7696d3eb405708a07e2daedc6e69664dabac8e10af7d570d09f947d5');
  });

  it('do not change by tests, and do by anything else', () => {
    const plain = releaseDigest(bare());
    assert.equal(releaseDigest(bare({ hooks: hook('test') })), plain);
    assert.notEqual(releaseDigest(bare({ hooks: hook('pre-install') })), plain);
    assert.equal(releaseDigest(bare({ config: {} })), plain);
    assert.notEqual(releaseDigest(bare({ config: { a: 1 } })), plain);
    assert.notEqual(releaseDigest(bare(), 'sha256:1'), plain);
    assert.notEqual(releaseDigest(bare({ manifest: '<' })), releaseDigest(bare({ manifest: '&lt;' })));
  });

  it('can be checked by any algorithm, and not by nonsense', () => {
    const sha1 = 'sha1:0000000000000000000000000000000000000000';
    assert.equal(verifyRelease(sha1, bare()), false);
    for (const digest of ['', 'sha256', 'md5:00', 'sha256:XYZ', 'sha256:00', 'none:00']) {
      assert.equal(verifyRelease(digest, bare()), undefined, digest);
    }
  });
});

describe('digests of values', () => {
  it('are of nothing for no values', () => {
    assert.equal(configDigest(undefined), empty);
    assert.equal(configDigest({}), empty);
  });

  it('do not depend on the order of keys or on how a whole number is written', () => {
    const one = configDigest({ b: 1, a: { z: [1.5, { y: 2, x: null }], '10': 'ten', '9': 'nine' } });
    const other = configDigest({ a: { '9': 'nine', '10': 'ten', z: [1.5, { x: null, y: 2n }] }, b: 1n });
    assert.equal(one, other);
    assert.notEqual(one, configDigest({ b: '1', a: { z: [1.5, { y: 2, x: null }], '10': 'ten', '9': 'nine' } }));
  });
});

describe('digests of what is done to manifests', () => {
  it('are empty for nothing and follow the fields of the API', () => {
    assert.equal(postRenderersDigest(undefined), '');
    assert.equal(commonMetadataDigest(undefined), '');
    const patch = { patch: 'a', target: { kind: 'K', group: 'g' } };
    const same = { target: { group: 'g', kind: 'K' }, patch: 'a' };
    assert.equal(
      postRenderersDigest([{ kustomize: { patches: [patch] } }]),
      postRenderersDigest([{ kustomize: { images: [], patches: [same] } }]),
    );
    assert.equal(
      commonMetadataDigest({ labels: { b: '1', a: '2' } }),
      commonMetadataDigest({ annotations: {}, labels: { a: '2', b: '1' } }),
    );
  });
});

describe('a release record in joined parts', () => {
  it('reads as the record in one piece', () => {
    const { record, parts } = unpackRelease(golden.payload);
    assert.deepEqual(decodeRelease(assembleRelease(record, parts)), decodeRelease(golden.payload));
    assert.deepEqual(record.chart?.templates, null);
  });

  it('takes a new status without its large parts being packed anew', () => {
    const { record, parts } = unpackRelease(golden.payload);
    const info = { ...record.info, status: 'superseded' as const };
    const changed = decodeRelease(assembleRelease({ ...record, info }, parts));
    assert.deepEqual(changed, decodeRelease(encodeRelease({ ...decodeRelease(golden.payload), info })));
  });

  it('holds what is not there as such', () => {
    const record = bare({ version: 3, namespace: 'ns' });
    const parts = { chart: new Uint8Array(), body: new Uint8Array() };
    assert.deepEqual(decodeRelease(assembleRelease(record, parts)), record);
  });
});
