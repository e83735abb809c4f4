// Private keys for SSH: OpenSSH's own format and PEM, encrypted or not, as one form the SSH library reads.
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { errorMessage } from '#lib/errors';
import type { Secret } from '#lib/secret';
import { GitError } from '../errors.ts';

/** Whether a passphrase is needed to read the key. */
export function isEncryptedKey(pem: string): boolean {
  if (/^Proc-Type: *4,ENCRYPTED/m.test(pem) || pem.includes('-----BEGIN ENCRYPTED PRIVATE KEY-----')) return true;
  const openSsh = /-----BEGIN OPENSSH PRIVATE KEY-----([^-]*)-----END/.exec(pem);
  if (openSsh === null) return false;
  const bytes = Buffer.from(openSsh[1]!, 'base64');
  const magic = 'openssh-key-v1\0';
  if (bytes.length < magic.length + 4 || bytes.toString('latin1', 0, magic.length) !== magic) return false;
  const length = bytes.readUInt32BE(magic.length);
  return bytes.toString('latin1', magic.length + 4, magic.length + 4 + Math.min(length, 64)) !== 'none';
}

/**
 * The key in a form that `ssh2` reads: PKCS #8 becomes PKCS #1, SEC 1 or OpenSSH's, everything else stays as it is.
 * Throws GIT_BAD_IDENTITY.
 */
export function readableKey(identity: Secret, passphrase: Secret | undefined): string {
  const pem = identity.reveal().trim();
  if (!/-----BEGIN (ENCRYPTED )?PRIVATE KEY-----/.test(pem)) return `${pem}\n`;
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: pem, ...(passphrase !== undefined && { passphrase: passphrase.reveal() }) });
  } catch (error) {
    throw new GitError('GIT_BAD_IDENTITY', `the SSH identity key cannot be read: ${errorMessage(error)}`);
  }
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return key.export({ type: 'pkcs1', format: 'pem' });
    case 'ec':
      return key.export({ type: 'sec1', format: 'pem' });
    case 'ed25519':
      return openSshEd25519(key);
    default:
      throw new GitError('GIT_BAD_IDENTITY', `an SSH identity key of type ${key.asymmetricKeyType} is not supported`);
  }
}

function openSshEd25519(key: KeyObject): string {
  const { d = '', x = '' } = key.export({ format: 'jwk' });
  const seed = Buffer.from(d, 'base64url');
  const point = Buffer.from(x, 'base64url');
  const type = Buffer.from('ssh-ed25519');
  const publicKey = Buffer.concat([sized(type), sized(point)]);
  // Two equal check words, where an encrypted key would prove its passphrase by them.
  const check = Buffer.alloc(8);
  const secret = Buffer.concat([check, sized(type), sized(point), sized(Buffer.concat([seed, point])), sized('')]);
  const padding = Buffer.from(Array.from({ length: (8 - (secret.length % 8)) % 8 }, (_, i) => i + 1));
  const body = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    sized('none'),
    sized('none'),
    sized(''),
    Buffer.from([0, 0, 0, 1]),
    sized(publicKey),
    sized(Buffer.concat([secret, padding])),
  ]);
  const lines = body.toString('base64').match(/.{1,70}/g) ?? [];
  return ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----', ''].join('\n');
}

function sized(value: Buffer | string): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
