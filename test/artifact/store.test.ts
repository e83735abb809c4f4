// The store and what lies under it: whole files or none, old ones gone in time, faults found, nothing read in vain.
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createWriteStream } from 'node:fs';
import type { Artifact } from '#api/source/shared';
import { digestOf } from '#artifact/digest';
import { FileStorage } from '#artifact/fs-storage';
import { garbage } from '#artifact/gc';
import { ArtifactIndex, type ArtifactChange } from '#artifact/index';
import { artifactPath, artifactUrl, storagePathOf, type ArtifactOwner } from '#artifact/layout';
import { packTarGz } from '#artifact/pack';
import { ArtifactStore } from '#artifact/store';
import { tempDir } from '#test/support/temp-dir';
import { FakeClock } from '../kube/fake-clock.ts';

const owner: ArtifactOwner = { kind: 'GitRepository', namespace: 'ns', name: 'a' };

/** Counts reads. */
class CountingStorage extends FileStorage {
  reads = 0;
  override read(...args: Parameters<FileStorage['read']>): ReturnType<FileStorage['read']> {
    this.reads++;
    return super.read(...args);
  }
}

describe('artifact store', () => {
  let root: string;
  let clock: FakeClock;
  let storage: CountingStorage;
  let index: ArtifactIndex;
  let store: ArtifactStore;
  let address: string;

  beforeEach(async () => {
    root = await tempDir('store');
    clock = new FakeClock(Date.now());
    storage = new CountingStorage(root);
    index = new ArtifactIndex();
    address = 'localhost:9090';
    store = newStore();
  });

  function newStore(): ArtifactStore {
    return new ArtifactStore({ storage, index, clock, advertisedAddress: () => address });
  }

  function put(name: string, content: string): Promise<Artifact> {
    return store.put(owner, {
      file: `${name}.tar.gz`,
      revision: `main@sha1:${name}`,
      produce: (file) =>
        packTarGz([{ path: 'a.yaml', type: 'file', content: Buffer.from(content) }], createWriteStream(file)),
    });
  }

  it('gives an artifact as Flux describes it, under a file only the process can read', async () => {
    const artifact = await put('abc', 'x');
    assert.deepEqual(Object.keys(artifact).toSorted(), ['digest', 'lastUpdateTime', 'path', 'revision', 'size', 'url']);
    assert.equal(artifact.path, 'gitrepository/ns/a/abc.tar.gz');
    assert.equal(artifact.url, 'http://localhost:9090/gitrepository/ns/a/abc.tar.gz');
    assert.match(artifact.lastUpdateTime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const file = await stat(join(root, artifact.path));
    assert.equal(file.size, artifact.size);
    assert.equal(file.mode & 0o777, 0o600);
    assert.equal((await stat(dirname(join(root, artifact.path)))).mode & 0o777, 0o700);
    assert.deepEqual(index.get(owner)?.files, [{ path: 'a.yaml', size: 1 }]);
  });

  it('leaves neither a file nor a trace when making one fails', async () => {
    const failing = store.put(owner, {
      file: 'x.tar.gz',
      revision: 'x',
      produce: async (file) => {
        await writeFile(file, 'half of');
        throw new Error('no space left on device');
      },
    });
    await assert.rejects(failing, /no space left/);
    assert.deepEqual(await readdir(join(root, 'gitrepository/ns/a')), []);
    assert.equal(index.get(owner), undefined);
  });

  it('shows a reader the old file or the new one, never a part', async () => {
    const artifact = await put('abc', 'old');
    const old = await readFile(join(root, artifact.path));
    await store.put(owner, {
      file: 'abc.tar.gz',
      revision: 'r',
      produce: async (file) => {
        await writeFile(file, 'the first half');
        assert.deepEqual(await readFile(join(root, artifact.path)), old);
        await writeFile(file, 'the whole');
        return { digest: 'sha256:00', size: 9, files: [] };
      },
    });
    assert.equal(await readFile(join(root, artifact.path), 'utf8'), 'the whole');
  });

  it('writes one file at a time of one name', async () => {
    let active = 0;
    const write = (i: number): Promise<Artifact> =>
      store.put(owner, {
        file: 'same.tar.gz',
        revision: `${i}`,
        produce: async (file) => {
          assert.equal(++active, 1);
          await writeFile(file, `${i}`);
          active--;
          return { digest: `sha256:${i}`, size: 1, files: [] };
        },
      });
    await Promise.all([1, 2, 3, 4].map(write));
    assert.equal(await readFile(join(root, 'gitrepository/ns/a/same.tar.gz'), 'utf8'), '4');
  });

  it('removes at start what writes cut off by a crash left behind, and nothing else', async () => {
    const artifact = await put('abc', 'x');
    const folder = dirname(join(root, artifact.path));
    await writeFile(join(folder, '.tmp-0011'), 'half');
    await mkdir(join(root, 'bucket/ns/b'), { recursive: true });
    await writeFile(join(root, 'bucket/ns/b/.tmp-2233'), 'half');
    assert.deepEqual(
      (await storage.list('gitrepository/ns/a')).map(({ path }) => path),
      [artifact.path],
    );
    assert.equal(await storage.sweep(), 2);
    assert.deepEqual(await readdir(folder), ['abc.tar.gz']);
  });

  describe('recall', () => {
    it('notes what is stored, and looks into it when asked', async () => {
      const artifact = await put('abc', 'x');
      index.remove(owner);
      await store.recall(owner, artifact);
      assert.deepEqual(index.get(owner), { owner, artifact, files: undefined });
      await store.lookInto(owner);
      assert.deepEqual(index.get(owner)?.files, [{ path: 'a.yaml', size: 1 }]);
    });

    it('notes nothing that is not there, and never takes the place of what is known', async () => {
      const artifact = await put('abc', 'x');
      const newer = await put('def', 'y');
      await store.recall(owner, artifact);
      assert.equal(index.get(owner)?.artifact.path, newer.path);
      index.remove(owner);
      await store.recall(owner, { ...artifact, path: 'gitrepository/ns/a/gone.tar.gz' });
      await store.lookInto(owner);
      assert.equal(index.get(owner), undefined);
    });
  });

  describe('check', () => {
    it('reads a file once, and again only when it was touched', async () => {
      const artifact = await put('abc', 'x');
      store = newStore();
      assert.equal(await store.check(owner, artifact), undefined);
      const first = storage.reads;
      assert.ok(first > 0);
      for (let i = 0; i < 3; i++) assert.equal(await store.check(owner, { ...artifact }), undefined);
      assert.equal(storage.reads, first);
      await utimes(join(root, artifact.path), 1, 1);
      assert.equal(await store.check(owner, artifact), undefined);
      assert.equal(storage.reads, first + 1);
    });

    it('needs no read at all for what this process wrote', async () => {
      await store.check(owner, await put('abc', 'x'));
      assert.equal(storage.reads, 0);
    });

    it('finds a missing file, and one that is no file', async () => {
      const artifact = await put('abc', 'x');
      const file = join(root, artifact.path);
      await rm(file);
      assert.equal(await store.check(owner, artifact), 'missing');
      assert.equal(index.get(owner), undefined);
      await symlink('/etc/passwd', file);
      assert.equal(await store.check(owner, artifact), 'missing');
    });

    it('finds a corrupt file and removes it', async () => {
      const artifact = await put('abc', 'x');
      const bytes = await readFile(join(root, artifact.path));
      bytes[bytes.length - 1]! ^= 1;
      await writeFile(join(root, artifact.path), bytes);
      await utimes(join(root, artifact.path), 5, 5);
      assert.equal(await store.check(owner, artifact), 'corrupt');
      assert.equal(await store.check(owner, artifact), 'missing');
    });

    for (const digest of ['', 'md5:00', 'sha256:', 'nonsense']) {
      it(`takes a file with the digest ${JSON.stringify(digest)} for corrupt`, async () => {
        const artifact = await put('abc', 'x');
        assert.equal(await store.check(owner, { ...artifact, digest }), 'corrupt');
      });
    }

    it('knows the files of an archive from before, and none of another format', async () => {
      const artifact = await put('abc', 'x');
      index = new ArtifactIndex();
      store = newStore();
      await store.check(owner, artifact);
      assert.deepEqual(index.get(owner)?.files, [{ path: 'a.yaml', size: 1 }]);
      const copied = await store.put(owner, {
        file: 'copied.tar.gz',
        revision: 'r',
        produce: async (file) => {
          await writeFile(file, 'not a tar at all');
          return { digest: digestOf('not a tar at all'), size: 16, files: [] };
        },
      });
      index = new ArtifactIndex();
      store = newStore();
      assert.equal(await store.check(owner, copied), undefined);
      assert.equal(index.get(owner)?.files, undefined);
    });
  });

  it('follows the address it is reached at', async () => {
    const artifact = await put('abc', 'x');
    address = 'https://artifacts.example.com/';
    assert.equal(store.relocate(artifact).url, 'https://artifacts.example.com/gitrepository/ns/a/abc.tar.gz');
    await store.check(owner, artifact);
    assert.equal(index.get(owner)?.artifact.url, 'https://artifacts.example.com/gitrepository/ns/a/abc.tar.gz');
  });

  it('collects what retention does not keep, never the current one', async () => {
    const old = await put('old', '1');
    const current = await put('current', '2');
    await writeFile(join(root, 'gitrepository/ns/a/old.tar.gz.lock'), '');
    assert.equal(await store.collect(owner, current), 0);
    clock.advance(61_000);
    assert.equal(await store.collect(owner, current), 1);
    assert.equal(await storage.stat(old.path), undefined);
    assert.notEqual(await storage.stat(current.path), undefined);
    await store.removeOwner(owner);
    assert.deepEqual(await readdir(join(root, 'gitrepository/ns')), []);
    assert.equal(index.get(owner), undefined);
    await store.removeOwner(owner);
  });

  it('links a name to the current file, and over the link before', async () => {
    const first = await put('one', '1');
    await store.link(owner, 'latest.tar.gz', first);
    const second = await put('two', '2');
    assert.equal(
      await store.link(owner, 'latest.tar.gz', second),
      'http://localhost:9090/gitrepository/ns/a/latest.tar.gz',
    );
    const file = await storage.resolve('gitrepository/ns/a/latest.tar.gz');
    assert.equal(file?.path, second.path);
    assert.equal((await storage.list('gitrepository/ns/a')).length, 2);
  });

  it('follows no link that leads elsewhere', async () => {
    await put('one', '1');
    await symlink('../../../etc/passwd', join(root, 'gitrepository/ns/a/out'));
    assert.equal(await storage.resolve('gitrepository/ns/a/out'), undefined);
    assert.equal(await storage.resolve('gitrepository/ns/a'), undefined);
    assert.equal(await storage.resolve('gitrepository/ns/a/one.tar.gz/x'), undefined);
  });

  it('reads parts of a file', async () => {
    await storage.write('x/y', (file) => writeFile(file, '0123456789'));
    assert.equal(await text(await storage.read('x/y', { start: 2, end: 4 })), '234');
    await assert.rejects(storage.read('x/none'), { code: 'ARTIFACT_NOT_FOUND' });
  });
});

describe('garbage', () => {
  const now = 1_000_000;
  const file = (name: string, age: number): { path: string; size: number; modified: number } => ({
    path: name,
    size: 1,
    modified: now - age,
  });
  const rows: readonly (readonly [string, ReturnType<typeof file>[], string | undefined, string[]])[] = [
    ['nothing of nothing', [], undefined, []],
    ['not the current one, however old', [file('a', 90_000)], 'a', []],
    ['what is past its time', [file('a', 0), file('b', 61_000)], 'a', ['b']],
    ['nothing at the very end of its time', [file('a', 0), file('b', 60_000)], 'a', []],
    ['the oldest beyond the number to keep', [file('a', 0), file('b', 1), file('c', 3), file('d', 2)], 'a', ['c', 'd']],
    ['both kinds', [file('a', 0), file('b', 1), file('c', 3), file('d', 70_000)], 'a', ['d', 'c']],
    ['only the expired, when enough go with them', [file('a', 0), file('b', 1), file('d', 70_000)], 'a', ['d']],
    ['everything old where nothing is current', [file('a', 70_000), file('b', 80_000)], undefined, ['b', 'a']],
    ['nothing from the future', [file('a', 0), file('b', -90_000)], 'a', []],
  ];
  for (const [what, files, current, expected] of rows) {
    it(`takes ${what}`, () => {
      const taken = garbage(files, current, { ttl: 60_000, records: 2 }, now).map(({ path }) => path);
      assert.deepEqual(taken, expected);
    });
  }
});

describe('layout', () => {
  it('keeps names inside', () => {
    for (const name of ['', '.', '..', 'a/b', 'a\\b', 'a\0b']) {
      assert.throws(() => artifactPath({ ...owner, name }, 'f'), { code: 'ARTIFACT_BAD_NAME' });
      assert.throws(() => artifactPath(owner, name), { code: 'ARTIFACT_BAD_NAME' });
    }
    assert.equal(artifactPath(owner, 'sha256:00.tar.gz'), 'gitrepository/ns/a/sha256:00.tar.gz');
  });

  for (const [url, wanted] of [
    ['/a/b', 'a/b'],
    ['//a///b/', 'a/b'],
    ['/a/%62', 'a/b'],
    ['/', undefined],
    ['', undefined],
    ['/..', undefined],
    ['/a/../b', undefined],
    ['/a/%2e%2e/b', undefined],
    ['/a%2f..%2fb', undefined],
    ['/a/.', undefined],
    ['/.helm-index/a', undefined],
    ['/a/.b', undefined],
    ['/a%00', undefined],
    ['/a%5cb', undefined],
    ['/a%', undefined],
  ] as const) {
    it(`reads ${JSON.stringify(url)} as ${JSON.stringify(wanted)}`, () => {
      assert.equal(storagePathOf(url), wanted);
    });
  }

  it('makes URLs of addresses with and without a scheme', () => {
    assert.equal(artifactUrl('h:1', 'a/b'), 'http://h:1/a/b');
    assert.equal(artifactUrl('https://h/base//', 'a'), 'https://h/base/a');
  });
});

describe('ArtifactIndex', () => {
  const artifact: Artifact = {
    digest: 'sha256:1',
    lastUpdateTime: 't',
    path: 'p',
    revision: 'r',
    url: 'u',
    size: 1,
  };

  it('tells of what is new, and of nothing else', () => {
    const index = new ArtifactIndex();
    const changes: ArtifactChange[] = [];
    const leave = index.subscribe((change) => changes.push(change));
    const files = [{ path: 'a', size: 1 }];
    index.set({ owner, artifact, files });
    index.set({ owner, artifact: { ...artifact }, files });
    assert.equal(changes.length, 1);
    index.set({ owner, artifact: { ...artifact, revision: 'r2' }, files });
    index.set({ owner: { ...owner, name: 'b' }, artifact, files: undefined });
    assert.equal([...index.all()].length, 2);
    index.remove(owner);
    index.remove(owner);
    leave();
    index.remove({ ...owner, name: 'b' });
    assert.deepEqual(
      changes.map(({ type, entry }) => `${type} ${entry.owner.name} ${entry.artifact.revision}`),
      ['set a r', 'set a r2', 'set b r', 'removed a r2'],
    );
  });
});
