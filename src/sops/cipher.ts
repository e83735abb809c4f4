// One encrypted value: AES-256 in Galois counter mode, bound to the place it stands at.
import { createDecipheriv } from 'node:crypto';
import { parseFloatGo } from '#lib/go-float';
import { fromBytes } from '#lib/go-string';
import { decodeBase64 } from './base64.ts';
import { SopsError } from './errors.ts';
import { Comment, Time, type Scalar } from './tree.ts';

const pattern = /^ENC\[AES256_GCM,data:([^,]+),iv:([^,]+),tag:([^,]+),type:([^\]]+)\]/;
const ciphers: Readonly<Record<number, 'aes-128-gcm' | 'aes-192-gcm' | 'aes-256-gcm'>> = {
  16: 'aes-128-gcm',
  24: 'aes-192-gcm',
  32: 'aes-256-gcm',
};
const tagBytes = 16;

/** The value, of the type it had. `place` is the path of its keys, each followed by a colon. */
export function decryptValue(text: string, key: Uint8Array, place: string): Scalar | Comment {
  if (text === '') return '';
  const parts = pattern.exec(text);
  // What stands there instead may be a value that somebody forgot to encrypt: it is not shown.
  if (parts === null) throw new SopsError('SOPS_VALUE', "Input string <redacted> does not match sops' data format");
  const [, data = '', iv = '', tag = '', type = ''] = parts;
  const bytes = open({ data: decoded(data, 'data'), iv: decoded(iv, 'iv'), tag: decoded(tag, 'tag') }, key, place);
  return typed(bytes, type);
}

interface Sealed {
  readonly data: Buffer;
  readonly iv: Buffer;
  readonly tag: Buffer;
}

function open({ data, iv, tag }: Sealed, key: Uint8Array, place: string): Buffer {
  const cipher = ciphers[key.length];
  if (cipher === undefined) throw new SopsError('SOPS_VALUE', `crypto/aes: invalid key size ${key.length}`);
  try {
    if (tag.length !== tagBytes) throw new Error('the tag is cut short');
    const decipher = createDecipheriv(cipher, key, iv, { authTagLength: tagBytes });
    decipher.setAuthTag(tag);
    decipher.setAAD(Buffer.from(place));
    return Buffer.concat([decipher.update(data), decipher.final()]);
  } catch (error) {
    const message = 'Could not decrypt with AES_GCM: cipher: message authentication failed';
    throw new SopsError('SOPS_VALUE', message, { cause: error });
  }
}

function decoded(text: string, what: string): Buffer {
  const bytes = decodeBase64(text);
  if (bytes !== undefined) return bytes;
  throw new SopsError('SOPS_VALUE', `Error base64-decoding ${what}: it is no base64`);
}

function typed(bytes: Buffer, type: string): Scalar | Comment {
  const text = fromBytes(bytes);
  const unlike = (): SopsError => new SopsError('SOPS_VALUE', `the value is no ${type}`);
  switch (type) {
    case 'str':
    // Only the first versions of SOPS, which were written in Python, had bytes beside strings.
    case 'bytes':
      return text;
    case 'int':
      if (!/^[-+]?\d+$/.test(text)) throw unlike();
      return BigInt(text.replace('+', ''));
    case 'float': {
      const value = parseFloatGo(text);
      if (value === undefined) throw unlike();
      return value;
    }
    case 'bool':
      if (/^(?:1|t|T|TRUE|true|True)$/.test(text)) return true;
      if (/^(?:0|f|F|FALSE|false|False)$/.test(text)) return false;
      throw unlike();
    case 'time':
      return new Time(text);
    case 'comment':
      return new Comment(text);
    default:
      throw new SopsError('SOPS_VALUE', `Unknown datatype: ${type}`);
  }
}
