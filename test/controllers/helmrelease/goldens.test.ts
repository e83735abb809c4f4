// Values, digests and snapshots against what helm-controller itself makes of the same input.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import type { HelmRelease } from '#api/helm/helmrelease';
import {
  commonMetadataDigest,
  configDigest,
  postRenderersDigest,
  verifyRelease,
  verifyValues,
} from '#controllers/helmrelease/digests';
import { snapshotOf, type SnapshotDraft, testHooksOf } from '#controllers/helmrelease/snapshot';
import { composeValues } from '#controllers/helmrelease/values';
import { sigsUnmarshal } from '#goyaml/index';
import { decodeRelease, type ValuesMap } from '#helm/index';
import { MemoryApi } from '#test/controllers/helmrelease/memory-api';

type Spec = HelmRelease['spec'];

interface Goldens {
  readonly values: readonly { readonly values: string; readonly digest: string; readonly sha512: string }[];
  readonly compose: readonly ({
    readonly title: string;
    readonly spec: Spec;
    readonly objects: Readonly<Record<string, Readonly<Record<string, string>>>>;
  } & ({ readonly values: object; readonly digest: string } | { readonly error: string }))[];
  readonly renderers: readonly { readonly renderers: Spec['postRenderers']; readonly digest: string }[];
  readonly metadata: readonly { readonly metadata: Spec['commonMetadata']; readonly digest: string }[];
  readonly releases: readonly {
    readonly record: object;
    readonly ociDigest: string;
    readonly snapshot: SnapshotDraft;
  }[];
}

const file = path.resolve(import.meta.dirname, '../../golden/helmrelease/flux-2.7-values.json');
const goldens = JSON.parse(readFileSync(file, 'utf8')) as Goldens;

/** Whole numbers alike, however they are held. */
function plain(values: ValuesMap): unknown {
  return JSON.parse(JSON.stringify(values, bigints));
}

function bigints(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value;
}

function apiOf(objects: Goldens['compose'][number]['objects']): MemoryApi {
  const api = new MemoryApi();
  for (const [id, data] of Object.entries(objects)) {
    const [kind = '', name = ''] = id.split('/');
    const encode = (text: string): string => (kind === 'Secret' ? Buffer.from(text).toString('base64') : text);
    const encoded = Object.fromEntries(Object.entries(data).map(([key, text]) => [key, encode(text)]));
    const object = { metadata: { name, namespace: 'apps' }, data: encoded };
    api.put({ plural: `${kind.toLowerCase()}s` }, object);
  }
  return api;
}

describe('digests as of helm-controller', () => {
  for (const { values, digest, sha512 } of goldens.values) {
    it(`of the values ${JSON.stringify(values.slice(0, 60))}`, () => {
      const read = (sigsUnmarshal(values) ?? {}) as ValuesMap;
      assert.equal(configDigest(read), digest);
      assert.ok(verifyValues(sha512, read));
    });
  }

  for (const [at, { renderers, digest }] of goldens.renderers.entries()) {
    it(`of post-renderers ${at + 1}`, () => {
      assert.equal(postRenderersDigest(renderers), digest);
    });
  }

  for (const [at, { metadata, digest }] of goldens.metadata.entries()) {
    it(`of common metadata ${at + 1}`, () => {
      assert.equal(commonMetadataDigest(metadata), digest);
    });
  }
});

describe('values as helm-controller composes them', () => {
  for (const { title, spec, objects, ...want } of goldens.compose) {
    it(title, async () => {
      const object = { metadata: { name: 'web', namespace: 'apps' }, spec } as HelmRelease;
      const composed = composeValues(object, apiOf(objects).client, new AbortController().signal);
      if ('error' in want) {
        // What follows may quote the value there, and never does here.
        const [where = ''] = /^.* with key '[^']*': /.exec(want.error)!;
        await assert.rejects(composed, (error: Error) => error.message.startsWith(where));
        return;
      }
      const values = await composed;
      assert.deepEqual(plain(values), want.values);
      assert.equal(configDigest(values), want.digest);
    });
  }
});

describe('snapshots as helm-controller makes them', () => {
  for (const [at, { record, ociDigest, snapshot }] of goldens.releases.entries()) {
    it(`of release ${at + 1}`, () => {
      const decoded = decodeRelease(gzipSync(JSON.stringify(record)).toString('base64'));
      // A test that never ran tells nothing, and would keep the release from ever counting as tested.
      const hooks = Object.entries(snapshot.testHooks ?? {}).filter(([, { phase }]) => phase !== undefined);
      assert.deepEqual(snapshotOf(decoded, { ociDigest, testHooks: testHooksOf(decoded) }), {
        ...snapshot,
        testHooks: Object.fromEntries(hooks),
      });
      assert.equal(verifyRelease(snapshot.digest, decoded, ociDigest), true);
    });
  }
});
