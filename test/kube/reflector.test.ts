// The reflector against servers that page, expire, hang, lie and vanish.
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import type { KubeObject } from '#kube/object';
import { Reflector, type ReflectorOptions } from '#kube/reflector';
import {
  beginWatch,
  CONFIG_MAPS,
  configMap,
  event,
  FakeApi,
  listOf,
  sendJson,
  sendStatus,
  type Answer,
  type Call,
} from './fake-api.ts';
import { FakeClock } from './fake-clock.ts';

/** Notes what the sink is told, and lets a test wait for it. */
class Log {
  readonly lines: string[] = [];
  readonly #waiters = new Set<() => void>();

  readonly sink = {
    replace: (objects: readonly KubeObject[]): void =>
      this.add(`replace ${objects.map(({ metadata }) => metadata.name).join(',')}`),
    upsert: (object: KubeObject): void => this.add(`upsert ${object.metadata.name}@${object.metadata.resourceVersion}`),
    remove: (object: KubeObject): void => this.add(`remove ${object.metadata.name}`),
  };

  add(line: string): void {
    this.lines.push(line);
    for (const waiter of this.#waiters) waiter();
    this.#waiters.clear();
  }

  async has(count: number): Promise<void> {
    while (this.lines.length < count) await new Promise<void>((resolve) => this.#waiters.add(resolve));
  }
}

const isWatch = (call: Call): boolean => call.query.get('watch') === 'true';

describe('Reflector', () => {
  let api: FakeApi;
  let log: Log;
  let clock: FakeClock;
  let errors: unknown[];
  let stop: AbortController;
  let running: Promise<void>;

  /** Starts a server and a reflector on it. `random` is 0.5: watches are asked for 450 s, waits are 1.5 times their base. */
  async function start(answer: Answer, options: Partial<ReflectorOptions<KubeObject>> = {}): Promise<void> {
    api = await FakeApi.start(answer);
    log = new Log();
    clock = new FakeClock();
    errors = [];
    stop = new AbortController();
    const reflector = new Reflector<KubeObject>({
      client: api.client({ clock }),
      ref: CONFIG_MAPS,
      sink: log.sink,
      clock,
      streamInitialState: false,
      random: () => 0.5,
      onError: (error) => errors.push(error),
      ...options,
    });
    running = reflector.run(stop.signal);
  }

  afterEach(async () => {
    stop.abort();
    await running;
    await api.close();
  });

  it('lists from the cache first, then watches from the version of the list', async () => {
    await start((response, call) => {
      if (!isWatch(call)) return sendJson(response, listOf([configMap('a', '3')], '5'));
      beginWatch(response);
      event(response, 'ADDED', configMap('b', '6'));
      event(response, 'MODIFIED', configMap('a', '7'));
      event(response, 'DELETED', configMap('b', '8'));
    });
    await log.has(4);
    assert.deepEqual(log.lines, ['replace a', 'upsert b@6', 'upsert a@7', 'remove b']);
    const [list, watch] = api.calls;
    assert.equal(list?.query.get('resourceVersion'), '0');
    assert.equal(list?.query.get('limit'), '500');
    assert.equal(watch?.query.get('resourceVersion'), '5');
    assert.equal(watch?.query.get('allowWatchBookmarks'), 'true');
    assert.equal(watch?.query.get('timeoutSeconds'), '450');
  });

  it('reads every page, the version only from the pages’ list', async () => {
    await start((response, call) => {
      if (isWatch(call)) return beginWatch(response);
      const token = call.query.get('continue');
      if (token === null) return sendJson(response, listOf([configMap('a', '1')], '9', 't1'));
      assert.equal(call.query.get('resourceVersion'), null);
      return sendJson(
        response,
        token === 't1' ? listOf([configMap('b', '2')], '9', 't2') : listOf([configMap('c', '3')], '9'),
      );
    });
    await log.has(1);
    await api.called(4);
    assert.deepEqual(log.lines, ['replace a,b,c']);
    assert.equal(api.calls[3]?.query.get('resourceVersion'), '9');
  });

  it('begins the list anew when its continue token expires', async () => {
    await start((response, call) => {
      if (isWatch(call)) return beginWatch(response);
      if (call.query.get('continue') !== null) return sendStatus(response, 410, 'Expired');
      if (call.query.get('limit') !== null) return sendJson(response, listOf([configMap('old', '1')], '2', 't1'));
      return sendJson(response, listOf([configMap('a', '1'), configMap('b', '2')], '4'));
    });
    await log.has(1);
    assert.deepEqual(log.lines, ['replace a,b']);
  });

  it('resumes from the last bookmark after the server ends the watch, without a list', async () => {
    let watches = 0;
    await start((response, call) => {
      if (!isWatch(call)) return sendJson(response, listOf([], '5'));
      beginWatch(response);
      if (++watches > 1) return event(response, 'ADDED', configMap('z', '101'));
      event(response, 'BOOKMARK', { kind: 'ConfigMap', metadata: { resourceVersion: '100' } });
      response.end();
    });
    await log.has(2);
    assert.deepEqual(log.lines, ['replace ', 'upsert z@101']);
    assert.deepEqual(
      api.calls.map(({ query }) => query.get('resourceVersion')),
      ['0', '5', '100'],
    );
    assert.deepEqual(errors, []);
  });

  for (const [how, expire] of [
    ['as the answer', (response: ServerResponse) => sendStatus(response, 410, 'Expired')],
    [
      'as an event',
      (response: ServerResponse) => {
        beginWatch(response);
        event(response, 'ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' });
        response.end();
      },
    ],
  ] as const) {
    it(`lists anew, and from etcd, on a 410 ${how}`, async () => {
      let watches = 0;
      await start((response, call) => {
        if (isWatch(call)) return watches++ === 0 ? expire(response) : beginWatch(response);
        return sendJson(
          response,
          call.query.get('resourceVersion') === '0'
            ? listOf([configMap('a', '1')], '5')
            : listOf([configMap('b', '6')], '8'),
        );
      });
      await log.has(2);
      assert.deepEqual(log.lines, ['replace a', 'replace b']);
      assert.equal(api.calls[2]?.query.get('resourceVersion'), null);
      await api.called(4);
      assert.equal(api.calls[3]?.query.get('resourceVersion'), '8');
    });
  }

  it('keeps its version and backs off while the server refuses connections', async () => {
    await start((response, call) => {
      if (!isWatch(call)) return sendJson(response, listOf([configMap('a', '1')], '5'));
      // Cut without an answer, as a server that goes down does.
      response.socket?.destroy();
    });
    await log.has(1);
    for (const wait of [1200, 2400, 4800, 9600, 19_200, 38_400, 45_000, 45_000]) {
      await clock.waiting((ms) => Math.round(ms) === wait);
      clock.advance(wait);
    }
    await api.called(9);
    assert.deepEqual(log.lines, ['replace a']);
    assert.deepEqual(new Set(api.calls.slice(1).map(({ query }) => query.get('resourceVersion'))), new Set(['5']));
  });

  it('lists again from a version no older when a watch is refused for another reason', async () => {
    let watches = 0;
    await start((response, call) => {
      if (isWatch(call)) return watches++ === 0 ? sendStatus(response, 403, 'Forbidden') : beginWatch(response);
      return sendJson(response, listOf([], '5'));
    });
    await clock.waiting((ms) => ms === 1200);
    clock.advance(1200);
    await api.called(4);
    assert.deepEqual(
      api.calls.map(({ query }) => query.get('resourceVersion')),
      ['0', '5', '5', '5'],
    );
    assert.equal(errors.length, 1);
  });

  it('takes a silent connection for dead half a minute after its time', async () => {
    let watches = 0;
    await start((response, call) => {
      if (!isWatch(call)) return sendJson(response, listOf([], '5'));
      beginWatch(response);
      if (++watches === 2) event(response, 'ADDED', configMap('a', '6'));
    });
    await api.called(2);
    await clock.waiting((ms) => ms === 480_000);
    clock.advance(479_999);
    assert.equal(watches, 1);
    clock.advance(1);
    await clock.waiting((ms) => ms === 1200);
    clock.advance(1200);
    await log.has(2);
    assert.deepEqual(log.lines, ['replace ', 'upsert a@6']);
    assert.equal(api.calls[2]?.query.get('resourceVersion'), '5');
  });

  it('does not hammer a server that ends watches at once', async () => {
    await start((response, call) => {
      if (!isWatch(call)) return sendJson(response, listOf([], '5'));
      beginWatch(response);
      response.end();
    });
    await clock.waiting((ms) => ms === 1200);
    assert.equal(api.calls.length, 2);
    clock.advance(1200);
    await clock.waiting((ms) => ms === 2400);
    assert.equal(api.calls.length, 3);
  });

  it('begins with short waits again after two quiet minutes', async () => {
    await start((response) => void response.socket?.destroy());
    for (const wait of [1200, 2400]) {
      await clock.waiting((ms) => ms === wait);
      clock.advance(wait);
    }
    await clock.waiting((ms) => ms === 4800);
    clock.advance(121_000 + 4800);
    await clock.waiting((ms) => ms === 1200);
  });

  it('goes on after nonsense on the wire by listing again', async () => {
    let watches = 0;
    await start((response, call) => {
      if (!isWatch(call)) return sendJson(response, listOf([configMap('a', '1')], '5'));
      beginWatch(response);
      if (watches++ === 0) response.end('garbage\n');
    });
    await clock.waiting((ms) => ms === 1200);
    clock.advance(1200);
    await log.has(2);
    assert.deepEqual(log.lines, ['replace a', 'replace a']);
  });

  describe('with the state as a stream', () => {
    const endOfState = { metadata: { resourceVersion: '9', annotations: { 'k8s.io/initial-events-end': 'true' } } };

    it('replaces at the bookmark and goes on with the same watch', async () => {
      await start(
        (response) => {
          beginWatch(response);
          event(response, 'ADDED', configMap('a', '3'));
          event(response, 'ADDED', configMap('b', '4'));
          event(response, 'DELETED', configMap('a', '5'));
          event(response, 'BOOKMARK', endOfState);
          event(response, 'MODIFIED', configMap('b', '10'));
        },
        { streamInitialState: true },
      );
      await log.has(2);
      assert.deepEqual(log.lines, ['replace b', 'upsert b@10']);
      assert.equal(api.calls.length, 1);
      const query = api.calls[0]?.query;
      assert.equal(query?.get('sendInitialEvents'), 'true');
      assert.equal(query?.get('resourceVersionMatch'), 'NotOlderThan');
    });

    it('falls back to lists, for good, where it is not served', async () => {
      let watches = 0;
      await start(
        (response, call) => {
          if (call.query.has('sendInitialEvents')) return sendStatus(response, 422, 'Invalid');
          if (!isWatch(call)) return sendJson(response, listOf([configMap('a', '1')], '5'));
          return watches++ === 0 ? sendStatus(response, 410, 'Gone') : beginWatch(response);
        },
        { streamInitialState: true },
      );
      await log.has(2);
      await api.called(5);
      assert.deepEqual(
        api.calls.map((call) => call.query.has('sendInitialEvents')),
        [true, false, false, false, false],
      );
    });

    it('falls back to a list when the stream breaks before its end', async () => {
      await start(
        (response, call) => {
          if (!isWatch(call)) return sendJson(response, listOf([configMap('a', '1'), configMap('b', '1')], '5'));
          beginWatch(response);
          if (!call.query.has('sendInitialEvents')) return;
          event(response, 'ADDED', configMap('a', '3'));
          response.end();
        },
        { streamInitialState: true },
      );
      await log.has(1);
      assert.deepEqual(log.lines, ['replace a,b']);
    });
  });

  it('stops in the middle of a watch', async () => {
    await start((response, call) => (isWatch(call) ? beginWatch(response) : sendJson(response, listOf([], '5'))));
    await api.called(2);
    stop.abort();
    await running;
    assert.deepEqual(
      clock.waits.filter((ms) => ms > 400_000),
      [],
    );
  });
});
