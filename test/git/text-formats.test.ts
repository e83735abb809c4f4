// The text formats around Git: .gitmodules, known_hosts, signed objects, addresses in messages.
import assert from 'node:assert/strict';
import { parseGitmodules, submoduleUrl } from '#git/gitmodules';
import { KnownHosts } from '#git/ssh/known-hosts';
import { signedCommit, signedTag } from '#git/signed-object';
import { publicUrl } from '#git/index';

describe('.gitmodules', () => {
  const files: readonly [string, string, readonly (readonly [string, string])[]][] = [
    ['one submodule', '[submodule "a"]\n\tpath = lib/a\n\turl = ../a.git\n', [['lib/a', '../a.git']]],
    [
      'quotes, comments and space',
      '[submodule "a"]\n path = "lib/a b" # why\n url=  https://h/x  ; so\n',
      [['lib/a b', 'https://h/x']],
    ],
    ['escapes', String.raw`[submodule "a"]` + '\n' + String.raw`path = "a\"b\\c"` + '\nurl = u\n', [['a"b\\c', 'u']]],
    ['a line that goes on', '[submodule "a"]\npath = lib/\\\na\nurl = u\n', [['lib/a', 'u']]],
    ['names of any case', '[SubModule "a"]\nPATH = p\nUrl = u\n', [['p', 'u']]],
    ['a slash at the end', '[submodule "a"]\npath = p/\nurl = u\n', [['p', 'u']]],
    ['what lacks an address', '[submodule "a"]\npath = p\n[submodule "b"]\npath = q\nurl = v\n', [['q', 'v']]],
    ['other sections', '[core]\npath = p\nurl = u\n', []],
    ['nonsense', '\0[[[=\n=\n[submodule "a\npath', []],
  ];
  for (const [what, text, expected] of files) {
    it(`is read with ${what}`, () => {
      assert.deepEqual(
        parseGitmodules(text).map(({ path, url }) => [path, url]),
        expected,
      );
    });
  }

  const addresses: readonly [parent: string, url: string, expected: string][] = [
    ['https://h/org/repo.git', '../other.git', 'https://h/org/other.git'],
    ['https://h/org/repo.git', './inner.git', 'https://h/org/repo.git/inner.git'],
    ['https://h/org/repo.git', '../../../../x', 'https://h/x'],
    ['https://user:pw@h/org/repo', '../x?a=b', 'https://user:pw@h/org/x%3Fa=b'],
    ['ssh://git@h:2222/org/repo', '../x', 'ssh://git@h:2222/org/x'],
    ['https://h/a', 'https://other/b', 'https://other/b'],
    ['https://h/a', 'git@other:org/b.git', 'ssh://git@other/org/b.git'],
    ['https://h/a', 'file:///etc', 'file:///etc'],
  ];
  for (const [parent, url, expected] of addresses) {
    it(`takes ${url} from ${parent}`, () => assert.equal(submoduleUrl(parent, url), expected));
  }
});

