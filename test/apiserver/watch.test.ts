// Watches of the aggregated API: where they begin, what they send, how they end.
import assert from 'node:assert/strict';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type { KubeObject } from '#kube/object';
import { until } from '#test/support/wait';
import { base, Stage } from './stage.ts';

const list = `${base}/namespaces/default/artifacts`;
const tables = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';

interface WatchEvent {
  readonly type: string;
  readonly object: KubeObject & {
    readonly kind?: string;
    readonly reason?: string;
    readonly columnDefinitions?: unknown;
    readonly rows?: readonly { readonly cells: readonly unknown[] }[];
  };
}

class Watch {
  readonly events: WatchEvent[] = [];
  readonly end: () => void;
  hasEnded = false;

  constructor(response: AsyncIterable<Buffer> & { destroy(): void }) {
    this.end = () => response.destroy();
    const input = Readable.from(response);
    const lines = createInterface({ input });
    // A test that has seen enough cuts the connection.
    lines.on('error', () => undefined);
    lines.on('line', (line) => this.events.push(JSON.parse(line) as WatchEvent));
    lines.on('close', () => (this.hasEnded = true));
  }

  /** Type and name of each event, a bookmark's as it is. */
  get told(): string[] {
    return this.events.map(
      ({ type, object }) =>
        `${type} ${object.metadata.name ?? object.metadata.annotations?.['k8s.io/initial-events-end'] ?? ''}`,
    );
  }

  async until(count: number): Promise<string[]> {
    await until(() => this.events.length >= count, { what: `${count} events` });
    return this.told;
  }
}

