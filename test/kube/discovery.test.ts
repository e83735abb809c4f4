// Discovery from new and old servers, and kinds that appear while we run.
import assert from 'node:assert/strict';
import { Discovery, NoMatchError } from '#kube/discovery';
import { FakeApi, sendJson, sendStatus, type Answer } from './fake-api.ts';
import { FakeClock } from './fake-clock.ts';

const resource = (plural: string, kind: string, scope = 'Namespaced') => ({
  resource: plural,
  responseKind: { kind },
  scope,
  singularResource: kind.toLowerCase(),
  verbs: ['get', 'list', 'watch'],
  shortNames: [plural.slice(0, 2)],
  subresources: [{ subresource: 'status' }],
});

const aggregated = (items: unknown[]) => ({
  kind: 'APIGroupDiscoveryList',
  apiVersion: 'apidiscovery.k8s.io/v2',
  items,
});

const core = aggregated([
  {
    metadata: {},
    versions: [
      { version: 'v1', resources: [resource('configmaps', 'ConfigMap'), resource('nodes', 'Node', 'Cluster')] },
    ],
  },
]);
const groups = aggregated([
  {
    metadata: { name: 'example.com' },
    versions: [
      { version: 'v2', resources: [resource('widgets', 'Widget')] },
      { version: 'v1', resources: [resource('widgets', 'Widget'), resource('gadgets', 'Gadget')] },
    ],
  },
]);

const modern: Answer = (response, call) => {
  if (call.path === '/api') return sendJson(response, core);
  if (call.path === '/apis') return sendJson(response, groups);
  sendStatus(response, 404, 'NotFound');
};

describe('Discovery', () => {
  let api: FakeApi;
  const start = async (answer: Answer): Promise<void> => {
    api = await FakeApi.start(answer);
  };
  afterEach(() => api.close());
  const paths = (): string[] => api.calls.map(({ path }) => path);

  it('learns everything in two requests', async () => {
    await start(modern);
    const discovery = new Discovery({ client: api.client() });
    const widget = await discovery.resourceOf({ apiVersion: 'example.com/v1', kind: 'Widget' });
    assert.equal(widget.plural, 'widgets');
    assert.equal(widget.version, 'v1');
    assert.deepEqual(widget.subresources, ['status']);
    assert.equal((await discovery.resourceOf({ apiVersion: 'v1', kind: 'Node' })).namespaced, false);
    assert.equal((await discovery.all()).length, 5);
    assert.equal(await discovery.serves('example.com/v2'), true);
    assert.equal(await discovery.serves('example.com/v3'), false);
    assert.deepEqual(paths().toSorted(), ['/api', '/apis']);
    assert.match(api.calls[0]?.headers.accept ?? '', /g=apidiscovery\.k8s\.io;v=v2;as=APIGroupDiscoveryList/);
  });

  it('takes the preferred version that has the kind when none is named', async () => {
    await start(modern);
    const discovery = new Discovery({ client: api.client() });
    assert.equal((await discovery.resourceFor({ group: 'example.com', kind: 'Widget' })).version, 'v2');
    assert.equal((await discovery.resourceFor({ group: 'example.com', kind: 'Gadget' })).version, 'v1');
  });

  it('asks for a kind it does not know, once for many askers, and believes a no only then', async () => {
    let installed = false;
    await start((response, call) => {
      if (call.path === '/apis/new.io/v1') {
        if (!installed) return sendStatus(response, 404, 'NotFound');
        return sendJson(response, {
          kind: 'APIResourceList',
          resources: [
            { name: 'things', kind: 'Thing', namespaced: true, verbs: ['get'] },
            { name: 'things/status', kind: 'Thing', namespaced: true },
          ],
        });
      }
      return modern(response, call);
    });
    const discovery = new Discovery({ client: api.client() });
    const thing = { apiVersion: 'new.io/v1', kind: 'Thing' };
    await assert.rejects(discovery.resourceOf(thing), (error: Error) => {
      assert(error instanceof NoMatchError);
      assert.equal(error.message, 'no matches for kind "Thing" in version "new.io/v1"');
      return true;
    });
    installed = true;
    const before = api.calls.length;
    const found = await Promise.all(Array.from({ length: 50 }, () => discovery.resourceOf(thing)));
    assert.deepEqual(found[49]?.subresources, ['status']);
    assert.equal(api.calls.length, before + 1);
    assert.equal(discovery.peek({ group: 'new.io', version: 'v1', kind: 'Thing' })?.plural, 'things');
    await discovery.resourceOf(thing);
    assert.equal(api.calls.length, before + 1);
  });

  it('reads servers without aggregated discovery, leaving out a group that is down', async () => {
    await start((response, call) => {
      switch (call.path) {
        case '/api':
          return sendJson(response, { kind: 'APIVersions', versions: ['v1'] });
        case '/apis':
          return sendJson(response, {
            kind: 'APIGroupList',
            groups: [
              { name: 'example.com', versions: [{ version: 'v1' }] },
              { name: 'down.io', versions: [{ version: 'v1' }] },
            ],
          });
        case '/api/v1':
          return sendJson(response, { resources: [{ name: 'configmaps', kind: 'ConfigMap', namespaced: true }] });
        case '/apis/example.com/v1':
          return sendJson(response, { resources: [{ name: 'widgets', kind: 'Widget', namespaced: true }] });
        default:
          return sendStatus(response, 503, 'ServiceUnavailable');
      }
    });
    const discovery = new Discovery({ client: api.client() });
    assert.deepEqual(
      (await discovery.all()).map(({ plural }) => plural),
      ['configmaps', 'widgets'],
    );
    await assert.rejects(discovery.resourceOf({ apiVersion: 'down.io/v1', kind: 'X' }), /ServiceUnavailable it is/);
  });

  it('asks again when what it knows is old, or told to forget', async () => {
    await start(modern);
    const clock = new FakeClock();
    const discovery = new Discovery({ client: api.client({ clock }), clock, ttlMs: 1000 });
    await discovery.all();
    clock.advance(999);
    await discovery.all();
    assert.equal(api.calls.length, 2);
    clock.advance(1);
    await discovery.all();
    assert.equal(api.calls.length, 4);
    discovery.invalidate();
    await Promise.all([discovery.all(), discovery.all()]);
    assert.equal(api.calls.length, 6);
  });
});
