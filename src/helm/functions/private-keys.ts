// Private keys as Sprig makes, reads and writes them: RSA in PKCS#1, ECDSA in SEC 1, DSA in OpenSSL's form, others in PKCS#8.
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { GoError } from '#gotemplate/index';
import { integer, octets, readElements, sequence } from './der.ts';
import type { DerElement } from './der.ts';
import { decodePem, encodePem } from './pem.ts';
import type { PemBlock } from './pem.ts';

/** The 2048-bit RSA key that certificates get. */
export function newCertificateKey(): KeyObject {
  return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
}

/** genPrivateKey: the PEM text of a new key, or a sentence about an unknown type. */
export function generatePrivateKey(type: string): string {
  switch (type) {
    case '':
    case 'rsa':
      return privateKeyPem(generateKeyPairSync('rsa', { modulusLength: 4096 }).privateKey);
    case 'dsa':
      return privateKeyPem(generateKeyPairSync('dsa', { modulusLength: 2048, divisorLength: 256 }).privateKey);
    case 'ecdsa':
      return privateKeyPem(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
    case 'ed25519':
      return privateKeyPem(generateKeyPairSync('ed25519').privateKey);
    default:
      return `Unknown type ${type}`;
  }
}

export function privateKeyPem(key: KeyObject): string {
  return encodePem(privateKeyBlock(key));
}

function privateKeyBlock(key: KeyObject): PemBlock {
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return { type: 'RSA PRIVATE KEY', bytes: key.export({ type: 'pkcs1', format: 'der' }) };
    case 'ec':
      return { type: 'EC PRIVATE KEY', bytes: key.export({ type: 'sec1', format: 'der' }) };
    case 'dsa':
      return { type: 'DSA PRIVATE KEY', bytes: dsaKey(key) };
    default:
      return { type: 'PRIVATE KEY', bytes: key.export({ type: 'pkcs8', format: 'der' }) };
  }
}

function isInteger(element: DerElement | undefined): element is DerElement {
  return element?.tag === 0x02;
}

function toBigint(element: DerElement | undefined): bigint {
  return isInteger(element) ? BigInt(`0x${element.body.toString('hex')}`) : 0n;
}

/** version, p, q, g, y, x: the form OpenSSL gave DSA keys, which the runtime does not write. */
function dsaKey(key: KeyObject): Buffer {
  const [outer] = readElements(key.export({ type: 'pkcs8', format: 'der' })) ?? [];
  const [, algorithm, wrapped] = readElements(outer?.body ?? Buffer.alloc(0)) ?? [];
  const [, parameters] = readElements(algorithm?.body ?? Buffer.alloc(0)) ?? [];
  const [p, q, g] = readElements(parameters?.body ?? Buffer.alloc(0)) ?? [];
  const [x] = readElements(wrapped?.body ?? Buffer.alloc(0)) ?? [];
  const y = modularPower(toBigint(g), toBigint(x), toBigint(p));
  return sequence(...[0n, toBigint(p), toBigint(q), toBigint(g), y, toBigint(x)].map(integer));
}

function modularPower(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  let square = base % modulus;
  for (let left = exponent; left > 0n; left >>= 1n) {
    if ((left & 1n) === 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}

const SUFFIX = ' PRIVATE KEY';
const DSA_OID = Buffer.from('06072a8648ce380401', 'hex');

/** Reads the first PEM block as a private key. Throws GoError. */
export function parsePrivateKey(pem: string): KeyObject {
  const block = decodePem(pem);
  if (block === undefined) throw new GoError('no PEM data in input');
  if (block.type === 'PRIVATE KEY') return importKey(block, 'pkcs8', 'decoding PEM as PKCS#8: ');
  if (!block.type.endsWith(SUFFIX)) throw new GoError(`no private key data in PEM block of type ${block.type}`);
  const kind = block.type.slice(0, -SUFFIX.length);
  switch (kind) {
    case 'RSA':
      return importKey(block, 'pkcs1', 'parsing RSA private key from PEM: ');
    case 'EC':
      return importKey(block, 'sec1', 'parsing EC private key from PEM: ');
    case 'DSA':
      return importKey({ ...block, bytes: dsaAsPkcs8(block.bytes) }, 'pkcs8', 'parsing DSA private key from PEM: ');
    default:
      throw new GoError(`invalid private key type ${block.type}`);
  }
}

function importKey({ bytes }: PemBlock, type: 'pkcs1' | 'pkcs8' | 'sec1', context: string): KeyObject {
  try {
    return createPrivateKey({ key: bytes, format: 'der', type });
  } catch (cause) {
    // The parsers' own texts differ from Go's; what matters is which form was expected.
    throw new GoError(`${context}asn1: structure error: malformed key`, { cause });
  }
}

function dsaAsPkcs8(bytes: Buffer): Buffer {
  const [outer] = readElements(bytes) ?? [];
  const numbers = readElements(outer?.body ?? Buffer.alloc(0)) ?? [];
  if (numbers.length !== 6 || !numbers.every(isInteger)) {
    throw new GoError('parsing DSA private key from PEM: asn1: structure error: malformed key');
  }
  const [, p, q, g, , x] = numbers.map((number) => integer(toBigint(number)));
  const empty = Buffer.alloc(0);
  const parameters = sequence(p ?? empty, q ?? empty, g ?? empty);
  return sequence(integer(0n), sequence(DSA_OID, parameters), octets(x ?? empty));
}

/** The public key as a SubjectPublicKeyInfo. */
export function publicKeyInfo(key: KeyObject): Buffer {
  return createPublicKey(key).export({ type: 'spki', format: 'der' });
}
