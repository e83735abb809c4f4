// Sprig's hashes, passwords and encryption.
import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes, scryptSync } from 'node:crypto';
import { hashSync } from 'bcryptjs';
import { GoError, STRING, UINT32 } from '#gotemplate/index';
import type { Execution } from '#gotemplate/index';
import { byteLength, fromBytes, toBytes } from '#lib/go-string';
import type { FunctionTable } from './conversion.ts';
import { EncodingError, decodeBase64, encodeBase64 } from './encoding.ts';
import { generatePrivateKey } from './private-keys.ts';

const hash = (algorithm: string): FunctionTable[string] => ({
  params: [STRING],
  result: STRING,
  fn: (text: string) => createHash(algorithm).update(toBytes(text)).digest('hex'),
});

function adler32(text: string): string {
  let a = 1;
  let b = 0;
  for (const byte of toBytes(text)) {
    a = (a + byte) % 65_521;
    b = (b + a) % 65_521;
  }
  return String(b * 65_536 + a);
}

const BCRYPT_DIGITS = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const BASE64_DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

function bcrypt(password: string): string {
  if (byteLength(password) > 72)
    return 'failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes';
  // Go writes version 2a, the library 2b by default: they are the same hash.
  const salt = encodeBase64(randomBytes(16))
    .replaceAll('=', '')
    .replace(/./g, (digit) => BCRYPT_DIGITS.charAt(BASE64_DIGITS.indexOf(digit)));
  return hashSync(password, `$2a$10$${salt}`);
}

function htpasswd(user: string, password: string): string {
  return user.includes(':') ? `invalid username: ${user}` : `${user}:${bcrypt(password)}`;
}

/** Master Password's templates: each letter is a class of characters. */
const PASSWORD_TEMPLATES: ReadonlyMap<string, readonly string[]> = new Map([
  ['maximum', ['anoxxxxxxxxxxxxxxxxx', 'axxxxxxxxxxxxxxxxxno']],
  [
    'long',
    (
      'CvcvnoCvcvCvcv CvcvCvcvnoCvcv CvcvCvcvCvcvno CvccnoCvcvCvcv CvccCvcvnoCvcv CvccCvcvCvcvno CvcvnoCvccCvcv ' +
      'CvcvCvccnoCvcv CvcvCvccCvcvno CvcvnoCvcvCvcc CvcvCvcvnoCvcc CvcvCvcvCvccno CvccnoCvccCvcv CvccCvccnoCvcv ' +
      'CvccCvccCvcvno CvcvnoCvccCvcc CvcvCvccnoCvcc CvcvCvccCvccno CvccnoCvcvCvcc CvccCvcvnoCvcc CvccCvcvCvccno'
    ).split(' '),
  ],
  ['medium', ['CvcnoCvc', 'CvcCvcno']],
  ['short', ['Cvcn']],
  ['basic', ['aaanaaan', 'aannaaan', 'aaannaaa']],
  ['pin', ['nnnn']],
]);

const VOWELS = 'AEIOU';
const CONSONANTS = 'BCDFGHJKLMNPQRSTVWXYZ';
const LETTERS = VOWELS + VOWELS.toLowerCase() + CONSONANTS + CONSONANTS.toLowerCase();
const DIGITS = '0123456789';
const PASSWORD_CLASSES: ReadonlyMap<string, string> = new Map([
  ['V', VOWELS],
  ['C', CONSONANTS],
  ['v', VOWELS.toLowerCase()],
  ['c', CONSONANTS.toLowerCase()],
  ['A', VOWELS + CONSONANTS],
  ['a', LETTERS],
  ['n', DIGITS],
  ['o', "@&%?,=[]_:-+*$#!'^~;()/."],
  ['x', `${LETTERS}${DIGITS}!@#$%^&*()`],
]);

