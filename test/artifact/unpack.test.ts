// Unpacking what nobody vouches for: nothing lands outside, nothing grows without bound.
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createGzip, gzipSync } from 'node:zlib';
import { packTarGz } from '#artifact/pack';
import { listTarGz, unpackTarGz, type UnpackLimits } from '#artifact/unpack';
import { tempDir } from '#test/support/temp-dir';
import { headerBlock, streamOf, tarGzOf, tarOf } from './archives.ts';

/** Unpacks into `inside` of a new folder; gives back both. */
async function unpack(
  bytes: Uint8Array,
  limits?: UnpackLimits,
): Promise<{ readonly outside: string; readonly inside: string }> {
  const outside = await tempDir('unpack');
  const inside = join(outside, 'inside');
  await mkdir(inside);
  await unpackTarGz(streamOf(bytes), inside, limits);
  return { outside, inside };
}

describe('unpackTarGz', () => {
  it('gives back what was packed', async () => {
    const sink = new PassThrough();
    const [, bytes] = await Promise.all([
      packTarGz(
        [
          { path: 'dir', type: 'directory' },
          { path: 'dir/run', type: 'file', executable: true, content: Buffer.from('run') },
          { path: 'plain', type: 'file', content: Buffer.alloc(100_000, 'y') },
        ],
        sink,
      ),
      buffer(sink),
    ]);
    const { inside } = await unpack(bytes);
    assert.deepEqual((await readdir(inside, { recursive: true })).toSorted(), ['dir', 'dir/run', 'plain']);
    assert.equal(await readFile(join(inside, 'dir/run'), 'utf8'), 'run');
    assert.equal((await stat(join(inside, 'plain'))).size, 100_000);
    assert.equal((await stat(join(inside, 'dir/run'))).mode & 0o777, 0o750);
    assert.equal((await stat(join(inside, 'plain'))).mode & 0o777, 0o640);
    assert.deepEqual(await listTarGz(streamOf(bytes)), [
      { path: 'dir/run', size: 3 },
      { path: 'plain', size: 100_000 },
    ]);
  });

  for (const name of [
    '../evil',
    'a/../../evil',
    '/etc/evil',
    '//evil',
    'a\\..\\evil',
    'nul\0evil',
    '..',
    'a/..',
    'a/./../..',
  ]) {
    it(`refuses the name ${JSON.stringify(name)}`, async () => {
      const tar = Buffer.concat([headerBlock({ name: 'x', size: 0, type: '0' })]);
      const evil = name.includes('\0')
        ? gzipSync(Buffer.concat([tar, await paxNamed(name), Buffer.alloc(1024)]))
        : await tarGzOf([{ name: 'x' }, { name, content: 'evil' }]);
      await assert.rejects(unpack(evil), { code: 'TAR_BAD_NAME' });
    });
  }

  it('makes no link, and writes nothing through one', async () => {
    const { outside, inside } = await unpack(
      await tarGzOf([
        { name: 'link', type: 'symlink', linkname: '..' },
        { name: 'hard', type: 'link', linkname: '../secret' },
        { name: 'link/evil', content: 'evil' },
      ]),
    );
    assert.deepEqual((await readdir(outside, { recursive: true })).toSorted(), [
      'inside',
      'inside/link',
      'inside/link/evil',
    ]);
    assert.ok((await stat(join(inside, 'link'))).isDirectory());
  });

  for (const type of ['character-device', 'block-device', 'fifo'] as const) {
    it(`refuses a ${type}`, async () => {
      await assert.rejects(unpack(await tarGzOf([{ name: 'dev', type }])), {
        message: `tar file entry dev contained unsupported file type ${type}`,
      });
    });
  }

  it('refuses a name that comes twice, and a file that is also a directory', async () => {
    await assert.rejects(
      unpack(
        await tarGzOf([
          { name: 'a', content: '1' },
          { name: './a', content: '2' },
        ]),
      ),
      /EEXIST/,
    );
    await assert.rejects(
      unpack(
        await tarGzOf([
          { name: 'a', content: '1' },
          { name: 'a/b', content: '2' },
        ]),
      ),
      /ENOTDIR|EEXIST/,
    );
    await assert.rejects(
      unpack(
        await tarGzOf([
          { name: 'a/b', content: '1' },
          { name: 'a', content: '2' },
        ]),
      ),
      /EEXIST|EISDIR/,
    );
  });

  it('takes a directory that comes twice, or after what is in it', async () => {
    const { inside } = await unpack(
      await tarGzOf([
        { name: 'd/f', content: '1' },
        { name: 'd', type: 'directory' },
        { name: 'd/', type: 'directory' },
        { name: '.', type: 'directory' },
      ]),
    );
    assert.equal(await readFile(join(inside, 'd/f'), 'utf8'), '1');
  });

  it('bounds the number of entries, the bytes of one and of all', async () => {
    const many = await tarGzOf(Array.from({ length: 20 }, (_, i) => ({ name: `f${i}`, content: 'x'.repeat(100) })));
    const error = { code: 'TAR_TOO_LARGE' };
    await unpack(many, { maxEntries: 20, maxBytes: 2000, maxFileBytes: 100 });
    await assert.rejects(unpack(many, { maxEntries: 19 }), error);
    await assert.rejects(unpack(many, { maxBytes: 1999 }), error);
    await assert.rejects(unpack(many, { maxFileBytes: 99 }), error);
  });

  it('refuses a file by the size it announces, before any of it is written', async () => {
    const huge = gzipSync(headerBlock({ name: 'huge', size: 2 ** 32, type: '0' }));
    await assert.rejects(unpack(huge), { code: 'TAR_TOO_LARGE' });
  });

  it('refuses bytes that belong to no file: extended headers and padding without end', async () => {
    for (const [type, name] of [
      ['x', 'pax'],
      ['L', 'longname'],
      ['g', 'global'],
    ] as const) {
      const size = 512 * 1024 * 1024;
      await assert.rejects(unpack(await zeros(headerBlock({ name, size, type }), 16 * 1024 * 1024)), {
        code: /^TAR_(TOO_LARGE|BROKEN)$/,
      });
    }
    const padded = Buffer.concat([(await tarOf([{ name: 'a', content: 'a' }])).subarray(0, 1024), Buffer.alloc(1024)]);
    await assert.rejects(unpack(await zeros(padded, 64 * 1024 * 1024)), { code: 'TAR_TOO_LARGE' });
  });

  it('takes long names, which need extended headers, for as many files as there are', async () => {
    const entries = Array.from({ length: 3000 }, (_, i) => ({
      name: `${'n'.repeat(180)}/${i}/${'m'.repeat(120)}`,
      content: 'x',
    }));
    const files = await listTarGz(streamOf(await tarGzOf(entries)));
    assert.equal(files.length, 3000);
    assert.equal(files[7]?.path, entries[7]?.name);
  });

  it('says that an archive is broken when it is', async () => {
    const whole = await tarGzOf([{ name: 'a', content: 'x'.repeat(5000) }]);
    for (const [what, bytes] of [
      ['no gzip', Buffer.from('not an archive at all')],
      ['cut off', whole.subarray(0, whole.length - 20)],
      ['no tar', gzipSync(Buffer.alloc(4096, 'z'))],
    ] as const) {
      await assert.rejects(unpack(bytes), { code: 'TAR_BROKEN' }, what);
    }
  });
});

/** The bytes, and then zeros, compressed: small on the wire. */
async function zeros(head: Buffer, count: number): Promise<Buffer> {
  const gzip = createGzip({ level: 1 });
  const compressed = buffer(gzip);
  gzip.write(head);
  const block = Buffer.alloc(1024 * 1024);
  for (let left = count; left > 0; left -= block.length) gzip.write(block);
  gzip.end();
  return compressed;
}

/** An empty file with a name only an extended header can hold. */
function paxNamed(name: string): Promise<Buffer> {
  const value = ` path=${name}\n`;
  let length = value.length + 1;
  while (String(length).length + value.length !== length) length++;
  const record = Buffer.from(`${length}${value}`);
  const padded = Buffer.alloc(512);
  record.copy(padded);
  return Promise.resolve(
    Buffer.concat([
      headerBlock({ name: 'pax', size: record.length, type: 'x' }),
      padded,
      headerBlock({ name: 'short', size: 0, type: '0' }),
    ]),
  );
}
