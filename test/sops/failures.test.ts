// What cannot be decrypted: the reason in SOPS's words, and never a value in it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { decryptObject, decryptText, KeyRing, SopsError, type KeySources } from '#sops/index';
import { keys, localKeys } from './keys.ts';

const file = path.join(import.meta.dirname, '../golden/sops/documents.json');
const recorded = JSON.parse(readFileSync(file, 'utf8')) as readonly { readonly name: string; encrypted: string }[];

function encrypted(name: string): string {
  return recorded.find((document) => document.name === name)!.encrypted;
}

const numbers = encrypted('an unencrypted suffix');

async function failure(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => assert.fail('it decrypted'),
    (error: unknown) => error,
  );
  assert.ok(error instanceof SopsError);
  return error.message;
}

describe('a document that cannot be decrypted', () => {
  let known: KeySources;
  before(async () => {
    known = await localKeys();
  });

  const tampered = [
    {
      what: 'a value that was never encrypted',
      text: numbers.replace(/^a: .*$/m, 'a: forgotten'),
      message:
        "error decrypting sops tree: Error walking tree: Could not decrypt value: Input string <redacted> does not match sops' data format",
    },
    {
      what: 'a number that was never encrypted',
      text: numbers.replace(/^a: .*$/m, 'a: 7'),
      message:
        'error decrypting sops tree: Error walking tree: Could not decrypt value: it is of type int, not a string',
    },
    {
      what: 'a value that was changed',
      text: numbers.replace('data:', 'data:AAAA'),
      message:
        'error decrypting sops tree: Error walking tree: Could not decrypt value: Could not decrypt with AES_GCM: cipher: message authentication failed',
    },
    {
      what: 'a value that was moved to another key',
      text: numbers.replace(/^a:/m, 'z:'),
      message:
        'error decrypting sops tree: Error walking tree: Could not decrypt value: Could not decrypt with AES_GCM: cipher: message authentication failed',
    },
    {
      what: 'a tag that was cut short',
      text: numbers.replace(/tag:([^,]{4})[^,]*/, 'tag:$1'),
      message:
        'error decrypting sops tree: Error walking tree: Could not decrypt value: Could not decrypt with AES_GCM: cipher: message authentication failed',
    },
    {
      what: 'a type nobody knows',
      text: numbers.replace('type:int', 'type:poem'),
      message: 'error decrypting sops tree: Error walking tree: Could not decrypt value: Unknown datatype: poem',
    },
    {
      what: 'a text without metadata',
      text: numbers.replace(/^sops:[^]*/m, ''),
      message: 'failed to load encrypted YAML data: sops metadata not found',
    },
    {
      what: 'metadata without keys',
      text: 'sops:\n  mac: ENC[\n',
      message: 'failed to load encrypted YAML data: No keys found in file',
    },
    {
      what: 'two rules at once',
      text: numbers.replace('unencrypted_suffix:', 'encrypted_regex: x\n    unencrypted_suffix:'),
      message:
        'failed to load encrypted YAML data: Cannot use more than one of encrypted_suffix, unencrypted_suffix, encrypted_regex, unencrypted_regex, encrypted_comment_regex, or unencrypted_comment_regex in the same file',
    },
    {
      what: 'what is no YAML',
      text: 'a: [',
      message:
        'failed to load encrypted YAML data: Error unmarshalling input yaml: yaml: line 1: did not find expected node content',
    },
    {
      what: 'a key that is no text',
      text: numbers.replace(/^a:/m, '1:'),
      message: 'Tree contains a non-string key. Only string keys are supported',
    },
    {
      what: 'aliases that stand for far too much',
      text: `a0: &a0 [x]\n${Array.from({ length: 40 }, (_, n) => `a${n + 1}: &a${n + 1} [*a${n}, *a${n}]\n`).join('')}${numbers}`,
      message: 'document contains excessive aliasing',
    },
  ];
  for (const { what, text, message } of tampered) {
    it(what, async () => {
      const told = await failure(decryptText(Buffer.from(text), { from: 'yaml', to: 'yaml' }, known));
      assert.ok(told.endsWith(message), told);
      assert.ok(!told.includes('forgotten'));
    });
  }

  it('names every key and what is wrong with it, as SOPS lays it out', async () => {
    const ring = await KeyRing.open([{ name: 'x', type: 'age', content: keys.stranger.identity }], 'the test');
    const sources = { ring, remote: () => undefined };
    assert.equal(
      await failure(decryptText(Buffer.from(numbers), { from: 'yaml', to: 'yaml' }, sources)),
      `cannot get sops data key: Failed to get the data key required to decrypt the SOPS file.

Group 0: FAILED
  ${keys.age.recipient}: FAILED
    - | failed to create reader for decrypting sops data key with
      | age: no identity matched any of the recipients

Recovery failed because no master key was able to decrypt the file. In
order for SOPS to recover the file, at least one key has to be successful,
but none were.`,
    );
  });

  it('says which groups were opened when more of them are needed', async () => {
    const text = encrypted('YAML for two of three groups').replace('shamir_threshold: 2', 'shamir_threshold: 3');
    assert.equal(
      await failure(decryptText(Buffer.from(text), { from: 'yaml', to: 'yaml' }, known)),
      `cannot get sops data key: Failed to get the data key required to decrypt the SOPS file.

Group 0: SUCCESS

Group 1: SUCCESS

Group 2: FAILED
  ${keys.stranger.recipient}: FAILED
    - | failed to create reader for decrypting sops data key with
      | age: no identity matched any of the recipients

Recovery failed because the file was encrypted with a Shamir threshold of
3, but only 2 part(s) were successfully recovered, one for each successful
key group. In order for SOPS to recover the file, at least 3 groups have to
be successful. In order for a group to be successful, decryption has to
succeed with any of the keys in that key group.`,
    );
  });

  it('says what is missing in the Secret', async () => {
    const sources = { ring: await KeyRing.open([], 'the test'), remote: () => undefined };
    const none = async (name: string): Promise<string> => {
      const told = await failure(decryptText(Buffer.from(encrypted(name)), { from: 'yaml', to: 'yaml' }, sources));
      return told.replaceAll(/\n\s+\| /g, ' ');
    };
    assert.match(await none('a Secret'), /the decryption Secret has no entry whose name ends in \.agekey/);
    assert.match(await none('YAML for an RSA key'), /the decryption Secret has no entry whose name ends in \.asc/);
  });

  for (const { from, to, message } of [
    { from: 'every type', to: 'binary', message: 'error emitting binary store: no binary data found in tree' },
    { from: 'every type', to: 'dotenv', message: 'cannot use complex value in dotenv file; offending key list' },
    { from: 'every type', to: 'ini', message: 'Section values should always be TreeBranches' },
  ] as const) {
    it(`a format that cannot hold it: ${to}`, async () => {
      const told = await failure(decryptText(Buffer.from(encrypted(from)), { from: 'yaml', to }, known));
      assert.match(told, /^failed to emit encrypted YAML file as decrypted /);
      assert.ok(told.endsWith(message), told);
    });
  }

  it('a damaged age file', async () => {
    const broken = numbers.replace(/(-----BEGIN AGE ENCRYPTED FILE-----\s+\w+)\w/, '$1_');
    const told = await failure(decryptText(Buffer.from(broken), { from: 'yaml', to: 'yaml' }, known));
    assert.match(told, /failed to read header/);
  });
});

