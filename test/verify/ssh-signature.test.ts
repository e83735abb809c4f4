// SSH signatures made by ssh-keygen, and which files of trusted keys are read.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseTrustedKeys, verifySignature } from '#verify/index';
import { tempDir } from '#test/support/temp-dir';

const payload = Buffer.from('what was signed\n');

async function signed(
  type: string,
  options: { readonly bits?: string; readonly namespace?: string } = {},
): Promise<{
  readonly key: string;
  readonly signature: string;
  readonly fingerprint: string;
}> {
  const dir = await tempDir('sign');
  const key = join(dir, 'key');
  const bits = options.bits === undefined ? [] : ['-b', options.bits];
  execFileSync('ssh-keygen', ['-q', '-t', type, ...bits, '-N', '', '-C', 'jane', '-f', key]);
  const file = join(dir, 'payload');
  await writeFile(file, payload);
  execFileSync('ssh-keygen', ['-Y', 'sign', '-n', options.namespace ?? 'git', '-f', key, file], { stdio: 'ignore' });
  return {
    key: await readFile(`${key}.pub`, 'utf8'),
    signature: await readFile(`${file}.sig`, 'utf8'),
    fingerprint: execFileSync('ssh-keygen', ['-lf', `${key}.pub`], { encoding: 'utf8' }).split(' ')[1]!,
  };
}

async function check(text: string, signature: string, data = payload): ReturnType<typeof verifySignature> {
  return verifySignature(data, signature, await parseTrustedKeys([{ name: 'k.sshpub', text }]));
}

describe('SSH signatures', function () {
  this.timeout(20_000);
  const types: readonly [string, string?][] = [
    ['ed25519'],
    ['rsa', '2048'],
    ['ecdsa', '256'],
    ['ecdsa', '384'],
    ['ecdsa', '521'],
  ];
  for (const [type, bits] of types) {
    it(`of ${type} ${bits ?? ''} hold, name the key, and fail for other bytes`, async () => {
      const { key, signature, fingerprint } = await signed(type, bits === undefined ? {} : { bits });
      assert.deepEqual(await check(`# jane\n\n${key}`, signature), { key: fingerprint });
      const failure = { failure: 'unable to verify payload with any of the given authorized keys' };
      assert.deepEqual(await check(key, signature, Buffer.from('what was signed!\n')), failure);
    });
  }

  it('of another key, or for another purpose, do not hold', async () => {
    const [jane, eve] = await Promise.all([signed('ed25519'), signed('ed25519')]);
    const failure = { failure: 'unable to verify payload with any of the given authorized keys' };
    assert.deepEqual(await check(jane.key, eve.signature), failure);
    const file = await signed('ed25519', { namespace: 'file' });
    assert.deepEqual(await check(file.key, file.signature), failure);
  });

  it('that are broken are said to be', async () => {
    const { key, signature } = await signed('ed25519');
    const lines = signature.split('\n');
    const cut = [lines[0], lines[1], lines.at(-2)].join('\n');
    assert.match(JSON.stringify(await check(key, cut)), /the signature cannot be read: it is cut short/);
    assert.match(JSON.stringify(await check(key, '-----BEGIN SSH SIGNATURE-----\n')), /cannot be read/);
  });

  it('take keys with options before them', async () => {
    const { key, signature, fingerprint } = await signed('ed25519');
    assert.deepEqual(await check(`restrict,pty ${key}`, signature), { key: fingerprint });
  });
});

describe('trusted keys', () => {
  it('are read as long as one file can be', async () => {
    const { key, signature, fingerprint } = await signed('ed25519');
    const keys = await parseTrustedKeys([
      { name: 'broken.asc', text: 'no key' },
      { name: 'k.sshpub', text: key },
    ]);
    assert.deepEqual(await verifySignature(payload, signature, keys), { key: fingerprint });
    const pgp = await verifySignature(payload, '-----BEGIN PGP SIGNATURE-----\n', keys);
    assert.deepEqual(pgp, { failure: 'it is signed with OpenPGP, and no such key is in the secret' });
  });

  it('name the file that cannot be read when none can', async () => {
    await assert.rejects(
      parseTrustedKeys([{ name: 'a.asc', text: 'no key' }]),
      /^Error: unable to read the keys in 'a.asc': /,
    );
    await assert.rejects(parseTrustedKeys([{ name: 'a.sshpub', text: 'no key' }]), /a line is not an SSH public key/);
    await assert.rejects(parseTrustedKeys([]), /there is no public key in the secret/);
  });
});
