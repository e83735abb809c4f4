// Reviews over HTTP: what the API server sends, and what it gets back.
import assert from 'node:assert/strict';
import { allKinds } from '#api/scheme';
import { ListeningServer } from '#net/server';
import { validSpecs } from '#test/api/valid-specs';
import { rules } from '#webhooks/rules';
import { refuse, warn, type Rule } from '#webhooks/rule';
import { admissionHandler } from '#webhooks/server/handler';
import { Judge } from '#webhooks/server/judge';
import { snapshotOf, written, type Spec } from '../rule-table.ts';

interface Response {
  readonly uid: string;
  readonly allowed: boolean;
  readonly warnings?: readonly string[];
  readonly patch?: string;
  readonly status?: {
    readonly code: number;
    readonly reason: string;
    readonly message: string;
    readonly details: { readonly causes: readonly { readonly field: string; readonly reason: string }[] };
  };
}

const failing: Rule = {
  id: 'failing',
  kinds: ['GitRepository'],
  why: 'A rule with a mistake in it.',
  check: () => {
    throw new TypeError('a mistake');
  },
};
const talkative: Rule = {
  id: 'talkative',
  kinds: ['GitRepository'],
  why: 'Long words.',
  check: ({ object }) =>
    object.spec?.['url'] === 'https://talk.example.com'
      ? [
          warn('spec.url', `line\nbreak ${'x'.repeat(500)}`),
          refuse('spec.url', 'v', 'first'),
          refuse('spec.url', 'v', 'second'),
        ].slice(0, object.metadata.name === 'warned' ? 1 : 3)
      : [],
};

function request(kind: string, spec: Spec, more: object = {}): Record<string, unknown> {
  const object = written({ kind, spec });
  const [group = '', version = ''] = object.apiVersion.split('/');
  return {
    uid: 'uid-1',
    kind: { group, version, kind },
    name: 'app',
    namespace: 'apps',
    operation: 'CREATE',
    userInfo: { username: 'jane', groups: ['devs'] },
    object,
    oldObject: null,
    ...more,
  };
}

