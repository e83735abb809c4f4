// What a failed connection is told as.
import assert from 'node:assert/strict';
import { Agent } from 'undici';
import { failureReason } from '#net/failure';
import { loopbackServer } from '#test/support/loopback-server';

describe('failureReason', () => {
  it('tells of a server without TLS, without what differs from one process to the next', async () => {
    const server = await loopbackServer((_request, response) => response.end(), {});
    try {
      const said = await failure(server.url.replace('http:', 'https:'));
      assert.equal(said, 'tls: wrong version number (is this an http server?)');
    } finally {
      await server.stop();
    }
  });

  it('looks through what several addresses of one name answered', () => {
    const reasons = [new Error('connect ECONNREFUSED ::1:80'), new Error('connect ECONNREFUSED 127.0.0.1:80')];
    assert.equal(failureReason(new AggregateError(reasons)), 'connect ECONNREFUSED ::1:80');
  });

  it('gives the cause, and what is no error as text', () => {
    assert.equal(
      failureReason(new Error('fetch failed', { cause: new Error('other side closed') })),
      'other side closed',
    );
    assert.equal(failureReason('gone'), 'gone');
  });
});

async function failure(url: string): Promise<string> {
  const agent = new Agent();
  try {
    await agent.request({ origin: url, path: '/', method: 'GET' });
    throw new Error('it was answered');
  } catch (error) {
    return failureReason(error);
  } finally {
    await agent.close();
  }
}
