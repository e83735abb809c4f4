// Events: counted, combined, bounded, and never in anybody's way.
import assert from 'node:assert/strict';
import { EventRecorder, type EventRecorderOptions } from '#kube/events';
import type { KubeObject } from '#kube/object';
import { FakeApi, sendJson, sendStatus, type Answer, type Call } from './fake-api.ts';
import { FakeClock } from './fake-clock.ts';

interface SentEvent extends KubeObject {
  readonly message: string;
  readonly count: number;
  readonly involvedObject: Record<string, string>;
  readonly source: Record<string, string>;
  readonly reportingComponent: string;
  readonly reportingInstance: string;
}

const about: KubeObject = {
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  metadata: { name: 'w', namespace: 'ns', uid: 'u', resourceVersion: '5' },
};

function bodyOf(call: Call | undefined): SentEvent {
  return JSON.parse(call?.body ?? 'null') as SentEvent;
}

const accept: Answer = (response, call) => sendJson(response, JSON.parse(call.body), 201);

describe('EventRecorder', () => {
  let api: FakeApi;
  let clock: FakeClock;
  let recorder: EventRecorder;
  let drops: string[];

  async function start(answer: Answer, options: Partial<EventRecorderOptions> = {}): Promise<void> {
    api = await FakeApi.start(answer);
    clock = new FakeClock();
    drops = [];
    recorder = new EventRecorder({
      client: api.client({ clock }),
      clock,
      component: 'source-controller',
      host: 'pod-1',
      random: () => 0.5,
      onDrop: (reason) => drops.push(reason),
      ...options,
    });
  }

  afterEach(async () => {
    recorder.close();
    await api.close();
  });

  const note = (message: string, object = about): void =>
    recorder.record(object, { type: 'Normal', reason: 'Done', message });

  it('writes what client-go would', async () => {
    await start(accept);
    recorder.record(about, {
      type: 'Warning',
      reason: 'Failed',
      message: 'no',
      annotations: { 'example.com/revision': 'r' },
    });
    await recorder.flush();
    const [call] = api.calls;
    assert.equal(`${call?.method} ${call?.path}`, 'POST /api/v1/namespaces/ns/events');
    const { metadata, ...event } = bodyOf(call);
    assert.match(metadata.name ?? '', /^w\.[0-9a-f]{16}$/);
    assert.deepEqual(metadata.annotations, { 'example.com/revision': 'r' });
    assert.deepEqual(event, {
      apiVersion: 'v1',
      kind: 'Event',
      involvedObject: {
        apiVersion: 'example.com/v1',
        kind: 'Widget',
        namespace: 'ns',
        name: 'w',
        uid: 'u',
        resourceVersion: '5',
      },
      type: 'Warning',
      reason: 'Failed',
      message: 'no',
      count: 1,
      firstTimestamp: '2026-01-01T00:00:00Z',
      lastTimestamp: '2026-01-01T00:00:00Z',
      source: { component: 'source-controller', host: 'pod-1' },
      reportingComponent: 'source-controller',
      reportingInstance: 'pod-1',
    });
  });

  it('counts a repeat on the event that is there', async () => {
    await start(accept);
    note('same');
    await recorder.flush();
    clock.advance(60_000);
    note('same');
    await recorder.flush();
    const [first, second] = api.calls;
    assert.equal(second?.method, 'PATCH');
    assert.equal(second?.headers['content-type'], 'application/strategic-merge-patch+json');
    assert.equal(second?.path, `/api/v1/namespaces/ns/events/${bodyOf(first).metadata.name}`);
    assert.deepEqual(bodyOf(second), { count: 2, message: 'same', lastTimestamp: '2026-01-01T00:01:00Z' });
  });

  it('sends repeats that pile up as one', async () => {
    let release: (() => void) | undefined;
    await start((response, call) => {
      if (release !== undefined) return accept(response, call);
      release = () => void accept(response, call);
    });
    note('same');
    await api.called(1);
    for (let i = 0; i < 5; i++) note('same');
    release?.();
    await recorder.flush();
    assert.deepEqual(
      api.calls.map((call) => `${call.method} ${bodyOf(call).count}`),
      ['POST 1', 'PATCH 6'],
    );
  });

  it('writes the event anew when the one it counts on has expired', async () => {
    await start((response, call) =>
      call.method === 'PATCH' ? sendStatus(response, 404, 'NotFound') : accept(response, call),
    );
    note('same');
    await recorder.flush();
    note('same');
    await recorder.flush();
    assert.deepEqual(
      api.calls.map(({ method }) => method),
      ['POST', 'PATCH', 'POST'],
    );
    assert.equal(bodyOf(api.calls[2]).count, 2);
  });

  it('combines the tenth and further messages of one reason', async () => {
    await start(accept);
    for (let i = 1; i <= 12; i++) {
      note(`message ${i}`);
      await recorder.flush();
    }
    assert.deepEqual(
      api.calls.slice(8).map((call) => `${call.method} ${bodyOf(call).message} ${bodyOf(call).count}`),
      [
        'POST message 9 1',
        'POST (combined from similar events): message 10 1',
        'PATCH (combined from similar events): message 11 2',
        'PATCH (combined from similar events): message 12 3',
      ],
    );
  });

  it('forgets similarity after ten quiet minutes', async () => {
    await start(accept);
    for (let i = 1; i <= 9; i++) note(`message ${i}`);
    await recorder.flush();
    clock.advance(600_001);
    note('message 10');
    await recorder.flush();
    assert.equal(bodyOf(api.calls[9]).message, 'message 10');
  });

  it('gives one object 25 events, then one in five minutes', async () => {
    await start(accept);
    for (let i = 0; i < 30; i++) note('same');
    assert.equal(drops.length, 5);
    note('other', { ...about, metadata: { ...about.metadata, uid: 'another' } });
    assert.equal(drops.length, 5);
    await recorder.flush();
    clock.advance(300_000);
    note('same');
    note('same');
    assert.equal(drops.length, 6);
    await recorder.flush();
  });

  it('puts events about cluster-scoped objects into default', async () => {
    await start(accept);
    note('x', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'n', uid: 'u' } });
    await recorder.flush();
    assert.equal(api.calls[0]?.path, '/api/v1/namespaces/default/events');
  });

  it('drops what the server refuses', async () => {
    await start((response) => sendStatus(response, 403, 'Forbidden'));
    note('x');
    await recorder.flush();
    assert.deepEqual(drops, ['refused']);
    assert.equal(api.calls.length, 1);
  });

  it('tries twelve times while the server is away, then gives up', async () => {
    await start((response) => void response.socket?.destroy());
    note('x');
    await clock.waiting((ms) => ms === 5000);
    clock.advance(5000);
    for (let i = 0; i < 10; i++) {
      await clock.waiting((ms) => ms === 10_000);
      clock.advance(10_000);
    }
    await recorder.flush();
    assert.deepEqual(drops, ['unreachable']);
    assert.equal(api.calls.length, 12);
  });

  it('drops new events, and blocks nobody, when the queue is full', async () => {
    await start(() => undefined, { queueLimit: 3 });
    for (let i = 0; i < 5; i++) note(`x${i}`, { ...about, metadata: { ...about.metadata, uid: `u${i}` } });
    assert.deepEqual(drops, ['queue-full', 'queue-full']);
  });

  it('ends a flush with its signal, and everything with close', async () => {
    await start(() => undefined);
    note('x');
    await recorder.flush(AbortSignal.abort());
    const flushed = recorder.flush();
    recorder.close();
    await flushed;
    note('y');
    assert.deepEqual(drops, []);
  });
});
