// SSH signatures as `ssh-keygen -Y sign` makes them, for the namespace Git uses. OpenSSH's PROTOCOL.sshsig.
import { createHash, createPublicKey, verify, type KeyObject } from 'node:crypto';

export interface SshPublicKey {
  readonly type: string;
  /** The key as it travels: what signatures carry. */
  readonly blob: Buffer;
}

const namespace = 'git';
const keyTypes =
  /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)|sk-(ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com)$/;

/** Keys of an authorized_keys file. Throws when a line is none, or there is no key at all. */
export function parseAuthorizedKeys(text: string): SshPublicKey[] {
  const keys: SshPublicKey[] = [];
  for (const raw of text.split('\n')) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const words = line.split(/\s+/);
    const at = words.findIndex((word) => keyTypes.test(word));
    const type = words[at];
    const blob = Buffer.from(words[at + 1] ?? '', 'base64');
    if (type === undefined || new Wire(blob).text() !== type) throw new Error('a line is not an SSH public key');
    keys.push({ type, blob });
  }
  if (keys.length === 0) throw new Error('there is no SSH public key');
  return keys;
}

/** The fingerprint of the key that signed, when it is one of the keys and the signature holds. */
export function verifySshSignature(
  payload: Uint8Array,
  armored: string,
  keys: readonly SshPublicKey[],
): string | undefined {
  const body = /-----BEGIN SSH SIGNATURE-----([A-Za-z0-9+/=\s]+)-----END SSH SIGNATURE-----/.exec(armored);
  if (body === null) throw new Error('it is not an armored SSH signature');
  const wire = new Wire(Buffer.from(body[1]!, 'base64'));
  if (wire.take(6).toString('latin1') !== 'SSHSIG' || wire.number() !== 1) throw new Error('it is of another version');
  const blob = wire.bytes();
  const signedNamespace = wire.text();
  const reserved = wire.bytes();
  const algorithm = wire.text();
  const signature = wire.bytes();
  if (signedNamespace !== namespace) return undefined;
  if (algorithm !== 'sha256' && algorithm !== 'sha512') throw new Error(`the hash ${algorithm} is not supported`);
  const key = keys.find((candidate) => candidate.blob.equals(blob));
  if (key === undefined) return undefined;
  const digest = createHash(algorithm).update(payload).digest();
  const signed = Buffer.concat([
    Buffer.from('SSHSIG'),
    sized(Buffer.from(namespace)),
    sized(reserved),
    sized(Buffer.from(algorithm)),
    sized(digest),
  ]);
  if (!signatureHolds(key, signed, signature)) return undefined;
  return `SHA256:${createHash('sha256').update(key.blob).digest('base64').replace(/=+$/, '')}`;
}

function signatureHolds(key: SshPublicKey, signed: Buffer, signature: Buffer): boolean {
  const wire = new Wire(signature);
  const algorithm = wire.text();
  const value = wire.bytes();
  const { object, application } = publicKeyOf(key);
  // A security key signs a digest, with what it was used for, whether it was touched, and how often it signed.
  const data = application === undefined ? signed : Buffer.concat([sha256(application), wire.take(5), sha256(signed)]);
  switch (algorithm) {
    case 'ssh-ed25519':
    case 'sk-ssh-ed25519@openssh.com':
      return key.type === algorithm && verify(null, data, object, value);
    case 'rsa-sha2-256':
    case 'rsa-sha2-512':
      return key.type === 'ssh-rsa' && verify(algorithm === 'rsa-sha2-256' ? 'sha256' : 'sha512', data, object, value);
    default: {
      const hash = ecdsaHashes[algorithm];
      if (hash === undefined || key.type !== algorithm) return false;
      return verify(hash.name, data, { key: object, dsaEncoding: 'ieee-p1363' }, plainEcdsa(value, hash.size));
    }
  }
}

const ecdsaHashes: Readonly<Record<string, { readonly name: string; readonly size: number }>> = {
  'ecdsa-sha2-nistp256': { name: 'sha256', size: 32 },
  'sk-ecdsa-sha2-nistp256@openssh.com': { name: 'sha256', size: 32 },
  'ecdsa-sha2-nistp384': { name: 'sha384', size: 48 },
  'ecdsa-sha2-nistp521': { name: 'sha512', size: 66 },
};

function publicKeyOf({ type, blob }: SshPublicKey): { readonly object: KeyObject; readonly application?: Buffer } {
  const wire = new Wire(blob);
  wire.bytes();
  let key: Record<string, string>;
  if (type === 'ssh-rsa') {
    const [e, n] = [wire.bytes(), wire.bytes()];
    key = { kty: 'RSA', e: base64url(e), n: base64url(n[0] === 0 ? n.subarray(1) : n) };
  } else if (type.includes('ed25519')) key = { kty: 'OKP', crv: 'Ed25519', x: base64url(wire.bytes()) };
  else {
    const curve = wire.text();
    const point = wire.bytes();
    const size = (point.length - 1) / 2;
    if (point[0] !== 4 || !Number.isInteger(size)) throw new Error('an ECDSA key is in a form that is not supported');
    const [x, y] = [point.subarray(1, 1 + size), point.subarray(1 + size)];
    key = { kty: 'EC', crv: curve.replace('nistp', 'P-'), x: base64url(x), y: base64url(y) };
  }
  const object = createPublicKey({ key, format: 'jwk' });
  return type.startsWith('sk-') ? { object, application: wire.bytes() } : { object };
}

/** Two numbers of a fixed size instead of two of any. */
function plainEcdsa(value: Buffer, size: number): Buffer {
  const wire = new Wire(value);
  const parts = [wire.bytes(), wire.bytes()].map((number) => {
    const bytes = number.subarray(Math.max(0, number.length - size));
    return Buffer.concat([Buffer.alloc(size - bytes.length), bytes]);
  });
  return Buffer.concat(parts);
}

/** Reads SSH's wire format: numbers of four bytes, strings with their length before them. RFC 4251. */
class Wire {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  take(size: number): Buffer {
    if (this.#at + size > this.#bytes.length) throw new Error('it is cut short');
    this.#at += size;
    return this.#bytes.subarray(this.#at - size, this.#at);
  }

  number(): number {
    return this.take(4).readUInt32BE();
  }

  bytes(): Buffer {
    return this.take(this.number());
  }

  text(): string {
    return this.bytes().toString('latin1');
  }
}

function sized(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function sha256(data: Buffer): Buffer {
  return createHash('sha256').update(data).digest();
}

function base64url(bytes: Buffer): string {
  return bytes.toString('base64url');
}
