// Shared caches: who is told what, who shares, who stops.
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { Informers, type InformerProblem } from '#kube/informer';
import type { Unstructured } from '#kube/object';
import {
  beginWatch,
  CONFIG_MAPS,
  configMap,
  event,
  FakeApi,
  listOf,
  sendJson,
  sendStatus,
  WIDGETS,
  type Call,
} from './fake-api.ts';
import { FakeClock } from './fake-clock.ts';

/** A handler that writes down what it hears, and a promise for the n-th line. */
function listener() {
  const lines: string[] = [];
  let wake: (() => void) | undefined;
  const note = (line: string): void => {
    lines.push(line);
    wake?.();
  };
  return {
    lines,
    handler: {
      add: (object: Unstructured, initial: boolean) => note(`add ${object.metadata.name}${initial ? ' initial' : ''}`),
      update: (old: Unstructured, next: Unstructured) =>
        note(`update ${old.metadata.resourceVersion}→${next.metadata.resourceVersion}`),
      delete: (object: Unstructured) => note(`delete ${object.metadata.name}`),
    },
    async has(count: number): Promise<void> {
      while (lines.length < count) await new Promise<void>((resolve) => (wake = resolve));
    },
  };
}

describe('Informers', () => {
  let api: FakeApi;
  let clock: FakeClock;
  let informers: Informers;
  let items: unknown[];
  let watches: ServerResponse[];
  let problems: { error: unknown; where: InformerProblem }[];
  let onWatch: ((response: ServerResponse, call: Call) => boolean) | undefined;

  beforeEach(async () => {
    items = [configMap('a', '1'), configMap('b', '2')];
    watches = [];
    problems = [];
    onWatch = undefined;
    clock = new FakeClock();
    api = await FakeApi.start((response, call) => {
      if (call.query.get('watch') !== 'true') return sendJson(response, listOf(items, '10'));
      if (onWatch?.(response, call)) return;
      beginWatch(response);
      watches.push(response);
    });
    informers = new Informers({
      client: api.client({ clock }),
      clock,
      streamInitialState: false,
      random: () => 0,
      onError: (error, where) => problems.push({ error, where }),
    });
  });

  afterEach(async () => {
    await informers.close();
    await api.close();
  });

  const send = (type: string, object: unknown, watch = 0): void =>
    event(watches[watch] as ServerResponse, type, object);

  it('tells a handler the state, then the changes with what was before', async () => {
    const informer = informers.acquire(CONFIG_MAPS);
    const heard = listener();
    informer.addHandler(heard.handler);
    assert.equal(informer.hasSynced(), false);
    await informer.synced();
    await api.called(2);
    send('MODIFIED', configMap('a', '11'));
    send('ADDED', configMap('c', '12'));
    send('DELETED', configMap('b', '13'));
    await heard.has(5);
    assert.deepEqual(heard.lines, ['add a initial', 'add b initial', 'update 1→11', 'add c', 'delete b']);
    assert.deepEqual([...informer.store.keys()], ['default/a', 'default/c']);
  });

  it('is silent about events that change nothing', async () => {
    const informer = informers.acquire(CONFIG_MAPS);
    const heard = listener();
    informer.addHandler(heard.handler);
    await informer.synced();
    await api.called(2);
    send('MODIFIED', configMap('a', '1'));
    send('ADDED', configMap('z', '20'));
    await heard.has(3);
    assert.deepEqual(heard.lines.slice(2), ['add z']);
  });

  it('makes up the deletions it missed when it has to list again', async () => {
    const informer = informers.acquire(CONFIG_MAPS);
    const heard = listener();
    informer.addHandler(heard.handler);
    await informer.synced();
    await api.called(2);
    items = [configMap('b', '30'), configMap('c', '31')];
    send('ERROR', { kind: 'Status', code: 410, reason: 'Expired' });
    await heard.has(5);
    assert.deepEqual(heard.lines.slice(2), ['update 2→30', 'add c', 'delete a']);
  });

  it('tells a deletion and a creation when an object was replaced unseen', async () => {
    const informer = informers.acquire(CONFIG_MAPS);
    const heard = listener();
    informer.addHandler(heard.handler);
    await informer.synced();
    await api.called(2);
    send('MODIFIED', { metadata: { name: 'a', namespace: 'default', uid: 'another', resourceVersion: '40' } });
    await heard.has(4);
    assert.deepEqual(heard.lines.slice(2), ['delete a', 'add a']);
  });

  it('shields handlers from each other', async () => {
    const informer = informers.acquire(CONFIG_MAPS);
    informer.addHandler({
      add: () => {
        throw new Error('mine alone');
      },
    });
    const heard = listener();
    informer.addHandler(heard.handler);
    await informer.synced();
    assert.equal(heard.lines.length, 2);
    assert.deepEqual(
      problems.map(({ where }) => where.phase),
      ['handler', 'handler'],
    );
  });

  it('tells a handler that comes late what is there, once', async () => {
    const informer = informers.acquire(CONFIG_MAPS);
    await informer.synced();
    const first = listener();
    const late = listener();
    informer.addHandler({
      // Joining while an event is told must not tell that event twice.
      add: (object, initial) => {
        first.handler.add(object, initial);
        if (!initial) informer.addHandler(late.handler);
      },
    });
    await api.called(2);
    send('ADDED', configMap('c', '12'));
    await late.has(3);
    assert.deepEqual(late.lines, ['add a initial', 'add b initial', 'add c initial']);
    assert.deepEqual(first.lines, ['add a initial', 'add b initial', 'add c']);
  });

  it('stops telling a handler that left', async () => {
    const informer = informers.acquire(CONFIG_MAPS);
    const left = listener();
    const stays = listener();
    const leave = informer.addHandler(left.handler);
    informer.addHandler(stays.handler);
    await informer.synced();
    await api.called(2);
    leave();
    send('ADDED', configMap('c', '12'));
    await stays.has(3);
    assert.equal(left.lines.length, 2);
  });

  it('shares one watch between users of one selection, and not between selections', async () => {
    const one = informers.acquire(CONFIG_MAPS);
    const two = informers.acquire(CONFIG_MAPS);
    const meta = informers.acquire(CONFIG_MAPS, { metadataOnly: true });
    const labelled = informers.acquire(CONFIG_MAPS, { labelSelector: 'a=b' });
    await Promise.all([one.synced(), two.synced(), meta.synced(), labelled.synced()]);
    assert.equal(one.store, two.store);
    assert.notEqual(one.store, meta.store);
    assert.notEqual(one.store, labelled.store);
    assert.equal([...informers.running()].length, 3);
  });

  it('ends the watch with its last user, and starts afresh for the next', async () => {
    const one = informers.acquire(WIDGETS);
    const two = informers.acquire(WIDGETS);
    await one.synced();
    await api.called(2);
    const ended = new Promise((resolve) => watches[0]?.once('close', resolve));
    one.release();
    one.release();
    assert.equal([...informers.running()].length, 1);
    two.release();
    await ended;
    assert.equal([...informers.running()].length, 0);
    const three = informers.acquire(WIDGETS);
    await three.synced();
    assert.notEqual(three.store, two.store);
  });

  it('finds objects by index, kept through changes', async () => {
    items = [configMap('a', '1', { data: { team: 'x' } }), configMap('b', '2', { data: { team: 'x' } })];
    const informer = informers.acquire(CONFIG_MAPS);
    informer.addIndex('team', (object) => [String((object['data'] as { team?: string } | undefined)?.team)]);
    const heard = listener();
    informer.addHandler(heard.handler);
    await informer.synced();
    const names = (team: string): (string | undefined)[] =>
      informer.store.byIndex('team', team).map(({ metadata }) => metadata.name);
    assert.deepEqual(names('x'), ['a', 'b']);
    await api.called(2);
    send('MODIFIED', configMap('a', '3', { data: { team: 'y' } }));
    send('DELETED', configMap('b', '4'));
    await heard.has(4);
    assert.deepEqual(names('x'), []);
    assert.deepEqual(names('y'), ['a']);
    assert.throws(() => informer.store.byIndex('none', 'x'), /no index named none/);
  });

  it('drops managedFields and what a transform takes', async () => {
    items = [
      {
        ...configMap('a', '1'),
        data: { big: 'x' },
        metadata: { ...configMap('a', '1').metadata, managedFields: [{ manager: 'm' }] },
      },
    ];
    const informer = informers.acquire(CONFIG_MAPS, {
      transform: (object) => {
        delete object['data'];
        return object;
      },
    });
    await informer.synced();
    const object = informer.store.get('default/a');
    assert.equal(object?.metadata.managedFields, undefined);
    assert.equal(object?.['data'], undefined);
  });

  it('ends a wait for the first sync with its signal, and with its stop', async () => {
    await informers.close();
    const stuck = await FakeApi.start((response) => sendStatus(response, 403, 'Forbidden'));
    const blocked = new Informers({ client: stuck.client({ clock }), clock, streamInitialState: false });
    const informer = blocked.acquire(CONFIG_MAPS);
    const controller = new AbortController();
    const cancelled = assert.rejects(informer.synced(controller.signal), /no longer/);
    controller.abort(new Error('no longer'));
    await cancelled;
    const stopped = assert.rejects(informer.synced(), /is stopped/);
    await blocked.close();
    await stopped;
    await stuck.close();
  });

  it('lives through a server that is gone for a while', async () => {
    const informer = informers.acquire(CONFIG_MAPS);
    const heard = listener();
    informer.addHandler(heard.handler);
    await informer.synced();
    await api.called(2);
    let refusals = 2;
    onWatch = (response) => {
      if (refusals-- <= 0) return false;
      response.socket?.destroy();
      return true;
    };
    watches[0]?.destroy();
    for (const wait of [800, 1600, 3200]) {
      await clock.waiting((ms) => ms === wait);
      clock.advance(wait);
    }
    while (watches.length < 2) await api.called(api.calls.length + 1);
    send('ADDED', configMap('c', '50'), 1);
    await heard.has(3);
    assert.deepEqual(heard.lines.slice(2), ['add c']);
  });
});