describe('known_hosts', () => {
  const bytes = (name: string): Buffer => Buffer.from(key(name), 'base64');
  const table: readonly [string, string, host: string, port: number, string][] = [
    ['a name', `h ssh-ed25519 ${key('a')}`, 'h', 22, 'trusted'],
    ['a name in capitals', `H ssh-ed25519 ${key('a')}`, 'h', 22, 'trusted'],
    ['another port', `h ssh-ed25519 ${key('a')}`, 'h', 2222, 'unknown'],
    ['a port of its own', `[h]:2222 ssh-ed25519 ${key('a')}`, 'h', 2222, 'trusted'],
    ['a list', `x,h,y ssh-ed25519 ${key('a')}`, 'h', 22, 'trusted'],
    ['a wildcard', `*.example.com ssh-ed25519 ${key('a')}`, 'git.example.com', 22, 'trusted'],
    [
      'a wildcard with an exception',
      `*.example.com,!git.example.com ssh-ed25519 ${key('a')}`,
      'git.example.com',
      22,
      'unknown',
    ],
    ['a question mark', `h? ssh-ed25519 ${key('a')}`, 'h1', 22, 'trusted'],
    ['no regular expression', `h.st ssh-ed25519 ${key('a')}`, 'host', 22, 'unknown'],
    ['brackets that mean nothing', `h[a-z] ssh-ed25519 ${key('a')}`, 'ha', 22, 'unknown'],
    ['another key', `h ssh-ed25519 ${key('b')}`, 'h', 22, 'mismatch'],
    ['another key and the right one', `h ssh-ed25519 ${key('b')}\nh ssh-ed25519 ${key('a')}`, 'h', 22, 'trusted'],
    ['a revoked key', `@revoked * ssh-ed25519 ${key('a')}\nh ssh-ed25519 ${key('a')}`, 'h', 22, 'revoked'],
    ['an authority', `@cert-authority h ssh-ed25519 ${key('a')}`, 'h', 22, 'unknown'],
    ['an unknown marker', `@else h ssh-ed25519 ${key('a')}`, 'h', 22, 'unknown'],
    ['a comment', `# h ssh-ed25519 ${key('a')}`, 'h', 22, 'unknown'],
    ['a type that is not the key’s', `h ssh-rsa ${key('a')}`, 'h', 22, 'unknown'],
    ['broken lines', `h\nh ssh-ed25519\n|1|x ssh-ed25519 ${key('a')}\nh ssh-ed25519 AAAA`, 'h', 22, 'unknown'],
  ];
  for (const [what, text, host, port, expected] of table) {
    it(`is read with ${what}`, () => assert.equal(KnownHosts.parse(text).check(host, port, bytes('a')), expected));
  }

  it('says which signatures to ask for', () => {
    const known = KnownHosts.parse(`h ssh-ed25519 ${key('a')}`);
    assert.deepEqual(known.algorithmsFor('h', 22), ['ssh-ed25519']);
    assert.ok(known.algorithmsFor('other', 22).includes('rsa-sha2-512'));
    assert.ok(!known.algorithmsFor('other', 22).includes('ssh-rsa'));
  });
});

describe('signed objects', () => {
  const headers = `tree ${'1'.repeat(40)}\nauthor A <a@a> 1 +0000\ncommitter A <a@a> 1 +0000\n`;

  it('give back a commit without its signature', () => {
    const signature = 'gpgsig -----BEGIN PGP SIGNATURE-----\n \n abc\n -----END PGP SIGNATURE-----\n';
    const { payload, signature: found } = signedCommit(Buffer.from(`${headers}${signature}\nsubject\n`));
    assert.equal(payload.toString(), `${headers}\nsubject\n`);
    assert.equal(found, '-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----\n');
  });

  it('see no signature in a message', () => {
    const commit = Buffer.from(`${headers}\nsubject\n\ngpgsig -----BEGIN PGP SIGNATURE-----\n abc\n`);
    assert.deepEqual(signedCommit(commit), { payload: commit });
  });

  it('give back a tag without its signature', () => {
    const tag = 'object 1\ntype commit\n\nmessage\n';
    const signature = '-----BEGIN SSH SIGNATURE-----\nabc\n-----END SSH SIGNATURE-----\n';
    const { payload, signature: found } = signedTag(Buffer.from(tag + signature));
    assert.equal(payload.toString(), tag);
    assert.equal(found, signature);
    assert.equal(signedTag(Buffer.from(tag)).signature, undefined);
  });
});

describe('addresses in messages', () => {
  const urls: readonly [string, string][] = [
    ['https://h/x', 'https://h/x'],
    ['https://jane:s3cret@h/x', 'https://h/x'],
    ['https://t0ken@h/x', 'https://h/x'],
    ['https://h/x?access_token=s3cret', 'https://h/x'],
    ['ssh://git@h/x', 'ssh://git@h/x'],
    ['ssh://git:s3cret@h/x', 'ssh://git@h/x'],
    ['no url', 'no url'],
  ];
  for (const [url, expected] of urls) {
    it(`show ${url} as ${expected}`, () => assert.equal(publicUrl(url), expected));
  }
});

/** A key of the right form, told from others by the name. */
function key(name: string): string {
  return Buffer.from(`\0\0\0\x0bssh-ed25519\0\0\0\x20${name.padEnd(32, '.')}`).toString('base64');
}
