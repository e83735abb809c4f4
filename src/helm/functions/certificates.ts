// genCA, genSignedCert and their kin: X.509 certificates with the structure that Go's crypto/x509 gives Sprig's templates.
import { X509Certificate, createHash, randomBytes, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { GoError, GoObject, INT, LIST, STRING, printValue } from '#gotemplate/index';
import type { GoType } from '#gotemplate/index';
import type { Clock } from '#lib/clock';
import { quote } from '#lib/go-quote';
import { fromBytes } from '#lib/go-string';
import { wrapInt64 } from './conversion.ts';
import type { FunctionTable } from './conversion.ts';
import { slow } from './crypto.ts';
import { bits, boolean, der, integer, objectId, octets, readElements, sequence, tagged, text, time } from './der.ts';
import { EncodingError, decodeBase64 } from './encoding.ts';
import { parseIp } from './ip.ts';
import { decodePem, encodePem } from './pem.ts';
import { newCertificateKey, parsePrivateKey, privateKeyPem, publicKeyInfo } from './private-keys.ts';

const TYPE: GoType = { name: 'sprig.certificate', kind: 'struct' };

/** What the functions give: PEM texts under .Cert and .Key. */
class CertificateValue extends GoObject {
  readonly type = TYPE;
  readonly cert: string;
  readonly key: string;

  constructor(cert: string, key: string) {
    super();
    this.cert = cert;
    this.key = key;
  }

  override field(name: string): unknown {
    if (name === 'Cert') return this.cert;
    return name === 'Key' ? this.key : undefined;
  }

  override fields(): readonly (readonly [string, unknown])[] {
    return [
      ['Cert', this.cert],
      ['Key', this.key],
    ];
  }

  override equals(other: GoObject): boolean {
    return other instanceof CertificateValue && other.cert === this.cert && other.key === this.key;
  }
}

/** What a certificate is to say. */
interface Wanted {
  readonly commonName: string;
  readonly ips: readonly unknown[];
  readonly dnsNames: readonly unknown[];
  readonly days: number;
  readonly isCa: boolean;
}

interface Signer {
  /** The subject, encoded. */
  readonly name: Buffer;
  readonly keyId: Buffer | undefined;
  readonly key: KeyObject;
}

const OID = {
  commonName: objectId('2.5.4.3'),
  keyUsage: objectId('2.5.29.15'),
  extendedKeyUsage: objectId('2.5.29.37'),
  basicConstraints: objectId('2.5.29.19'),
  subjectKeyId: objectId('2.5.29.14'),
  authorityKeyId: objectId('2.5.29.35'),
  alternativeNames: objectId('2.5.29.17'),
  serverAuth: objectId('1.3.6.1.5.5.7.3.1'),
  clientAuth: objectId('1.3.6.1.5.5.7.3.2'),
};

function extension(id: Buffer, value: Buffer, critical = false): Buffer {
  return critical ? sequence(id, boolean(true), octets(value)) : sequence(id, octets(value));
}

function encodeName(commonName: string): Buffer {
  if (commonName === '') return sequence();
  return sequence(der(0x31, sequence(OID.commonName, text(commonName))));
}

function alternativeNames({ ips, dnsNames }: Wanted): Buffer | undefined {
  const addresses = ips.map((ip) => {
    if (typeof ip !== 'string') throw new GoError(`error parsing ip: ${printValue(ip)} is not a string`);
    const bytes = parseIp(ip);
    if (bytes === undefined) throw new GoError(`error parsing ip: ${ip}`);
    return bytes;
  });
  const names = dnsNames.map((name) => {
    if (typeof name === 'string') return name;
    throw new GoError(`error processing alternate dns name: ${printValue(name)} is not a string`);
  });
  if (addresses.length === 0 && names.length === 0) return undefined;
  return sequence(
    ...names.map((name) => {
      // eslint-disable-next-line no-control-regex
      if (!/^[\x00-\x7f]*$/.test(name)) {
        throw new GoError(`error creating certificate: x509: ${quote(name)} cannot be encoded as an IA5String`);
      }
      return der(0x82, Buffer.from(name, 'latin1'));
    }),
    ...addresses.map((bytes) => der(0x87, bytes)),
  );
}

/** The hash of the public key's bits, which names a certificate authority's key. */
function keyIdOf(info: Buffer): Buffer {
  const [outer] = readElements(info) ?? [];
  const [, key] = readElements(outer?.body ?? Buffer.alloc(0)) ?? [];
  return createHash('sha1')
    .update(key?.body.subarray(1) ?? Buffer.alloc(0))
    .digest();
}

interface Algorithm {
  readonly id: Buffer;
  readonly hash: string | null;
}

/** What Go signs with, by the type of the key. */
function signatureAlgorithm(key: KeyObject): Algorithm {
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return { id: sequence(objectId('1.2.840.113549.1.1.11'), Buffer.from([0x05, 0x00])), hash: 'sha256' };
    case 'ec': {
      const size = { secp384r1: 384, secp521r1: 512 }[key.asymmetricKeyDetails?.namedCurve ?? ''] ?? 256;
      const last = { 256: 2, 384: 3, 512: 4 }[size] ?? 2;
      return { id: sequence(objectId(`1.2.840.10045.4.3.${last}`)), hash: `sha${size}` };
    }
    case 'ed25519':
      return { id: sequence(objectId('1.3.101.112')), hash: null };
    default:
      throw new GoError('error creating certificate: x509: certificate private key does not implement crypto.Signer');
  }
}

