// The cache of unpacked artifacts: unpacked once for all, nothing wrong kept, nothing in use evicted.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { digestOf } from '#artifact/digest';
import { UnpackCache } from '#artifact/unpack-cache';
import { tempDir } from '#test/support/temp-dir';
import { streamOf, tarGzOf } from './archives.ts';

async function archive(
  content: string,
): Promise<{ readonly digest: string; readonly open: () => Promise<Readable>; opened: number }> {
  const bytes = await tarGzOf([{ name: 'f', content }]);
  const made = {
    digest: digestOf(bytes),
    opened: 0,
    open: () => {
      made.opened++;
      return Promise.resolve(streamOf(bytes));
    },
  };
  return made;
}

describe('UnpackCache', () => {
  let directory: string;
  let counts: { hits: number; misses: number };

  function cacheOf(maxBytes?: number): UnpackCache {
    counts = { hits: 0, misses: 0 };
    const observe = { hit: () => void counts.hits++, miss: () => void counts.misses++ };
    return new UnpackCache({ directory, observe, ...(maxBytes !== undefined && { maxBytes }) });
  }

  beforeEach(async () => {
    directory = await tempDir('unpacked');
  });

  it('unpacks once for all who ask at once, and for who asks later', async () => {
    const cache = cacheOf();
    const one = await archive('hello');
    const leases = await Promise.all(Array.from({ length: 10 }, () => cache.acquire(one.digest, one.open)));
    assert.equal(one.opened, 1);
    assert.equal(new Set(leases.map((lease) => lease.directory)).size, 1);
    assert.equal(await readFile(join(leases[0]!.directory, 'f'), 'utf8'), 'hello');
    for (const lease of leases) lease.release();
    await cache.acquire(one.digest, one.open);
    assert.deepEqual([one.opened, counts], [1, { hits: 10, misses: 1 }]);
  });

  it('keeps nothing of bytes with another digest, and tries anew', async () => {
    const cache = cacheOf();
    const [one, two] = [await archive('one'), await archive('two')];
    await assert.rejects(cache.acquire(one.digest, two.open), { code: 'ARTIFACT_DIGEST_MISMATCH' });
    await assert.rejects(cache.acquire('md5:00', one.open), { code: 'DIGEST_UNSUPPORTED' });
    assert.deepEqual(await readdir(directory), []);
    await cache.acquire(one.digest, one.open);
  });

  it('checks bytes behind the end of the archive too', async () => {
    const cache = cacheOf();
    const bytes = await tarGzOf([{ name: 'f', content: 'x' }]);
    const longer = Buffer.concat([bytes, Buffer.from('more')]);
    await assert.rejects(cache.acquire(digestOf(bytes), () => Promise.resolve(streamOf(longer))));
  });

  it('passes on what goes wrong, and leaves nothing behind', async () => {
    const cache = cacheOf();
    const one = await archive('one');
    await assert.rejects(
      cache.acquire(one.digest, () => Promise.reject(new Error('connection refused'))),
      /connection refused/,
    );
    const cut = new Readable({ read: () => undefined });
    const failing = cache.acquire(one.digest, () => {
      setImmediate(() => cut.destroy(new Error('connection reset')));
      return Promise.resolve(cut);
    });
    await assert.rejects(failing, /connection reset/);
    assert.deepEqual(await readdir(directory), []);
  });

  it('evicts what was unused longest, never what is in use', async () => {
    const cache = cacheOf(25);
    const [a, b, c] = await Promise.all(['a', 'b', 'c'].map((content) => archive(content.repeat(10))));
    const first = await cache.acquire(a!.digest, a!.open);
    const second = await cache.acquire(b!.digest, b!.open);
    second.release();
    second.release();
    const third = await cache.acquire(c!.digest, c!.open);
    assert.deepEqual(
      [first, second, third].map((lease) => existsSync(lease.directory)),
      [true, false, true],
    );
    first.release();
    third.release();
    await cache.acquire(b!.digest, b!.open);
    assert.equal(b!.opened, 2);
    assert.deepEqual([existsSync(first.directory), existsSync(third.directory)], [false, true]);
  });

  it('begins empty', async () => {
    await writeFile(join(directory, 'rest'), 'of a crash');
    const cache = cacheOf();
    await cache.clear();
    assert.deepEqual(await readdir(directory), []);
  });
});
