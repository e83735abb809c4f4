// Documents as SOPS encrypts them come out byte for byte as SOPS decrypts them: recorded ones, and fresh ones where it is here.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { decryptText, type Conversion, type KeySources } from '#sops/index';
import { toolOrSkip } from '#test/support/tools';
import { documents } from './cases.ts';
import { localKeys } from './keys.ts';
import { SopsProgram } from './sops-program.ts';

interface Recorded extends Conversion {
  readonly name: string;
  readonly encrypted: string;
  /** base64 */
  readonly plain: string;
}

const file = path.join(import.meta.dirname, '../golden/sops/documents.json');
const recorded = JSON.parse(readFileSync(file, 'utf8')) as readonly Recorded[];

async function decrypted(encrypted: string, conversion: Conversion, keys: KeySources): Promise<Buffer> {
  const result = await decryptText(Buffer.from(encrypted), conversion, keys);
  assert.ok('plain' in result);
  return result.plain;
}

describe('an encrypted document comes out as SOPS 3.11 decrypts it', () => {
  let keys: KeySources;
  before(async () => {
    keys = await localKeys();
  });

  it('is one of those that were recorded', () => {
    assert.deepEqual(
      recorded.map(({ name }) => name),
      documents.map(({ name }) => name),
    );
  });

  for (const { name, encrypted, plain, ...conversion } of recorded) {
    it(name, async () => {
      assert.deepEqual(await decrypted(encrypted, conversion, keys), Buffer.from(plain, 'base64'));
    });
  }
});

describe('a document that the real sops encrypts now', () => {
  let program: SopsProgram;
  let keys: KeySources;
  before(async function () {
    program = await SopsProgram.open(await toolOrSkip(this, 'sops'));
    keys = await localKeys();
  });
  after(() => program?.close());

  for (const document of documents) {
    it(document.name, async () => {
      const encrypted = await program.encrypt(document);
      const conversion = { from: document.format, to: document.to ?? document.format };
      assert.deepEqual(await decrypted(encrypted, conversion, keys), await program.decrypt(encrypted, conversion));
    });
  }
});
