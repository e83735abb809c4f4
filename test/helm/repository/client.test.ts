// What the client of a repository sends to whom, and what it takes for an answer.
import assert from 'node:assert/strict';
import type http from 'node:http';
import { access, readFile } from 'node:fs/promises';
import path from 'node:path';
import { Agent } from 'undici';
import { RepositoryClient, type RepositoryClientOptions } from '#helm/repository/index';
import { Secret } from '#lib/secret';
import { loopbackServer, type LoopbackServer } from '#test/support/loopback-server';
import { tempDir } from '#test/support/temp-dir';

interface Seen {
  readonly url: string;
  readonly headers: http.IncomingHttpHeaders;
}

interface Recorder extends LoopbackServer {
  readonly seen: Seen[];
}

async function recorder(handler: http.RequestListener): Promise<Recorder> {
  const seen: Seen[] = [];
  const server = await loopbackServer((request, response) => {
    seen.push({ url: request.url ?? '', headers: request.headers });
    handler(request, response);
  });
  return { ...server, seen };
}

const redirectTo =
  (location: string): http.RequestListener =>
  (_request, response) =>
    void response.writeHead(302, { location }).end();

describe('client of a chart repository', () => {
  const agent = new Agent();
  const basic = { username: 'jane', password: new Secret('s3cret:x') };
  const authorization = `Basic ${btoa('jane:s3cret:x')}`;
  const servers: Recorder[] = [];
  const { signal } = new AbortController();

  afterEach(() => Promise.all(servers.splice(0).map((server) => server.stop())));
  after(() => agent.close());

  async function serve(handler: http.RequestListener): Promise<Recorder> {
    const server = await recorder(handler);
    servers.push(server);
    return server;
  }

  function client(url: string, options: Partial<RepositoryClientOptions> = {}): RepositoryClient {
    return new RepositoryClient({ url, userAgent: 'sluice/test', dispatcher: () => agent, ...options });
  }

  const chart = (of: RepositoryClient, reference: string, maxBytes = 100): Promise<Buffer> =>
    of.fetchChart(reference, { maxBytes, digest: '', signal });

  it('asks for the index below the address, with its name and what it knows already', async () => {
    const server = await serve((request, response) => {
      response.setHeader('last-modified', 'yesterday');
      if (request.headers['if-none-match'] === 'W/"x"') response.writeHead(304).end();
      else response.setHeader('etag', 'W/"x"').end('apiVersion: v1\n');
    });
    const target = path.join(await tempDir(), 'index.yaml');
    const options = { target, maxBytes: 100, algorithm: 'sha256', signal } as const;
    const reader = client(`${server.url}/charts?token=x`, { basic });
    const first = await reader.fetchIndex(options);
    assert.ok(!first.unchanged);
    assert.equal(first.size, 15);
    assert.equal(await readFile(target, 'utf8'), 'apiVersion: v1\n');
    assert.deepEqual(first.validators, { etag: 'W/"x"', lastModified: 'yesterday' });
    assert.deepEqual(await reader.fetchIndex({ ...options, validators: first.validators }), { unchanged: true });
    const [one, two] = server.seen;
    assert.equal(one?.url, '/charts/index.yaml?token=x');
    assert.deepEqual([one?.headers['user-agent'], one?.headers.authorization], ['sluice/test', authorization]);
    assert.equal(one?.headers['if-none-match'], undefined);
    assert.equal(two?.headers['if-modified-since'], 'yesterday');
  });

  it('takes 304 for no answer to a question it did not ask', async () => {
    const server = await serve((_request, response) => void response.writeHead(304).end());
    const target = path.join(await tempDir(), 'index.yaml');
    const options = { target, maxBytes: 100, algorithm: 'sha256', signal } as const;
    await assert.rejects(client(server.url).fetchIndex(options), /: 304 Not Modified$/);
    await assert.rejects(access(target));
  });

  it('stops at the limit, of what has no announced length too', async () => {
    const server = await serve((_request, response) => {
      const pour = (): void => void response.write('x'.repeat(1000), () => setImmediate(pour));
      pour();
    });
    const target = path.join(await tempDir(), 'index.yaml');
    const options = { target, maxBytes: 5000, algorithm: 'sha256', signal } as const;
    await assert.rejects(client(server.url).fetchIndex(options), {
      message: 'index exceeds the maximum index file size of 5000 bytes',
    });
    await assert.rejects(chart(client(server.url), 'a.tgz', 5000), /exceeds the maximum chart size of 5000 bytes$/);
  });

  it('sends credentials to its own origin, and to others only when told to', async () => {
    const [own, other] = [
      await serve((_r, response) => void response.end('x')),
      await serve((_r, response) => void response.end('x')),
    ];
    await chart(client(own.url, { basic }), 'a.tgz');
    await chart(client(own.url, { basic }), `${other.url}/a.tgz`);
    await chart(client(own.url, { basic, passCredentials: true }), `${other.url}/a.tgz`);
    assert.deepEqual(
      own.seen.map(({ headers }) => headers.authorization),
      [authorization],
    );
    assert.deepEqual(
      other.seen.map(({ headers }) => headers.authorization),
      [undefined, authorization],
    );
  });

  it('takes the user and password of the address where there are no others', async () => {
    const own = await serve((_request, response) => void response.end('x'));
    const address = own.url.replace('://', '://jane:s3cret%3Ax@');
    await chart(client(address), 'a.tgz');
    assert.equal(own.seen[0]?.headers.authorization, authorization);
    await own.stop();
    const failed = await chart(client(address), 'a.tgz').catch((error: Error) => error.message);
    assert.match(String(failed), /^Get "http:\/\/127\.0\.0\.1:\d+\/a\.tgz": connect ECONNREFUSED/);
  });

  it('follows redirects, with credentials within the host alone', async () => {
    const last = await serve((_request, response) => void response.end('x'));
    const sameHost = await serve(redirectTo(`${last.url}/b.tgz?signed`));
    await chart(client(sameHost.url, { basic }), 'a.tgz');
    const otherHost = await serve(redirectTo(`${last.url.replace('127.0.0.1', 'localhost')}/c.tgz`));
    await chart(client(otherHost.url, { basic }), 'a.tgz');
    assert.deepEqual(
      last.seen.map(({ url, headers }) => [url, headers.authorization]),
      [
        ['/b.tgz?signed', authorization],
        ['/c.tgz', undefined],
      ],
    );
  });

  it('does not follow for ever, nor anywhere', async () => {
    const round = await serve(redirectTo('/again'));
    await assert.rejects(chart(client(round.url), 'a.tgz'), /: stopped after 10 redirects$/);
    assert.equal(round.seen.length, 11);
    const file = await serve(redirectTo('file:///etc/passwd'));
    await assert.rejects(chart(client(file.url), 'a.tgz'), /redirects to unsupported scheme "file"$/);
  });

  it('keeps signatures in queries out of its errors', async () => {
    const server = await serve((_request, response) => void response.writeHead(403).end());
    const failed = await chart(client(`${server.url}/charts?token=s3cret`), 'a.tgz').catch(
      (error: Error) => error.message,
    );
    assert.equal(failed, `failed to fetch ${server.url}/charts/a.tgz : 403 Forbidden`);
  });
});