function encodeCertificate(wanted: Wanted, key: KeyObject, issuer: Signer | undefined, nowMs: number): Buffer {
  const subject = encodeName(wanted.commonName);
  const info = publicKeyInfo(key);
  const names = alternativeNames(wanted);
  const signer = issuer ?? { name: subject, keyId: undefined, key };
  const algorithm = signatureAlgorithm(signer.key);
  // Digital signature and key encipherment; authorities sign certificates too.
  const usage = wanted.isCa ? bits(Buffer.from([0xa4]), 2) : bits(Buffer.from([0xa0]), 5);
  const extensions = [
    extension(OID.keyUsage, usage, true),
    extension(OID.extendedKeyUsage, sequence(OID.serverAuth, OID.clientAuth)),
    extension(OID.basicConstraints, wanted.isCa ? sequence(boolean(true)) : sequence(), true),
  ];
  if (wanted.isCa) extensions.push(extension(OID.subjectKeyId, octets(keyIdOf(info))));
  if (signer.keyId !== undefined && !signer.name.equals(subject)) {
    extensions.push(extension(OID.authorityKeyId, sequence(der(0x80, signer.keyId))));
  }
  if (names !== undefined) extensions.push(extension(OID.alternativeNames, names, wanted.commonName === ''));
  const serial = integer(BigInt(`0x${randomBytes(16).toString('hex')}`));
  // The span is computed in nanoseconds of 64 bits, which wrap: 300 years are not representable.
  const span = Number(wrapInt64(BigInt(wanted.days) * 86_400_000_000_000n) / 1_000_000n);
  const validity = sequence(time(nowMs), time(nowMs + span));
  const body = sequence(
    tagged(0, integer(2n)),
    serial,
    algorithm.id,
    signer.name,
    validity,
    subject,
    info,
    tagged(3, sequence(...extensions)),
  );
  return sequence(body, algorithm.id, bits(sign(algorithm.hash, body, signer.key)));
}

/** The certificate of a signer, taken apart. */
function signerOf(authority: CertificateValue): Signer {
  const block = decodePem(authority.cert);
  if (block === undefined) throw new GoError('unable to decode certificate');
  const { name, keyId } = partsOf(block.bytes, 'error parsing certificate: decodedSignerCert.Bytes: ');
  return { name, keyId, key: prefixed('error parsing private key: ', () => parsePrivateKey(authority.key)) };
}

function partsOf(bytes: Buffer, context: string): { name: Buffer; keyId: Buffer | undefined } {
  const malformed = (cause?: unknown): GoError => new GoError(`${context}x509: malformed certificate`, { cause });
  try {
    // Refuses what is no certificate; the runtime does not tell the raw subject, though.
    if (new X509Certificate(bytes).raw.length === 0) throw malformed();
  } catch (cause) {
    throw malformed(cause);
  }
  const [outer] = readElements(bytes) ?? [];
  const [body] = readElements(outer?.body ?? Buffer.alloc(0)) ?? [];
  const fields = readElements(body?.body ?? Buffer.alloc(0)) ?? [];
  const [, , , , subject] = fields[0]?.tag === 0xa0 ? fields.slice(1) : fields;
  if (subject === undefined) throw malformed();
  return {
    name: der(subject.tag, subject.body),
    keyId: subjectKeyId(fields.find((field) => field.tag === 0xa3)?.body),
  };
}

