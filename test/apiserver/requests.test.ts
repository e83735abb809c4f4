// Discovery, lists, objects, tables and refusals, as kubectl and client-go read them.
import assert from 'node:assert/strict';
import { gunzipSync } from 'node:zlib';
import { base, Stage, type Answer } from './stage.ts';

const list = `${base}/namespaces/default/artifacts`;
const json = ['Accept', 'application/json'];
const tables = [
  'Accept',
  'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json',
];
const partialList = [
  'Accept',
  'application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json',
];
const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

interface List {
  readonly kind: string;
  readonly metadata: {
    readonly resourceVersion: string;
    readonly continue?: string;
    readonly remainingItemCount?: number;
  };
  readonly items: readonly {
    readonly kind?: string;
    readonly metadata: { readonly name: string; readonly namespace: string };
  }[];
}

interface StatusBody {
  readonly kind: string;
  readonly reason: string;
  readonly message: string;
  readonly code: number;
  readonly metadata: { readonly continue?: string };
  readonly details?: {
    readonly retryAfterSeconds?: number;
    readonly causes?: readonly { reason: string; field?: string }[];
  };
}

function refusal(answer: Answer): { status: number; reason: string; message: string } {
  const { kind, reason, message, code } = answer.json<StatusBody>();
  assert.equal(kind, 'Status');
  assert.equal(code, answer.status);
  return { status: answer.status, reason, message };
}

function namesOf(answer: Answer): string[] {
  return answer.json<List>().items.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
}

