// Post-quantum identities of age: a file that age-encryption 0.3.1 made for one, and its key.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { KeyRing } from '#sops/index';
import { keys } from './keys.ts';

interface Recorded {
  readonly identity: string;
  readonly recipient: string;
  readonly enc: string;
  /** base64 */
  readonly dataKey: string;
}

const file = path.join(import.meta.dirname, '../golden/sops/hybrid.json');
const { identity, recipient, enc, dataKey } = JSON.parse(readFileSync(file, 'utf8')) as Recorded;

async function decrypted(...identities: readonly string[]): Promise<string> {
  const ring = await KeyRing.open([{ name: 'a.agekey', type: 'age', content: identities.join('\n') }], 'the test');
  return Buffer.from(await ring.decrypt({ type: 'age', recipient, enc })).toString('base64');
}

describe('a post-quantum identity of age', () => {
  it('opens what was encrypted for it, also beside others', async () => {
    assert.equal(await decrypted(identity), dataKey);
    assert.equal(await decrypted(keys.age.identity, identity), dataKey);
  });

  it('is the only one that does', async () => {
    await assert.rejects(decrypted(keys.age.identity), /no identity matched any of the recipients$/);
  });

  it('is refused when it was mistyped', async () => {
    await assert.rejects(decrypted(identity.replace(/.$/, 'Q')), /malformed secret key$/);
  });
});
