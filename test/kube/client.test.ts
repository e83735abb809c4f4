// The client on the wire: paths, queries, bodies, headers, refusals, retries, deadlines.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bearer, TokenFile } from '#kube/credentials';
import {
  fieldConflicts,
  isConflict,
  isGone,
  isNotFound,
  isTooManyRequests,
  reasonOf,
  StatusError,
} from '#kube/status-error';
import { isConnectionRefused, RequestTimeoutError, UnreachableError, type RequestRecord } from '#kube/transport';
import { CONFIG_MAPS, FakeApi, listOf, sendJson, sendStatus, WIDGETS, type Answer } from './fake-api.ts';
import { FakeClock } from './fake-clock.ts';

const echo: Answer = (response, call) =>
  sendJson(response, call.body === '' ? { metadata: {} } : JSON.parse(call.body));

async function refusal(serve: (answer: Answer) => Promise<FakeApi>, answer: Answer): Promise<unknown> {
  const client = (await serve(answer)).client();
  return client.get(CONFIG_MAPS, { namespace: 'ns', name: 'a' }).catch((error: unknown) => error);
}

describe('KubeClient', () => {
  let api: FakeApi;
  const opened: FakeApi[] = [];
  const serve = async (answer: Answer): Promise<FakeApi> => {
    api = await FakeApi.start(answer);
    opened.push(api);
    return api;
  };
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((each) => each.close()));
  });

  it('addresses objects and collections by group, version, namespace and name', async () => {
    const { calls, ...server } = await serve(echo).then((s) => ({ calls: s.calls, client: s.client() }));
    const { client } = server;
    const key = { namespace: 'ns', name: 'a' };
    const object = { metadata: { namespace: 'ns', name: 'a' } };
    const nodes = { group: '', version: 'v1', plural: 'nodes', namespaced: false };
    await client.get(CONFIG_MAPS, key);
    await client.get(nodes, { name: 'n' });
    await client.list(WIDGETS, { namespace: 'ns', labelSelector: 'a=b,c in (d,e)', limit: 5 });
    await client.list(WIDGETS);
    await client.create(CONFIG_MAPS, object);
    await client.update(WIDGETS, object, { subresource: 'status', dryRun: true });
    await client.patch(WIDGETS, key, { type: 'merge', body: { a: 1 } }, { fieldManager: 'm', subresource: 'status' });
    await client.delete(CONFIG_MAPS, key, { propagationPolicy: 'Background', preconditions: { uid: 'u' } });
    await client.deleteCollection(CONFIG_MAPS, { namespace: 'ns', labelSelector: 'x=y' });
    assert.deepEqual(
      calls.map(({ method, path, query }) => `${method} ${path}${query.size > 0 ? `?${query.toString()}` : ''}`),
      [
        'GET /api/v1/namespaces/ns/configmaps/a',
        'GET /api/v1/nodes/n',
        'GET /apis/example.com/v1/namespaces/ns/widgets?labelSelector=a%3Db%2Cc+in+%28d%2Ce%29&limit=5',
        'GET /apis/example.com/v1/widgets',
        'POST /api/v1/namespaces/ns/configmaps',
        'PUT /apis/example.com/v1/namespaces/ns/widgets/a/status?dryRun=All',
        'PATCH /apis/example.com/v1/namespaces/ns/widgets/a/status?fieldManager=m',
        'DELETE /api/v1/namespaces/ns/configmaps/a',
        'DELETE /api/v1/namespaces/ns/configmaps?labelSelector=x%3Dy',
      ],
    );
    assert.equal(calls[6]?.headers['content-type'], 'application/merge-patch+json');
    assert.deepEqual(JSON.parse(calls[7]?.body ?? ''), {
      kind: 'DeleteOptions',
      apiVersion: 'v1',
      propagationPolicy: 'Background',
      preconditions: { uid: 'u' },
    });
  });

  it('refuses names that would change the path', async () => {
    const client = (await serve(echo)).client();
    for (const name of ['..', '.', '']) {
      await assert.rejects(client.get(CONFIG_MAPS, { namespace: 'ns', name }), TypeError);
    }
    await assert.rejects(client.get(CONFIG_MAPS, { name: 'no-namespace' }), /a namespace is needed/);
    await client.get(CONFIG_MAPS, { namespace: 'ns', name: 'a/../../secrets' });
    assert.equal(api.calls[0]?.path, '/api/v1/namespaces/ns/configmaps/a%2F..%2F..%2Fsecrets');
  });

  it('applies with manager and force, and tells created from changed', async () => {
    const client = (
      await serve((response, call) => sendJson(response, JSON.parse(call.body), call.query.get('force') ? 200 : 201))
    ).client();
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'ns', name: 'a' } };
    assert.equal((await client.applyOutcome(CONFIG_MAPS, object, { fieldManager: 'm' })).created, true);
    assert.equal((await client.applyOutcome(CONFIG_MAPS, object, { fieldManager: 'm', force: true })).created, false);
    const call = api.calls[1];
    assert.equal(call?.headers['content-type'], 'application/apply-patch+yaml');
    assert.equal(String(call?.query), 'fieldManager=m&force=true');
  });

  it('fills in the apiVersion and kind that lists leave out', async () => {
    const client = (await serve((response) => sendJson(response, listOf([{ metadata: { name: 'a' } }], '7')))).client();
    const list = await client.list(CONFIG_MAPS);
    assert.equal(list.items[0]?.apiVersion, 'v1');
    assert.equal(list.items[0]?.kind, 'ConfigMap');
    assert.equal(list.metadata.resourceVersion, '7');
  });

  it('reads a list with no items', async () => {
    const client = (
      await serve((response) => sendJson(response, { kind: 'ConfigMapList', metadata: {}, items: null }))
    ).client();
    assert.deepEqual((await client.list(CONFIG_MAPS)).items, []);
  });

  it('asks for metadata alone', async () => {
    const client = (await serve(echo)).client();
    await client.get(CONFIG_MAPS, { namespace: 'ns', name: 'a' }, { metadataOnly: true });
    assert.match(api.calls[0]?.headers.accept ?? '', /as=PartialObjectMetadata;g=meta\.k8s\.io;v=v1/);
  });

  it('impersonates with every group on a line of its own', async () => {
    const client = (await serve(echo)).client();
    const identity = {
      user: 'system:serviceaccount:a:b',
      uid: '1',
      groups: ['x', 'y, z'],
      extra: { 'example.com/k': ['1', '2'] },
    };
    await client.as(identity).get(CONFIG_MAPS, { namespace: 'ns', name: 'a' });
    await client.get(CONFIG_MAPS, { namespace: 'ns', name: 'a' });
    const raw = api.calls[0]?.rawHeaders ?? [];
    const lines = raw.flatMap((name, i) =>
      i % 2 === 0 && /^impersonate/i.test(name) ? [`${name}: ${raw[i + 1]}`] : [],
    );
    assert.deepEqual(lines, [
      'Impersonate-User: system:serviceaccount:a:b',
      'Impersonate-Uid: 1',
      'Impersonate-Group: x',
      'Impersonate-Group: y, z',
      'Impersonate-Extra-example.com%2Fk: 1',
      'Impersonate-Extra-example.com%2Fk: 2',
    ]);
    assert.equal(api.calls[1]?.headers['impersonate-user'], undefined);
  });

  it('keeps a path that the server URL has', async () => {
    await serve(echo);
    const client = api.client({}, { server: `${api.url}/k8s/clusters/c-1/` });
    await client.get(CONFIG_MAPS, { namespace: 'ns', name: 'a' });
    assert.equal(api.calls[0]?.path, '/k8s/clusters/c-1/api/v1/namespaces/ns/configmaps/a');
  });

  describe('refusals', () => {
    it('carry the reason and details of the Status', async () => {
      const error = await refusal(serve, (response) =>
        sendStatus(response, 404, 'NotFound', { details: { name: 'a', kind: 'configmaps' } }),
      );
      assert(isNotFound(error));
      assert.equal(error.message, 'NotFound it is');
      assert.equal(error.details.name, 'a');
    });

    it('tell a kind that is not served from an object that is not there', async () => {
      const error = await refusal(serve, (response) => {
        response.writeHead(404, { 'Content-Type': 'text/plain' });
        response.end('404 page not found\n');
      });
      assert(error instanceof StatusError);
      assert.equal(isNotFound(error), true);
      assert.match(error.message, /^the server could not find the requested resource \(get configmaps\.v1 a\)/);
      assert.equal(error.details.causes?.[0]?.message, '404 page not found');
    });

    it('name the managers of contested fields', async () => {
      const causes = [
        { reason: 'FieldManagerConflict', message: 'conflict with "kubectl-edit" using v1', field: '.data.a' },
      ];
      const error = await refusal(serve, (response) => sendStatus(response, 409, 'Conflict', { details: { causes } }));
      assert.equal(isConflict(error), true);
      assert.deepEqual(fieldConflicts(error), [
        { manager: 'kubectl-edit', field: '.data.a', message: 'conflict with "kubectl-edit" using v1' },
      ]);
      assert.equal(reasonOf(error), 'FieldManagerConflict');
    });

    it('know both spellings of 410', async () => {
      for (const reason of ['Gone', 'Expired']) {
        assert.equal(isGone(await refusal(serve, (response) => sendStatus(response, 410, reason))), true);
      }
    });

    it('do not loop on a body that is no JSON', async () => {
      const error = await refusal(serve, (response) => {
        response.writeHead(502);
        response.end('<html>'.repeat(10_000));
      });
      assert(error instanceof StatusError);
      assert.equal(error.status, 502);
      assert((error.details.causes?.[0]?.message ?? '').length <= 2048);
    });
  });

  describe('waits and limits', () => {
    it('comes back after Retry-After, and not before', async () => {
      const clock = new FakeClock();
      let busy = 2;
      await serve((response) => {
        if (busy-- > 0)
          sendJson(response, { kind: 'Status', reason: 'TooManyRequests', message: 'slow', code: 429 }, 429, {
            'Retry-After': '3',
          });
        else sendJson(response, { metadata: { name: 'a' } });
      });
      const answer = api.client({ clock }).get(CONFIG_MAPS, { namespace: 'ns', name: 'a' });
      for (let i = 1; i <= 2; i++) {
        await clock.waiting((ms) => ms === 3000);
        assert.equal(api.calls.length, i);
        clock.advance(3000);
      }
      assert.equal((await answer).metadata.name, 'a');
      assert.equal(api.calls.length, 3);
    });

    it('gives the refusal at once when Retry-After lies beyond the deadline', async () => {
      await serve((response) =>
        sendJson(response, { kind: 'Status', reason: 'TooManyRequests', code: 429 }, 429, { 'Retry-After': '60' }),
      );
      const answer = api
        ?.client({ clock: new FakeClock() })
        .get(CONFIG_MAPS, { namespace: 'ns', name: 'a' }, { timeoutMs: 10_000 });
      await assert.rejects(answer, (error) => isTooManyRequests(error) && error.retryAfterSeconds === 60);
      assert.equal(api.calls.length, 1);
    });

    it('does not retry a 429 that names no time', async () => {
      await serve((response) => sendStatus(response, 429, 'TooManyRequests'));
      await assert.rejects(api.client().get(CONFIG_MAPS, { namespace: 'ns', name: 'a' }), isTooManyRequests);
      assert.equal(api.calls.length, 1);
    });

    it('ends a request that gets no answer at its deadline', async () => {
      const clock = new FakeClock();
      await serve(() => undefined);
      const answer = assert.rejects(
        api.client({ clock }).get(CONFIG_MAPS, { namespace: 'ns', name: 'a' }, { timeoutMs: 7000 }) ??
          Promise.resolve(),
        (error) => error instanceof RequestTimeoutError && /no answer within 7s/.test(error.message),
      );
      await api.called(1);
      clock.advance(7000);
      await answer;
    });

    it('ends with the reason of the signal', async () => {
      await serve(() => undefined);
      const controller = new AbortController();
      const answer = assert.rejects(
        api.client().get(CONFIG_MAPS, { namespace: 'ns', name: 'a' }, { signal: controller.signal }) ??
          Promise.resolve(),
        /enough/,
      );
      await api.called(1);
      controller.abort(new Error('enough'));
      await answer;
    });

    it('says which server it could not reach', async () => {
      const gone = await FakeApi.start(echo);
      await gone.close();
      const client = (await serve(echo)).client({}, { server: gone.url });
      await assert.rejects(client.get(CONFIG_MAPS, { namespace: 'ns', name: 'a' }), (error) => {
        assert(error instanceof UnreachableError);
        assert(isConnectionRefused(error));
        assert.match(
          error.message,
          /^GET http:\/\/127\.0\.0\.1:\d+\/api\/v1\/namespaces\/ns\/configmaps\/a: connect ECONNREFUSED/,
        );
        return true;
      });
    });

    it('refuses to work once closed', async () => {
      const client = (await serve(echo)).client();
      await client.close();
      await assert.rejects(client.get(CONFIG_MAPS, { namespace: 'ns', name: 'a' }), /the cluster client is closed/);
    });

    it('sends a read once more when the kept socket was closed under it', async () => {
      let resets = 1;
      await serve((response) => {
        if (resets-- > 0) response.socket?.destroy();
        else sendJson(response, { metadata: { name: 'a' } });
      });
      const object = await api.client().get(CONFIG_MAPS, { namespace: 'ns', name: 'a' });
      assert.equal(object.metadata.name, 'a');
    });

    it('keeps the socket of a DELETE, which has a body', async () => {
      const sockets = new Set<unknown>();
      await serve((response, call) => {
        sockets.add(response.socket);
        return echo(response, call);
      });
      const client = api.client({ connections: 1 });
      const key = { namespace: 'ns', name: 'a' };
      for (let i = 0; i < 3; i++) await client.delete(CONFIG_MAPS, key, { propagationPolicy: 'Background' });
      await client.get(CONFIG_MAPS, key);
      assert.equal(sockets.size, 1);
    });

    it('does not send a write twice', async () => {
      await serve((response) => void response.socket?.destroy());
      await assert.rejects(
        api.client().create(CONFIG_MAPS, { metadata: { namespace: 'ns', name: 'a' } }),
        UnreachableError,
      );
      assert.equal(api.calls.length, 1);
    });

    it('refuses a response that is too large', async () => {
      await serve((response) => sendJson(response, { metadata: { name: 'x'.repeat(100_000) } }));
      await assert.rejects(
        api.client({ maxResponseBytes: 50_000 }).get(CONFIG_MAPS, { namespace: 'ns', name: 'a' }),
        UnreachableError,
      );
    });

    it('keeps to the number in flight', async () => {
      let now = 0;
      let most = 0;
      const held: (() => void)[] = [];
      await serve((response) => {
        most = Math.max(most, ++now);
        held.push(() => {
          now--;
          sendJson(response, { metadata: {} });
        });
      });
      const client = api.client({ limits: { inFlight: 3 } });
      const all = Promise.all(
        Array.from({ length: 10 }, () => client.get(CONFIG_MAPS, { namespace: 'ns', name: 'a' })),
      );
      for (let i = 0; i < 10; i++) {
        await api.called(Math.min(10, i + 3));
        held.shift()?.();
      }
      await all;
      assert.equal(most, 3);
    });

    it('keeps to the rate after the burst', async () => {
      const clock = new FakeClock();
      await serve(echo);
      const client = api.client({ clock, limits: { qps: 10, burst: 2 }, timeoutMs: 0 });
      const all = Promise.all(Array.from({ length: 4 }, () => client.get(CONFIG_MAPS, { namespace: 'ns', name: 'a' })));
      await api.called(2);
      clock.advance(99);
      assert.equal(api.calls.length, 2);
      clock.advance(1);
      await api.called(3);
      clock.advance(100);
      await all;
      assert.equal(api.calls.length, 4);
    });

    it('reports each request to the observer', async () => {
      const records: RequestRecord[] = [];
      await serve((response, call) =>
        call.path.endsWith('b') ? sendStatus(response, 404, 'NotFound') : sendJson(response, { metadata: {} }),
      );
      const client = api.client({ observe: (record) => void records.push(record) });
      await client.get(CONFIG_MAPS, { namespace: 'ns', name: 'a' });
      await client.get(CONFIG_MAPS, { namespace: 'ns', name: 'b' }).catch(() => undefined);
      assert.deepEqual(
        records.map(({ verb, method, resource, code }) => ({ verb, method, resource, code })),
        [200, 404].map((code) => ({ verb: 'get', method: 'GET', resource: 'configmaps.v1', code })),
      );
    });
  });

  describe('credentials', () => {
    it('reads the token file again after a minute', async () => {
      const dir = await mkdtemp(join(tmpdir(), 'token-'));
      const clock = new FakeClock();
      const path = join(dir, 'token');
      try {
        await writeFile(path, 'one\n');
        const credentials = new TokenFile(path, clock);
        await serve(echo);
        const client = api.client({ clock }, { credentials });
        const get = () => client.get(CONFIG_MAPS, { namespace: 'ns', name: 'a' });
        await get();
        await writeFile(path, 'two\n');
        await get();
        clock.advance(60_000);
        await get();
        assert.deepEqual(
          api.calls.map(({ headers }) => headers.authorization),
          ['Bearer one', 'Bearer one', 'Bearer two'],
        );
      } finally {
        await rm(dir, { recursive: true });
      }
    });

    it('reads it at once when the server says 401, and only once', async () => {
      const dir = await mkdtemp(join(tmpdir(), 'token-'));
      const path = join(dir, 'token');
      try {
        await writeFile(path, 'old');
        await serve((response, call) =>
          call.headers.authorization === 'Bearer new'
            ? sendJson(response, { metadata: {} })
            : sendStatus(response, 401, 'Unauthorized'),
        );
        const clock = new FakeClock();
        const client = api.client({ clock }, { credentials: new TokenFile(path, clock) });
        await assert.rejects(client.get(CONFIG_MAPS, { namespace: 'ns', name: 'a' }), StatusError);
        assert.equal(api.calls.length, 2);
        await writeFile(path, 'new');
        await client.get(CONFIG_MAPS, { namespace: 'ns', name: 'a' });
      } finally {
        await rm(dir, { recursive: true });
      }
    });

    it('keeps the token it has while the file is gone', async () => {
      const dir = await mkdtemp(join(tmpdir(), 'token-'));
      const path = join(dir, 'token');
      const clock = new FakeClock();
      await writeFile(path, 'one');
      const credentials = new TokenFile(path, clock);
      assert.equal((await credentials.get()).authorization?.reveal(), 'Bearer one');
      await rm(dir, { recursive: true });
      clock.advance(61_000);
      assert.equal((await credentials.get()).authorization?.reveal(), 'Bearer one');
    });

    it('does not print what it sends', () => {
      assert.equal(JSON.stringify(bearer('secret')).includes('secret'), false);
    });
  });
});
