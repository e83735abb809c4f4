// The file server: whole files and parts, validators, and no way out of the storage.
import assert from 'node:assert/strict';
import http from 'node:http';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileServer } from '#artifact/file-server';
import { FileStorage } from '#artifact/fs-storage';
import { loopbackServer, type LoopbackServer } from '#test/support/loopback-server';
import { tempDir } from '#test/support/temp-dir';

interface Answer {
  readonly status: number | undefined;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

describe('file server', () => {
  let server: LoopbackServer;
  const content = '0123456789';

  before(async () => {
    const parent = await tempDir('served');
    const root = join(parent, 'root');
    await mkdir(join(root, 'kind/ns/a'), { recursive: true });
    await writeFile(join(root, 'kind/ns/a/one.tar.gz'), content);
    await writeFile(join(root, 'kind/ns/a/empty.tar.gz'), '');
    await writeFile(join(root, 'kind/ns/a/index.yaml'), 'a: 1');
    await symlink('one.tar.gz', join(root, 'kind/ns/a/latest.tar.gz'));
    await symlink('../../../../secret', join(root, 'kind/ns/a/out'));
    await writeFile(join(parent, 'secret'), 'secret');
    const handler = fileServer(new FileStorage(root));
    server = await loopbackServer((req, res) => void handler(req, res));
  });
  after(() => server.stop());

  /** Not by fetch: it would tidy the path up. */
  function ask(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const request = http.request({ port: server.port, host: '127.0.0.1', path, headers, method, agent: false });
      request.once('error', reject);
      request.once('response', (response) => {
        text(response).then(
          (body) => resolve({ status: response.statusCode, headers: response.headers, body }),
          reject,
        );
      });
      request.end();
    });
  }

  const file = '/kind/ns/a/one.tar.gz';

  it('serves a file, with what caches need', async () => {
    const { status, headers, body } = await ask(file);
    assert.deepEqual([status, body], [200, content]);
    assert.equal(headers['content-type'], 'application/gzip');
    assert.equal(headers['content-length'], '10');
    assert.equal(headers['accept-ranges'], 'bytes');
    assert.match(headers.etag ?? '', /^"[0-9a-f]+-[0-9a-f]+"$/);
    assert.equal((await ask('/kind/ns/a/latest.tar.gz?x=1')).body, content);
    assert.equal((await ask('/kind/ns/a/index.yaml')).headers['content-type'], 'application/yaml');
    assert.deepEqual([(await ask('/kind/ns/a/empty.tar.gz')).body, (await ask('/')).status], ['', 200]);
  });

  it('answers HEAD with the head', async () => {
    const { status, headers, body } = await ask(file, {}, 'HEAD');
    assert.deepEqual([status, headers['content-length'], body], [200, '10', '']);
    assert.equal((await ask('/none', {}, 'HEAD')).status, 404);
  });

  for (const [range, status, body, contentRange] of [
    ['bytes=0-3', 206, '0123', 'bytes 0-3/10'],
    ['bytes=8-', 206, '89', 'bytes 8-9/10'],
    ['bytes=-3', 206, '789', 'bytes 7-9/10'],
    ['bytes=-99', 206, content, 'bytes 0-9/10'],
    ['bytes=5-99', 206, '56789', 'bytes 5-9/10'],
    ['bytes=10-', 416, undefined, 'bytes */10'],
    ['bytes=-0', 416, undefined, 'bytes */10'],
    ['bytes=5-2', 200, content, undefined],
    ['bytes=0-1,3-4', 200, content, undefined],
    ['bytes=-', 200, content, undefined],
    ['lines=1-2', 200, content, undefined],
    ['bytes=99999999999999999999999-', 416, undefined, 'bytes */10'],
  ] as const) {
    it(`answers the range ${range} with ${status}`, async () => {
      const answer = await ask(file, { range });
      assert.equal(answer.status, status);
      if (body !== undefined) assert.equal(answer.body, body);
      assert.equal(answer.headers['content-range'], contentRange);
    });
  }

  it('answers 416 to any range of an empty file', async () => {
    assert.equal((await ask('/kind/ns/a/empty.tar.gz', { range: 'bytes=0-' })).status, 416);
  });

  it('sends nothing a client has already, and the whole when a part would not fit', async () => {
    const { headers } = await ask(file);
    const etag = headers.etag!;
    const modified = headers['last-modified']!;
    for (const fresh of [
      { 'if-none-match': etag },
      { 'if-none-match': `"x", W/${etag}` },
      { 'if-none-match': '*' },
      { 'if-modified-since': modified },
    ]) {
      const answer = await ask(file, fresh);
      assert.deepEqual([answer.status, answer.body, answer.headers.etag], [304, '', etag]);
    }
    assert.equal((await ask(file, { 'if-none-match': '"x"', 'if-modified-since': modified })).status, 200);
    assert.equal((await ask(file, { 'if-modified-since': 'Thu, 01 Jan 1970 00:00:00 GMT' })).status, 200);
    assert.equal((await ask(file, { range: 'bytes=0-1', 'if-range': etag })).status, 206);
    assert.equal((await ask(file, { range: 'bytes=0-1', 'if-range': modified })).status, 206);
    assert.equal((await ask(file, { range: 'bytes=0-1', 'if-range': '"old"' })).status, 200);
  });

  for (const path of [
    '/none',
    '/kind',
    '/kind/ns/a',
    '/kind/ns/a/',
    '/kind/ns/a/out',
    '/../secret',
    '/kind/../../secret',
    '/%2e%2e/secret',
    '/..%2fsecret',
    '/kind/ns/a/one.tar.gz/more',
    '/kind/ns/a/one.tar.gz%00',
    '/%ff',
  ]) {
    it(`has nothing at ${path}`, async () => {
      const { status, body } = await ask(path);
      assert.deepEqual([status, body], [404, '404 page not found\n']);
    });
  }

  it('takes no other method', async () => {
    for (const method of ['POST', 'PUT', 'DELETE']) {
      const { status, headers } = await ask(file, {}, method);
      assert.deepEqual([status, headers.allow], [405, 'GET, HEAD']);
    }
  });
});
