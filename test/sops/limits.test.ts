// Documents that are large, or made to be slow: each is read, or refused, in a time that grows with its length.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { decryptText, KeyRing, SopsError, type Format } from '#sops/index';
import { sealedDocument } from './sealed.ts';

const dataKey = randomBytes(32);
const metadata = { hc_vault: [{ vault_address: 'a', engine_path: 'e', key_name: 'k', enc: 'x' }] };
const patienceMs = 20_000;

async function outcome(text: string, from: Format): Promise<Buffer | string> {
  const keys = { ring: await KeyRing.open([], ''), remote: () => ({ part: dataKey }) };
  const begun = performance.now();
  try {
    const result = await decryptText(Buffer.from(text), { from, to: from }, keys);
    assert.ok('plain' in result);
    return result.plain;
  } catch (error) {
    assert.ok(error instanceof SopsError);
    return error.message;
  } finally {
    assert.ok(performance.now() - begun < patienceMs);
  }
}

function json(value: string): string {
  return JSON.stringify({ a: value, sops: { ...metadata, mac: 'x' } });
}

function numbered(count: number, line: (n: number) => string): string {
  return Array.from({ length: count }, (_, n) => `${line(n)}\n`).join('');
}

describe('a large or hostile document', () => {
  it('is decrypted when it is as large as one may be', async () => {
    const text = 'x'.repeat(3_700_000);
    const plain = await outcome(sealedDocument(dataKey, text, metadata), 'json');
    assert.equal(plain.toString(), `{\n\t"password": "${text}"\n}\n`);
  });

  const flat = 'hc_vault__list_0__map_enc';
  for (const { what, from, text } of [
    {
      what: 'marks of a value over and over',
      from: 'json',
      text: json(`ENC[AES256_GCM,data:${',iv:a,tag:a,type:a'.repeat(250_000)}`),
    },
    { what: 'escapes', from: 'json', text: json('\\'.repeat(2_000_000)) },
    { what: 'nesting', from: 'json', text: `{"a":${'['.repeat(2_000_000)}` },
    { what: 'keys', from: 'yaml', text: `sops: {hc_vault: [{enc: x}]}\n${numbered(20_000, (n) => `k${n}: ""`)}` },
    { what: 'comments', from: 'yaml', text: `sops: {hc_vault: [{enc: x}]}\n${numbered(300_000, () => '# c')}a: ""\n` },
    { what: 'keys', from: 'ini', text: `[sops]\n${flat} = x\n[a]\n${numbered(300_000, (n) => `k${n}=`)}` },
    { what: 'sections', from: 'ini', text: `[sops]\n${flat} = x\n${numbered(300_000, () => '[a]')}` },
    { what: 'keys', from: 'dotenv', text: `sops_${flat}=x\n${numbered(500_000, () => 'A=')}` },
    { what: 'depth of metadata', from: 'dotenv', text: `sops_${flat}=x\nsops_x${'__map_a'.repeat(500_000)}=1\n` },
  ] as const) {
    it(`ends soon, whatever comes of it: ${what} in ${from}`, async () => {
      await outcome(text, from);
    });
  }
});