describe('aggregated API requests', () => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await Stage.open();
  });
  afterEach(async () => {
    await stage.close();
    assert.deepEqual(stage.errors, []);
  });

  /** Status and body for somebody without a certificate. */
  const text = async (path: string): Promise<[number, string]> => {
    const answer = await stage.ask(path, { certificate: 'none' });
    return [answer.status, answer.text];
  };

  describe('discovery', () => {
    it('answers in the aggregated form to who asks for it, with a type that says so', async () => {
      const answer = await stage.asJane('/apis', [
        'Accept',
        `${aggregated},application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json`,
      ]);
      assert.equal(answer.headers['content-type'], aggregated);
      assert.equal(answer.headers.vary, 'Accept');
      const [group] = answer.json<{
        items: {
          metadata: { name: string };
          versions: { freshness: string; resources: { resource: string; subresources: { subresource: string }[] }[] }[];
        }[];
      }>().items;
      assert.equal(group?.metadata.name, 'artifacts.sluice.dev');
      const [version] = group.versions;
      assert.equal(version?.freshness, 'Current');
      const [resource] = version.resources;
      assert.equal(resource?.resource, 'artifacts');
      const subresources = resource.subresources.map(({ subresource }) => subresource);
      assert.ok(subresources.includes('content') && subresources.includes('proxy'));
    });

    it('answers in the old form to everybody else', async () => {
      const groups = await stage.asJane('/apis', json);
      assert.equal(groups.headers['content-type'], 'application/json');
      assert.equal(groups.json<{ kind: string }>().kind, 'APIGroupList');
      const resources = await stage.asJane(base, json);
      assert.equal(resources.json<{ kind: string }>().kind, 'APIResourceList');
      assert.equal((await stage.asJane('/apis/artifacts.sluice.dev')).json<{ kind: string }>().kind, 'APIGroup');
    });

    it('says when nothing changed', async () => {
      for (const path of ['/apis', base, '/openapi/v3', '/openapi/v2', `/openapi/v3${base}`]) {
        const { headers } = await stage.asJane(path);
        assert.match(headers.etag ?? '', /^"[0-9A-F]+"$/);
        const again = await stage.asJane(path, ['If-None-Match', headers.etag ?? '']);
        assert.deepEqual([again.status, again.text], [304, '']);
      }
    });

    it('answers before the caches are filled; data has to wait', async () => {
      stage.notReady = ['authentication'];
      assert.equal((await stage.asJane(base)).status, 200);
      const answer = await stage.asJane(list);
      assert.equal(answer.headers['retry-after'], '1');
      assert.deepEqual(refusal(answer), {
        status: 503,
        reason: 'ServiceUnavailable',
        message: 'not ready yet: authentication',
      });
    });

    it('never redirects, whatever hash is asked for', async () => {
      const root = await stage.asJane('/openapi/v3');
      const { serverRelativeURL = '' } =
        Object.values(root.json<{ paths: Record<string, { serverRelativeURL: string }> }>().paths)[0] ?? {};
      const exact = await stage.asJane(serverRelativeURL);
      assert.equal(exact.headers['cache-control'], 'public, immutable');
      const stale = await stage.asJane(serverRelativeURL.replace(/=.*/, '=OLD'));
      assert.deepEqual([stale.status, stale.text === exact.text], [200, true]);
      assert.equal(stale.headers['cache-control'], 'public');
    });
  });

  describe('health', () => {
    it('is told to everybody, check by check where asked', async () => {
      assert.deepEqual(await text('/readyz'), [200, 'ok']);
      assert.deepEqual(await text('/readyz?verbose'), [200, '[+]ping ok\nreadyz check passed\n']);
      stage.notReady = ['authentication'];
      assert.deepEqual(await text('/readyz'), [
        500,
        '[+]ping ok\n[-]authentication failed: reason withheld\nreadyz check failed\n',
      ]);
      assert.deepEqual(await text('/readyz?exclude=authentication'), [200, 'ok']);
      assert.deepEqual(await text('/readyz/ping'), [200, 'ok']);
      assert.equal((await text('/readyz/authentication'))[0], 500);
      assert.equal((await text('/readyz/other'))[0], 404);
      assert.deepEqual(await text('/livez'), [200, 'ok']);
    });

    it('ends readiness when the process stops, not liveness', async () => {
      stage.abort.abort();
      assert.match((await text('/readyz'))[1], /\[-\]shutdown failed/);
      assert.deepEqual(await text('/livez'), [200, 'ok']);
    });
  });

  describe('lists', () => {
    beforeEach(() => {
      for (const name of ['c', 'a', 'b']) stage.store(name);
      stage.store('a', 'default-2');
      stage.store('a', 'apps');
    });

    it('are sorted by namespace and name', async () => {
      const answer = await stage.asJane(`${base}/artifacts`, json);
      assert.deepEqual(namesOf(answer), [
        'apps/gitrepository-a',
        'default/gitrepository-a',
        'default/gitrepository-b',
        'default/gitrepository-c',
        'default-2/gitrepository-a',
      ]);
      assert.match(answer.json<List>().metadata.resourceVersion, /^[1-9]\d*$/);
    });

    it('are never null', async () => {
      assert.deepEqual((await stage.asJane(`${base}/namespaces/none/artifacts`)).json<List>().items, []);
    });

    it('come in pages, all of one version', async () => {
      const first = (await stage.asJane(`${list}?limit=2`)).json<List>();
      assert.equal(first.metadata.remainingItemCount, 1);
      stage.store('d');
      const second = (await stage.asJane(`${list}?limit=2&continue=${first.metadata.continue}`)).json<List>();
      assert.deepEqual(
        [...first.items, ...second.items].map(({ metadata }) => metadata.name),
        ['gitrepository-a', 'gitrepository-b', 'gitrepository-c', 'gitrepository-d'],
      );
      assert.equal(second.metadata.resourceVersion, first.metadata.resourceVersion);
      assert.equal(second.metadata.continue, undefined);
      const selected = await stage.asJane(`${list}?limit=1&fieldSelector=spec.source.kind%3DGitRepository`);
      assert.equal(selected.json<List>().metadata.remainingItemCount, undefined);
    });

    it('void a token whose version is forgotten, and give a fresh one', async () => {
      const first = (await stage.asJane(`${list}?limit=2`)).json<List>();
      for (let i = 0; i < 1100; i++) stage.store('c', 'default', `main@sha1:${i}`);
      const answer = await stage.asJane(`${list}?limit=2&continue=${first.metadata.continue}`);
      assert.deepEqual([answer.status, answer.json<StatusBody>().reason], [410, 'Expired']);
      const fresh = answer.json<StatusBody>().metadata.continue;
      assert.deepEqual(namesOf(await stage.asJane(`${list}?continue=${fresh}`)), ['default/gitrepository-c']);
    });

    it('know their versions', async () => {
      const { resourceVersion: now } = (await stage.asJane(list)).json<List>().metadata;
      for (const query of [
        'resourceVersion=0',
        `resourceVersion=${now}&resourceVersionMatch=Exact`,
        `resourceVersion=1&resourceVersionMatch=NotOlderThan`,
      ]) {
        assert.equal((await stage.asJane(`${list}?${query}`)).status, 200, query);
      }
      const old = await stage.asJane(`${list}?resourceVersion=1&resourceVersionMatch=Exact`);
      assert.deepEqual([old.status, old.json<StatusBody>().reason], [410, 'Expired']);
      const ahead = await stage.asJane(`${list}?resourceVersion=${now}0`);
      assert.deepEqual(refusal(ahead), {
        status: 504,
        reason: 'Timeout',
        message: `Too large resource version: ${now}0, current: ${now}`,
      });
      const { details } = ahead.json<StatusBody>();
      assert.deepEqual([details?.retryAfterSeconds, details?.causes?.[0]?.reason], [1, 'ResourceVersionTooLarge']);
    });

    for (const [query, field] of [
      ['resourceVersionMatch=Exact', 'resourceVersionMatch'],
      ['resourceVersionMatch=Exact&resourceVersion=0', 'resourceVersionMatch'],
      ['resourceVersionMatch=Newest&resourceVersion=1', 'resourceVersionMatch'],
      ['sendInitialEvents=true', 'sendInitialEvents'],
      ['watch=1&sendInitialEvents=true', 'resourceVersionMatch'],
      ['watch=1&resourceVersionMatch=NotOlderThan&resourceVersion=1', 'resourceVersionMatch'],
    ] as const) {
      it(`refuse ${query}`, async () => {
        const answer = await stage.asJane(`${list}?${query}`);
        const { details } = answer.json<StatusBody>();
        assert.deepEqual([answer.status, details?.causes?.[0]?.field], [422, field]);
        assert.match(answer.json<StatusBody>().message, /^ListOptions\.meta\.k8s\.io "" is invalid: /);
      });
    }

    for (const [query, message] of [
      ['labelSelector=a+in', /unable to parse requirement/],
      ['fieldSelector=spec.foo%3Dx', /^field label not supported: spec\.foo$/],
      ['fieldSelector=nonsense', /invalid selector/],
      ['limit=many', /^invalid limit "many"/],
      ['watch=1&timeoutSeconds=long', /^invalid timeoutSeconds/],
      ['resourceVersion=abc', /^invalid resource version "abc"/],
      ['continue=abc', /^continue key is not valid$/],
    ] as const) {
      it(`answer 400 to ${query}`, async () => {
        const { status, reason, message: found } = refusal(await stage.asJane(`${list}?${query}`));
        assert.deepEqual([status, reason], [400, 'BadRequest']);
        assert.match(found, message);
      });
    }

    it('are compressed when they are long and the client can read it', async () => {
      for (let i = 0; i < 400; i++) stage.store(`many-${i}`);
      const plain = await stage.asJane(list);
      assert.equal(plain.headers['content-encoding'], undefined);
      const packed = await stage.asJane(list, ['Accept-Encoding', 'gzip']);
      assert.equal(packed.headers['content-encoding'], 'gzip');
      assert.ok(packed.body.length < plain.body.length / 4);
      assert.equal(gunzipSync(packed.body).toString(), plain.text);
    });
  });

  describe('representations', () => {
    beforeEach(() => stage.store('podinfo'));

    it('are a table with the columns of kubectl', async () => {
      stage.clock.advance(125_000);
      const answer = await stage.asJane(list, tables);
      assert.equal(answer.headers['content-type'], 'application/json');
      const table = answer.json<{
        kind: string;
        columnDefinitions: { name: string; format: string; priority: number }[];
        rows: { cells: unknown[]; object: { kind: string } }[];
      }>();
      assert.equal(table.kind, 'Table');
      assert.deepEqual(table.columnDefinitions[0], {
        name: 'Name',
        type: 'string',
        format: 'name',
        description: '',
        priority: 0,
      });
      assert.deepEqual(table.rows[0]?.cells.slice(0, 7), [
        'gitrepository-podinfo',
        'GitRepository',
        'podinfo',
        'main@sha1:1',
        100,
        '2m5s',
        0,
      ]);
      assert.equal(table.rows[0]?.object.kind, 'PartialObjectMetadata');
      const objects = { Object: 'Artifact', None: undefined };
      for (const [include, kind] of Object.entries(objects)) {
        const [row] = (await stage.asJane(`${list}?includeObject=${include}`, tables)).json<typeof table>().rows;
        assert.equal(row?.object?.kind, kind);
      }
      assert.equal((await stage.asJane(`${list}?includeObject=All`, tables)).status, 400);
      const one = (await stage.asJane(`${list}/gitrepository-podinfo`, tables)).json<typeof table>();
      assert.deepEqual([one.kind, one.rows.length], ['Table', 1]);
    });

    it('are metadata alone', async () => {
      const found = (await stage.asJane(list, partialList)).json<List>();
      assert.deepEqual([found.kind, found.items[0]?.kind], ['PartialObjectMetadataList', 'PartialObjectMetadata']);
      assert.deepEqual(Object.keys(found.items[0] ?? {}), ['kind', 'apiVersion', 'metadata']);
      const wrong = await stage.asJane(`${list}/gitrepository-podinfo`, [
        'Accept',
        'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
      ]);
      assert.equal(refusal(wrong).status, 406);
    });

    it('are JSON and nothing else', async () => {
      const { status, message } = refusal(await stage.asJane(list, ['Accept', 'application/vnd.kubernetes.protobuf']));
      assert.deepEqual([status, message], [406, 'only the following media types are accepted: application/json']);
      assert.equal((await stage.asJane(list, ['Accept', 'application/json;q=0'])).status, 406);
      assert.equal((await stage.asJane(list, ['Accept', 'text/html,*/*;q=0.1'])).status, 200);
    });

    it('are indented for people', async () => {
      assert.match((await stage.asJane(list, ['User-Agent', 'curl/8'])).text, /^\{\n {2}"kind"/);
      assert.match((await stage.asJane(`${list}?pretty=true`)).text, /^\{\n {2}"kind"/);
      assert.match((await stage.asJane(`${list}?pretty=false`, ['User-Agent', 'curl/8'])).text, /^\{"kind"/);
    });

    it('carry the labels of the source, and follow them', async () => {
      const metadata = { name: 'podinfo', namespace: 'default', uid: 'u1', labels: { team: 'web' } };
      stage.sources.set('GitRepository/default/podinfo', { metadata });
      stage.sourceChanged('GitRepository', 'default', 'podinfo');
      assert.deepEqual(namesOf(await stage.asJane(`${list}?labelSelector=team%3Dweb`)), [
        'default/gitrepository-podinfo',
      ]);
    });
  });

  describe('refusals', () => {
    it('name what is missing and what cannot be done', async () => {
      assert.deepEqual(refusal(await stage.asJane(`${list}/x`)), {
        status: 404,
        reason: 'NotFound',
        message: 'artifacts.artifacts.sluice.dev "x" not found',
      });
      for (const path of [
        `${base}/artifacts/x`,
        `${base}/namespaces/default/others`,
        '/apis/other/v1/x',
        '/api',
        '/nope',
        `${list}/a/b`,
      ]) {
        stage.store('a');
        const { status, message } = refusal(await stage.asJane(path));
        assert.deepEqual([path, status], [path, 404]);
        assert.match(message, /not found|could not find the requested resource/);
      }
      const { status, reason, message } = refusal(await stage.asJane(list, [], 'POST'));
      assert.deepEqual([status, reason], [405, 'MethodNotAllowed']);
      assert.equal(message, 'create is not supported on resources of kind "artifacts.artifacts.sluice.dev"');
      assert.equal(refusal(await stage.asJane(`${list}/%zz`)).status, 400);
    });

    it('can be found in the audit log of the API server', async () => {
      const { headers } = await stage.asJane('/nope', ['Audit-ID', '11111111-2222-3333-4444-555555555555']);
      assert.equal(headers['audit-id'], '11111111-2222-3333-4444-555555555555');
      assert.equal(headers['x-content-type-options'], 'nosniff');
      assert.match((await stage.asJane('/nope')).headers['audit-id'] as string, /^[0-9a-f-]{36}$/);
    });
  });

  describe('content', () => {
    const content = `${list}/gitrepository-podinfo/content`;
    beforeEach(() => stage.store('podinfo'));

    it('is sent as it is', async () => {
      const { status, headers, body } = await stage.asJane(content, ['Accept-Encoding', 'gzip']);
      assert.deepEqual([status, body.equals(stage.content)], [200, true]);
      assert.equal(headers['content-type'], 'application/gzip');
      assert.equal(headers['content-encoding'], undefined);
      assert.equal(headers['content-length'], '100');
      assert.equal(headers.etag, '"sha256:podinfo"');
    });

    it('is the same by the name for long downloads', async () => {
      const { body } = await stage.asJane(`${list}/gitrepository-podinfo/proxy/podinfo.tar.gz`);
      assert.ok(body.equals(stage.content));
    });

    it('is sent in parts', async () => {
      const part = await stage.asJane(content, ['Range', 'bytes=5-9']);
      assert.deepEqual([part.status, part.text, part.headers['content-range']], [206, '56789', 'bytes 5-9/100']);
      const rest = await stage.asJane(content, ['Range', 'bytes=98-', 'If-Range', '"sha256:podinfo"']);
      assert.deepEqual([rest.status, rest.text], [206, '89']);
      const changed = await stage.asJane(content, ['Range', 'bytes=98-', 'If-Range', '"sha256:other"']);
      assert.deepEqual([changed.status, changed.body.length], [200, 100]);
      const beyond = await stage.asJane(content, ['Range', 'bytes=100-']);
      assert.deepEqual([beyond.status, beyond.headers['content-range']], [416, 'bytes */100']);
    });

    it('is described without being sent', async () => {
      const head = await stage.asJane(content, [], 'HEAD');
      assert.deepEqual([head.status, head.body.length, head.headers['content-length']], [200, 0, '100']);
      assert.equal((await stage.asJane(content, ['If-None-Match', '"sha256:podinfo"'])).status, 304);
    });
  });
});