function subjectKeyId(wrapped: Buffer | undefined): Buffer | undefined {
  const [list] = readElements(wrapped ?? Buffer.alloc(0)) ?? [];
  for (const { body } of readElements(list?.body ?? Buffer.alloc(0)) ?? []) {
    if (!body.subarray(0, OID.subjectKeyId.length).equals(OID.subjectKeyId)) continue;
    const value = readElements(body)?.at(-1);
    return readElements(value?.body ?? Buffer.alloc(0))?.[0]?.body;
  }
  return undefined;
}

/** Runs something whose error gets a context in front. */
function prefixed<T>(context: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof GoError) throw new GoError(context + error.message, { cause: error });
    throw error;
  }
}

function decodeArgument(encoded: string, what: string): string {
  try {
    return fromBytes(decodeBase64(encoded));
  } catch (error) {
    if (error instanceof EncodingError) throw new GoError(`unable to decode base64 ${what}`, { cause: error });
    throw error;
  }
}

function buildCustom(encodedCert: string, encodedKey: string): CertificateValue {
  const cert = decodeArgument(encodedCert, 'certificate');
  const key = decodeArgument(encodedKey, 'private key');
  const block = decodePem(cert);
  if (block === undefined) throw new GoError('unable to decode certificate');
  partsOf(block.bytes, 'error parsing certificate: decodedCert.Bytes: ');
  prefixed('error parsing private key: ', () => parsePrivateKey(key));
  return new CertificateValue(cert, key);
}

type List = readonly unknown[] | null;

/** A key given as PEM text. */
const given = (pem: string) => () => prefixed('parsing private key: ', () => parsePrivateKey(pem));

function leaf(commonName: string, ips: List, dnsNames: List, days: number): Wanted {
  return { commonName, ips: ips ?? [], dnsNames: dnsNames ?? [], days, isCa: false };
}

function root(commonName: string, days: number): Wanted {
  return { ...leaf(commonName, null, null, days), isCa: true };
}

export function certificateFunctions(clock: Clock): FunctionTable {
  const make = (wanted: Wanted, key: () => KeyObject, authority?: CertificateValue): CertificateValue => {
    const own = key();
    const issuer = authority === undefined ? undefined : signerOf(authority);
    const bytes = encodeCertificate(wanted, own, issuer, clock.now());
    return new CertificateValue(encodePem({ type: 'CERTIFICATE', bytes }), privateKeyPem(own));
  };

  const made: FunctionTable = {
    genCA: { params: [STRING, INT], fn: (name: string, days: number) => make(root(name, days), newCertificateKey) },
    genCAWithKey: {
      params: [STRING, INT, STRING],
      fn: (name: string, days: number, pem: string) => make(root(name, days), given(pem)),
    },
    genSelfSignedCert: {
      params: [STRING, LIST, LIST, INT],
      fn: (name: string, ips: List, dns: List, days: number) => make(leaf(name, ips, dns, days), newCertificateKey),
    },
    genSelfSignedCertWithKey: {
      params: [STRING, LIST, LIST, INT, STRING],
      fn: (...args: [string, List, List, number, string]) => {
        const [name, ips, dns, days, pem] = args;
        return make(leaf(name, ips, dns, days), given(pem));
      },
    },
    genSignedCert: {
      params: [STRING, LIST, LIST, INT, TYPE],
      fn: (...args: [string, List, List, number, CertificateValue]) => {
        const [name, ips, dns, days, authority] = args;
        return make(leaf(name, ips, dns, days), newCertificateKey, authority);
      },
    },
    genSignedCertWithKey: {
      params: [STRING, LIST, LIST, INT, TYPE, STRING],
      fn: (...args: [string, List, List, number, CertificateValue, string]) => {
        const [name, ips, dns, days, authority, pem] = args;
        return make(leaf(name, ips, dns, days), given(pem), authority);
      },
    },
  };
  return {
    ...Object.fromEntries(Object.entries(made).map(([name, declared]) => [name, slow(declared)])),
    buildCustomCert: { params: [STRING, STRING], fn: buildCustom },
  };
}