describe('admission handler', () => {
  let server: ListeningServer;
  let seen: { path: string; allowed: boolean }[];
  let failures: string[];

  beforeEach(async () => {
    seen = [];
    failures = [];
    const judge = new Judge({
      rules: [...rules, failing, talkative],
      snapshot: snapshotOf({ unknown: allKinds.map(({ kind }) => kind) }),
      onRuleFailure: (rule) => failures.push(rule),
    });
    const handler = admissionHandler({ judge, observe: ({ path, allowed }) => seen.push({ path, allowed }) });
    server = await ListeningServer.listen({
      handler: (req, res) => {
        handler(req, res).catch(() => res.writeHead(500).end());
      },
    });
  });
  afterEach(() => server.close(100));

  const post = (path: string, body: string, method = 'POST'): ReturnType<typeof fetch> =>
    fetch(`${server.url}${path}`, method === 'GET' ? { method } : { method, body });
  const review = async (path: string, asked: object): Promise<Response> => {
    const answer = await post(
      `${path}?timeout=5s`,
      JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request: asked }),
    );
    assert.equal(answer.status, 200);
    const body = (await answer.json()) as { apiVersion: string; kind: string; response: Response };
    assert.deepEqual([body.apiVersion, body.kind], ['admission.k8s.io/v1', 'AdmissionReview']);
    return body.response;
  };

  it('lets what is right pass, without a patch', async () => {
    for (const path of ['/mutate', '/validate']) {
      assert.deepEqual(await review(path, request('Kustomization', {})), { uid: 'uid-1', allowed: true });
    }
    assert.deepEqual(seen, [
      { path: '/mutate', allowed: true },
      { path: '/validate', allowed: true },
    ]);
  });

  it('refuses as the API server does: one line for each field, and causes', async () => {
    const { allowed, status } = await review('/mutate', request('GitRepository', { interval: 5, url: null }));
    assert.equal(allowed, false);
    assert.deepEqual([status?.code, status?.reason], [422, 'Invalid']);
    assert.match(
      status?.message ?? '',
      /^GitRepository\.source\.toolkit\.fluxcd\.io "app" is invalid: \[spec\.interval: .*, spec\.url: .*\]$/,
    );
    assert.deepEqual(status?.details.causes.map(({ field }) => field).toSorted(), ['spec.interval', 'spec.url']);
    assert.doesNotMatch(status?.message ?? '', /<nil>/);
  });

  it('says one thing of a field, on one short line', async () => {
    const { status, warnings } = await review(
      '/validate',
      request('GitRepository', { url: 'https://talk.example.com' }),
    );
    assert.deepEqual(status?.details.causes.length, 1);
    assert.equal(warnings, undefined);
    const asked = request('GitRepository', { url: 'https://talk.example.com' });
    const named = { ...asked, object: { ...(asked['object'] as object), metadata: { name: 'warned' } } };
    const warned = await review('/validate', named);
    assert.equal(warned.allowed, true);
    assert.ok(warned.warnings?.[0]?.startsWith('spec.url: line break xxx'));
    assert.ok((warned.warnings?.[0]?.length ?? 999) < 256);
  });

  it('goes on without a rule that fails', async () => {
    assert.equal((await review('/validate', request('GitRepository', {}))).allowed, true);
    assert.deepEqual(failures, ['failing']);
  });

  it('judges every kind and version without a failure', async () => {
    for (const { group, kind, versions } of allKinds) {
      for (const { name } of versions) {
        const object = { ...written({ kind, spec: validSpecs[kind] ?? {} }), apiVersion: `${group}/${name}` };
        for (const path of ['/mutate', '/validate']) {
          const { allowed, status } = await review(path, request(kind, {}, { object }));
          assert.ok(allowed, status?.message ?? 'refused');
        }
      }
    }
    assert.ok(failures.every((rule) => rule === 'failing'));
  });

  describe('lets pass', () => {
    const broken = { interval: 'never', url: 'nowhere' };
    const rows: [string, Record<string, unknown>][] = [
      [
        'deletions',
        request('GitRepository', broken, {
          operation: 'DELETE',
          object: null,
          oldObject: written({ kind: 'GitRepository' }),
        }),
      ],
      [
        'objects on their way out',
        request('GitRepository', broken, {
          object: written({
            kind: 'GitRepository',
            spec: broken,
            metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' },
          }),
        }),
      ],
      [
        'changes of metadata',
        request('GitRepository', broken, {
          operation: 'UPDATE',
          oldObject: written({ kind: 'GitRepository', spec: broken }),
        }),
      ],
      [
        'kinds it does not know',
        request('GitRepository', broken, { object: { apiVersion: 'v1', kind: 'Secret', metadata: {} } }),
      ],
      ['what is no object at all', request('GitRepository', broken, { object: null })],
    ];
    for (const [what, asked] of rows) {
      it(what, async () => {
        for (const path of ['/mutate', '/validate']) assert.equal((await review(path, asked)).allowed, true);
      });
    }
  });

  it('makes a stored mistake a warning, and refuses a new one', async () => {
    const old = written({ kind: 'GitRepository', spec: { interval: 'never' } });
    const changed = { operation: 'UPDATE', oldObject: old };
    const kept = await review('/mutate', request('GitRepository', { interval: 'never', timeout: '20s' }, changed));
    assert.equal(kept.allowed, true);
    assert.match(kept.warnings?.[0] ?? '', /^spec\.interval: Invalid value: "never"/);
    const worse = await review('/mutate', request('GitRepository', { interval: 'nope' }, changed));
    assert.equal(worse.allowed, false);
  });

  it('names nothing where the name is to be generated', async () => {
    const { status } = await review('/mutate', request('GitRepository', { interval: 5 }, { name: '' }));
    assert.match(status?.message ?? '', /^GitRepository\.source\.toolkit\.fluxcd\.io "" is invalid: spec\.interval/);
  });

  it('reads a review of two objects of 3 MiB, and no longer one', async () => {
    const data = { values: { text: 'x'.repeat(3 * 1024 * 1024) } };
    const twice = request('HelmRelease', data, {
      operation: 'UPDATE',
      oldObject: written({ kind: 'HelmRelease', spec: data }),
    });
    assert.equal((await review('/validate', twice)).allowed, true);
    assert.equal((await post('/validate', 'x'.repeat(7 * 1024 * 1024 + 1))).status, 413);
  });

  it('refuses what is no review', async () => {
    for (const body of [
      '',
      'null',
      '[]',
      '{',
      '{"request":null}',
      '{"request":{"uid":1}}',
      '{"request":{"uid":"a","kind":{"kind":"X"}}}',
    ]) {
      assert.equal((await post('/validate', body)).status, 400, body);
    }
    assert.equal((await post('/other', '{}')).status, 404);
    assert.equal((await post('/validate', '', 'GET')).status, 405);
  });

  it('survives objects of any shape', async () => {
    for (const object of [
      {},
      { kind: 'Kustomization' },
      { kind: 'Kustomization', metadata: 1, spec: [] },
      { kind: 'HelmRelease', spec: { dependsOn: [null, 1], chart: 'x' } },
      [],
      'x',
      7,
    ]) {
      for (const path of ['/mutate', '/validate']) {
        const answer = await post(path, JSON.stringify({ request: request('Kustomization', {}, { object }) }));
        assert.equal(answer.status, 200, `${path} ${JSON.stringify(object)}`);
      }
    }
  });
});