const SCOPE = 'com.lyndir.masterpassword';

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** The Master Password algorithm. */
function derivePassword(counter: number, type: string, password: string, user: string, site: string): string {
  const templates = PASSWORD_TEMPLATES.get(type);
  if (templates === undefined) return `cannot find password template ${type}`;
  const salt = Buffer.concat([Buffer.from(SCOPE), uint32(byteLength(user)), toBytes(user)]);
  const key = scryptSync(toBytes(password), salt, 64, { N: 32_768, r: 8, p: 2, maxmem: 128 * 1024 * 1024 });
  const seed = createHmac('sha256', key)
    .update(Buffer.concat([Buffer.from(SCOPE), uint32(byteLength(site)), toBytes(site), uint32(counter)]))
    .digest();
  const template = templates[(seed[0] ?? 0) % templates.length] ?? '';
  return Array.from(template, (letter, index) => {
    const characters = PASSWORD_CLASSES.get(letter) ?? '';
    return characters.charAt((seed[index + 1] ?? 0) % characters.length);
  }).join('');
}

const AES_BLOCK = 16;

/** A password's first 32 bytes, filled with zeros. */
function aesKey(password: string): Buffer {
  const key = Buffer.alloc(32);
  key.set(toBytes(password).subarray(0, 32));
  return key;
}

function encryptAes(password: string, text: string): string {
  if (text === '') return '';
  const iv = randomBytes(AES_BLOCK);
  const cipher = createCipheriv('aes-256-cbc', aesKey(password), iv);
  return Buffer.concat([iv, cipher.update(toBytes(text)), cipher.final()]).toString('base64');
}

function decryptAes(password: string, encoded: string): string {
  if (encoded === '') return '';
  let bytes: Uint8Array;
  try {
    bytes = decodeBase64(encoded);
  } catch (error) {
    if (error instanceof EncodingError) throw new GoError(error.message, { cause: error });
    throw error;
  }
  if (bytes.length < AES_BLOCK) {
    const capacity = Math.floor(encoded.length / 4) * 3;
    throw new GoError(`runtime error: slice bounds out of range [:${AES_BLOCK}] with capacity ${capacity}`);
  }
  if (bytes.length % AES_BLOCK !== 0) throw new GoError('crypto/cipher: input not full blocks');
  const decipher = createDecipheriv('aes-256-cbc', aesKey(password), bytes.subarray(0, AES_BLOCK));
  // The padding is cut off as Sprig does it: only its last byte is looked at.
  decipher.setAutoPadding(false);
  const plain = Buffer.concat([decipher.update(bytes.subarray(AES_BLOCK)), decipher.final()]);
  if (plain.length === 0) throw new GoError('runtime error: index out of range [-1]');
  const length = plain.length - (plain.at(-1) ?? 0);
  if (length < 0) throw new GoError(`runtime error: slice bounds out of range [:${length}]`);
  return fromBytes(plain.subarray(0, length));
}

/** Steps that a slow function counts for: so that a render that is to stop does so before the next call. */
const SLOW = 100_000;

/** A function that takes a tenth of a second or more, on purpose or by its nature. */
export function slow(declared: FunctionTable[string]): FunctionTable[string] {
  const inner = declared.fn as (...args: unknown[]) => unknown;
  return {
    ...declared,
    contextual: true,
    fn: (execution: Execution, ...args: unknown[]) => {
      execution.budget.step(SLOW);
      return inner(...args);
    },
  };
}

export const cryptoFunctions: FunctionTable = {
  sha1sum: hash('sha1'),
  sha256sum: hash('sha256'),
  sha512sum: hash('sha512'),
  adler32sum: { params: [STRING], result: STRING, fn: adler32 },
  bcrypt: slow({ params: [STRING], result: STRING, fn: bcrypt }),
  htpasswd: slow({ params: [STRING, STRING], result: STRING, fn: htpasswd }),
  derivePassword: slow({ params: [UINT32, STRING, STRING, STRING, STRING], result: STRING, fn: derivePassword }),
  genPrivateKey: slow({ params: [STRING], result: STRING, fn: generatePrivateKey }),
  encryptAES: { params: [STRING, STRING], result: STRING, fn: encryptAes },
  decryptAES: { params: [STRING, STRING], result: STRING, fn: decryptAes },
};