describe('entries of the decryption Secret that cannot be used', () => {
  const { identity } = keys.age;
  for (const { what, content, message } of [
    { what: 'a mistyped character', content: identity.replace(/.$/, 'Q'), message: 'malformed secret key' },
    {
      what: 'both cases',
      content: identity.replace(/.$/, (last) => last.toLowerCase()),
      message: 'malformed secret key',
    },
    { what: 'a recipient', content: keys.age.recipient, message: 'unknown identity type' },
    { what: 'a plugin', content: 'AGE-PLUGIN-YUBIKEY-1QQ', message: 'plugins cannot be run here' },
  ]) {
    it(`as an age identity: ${what}`, async () => {
      const told = await failure(KeyRing.open([{ name: 'k.agekey', type: 'age', content }], "Secret 'ns/keys'"));
      const start =
        "failed to import 'k.agekey' data from Secret 'ns/keys': failed to parse and add to age identities: ";
      assert.match(told, new RegExp(`^${start}(?:${message})$`));
    });
  }

  it('as an OpenPGP key: words', async () => {
    const told = await failure(KeyRing.open([{ name: 'k.asc', type: 'pgp', content: 'words' }], "Secret 'ns/keys'"));
    assert.match(told, /^failed to import 'k\.asc' data from Secret 'ns\/keys': failed to import armored key data/);
  });
});

describe('an encrypted object of the cluster', () => {
  it('has its values, of their types, and no metadata', async () => {
    const { encrypted: text } = recorded.find(({ name }) => name === 'JSON')!;
    const object = JSON.parse(text) as Record<string, string>;
    const result = await decryptObject(object, await localKeys());
    assert.ok('plain' in result);
    const { big, html, object: empty, sops, ...rest } = result.plain;
    assert.equal(sops, undefined);
    assert.equal(html, '<a href="x">&amp;</a>');
    assert.deepEqual(empty, {});
    assert.equal(big, 12345678901234567000);
    assert.deepEqual(rest['list'], [1, 'two', null, true, { three: 3 }, []]);
    assert.equal(rest['float'], 1.5);
  });
});
