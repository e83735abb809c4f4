// The watch stream, byte by byte: torn characters, endless lines, errors in the middle.
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { isGone } from '#kube/status-error';
import { readWatch, WatchStreamError, type WatchEvent } from '#kube/watch';

const line = (type: string, object: unknown): string => `${JSON.stringify({ type, object })}\n`;
const named = (name: string): { metadata: { name: string } } => ({ metadata: { name } });

async function collect(chunks: readonly (string | Buffer)[], limit = 1 << 20): Promise<WatchEvent[]> {
  const events: WatchEvent[] = [];
  const stream = Readable.from(
    chunks.map((chunk) => Buffer.from(chunk)),
    { objectMode: true },
  );
  for await (const event of readWatch(stream, limit)) events.push(event as WatchEvent);
  return events;
}

describe('readWatch', () => {
  it('takes events apart wherever the network cut them', async () => {
    const bytes = Buffer.from(
      line('ADDED', named('ä€😀')) + line('MODIFIED', named('b')) + line('DELETED', named('c')),
    );
    for (const size of [1, 2, 3, 7, 64, bytes.length]) {
      const chunks: Buffer[] = [];
      for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
      const events = await collect(chunks);
      assert.deepEqual(
        events.map(({ type, object }) => `${type} ${object.metadata.name}`),
        ['ADDED ä€😀', 'MODIFIED b', 'DELETED c'],
        `chunks of ${size}`,
      );
    }
  });

  it('passes over empty lines and drops a torn last one', async () => {
    const events = await collect([`\n${line('ADDED', named('a'))}\n\n`, '{"type":"ADDED","obj']);
    assert.equal(events.length, 1);
  });

  it('throws the Status of an ERROR event', async () => {
    const status = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version: 1 (2)' };
    await assert.rejects(
      collect([line('ADDED', named('a')), line('ERROR', status)]),
      (error) => isGone(error) && /too old/.test(error.message),
    );
  });

  it('refuses a line without end', async () => {
    await assert.rejects(
      collect(['{"type":"ADDED","object":{"x":"', 'y'.repeat(2000)], 1000),
      /longer than 1000 bytes/,
    );
  });

  it('refuses what is no event, without repeating it', async () => {
    for (const bad of [
      'not json secret\n',
      '{"type":"ADDED"}\n',
      'null\n',
      '{"type":"HELLO","object":{}}\n',
      '{"type":"ADDED","object":"secret"}\n',
    ]) {
      await assert.rejects(collect([bad]), (error: Error) => {
        assert(error instanceof WatchStreamError);
        assert.equal(error.broken, false);
        assert.doesNotMatch(error.message, /secret/);
        return true;
      });
    }
  });

  it('tells a lost connection from nonsense', async () => {
    const stream = Readable.from(
      (async function* () {
        yield Buffer.from(line('ADDED', named('a')));
        await Promise.resolve();
        throw new Error('other side closed');
      })(),
    );
    const events = readWatch(stream, 1000);
    assert.equal((await events.next()).done, false);
    await assert.rejects(events.next(), (error) => error instanceof WatchStreamError && error.broken);
  });

  it('gives the socket up when its reader leaves', async () => {
    const stream = Readable.from([Buffer.from(line('ADDED', named('a')))]);
    for await (const { type } of readWatch(stream, 1000)) if (type === 'ADDED') break;
    assert.equal(stream.destroyed, true);
  });
});
