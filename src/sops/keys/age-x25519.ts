// Identities of age as everybody has them: X25519.
import { hkdfSync } from 'node:crypto';
import { opened, stanzaParts, type AgeIdentity } from './age-stanza.ts';
import { x25519Agreement, x25519Pair } from './x25519.ts';

const label = 'age-encryption.org/v1/X25519';

/** @param secret 32 bytes */
export function x25519Identity(secret: Buffer): AgeIdentity {
  const pair = x25519Pair(secret);
  return {
    unwrap(stanza) {
      const parts = stanzaParts(stanza, 'X25519', 32);
      if (parts === undefined) return undefined;
      const shared = x25519Agreement(pair, parts.share);
      const salt = Buffer.concat([parts.share, pair.publicBytes]);
      return opened(Buffer.from(hkdfSync('sha256', shared, salt, label, 32)), Buffer.alloc(12), parts.wrapped);
    },
  };
}
