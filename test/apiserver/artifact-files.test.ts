// artifacts/files over HTTP: the list, single files, and what is not there.
import assert from 'node:assert/strict';
import { createWriteStream } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { artifactsResource } from '#apiserver/registry/artifacts';
import { ApiServer } from '#apiserver/server';
import { FileStorage } from '#artifact/fs-storage';
import { ArtifactIndex } from '#artifact/index';
import { packTarGz } from '#artifact/pack';
import { ArtifactStore } from '#artifact/store';
import { systemClock } from '#lib/clock';
import { tempDir } from '#test/support/temp-dir';

const base = '/apis/artifacts.sluice.dev/v1alpha1/namespaces/apps/artifacts/gitrepository-web/files';
const contents: Readonly<Record<string, string>> = {
  'README.md': '# web\n',
  'deploy/a.yaml': 'a: 1\n',
  'deploy/b.yaml': 'b: é\n',
};

describe('artifacts/files', () => {
  let server: Server;
  let url: string;
  const stop = new AbortController();

  before(async () => {
    const index = new ArtifactIndex();
    const storage = new FileStorage(await tempDir('storage'));
    const store = new ArtifactStore({ storage, index, clock: systemClock, advertisedAddress: () => 'localhost:1' });
    const resource = artifactsResource({ index, store, source: () => undefined, startedAt: systemClock.now() });
    await store.put(
      { kind: 'GitRepository', namespace: 'apps', name: 'web' },
      {
        file: 'x.tar.gz',
        revision: 'main@sha1:x',
        produce: (file) =>
          packTarGz(
            Object.entries(contents).map(([path, text]) => ({ path, type: 'file', content: Buffer.from(text) })),
            createWriteStream(file),
          ),
      },
    );
    const api = new ApiServer({
      group: 'artifacts.sluice.dev',
      version: 'v1alpha1',
      resources: [resource],
      build: { major: '0', minor: '1', gitVersion: 'v0.1.0' },
      authenticator: { authenticate: () => Promise.resolve({ name: 'jane', groups: [], extra: {} }) },
      authorizer: { authorize: () => Promise.resolve() },
      clock: systemClock,
      random: () => 0.5,
      notReady: () => [],
      signal: stop.signal,
      onError: (error) => assert.fail(String(error)),
    });
    server = createServer(api.handle);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    stop.abort();
    server.close();
  });

  it('lists the files with their sizes', async () => {
    const response = await fetch(url + base);
    assert.equal(response.status, 200);
    const list = (await response.json()) as { kind: string; items: { path: string; size: number }[] };
    assert.equal(list.kind, 'ArtifactFileList');
    assert.deepEqual(
      list.items,
      Object.entries(contents).map(([path, text]) => ({ path, size: Buffer.byteLength(text) })),
    );
  });

  it('gives each file as it is', async () => {
    for (const [path, text] of Object.entries(contents)) {
      const response = await fetch(`${url}${base}/${path}`);
      assert.equal(response.headers.get('content-length'), String(Buffer.byteLength(text)));
      assert.equal(await response.text(), text);
    }
  });

  it('says which file is not there', async () => {
    const response = await fetch(`${url}${base}/deploy/c.yaml`);
    assert.equal(response.status, 404);
    assert.match(((await response.json()) as { message: string }).message, /"deploy\/c.yaml" not found/);
  });

  it('answers HEAD without a body', async () => {
    const response = await fetch(`${url}${base}/README.md`, { method: 'HEAD' });
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-length'), '6');
    assert.equal(await response.text(), '');
  });
});
