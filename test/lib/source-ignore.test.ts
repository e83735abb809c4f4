// Ignore rules of sources, pattern by pattern, as the matcher of Flux has them.
import assert from 'node:assert/strict';
import { SourceIgnore, type IgnoreFile } from '#lib/source-ignore';

type Row = readonly [patterns: string, path: string, ignored: boolean];

// Paths that end in a slash are directories. Where the matcher of Flux differs from Git's, the row says so.
const table: readonly Row[] = [
  ['*.txt', 'a.txt', true],
  ['*.txt', 'deep/er/a.txt', true],
  ['*.txt', 'a.txt.yaml', false],
  ['/a.txt', 'a.txt', true],
  ['/a.txt', 'deep/a.txt', false],
  ['deep/a.txt', 'deep/a.txt', true],
  ['deep/a.txt', 'x/deep/a.txt', false],
  ['name', 'name/below/it.yaml', true],
  ['a/b', 'a/b/c/d', true],
  ['dir/', 'dir/', true],
  ['dir/', 'dir/x', true],
  ['dir/', 'dir', false],
  ['dir/', 'x/dir/y', true],
  ['a/dir/', 'a/dir', false],
  ['a/dir/', 'a/dir/', true],
  ['a/dir/', 'a/dir/x', true],
  ['**/x', 'x', true],
  ['**/x', 'a/b/x', true],
  ['**/x', 'a/b/x/y', true],
  ['a/**/x', 'a/x', true],
  ['a/**/x', 'a/b/c/x', true],
  ['a/**/x', 'b/x', false],
  ['a/**', 'a/b', true],
  // Git would leave the directory itself alone.
  ['a/**', 'a/', true],
  // Git takes these stars for one.
  ['a**/x', 'ab/x', false],
  ['*', 'anything/at/all', true],
  ['*\n!keep', 'keep', false],
  ['*\n!keep', 'keep/below', false],
  ['/*\n!/deploy', 'deploy/a.yaml', false],
  ['/*\n!/deploy', 'src/a.ts', true],
  // Git never re-includes below an excluded directory.
  ['dir\n!dir/keep.yaml', 'dir/keep.yaml', false],
  ['dir\n!dir/keep.yaml', 'dir/other.yaml', true],
  ['!a.txt\n*.txt', 'a.txt', true],
  ['# comment\n\n   \n*.txt', '# comment', false],
  ['\\#x', '#x', true],
  ['\\!x', '!x', true],
  ['trailing   ', 'trailing', true],
  ['trailing\\ ', 'trailing ', true],
  [' leading', ' leading', true],
  ['a.txt\r\nb.txt\r\n', 'a.txt', true],
  ['[a-c].yaml', 'b.yaml', true],
  ['[^a-c].yaml', 'b.yaml', false],
  ['[', '[', false],
  ['{a,b}', 'a', false],
  ['a?c', 'abc', true],
  ['__proto__', '__proto__/x', true],
];

function ignores(rule: SourceIgnore, path: string): boolean {
  const isDirectory = path.endsWith('/');
  return rule.ignores(isDirectory ? path.slice(0, -1) : path, isDirectory);
}

describe('ignore rules of sources', () => {
  for (const [patterns, path, expected] of table) {
    it(`${JSON.stringify(patterns)} ${expected ? 'leaves out' : 'keeps'} ${path}`, () => {
      assert.equal(ignores(new SourceIgnore([], patterns), path), expected);
    });
  }

  describe('that nobody gave', () => {
    const rule = new SourceIgnore([], undefined);
    const out = [
      '.git/',
      '.git/config',
      '.gitignore',
      'a/.gitmodules',
      '.gitattributes',
      'a.jpg',
      'x/y.tar.gz',
      'a.zip',
    ];
    const more = [
      '.github/',
      '.github/workflows/x.yaml',
      '.travis.yml',
      'x/.sops.yaml',
      '.flux.yaml',
      '.goreleaser.yml',
    ];
    for (const path of [...out, ...more]) it(`leave out ${path}`, () => assert.ok(ignores(rule, path)));
    for (const path of ['.git', 'a.yaml', 'image.svg', '.github', '.sourceignore', 'gitignore']) {
      it(`keep ${path}`, () => assert.ok(!ignores(rule, path)));
    }
    it('hold no more once there is a pattern, but for what is Git’s own', () => {
      const own = new SourceIgnore([], 'nothing-like-it');
      assert.ok(!ignores(own, 'a.jpg') && !ignores(own, '.github/x'));
      assert.ok(ignores(own, '.git/config') && ignores(own, '.gitignore'));
    });
    it('hold where what is given has no pattern', () => {
      assert.ok(ignores(new SourceIgnore([{ directory: '', text: '# nothing\n' }], ''), 'a.jpg'));
    });
    it('can be taken back', () => assert.ok(!ignores(new SourceIgnore([], '!.gitignore'), '.gitignore')));
  });

  describe('of files in the source', () => {
    const files: readonly IgnoreFile[] = [
      { directory: '', text: '*.txt\n' },
      { directory: 'a', text: '!keep.txt\n/only.yaml\n' },
      { directory: 'a/b', text: '*\n' },
    ];
    const rule = new SourceIgnore(files, '!spec.txt');
    const rows: readonly [string, boolean][] = [
      ['x.txt', true],
      ['keep.txt', true],
      ['a/keep.txt', false],
      ['a/c/keep.txt', false],
      ['a/only.yaml', true],
      ['a/c/only.yaml', false],
      ['only.yaml', false],
      ['a/b/c.yaml', true],
      ['ab/c.yaml', false],
      ['spec.txt', false],
      ['a/b/spec.txt', false],
    ];
    for (const [path, expected] of rows) {
      it(`${expected ? 'leave out' : 'keep'} ${path}`, () => assert.equal(ignores(rule, path), expected));
    }
  });
});
