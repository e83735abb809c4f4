// age, version 1, as far as SOPS has data keys in it: files in armor, with identities that are keys. https://age-encryption.org/v1
import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { SopsError } from '../errors.ts';
import { hybridIdentity } from './age-hybrid.ts';
import { opened, tagBytes, type AgeIdentity, type Stanza } from './age-stanza.ts';
import { x25519Identity } from './age-x25519.ts';
import { decodeBech32 } from './bech32.ts';

export type { AgeIdentity } from './age-stanza.ts';

interface AgeFile {
  readonly stanzas: readonly Stanza[];
  /** The header up to its authentication code. */
  readonly header: string;
  readonly code: Buffer;
  readonly payload: Buffer;
}

const version = 'age-encryption.org/v1';
const keyBytes = 32;
const nonceBytes = 16;
const chunkBytes = 64 * 1024;
const identityKinds: Readonly<Record<string, (secret: Buffer) => AgeIdentity>> = {
  'age-secret-key-': x25519Identity,
  'age-secret-key-pq-': hybridIdentity,
};

/** Identities one a line; empty lines and those that begin with `#` are passed over. */
export function parseAgeIdentities(text: string): AgeIdentity[] {
  return text
    .split('\n')
    .map((line) => line.replace(/\r$/, ''))
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map(parseIdentity);
}

function parseIdentity(line: string): AgeIdentity {
  const failed = 'failed to parse and add to age identities';
  if (line.startsWith('AGE-PLUGIN-')) throw new SopsError('SOPS_SECRET', `${failed}: plugins cannot be run here`);
  if (!/^AGE-SECRET-KEY-(?:PQ-)?1/.test(line)) {
    throw new SopsError('SOPS_SECRET', `${failed}: unknown identity type`);
  }
  const { prefix = '', data } = decodeBech32(line) ?? {};
  const identityOf = identityKinds[prefix];
  if (identityOf === undefined || data?.length !== keyBytes) {
    throw new SopsError('SOPS_SECRET', `${failed}: malformed secret key`);
  }
  return identityOf(data);
}

/** What an armored file holds. Throws when no identity is one of its recipients, or it was changed. */
export function decryptAge(armored: string, identities: readonly AgeIdentity[]): Buffer {
  if (identities.length === 0) {
    const message = 'failed to load age identities: the decryption Secret has no entry whose name ends in .agekey';
    throw new SopsError('SOPS_KEY', message);
  }
  const file = parseFile(dearmored(armored));
  const fileKey = fileKeyOf(file.stanzas, identities);
  if (fileKey === undefined) throw unreadable('no identity matched any of the recipients');
  const code = createHmac('sha256', derived(fileKey, '', 'header'))
    .update(file.header)
    .digest();
  if (code.length !== file.code.length || !timingSafeEqual(code, file.code)) throw unreadable('bad header MAC');
  return payloadOf(file.payload, fileKey);
}

function dearmored(text: string): Buffer {
  const pattern = /^\s*-----BEGIN AGE ENCRYPTED FILE-----\s([A-Za-z0-9+/=\s]*)\s-----END AGE ENCRYPTED FILE-----\s*$/;
  const body = pattern.exec(text)?.[1];
  if (body === undefined) throw unreadable('failed to read header: it is no armored age file');
  return Buffer.from(body, 'base64');
}

function parseFile(bytes: Buffer): AgeFile {
  const stanzas: { args: string[]; body: string }[] = [];
  let at = 0;
  let isOpen = false;
  const line = (): string => {
    const end = bytes.indexOf('\n', at);
    if (end < 0) throw unreadable('failed to read header: it has no end');
    const found = bytes.toString('latin1', at, end);
    at = end + 1;
    return found;
  };
  if (line() !== version) throw unreadable('failed to read header: unexpected intro');
  for (;;) {
    const begin = at;
    const text = line();
    if (text.startsWith('---') && !isOpen) {
      return {
        stanzas: stanzas.map(({ args, body }) => ({ args, body: Buffer.from(body, 'base64') })),
        header: `${bytes.toString('latin1', 0, begin)}---`,
        code: Buffer.from(text.slice('--- '.length), 'base64'),
        payload: bytes.subarray(at),
      };
    }
    if (isOpen) {
      stanzas.at(-1)!.body += text;
      // The last line of a body is a short one, perhaps empty.
      isOpen = text.length === 64;
    } else if (text.startsWith('-> ')) {
      stanzas.push({ args: text.slice('-> '.length).split(' '), body: '' });
      isOpen = true;
    } else throw unreadable('failed to read header: malformed line');
  }
}

function fileKeyOf(stanzas: readonly Stanza[], identities: readonly AgeIdentity[]): Buffer | undefined {
  for (const stanza of stanzas) {
    for (const identity of identities) {
      const fileKey = identity.unwrap(stanza);
      if (fileKey !== undefined) return fileKey;
    }
  }
  return undefined;
}

/** Chunks of 64 KiB, each with its number and whether it is the last. */
function payloadOf(payload: Buffer, fileKey: Buffer): Buffer {
  const key = derived(fileKey, payload.subarray(0, nonceBytes), 'payload');
  const sealed = payload.subarray(nonceBytes);
  const chunks: Buffer[] = [];
  const size = chunkBytes + tagBytes;
  for (let at = 0, index = 0; at === 0 || at < sealed.length; at += size, index++) {
    const nonce = Buffer.alloc(12);
    nonce.writeUInt32BE(index, 7);
    if (at + size >= sealed.length) nonce[11] = 1;
    const chunk = opened(key, nonce, sealed.subarray(at, at + size));
    if (chunk === undefined) {
      throw new SopsError('SOPS_KEY', 'failed to decrypt sops data key with age: failed to decrypt and authenticate');
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function derived(secret: Buffer, salt: Buffer | '', info: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, info, keyBytes));
}

function unreadable(message: string, cause?: unknown): SopsError {
  const text = `failed to create reader for decrypting sops data key with age: ${message}`;
  return new SopsError('SOPS_KEY', text, { cause });
}
