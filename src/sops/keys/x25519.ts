// X25519 keys from and to their 32 bytes, and what two of them agree on.
import { createPrivateKey, createPublicKey, diffieHellman, type KeyObject } from 'node:crypto';
import { SopsError } from '../errors.ts';

/** What DER has before the 32 bytes of a private and of a public key. */
const privatePrefix = Buffer.from('302e020100300506032b656e04220420', 'hex');
const publicPrefix = Buffer.from('302a300506032b656e032100', 'hex');

export interface X25519Pair {
  readonly privateKey: KeyObject;
  /** 32 bytes. */
  readonly publicBytes: Buffer;
}

export function x25519Pair(secret: Buffer): X25519Pair {
  const key = Buffer.concat([privatePrefix, secret]);
  const privateKey = createPrivateKey({ key, format: 'der', type: 'pkcs8' });
  const der = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return { privateKey, publicBytes: der.subarray(publicPrefix.length) };
}

/** OpenSSL refuses points of low order, whose secret everybody knows. */
export function x25519Agreement({ privateKey }: X25519Pair, publicBytes: Buffer): Buffer {
  const key = Buffer.concat([publicPrefix, publicBytes]);
  try {
    return diffieHellman({ privateKey, publicKey: createPublicKey({ key, format: 'der', type: 'spki' }) });
  } catch (error) {
    const message = 'failed to create reader for decrypting sops data key with age: invalid X25519 recipient';
    throw new SopsError('SOPS_KEY', message, { cause: error });
  }
}
