// Keys that open what the tests encrypt, and one that does not.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { KeyRing, type KeySources } from '#sops/index';

interface AgeKey {
  readonly recipient: string;
  readonly identity: string;
}

interface PgpKey {
  readonly fingerprint: string;
  readonly armored: string;
}

const file = path.join(import.meta.dirname, '../golden/sops/keys.json');

export const keys = JSON.parse(readFileSync(file, 'utf8')) as {
  readonly age: AgeKey;
  /** Not among those of {@link localKeys}. */
  readonly stranger: AgeKey;
  readonly rsa: PgpKey;
  readonly curve: PgpKey;
};

/** All that one knows without a service. */
export async function localKeys(): Promise<KeySources> {
  const files = [
    { name: 'a.agekey', type: 'age', content: `# created today\n\n${keys.age.identity}\n` },
    { name: 'rsa.asc', type: 'pgp', content: keys.rsa.armored },
    { name: 'curve.asc', type: 'pgp', content: keys.curve.armored },
  ] as const;
  return { ring: await KeyRing.open(files, 'the test'), remote: () => undefined };
}
