// Packing: the same tree gives the same bytes, with nothing of this machine or moment in them.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { PassThrough, Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { packTarGz, type PackEntry, type Packed } from '#artifact/pack';
import { mustRun } from '#test/support/run';

const tree: readonly PackEntry[] = [
  { path: 'bin', type: 'directory' },
  { path: 'bin/run', type: 'file', executable: true, content: Buffer.from('#!/bin/sh\n') },
  { path: 'empty', type: 'directory' },
  { path: 'häß.yaml', type: 'file', content: () => Promise.resolve(Buffer.from('a: 1\n')) },
  { path: `${'long/'.repeat(40)}name.yaml`, type: 'file', content: Buffer.alloc(70_000, 'x') },
  { path: 'zero', type: 'file' },
];

async function pack(entries: Iterable<PackEntry> | AsyncIterable<PackEntry>): Promise<Packed & { bytes: Buffer }> {
  const sink = new PassThrough();
  const [packed, bytes] = await Promise.all([packTarGz(entries, sink), buffer(sink)]);
  return { ...packed, bytes };
}

function one(entry: Partial<PackEntry>): PackEntry[] {
  return [{ path: 'a', type: 'file', ...entry }];
}

describe('packTarGz', () => {
  it('gives the same bytes for the same tree, whenever and however it is read', async () => {
    const first = await pack(tree);
    const second = await pack(
      (async function* slowly() {
        for (const entry of tree) {
          await new Promise((resolve) => setImmediate(resolve));
          yield entry;
        }
      })(),
    );
    assert.equal(first.digest, second.digest);
    assert.deepEqual(first.bytes, second.bytes);
  });

  it('reports the digest and size of what was written, and the files', async () => {
    const { digest, size, bytes, files } = await pack(tree);
    assert.equal(digest, `sha256:${createHash('sha256').update(bytes).digest('hex')}`);
    assert.equal(size, bytes.length);
    assert.deepEqual(
      files.map((file) => [file.path.slice(-9), file.size]),
      [
        ['bin/run', 10],
        ['häß.yaml', 5],
        ['name.yaml', 70_000],
        ['zero', 0],
      ],
    );
  });

  it('writes no names, times or users, and the modes Flux writes', async () => {
    const { bytes } = await pack(tree);
    const listing = await mustRun('tar', ['-tvzf', '-', '--numeric-owner', '--utc'], { stdin: bytes });
    const rows = listing.trimEnd().split('\n');
    assert.ok(rows.every((row) => / 0\/0 +\d+ 1970-01-01 00:00 /.test(row)));
    assert.match(rows[0]!, /^drwxr-x--- .* \.\/?$/);
    assert.match(
      rows.find((row) => row.includes('bin/run'))!,
      /^-rwx------ /,
    );
    assert.match(
      rows.find((row) => row.includes('zero'))!,
      /^-rw------- /,
    );
    assert.match(
      rows.find((row) => /empty/.test(row))!,
      /^drwxr-x--- /,
    );
    // gzip: no name, no time.
    assert.deepEqual([...bytes.subarray(0, 8)], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0]);
    assert.equal(gunzipSync(bytes).length % 512, 0);
  });

  it('tells trees apart by name, content and mode', async () => {
    const digests = await Promise.all(
      [one({}), one({ path: 'b' }), one({ content: Buffer.from('x') }), one({ executable: true }), []].map(
        async (entries) => (await pack(entries)).digest,
      ),
    );
    assert.equal(new Set(digests).size, digests.length);
  });

  it('ends when what it writes to breaks, and when what it reads from does', async () => {
    const broken = new Writable({ write: (_chunk, _encoding, done) => done(new Error('no space left')) });
    const endless = (function* (): Generator<PackEntry> {
      for (let i = 0; ; i++) yield { path: `f${i}`, type: 'file', content: Buffer.alloc(100_000, i) };
    })();
    await assert.rejects(packTarGz(endless, broken), /no space left/);
    const source = (function* (): Generator<PackEntry> {
      yield { path: 'a', type: 'file', content: Buffer.from('a') };
      throw new Error('cannot read the tree');
    })();
    await assert.rejects(packTarGz(source, new PassThrough().resume()), /cannot read the tree/);
  });

  it('ends when told to', async () => {
    const abort = new AbortController();
    const endless = (function* (): Generator<PackEntry> {
      for (let i = 0; ; i++) {
        if (i === 50) abort.abort(new Error('enough'));
        yield { path: `f${i}`, type: 'file', content: Buffer.alloc(1000, i) };
      }
    })();
    await assert.rejects(packTarGz(endless, new PassThrough().resume(), { signal: abort.signal }), {
      name: 'AbortError',
    });
  });
});
