// File systems and Git URLs.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { buildLocal, MemoryFiles, readArchive } from '#kustomize/index';
import { parseRepoSpec } from '#kustomize/repo-spec';
import { withTempDir } from '#test/support/temp-dir';
import { writeFiles } from './write-files.ts';

const CONFIG_MAP = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n';

describe('archives', () => {
  it('are built without unpacking them', () =>
    withTempDir((root) => {
      const deep = `${'directory/'.repeat(14)}a.yaml`;
      writeFiles(path.join(root, 'in'), { 'kustomization.yaml': `resources: [${deep}]\n`, [deep]: CONFIG_MAP });
      for (const format of ['ustar', 'gnu', 'pax']) {
        const file = path.join(root, `${format}.tgz`);
        execFileSync('tar', [`--format=${format}`, '-C', path.join(root, 'in'), '-czf', file, '.']);
        assert.equal(buildLocal({ files: readArchive(readFileSync(file)), path: '/' }).yaml(), CONFIG_MAP, format);
      }
      return Promise.resolve();
    }));

  it('are bounded and checked', () => {
    const big = gzipSync(Buffer.alloc(100_000));
    assert.throws(() => readArchive(big, { bytes: 1000, entries: 10 }), /larger than 1000 bytes/);
    assert.throws(() => readArchive(Buffer.from('nothing')), /no gzip stream/);
    const header = Buffer.alloc(512);
    header.write('../evil', 0);
    header.write('00000000000', 124);
    header.write('0', 156);
    assert.throws(() => readArchive(gzipSync(header)), /invalid name/);
  });
});

describe('files in memory', () => {
  it('name what is missing as the file system does', () => {
    const files = new MemoryFiles([['/a/b.yaml', 'x']]);
    assert.throws(() => files.locate('/a/c/d'), /evalsymlink failure on '\/a\/c\/d' : lstat \/a\/c: no such file/);
    assert.throws(() => files.locate('/a/b.yaml/d'), /lstat \/a\/b\.yaml\/d: not a directory/);
    assert.throws(() => files.read('/a'), /read \/a: is a directory/);
    assert.deepEqual(files.locate('/a/b.yaml'), { dir: '/a', file: 'b.yaml' });
    assert.deepEqual(files.list('/'), [{ name: 'a', kind: 'directory' }]);
  });
});

describe('Git URLs', () => {
  const rows: readonly (readonly [url: string, clone: string | undefined, path?: string, ref?: string])[] = [
    ['../base', undefined],
    ['/abs/path', undefined],
    ['base.yaml', undefined],
    ['https://github.com/org/repo', 'https://github.com/org/repo', ''],
    ['https://github.com/org/repo//deep/path?ref=v1', 'https://github.com/org/repo', 'deep/path', 'v1'],
    ['github.com/org/repo/deep?version=v2', 'https://github.com/org/repo', 'deep', 'v2'],
    ['git@github.com:org/repo.git/deep', 'git@github.com:org/repo.git', 'deep'],
    ['ssh://git@github.com/org/repo', 'git@github.com:org/repo', ''],
    ['git::https://host.x/a/b.git//c', 'https://host.x/a/b.git', 'c'],
    ['https://host.x/org/project/_git/repo/sub', 'https://host.x/org/project/_git/repo', 'sub'],
    ['user@host.x:a/b/c', 'user@host.x:a/b', 'c'],
    ['file:///srv/repo', 'file:///srv/repo', ''],
    ['https://host.x/only', undefined],
    ['https://github.com/org/repo//../out', undefined],
  ];
  for (const [url, clone, dir = '', ref = ''] of rows) {
    it(url, () => {
      const spec = parseRepoSpec(url);
      assert.equal(spec?.cloneUrl, clone);
      if (spec !== undefined) assert.deepEqual([spec.path, spec.ref], [dir, ref]);
    });
  }

  it('take a timeout in seconds or as a duration', () => {
    assert.equal(parseRepoSpec('https://github.com/a/b?timeout=61')?.timeoutMs, 61_000);
    assert.equal(parseRepoSpec('https://github.com/a/b?timeout=1m1s')?.timeoutMs, 61_000);
    assert.equal(parseRepoSpec('https://github.com/a/b?timeout=x')?.timeoutMs, 27_000);
    assert.equal(parseRepoSpec('https://github.com/a/b?submodules=false')?.submodules, false);
  });
});
