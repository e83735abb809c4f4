// Identities of age that a quantum computer is not to break: ML-KEM-768 with X25519 (X-Wing), by HPKE (RFC 9180).
// As a whole: Node before 24.7 has no `decapsulate`, and all other keys are of use there too.
import * as crypto from 'node:crypto';
import { opened, stanzaParts, type AgeIdentity } from './age-stanza.ts';
import { x25519Agreement, x25519Pair } from './x25519.ts';

const label = Buffer.from('age-encryption.org/mlkem768x25519');
const encapsulationBytes = 1088;
const seedBytes = 64;
/** What DER has before the seed of an ML-KEM-768 key. */
const seedPrefix = Buffer.from('3054020100300b060960864801650304040204428040', 'hex');
/** Drawn by its authors: an X and its wings. */
const xWingLabel = Buffer.from('5c2e2f2f5e5c', 'hex');
/** X-Wing, HKDF with SHA-256, ChaCha20-Poly1305. */
const suite = Buffer.concat([Buffer.from('HPKE'), Buffer.from('647a00010003', 'hex')]);
const nothing = Buffer.alloc(0);

/** @param secret 32 bytes */
export function hybridIdentity(secret: Buffer): AgeIdentity {
  const seeds = crypto
    .createHash('shake256', { outputLength: seedBytes + 32 })
    .update(secret)
    .digest();
  const key = Buffer.concat([seedPrefix, seeds.subarray(0, seedBytes)]);
  const lattice = crypto.createPrivateKey({ key, format: 'der', type: 'pkcs8' });
  const curve = x25519Pair(seeds.subarray(seedBytes));
  return {
    unwrap(stanza) {
      const parts = stanzaParts(stanza, 'mlkem768x25519', encapsulationBytes + 32);
      if (parts === undefined) return undefined;
      const [encapsulated, point] = [
        parts.share.subarray(0, encapsulationBytes),
        parts.share.subarray(encapsulationBytes),
      ];
      const shared = crypto
        .createHash('sha3-256')
        .update(Buffer.from(crypto.decapsulate(lattice, encapsulated)))
        .update(x25519Agreement(curve, point))
        .update(point)
        .update(curve.publicBytes)
        .update(xWingLabel)
        .digest();
      const { key, nonce } = hpkeKey(shared);
      return opened(key, nonce, parts.wrapped);
    },
  };
}

/** The key schedule without a key shared before, for the first message. */
function hpkeKey(shared: Buffer): { readonly key: Buffer; readonly nonce: Buffer } {
  const context = Buffer.concat([
    Buffer.from([0]),
    extract(nothing, 'psk_id_hash', nothing),
    extract(nothing, 'info_hash', label),
  ]);
  const secret = extract(shared, 'secret', nothing);
  return { key: expand(secret, 'key', context, 32), nonce: expand(secret, 'base_nonce', context, 12) };
}

function extract(salt: Buffer, name: string, material: Buffer): Buffer {
  return crypto.createHmac('sha256', salt).update('HPKE-v1').update(suite).update(name).update(material).digest();
}

/** Of at most one block of the hash. */
function expand(secret: Buffer, name: string, context: Buffer, length: number): Buffer {
  const hmac = crypto
    .createHmac('sha256', secret)
    .update(Buffer.from([0, length]))
    .update('HPKE-v1')
    .update(suite);
  return hmac
    .update(name)
    .update(context)
    .update(Buffer.from([1]))
    .digest()
    .subarray(0, length);
}