describe('aggregated API watches', () => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await Stage.open();
    stage.store('a');
  });
  afterEach(async () => {
    await stage.close();
    assert.deepEqual(stage.errors, []);
  });

  const watch = async (query: string, headers: readonly string[] = []): Promise<Watch> => {
    const asked = { headers: ['X-Remote-User', 'jane', ...headers] };
    const response = await stage.begin(`${list}?watch=1&${query}`, asked);
    assert.equal(response.statusCode, 200);
    assert.equal(response.headers['transfer-encoding'], 'chunked');
    return new Watch(response);
  };
  const version = async (): Promise<string> =>
    (await stage.asJane(list)).json<{ metadata: { resourceVersion: string } }>().metadata.resourceVersion;

  for (const query of ['', 'resourceVersion=0']) {
    it(`begin with the state: ${query || 'no version'}`, async () => {
      const watching = await watch(query);
      await watching.until(1);
      stage.store('b');
      stage.store('a', 'default', 'main@sha1:2');
      stage.remove('b');
      assert.deepEqual(await watching.until(4), [
        'ADDED gitrepository-a',
        'ADDED gitrepository-b',
        'MODIFIED gitrepository-a',
        'DELETED gitrepository-b',
      ]);
      const versions = watching.events.map(({ object }) => BigInt(object.metadata.resourceVersion ?? 0));
      assert.deepEqual(
        versions,
        versions.toSorted((a, b) => (a < b ? -1 : 1)),
      );
    });
  }

  it('go on where a list ended, and see nothing of other namespaces', async () => {
    const from = await version();
    stage.store('other', 'apps');
    stage.store('b');
    const watching = await watch(`resourceVersion=${from}`);
    stage.store('c');
    assert.deepEqual(await watching.until(2), ['ADDED gitrepository-b', 'ADDED gitrepository-c']);
  });

  it('record no event for what did not change', async () => {
    const from = await version();
    stage.store('a');
    assert.equal(await version(), from);
  });

  it('end the initial events with a bookmark', async () => {
    const query = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
    const watching = await watch(query);
    assert.deepEqual(await watching.until(2), ['ADDED gitrepository-a', 'BOOKMARK true']);
    assert.equal(watching.events[1]?.object.metadata.resourceVersion, await version());
    assert.equal(watching.events[1]?.object.kind, 'Artifact');
    const none = await watch('sendInitialEvents=false&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true');
    stage.store('b');
    assert.deepEqual(await none.until(1), ['ADDED gitrepository-b']);
  });

  it('send bookmarks every minute to who wants them, and one at the end', async () => {
    const watching = await watch('allowWatchBookmarks=true&timeoutSeconds=90');
    const without = await watch('timeoutSeconds=90');
    await watching.until(1);
    stage.clock.advance(60_000);
    assert.deepEqual(await watching.until(2), ['ADDED gitrepository-a', 'BOOKMARK ']);
    stage.clock.advance(30_000);
    await until(() => watching.hasEnded && without.hasEnded);
    assert.deepEqual(watching.told, ['ADDED gitrepository-a', 'BOOKMARK ', 'BOOKMARK ']);
    assert.deepEqual(without.told, ['ADDED gitrepository-a']);
  });

  it('refuse a version that left memory, and one that is to come', async () => {
    const from = await version();
    for (let i = 0; i < 1100; i++) stage.store('a', 'default', `main@sha1:${i}`);
    const gone = await stage.asJane(`${list}?watch=1&resourceVersion=${from}`);
    const { reason, message } = gone.json<{ reason: string; message: string }>();
    assert.deepEqual([gone.status, reason], [410, 'Expired']);
    assert.match(message, /^too old resource version: \d+ \(\d+\)$/);
    assert.equal((await stage.asJane(`${list}?watch=1&resourceVersion=${await version()}0`)).status, 504);
  });

  it('translate what begins and stops to match', async () => {
    const watching = await watch('labelSelector=team%3Dweb');
    const labelled = (team: string): void => {
      stage.sources.set('GitRepository/default/a', { metadata: { name: 'a', namespace: 'default', labels: { team } } });
      stage.sourceChanged('GitRepository', 'default', 'a');
    };
    labelled('web');
    labelled('data');
    labelled('web');
    stage.remove('a');
    const name = 'gitrepository-a';
    assert.deepEqual(await watching.until(4), [`ADDED ${name}`, `DELETED ${name}`, `ADDED ${name}`, `DELETED ${name}`]);
  });

  it('are tables for kubectl, the columns once', async () => {
    const watching = await watch('resourceVersion=0', ['Accept', tables]);
    await watching.until(1);
    stage.store('b');
    await watching.until(2);
    const [first, second] = watching.events;
    assert.deepEqual([first?.object.kind, second?.object.kind], ['Table', 'Table']);
    assert.ok(Array.isArray(first?.object.columnDefinitions));
    assert.equal(second?.object.columnDefinitions, null);
    assert.equal(second?.object.rows?.[0]?.cells[0], 'gitrepository-b');
  });

  it('are metadata for informers of metadata', async () => {
    const accept = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json';
    const watching = await watch('resourceVersion=0', ['Accept', accept]);
    await watching.until(1);
    assert.equal(watching.events[0]?.object.kind, 'PartialObjectMetadata');
  });

  it('begin with however large a state, and let a client go that does not read', async () => {
    for (let i = 0; i < 9000; i++) stage.store(`many-${i}`);
    const reading = await watch('resourceVersion=0');
    await until(() => reading.events.length === 9001, { timeout: 20_000 });
    const idle = await stage.begin(`${list}?watch=1`, { headers: ['X-Remote-User', 'jane'] });
    const long = 'x'.repeat(200_000);
    let revision = 0;
    // What fits into sockets is not up to us: it goes on until the server has had enough.
    await until(() => {
      for (let i = 0; i < 20; i++) stage.store('a', 'default', `${long}${revision++}`);
      return revision > 400;
    });
    const drained = (async (): Promise<number> => {
      let bytes = 0;
      for await (const chunk of idle) bytes += chunk.length;
      return bytes;
    })();
    await assert.rejects(drained, /aborted|reset|premature/i);
    reading.end();
  });

  it('end when the process does, and do not begin any more', async () => {
    const watching = await watch('resourceVersion=0');
    await watching.until(1);
    stage.abort.abort();
    await until(() => watching.hasEnded);
    const late = await stage.asJane(`${list}?watch=1`);
    assert.ok(late.status === 200 || late.status === 503);
  });
});
