// Certificates and keys from templates: structure, names, chains, and what other programs make of them.
import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { readElements } from '../../../src/helm/functions/der.ts';
import { decodePem } from '../../../src/helm/functions/pem.ts';
import { render } from './render.ts';

const children = (bytes: Buffer): { tag: number; body: Buffer }[] => readElements(bytes) ?? [];

/** Extensions as [object identifier, critical, value], in hex. */
function extensionsOf(pem: string): [string, boolean, string][] {
  const [outer] = children(decodePem(pem)?.bytes ?? Buffer.alloc(0));
  const [body] = children(outer?.body ?? Buffer.alloc(0));
  const wrapped = children(body?.body ?? Buffer.alloc(0)).find((field) => field.tag === 0xa3);
  const [list] = children(wrapped?.body ?? Buffer.alloc(0));
  return children(list?.body ?? Buffer.alloc(0)).map((extension) => {
    const parts = children(extension.body);
    return [parts[0]?.body.toString('hex') ?? '', parts.length === 3, parts.at(-1)?.body.toString('hex') ?? ''];
  });
}

const KEY_USAGE = '551d0f';
const EXTENDED_USAGE = '551d25';
const CONSTRAINTS = '551d13';
const SUBJECT_KEY = '551d0e';
const AUTHORITY_KEY = '551d23';
const NAMES = '551d11';
const SERVER_AND_CLIENT = '301406082b0601050507030106082b06010505070302';

describe('certificates from templates', () => {
  it('makes an authority and a certificate it signed', () => {
    const [ca = '', cert = '', key = ''] = render(
      '{{ $ca := genCA "my-ca" 365 }}{{ $c := genSignedCert "svc" (list "10.0.0.1" "::1") (list "a.b" "*.c") 30 $ca }}' +
        '{{ $ca.Cert }}|{{ $c.Cert }}|{{ $c.Key }}',
    ).split('|');
    const authority = new X509Certificate(ca);
    const leaf = new X509Certificate(cert);
    assert.equal(authority.ca, true);
    assert.equal(leaf.ca, false);
    assert.ok(leaf.verify(authority.publicKey));
    assert.ok(leaf.checkIssued(authority));
    assert.equal(leaf.issuer, 'CN=my-ca');
    assert.equal(leaf.subject, 'CN=svc');
    assert.equal(leaf.subjectAltName, 'DNS:a.b, DNS:*.c, IP Address:10.0.0.1, IP Address:0:0:0:0:0:0:0:1');
    assert.equal(leaf.validToDate.getTime() - leaf.validFromDate.getTime(), 30 * 86_400_000);
    assert.ok(leaf.checkPrivateKey(createPrivateKey(key)));
    assert.match(key, /^-----BEGIN RSA PRIVATE KEY-----\n/);
    assert.equal(createPrivateKey(key).asymmetricKeyDetails?.modulusLength, 2048);
    const keyId = extensionsOf(ca)
      .find(([id]) => id === SUBJECT_KEY)?.[2]
      .slice(4);
    assert.deepEqual(extensionsOf(ca).slice(0, 3), [
      [KEY_USAGE, true, '030202a4'],
      [EXTENDED_USAGE, false, SERVER_AND_CLIENT],
      [CONSTRAINTS, true, '30030101ff'],
    ]);
    assert.deepEqual(extensionsOf(cert), [
      [KEY_USAGE, true, '030205a0'],
      [EXTENDED_USAGE, false, SERVER_AND_CLIENT],
      [CONSTRAINTS, true, '3000'],
      [AUTHORITY_KEY, false, `30168014${keyId}`],
      [NAMES, false, `30228203612e6282032a2e6387040a0000018710${'00'.repeat(15)}01`],
    ]);
  });

  it('takes keys of other kinds', () => {
    for (const kind of ['ecdsa', 'ed25519']) {
      const [ca = '', cert = '', same] = render(
        `{{ $k := genPrivateKey "${kind}" }}{{ $ca := genCAWithKey "ca" 10 $k }}` +
          '{{ $c := genSignedCertWithKey "" nil (list "x.y") 5 (buildCustomCert (b64enc $ca.Cert) (b64enc $k)) $k }}' +
          '{{ $ca.Cert }}|{{ $c.Cert }}|{{ eq $c.Key $k }}',
      ).split('|');
      assert.equal(same, 'true');
      assert.ok(new X509Certificate(cert).verify(new X509Certificate(ca).publicKey));
      // Without a subject the alternative names are what counts.
      assert.equal(extensionsOf(cert).find(([id]) => id === NAMES)?.[1], true);
      const self = render(`{{ (genSelfSignedCertWithKey "x" nil nil 5 (genPrivateKey "${kind}")).Cert }}`);
      assert.ok(new X509Certificate(self).verify(new X509Certificate(self).publicKey));
      assert.equal(extensionsOf(self).length, 3);
    }
  });

  it('writes keys as Go does', () => {
    const expected = [
      ['ecdsa', 'EC PRIVATE KEY', 'ec'],
      ['ed25519', 'PRIVATE KEY', 'ed25519'],
    ];
    for (const [kind, label, type] of expected) {
      const pem = render(`{{ genPrivateKey "${kind}" }}`);
      assert.ok(pem.startsWith(`-----BEGIN ${label}-----\n`) && pem.endsWith(`\n-----END ${label}-----\n`));
      assert.equal(createPrivateKey(pem).asymmetricKeyType, type);
    }
  });

  it('writes DSA keys in the form of OpenSSL, and reads them', () => {
    const pem = render('{{ genPrivateKey "dsa" }}');
    const [outer] = readElements(decodePem(pem)?.bytes ?? Buffer.alloc(0)) ?? [];
    const [version, p, q, g, y, x] = (readElements(outer?.body ?? Buffer.alloc(0)) ?? []).map(({ body }) =>
      BigInt(`0x${body.toString('hex')}`),
    );
    assert.equal(version, 0n);
    assert.equal(p?.toString(2).length, 2048);
    assert.equal(q?.toString(2).length, 256);
    assert.ok(g !== undefined && y !== undefined && x !== undefined && x < q && y < p);
    assert.throws(
      () => render('{{ genCAWithKey "x" 5 .Values.key }}', { key: pem }),
      /error creating certificate: x509: certificate private key does not implement crypto.Signer$/,
    );
  }).timeout(120_000);

  it('keeps the length of a validity that 64 bits of nanoseconds cannot hold', () => {
    const cert = render('{{ (genCAWithKey "x" 400000 (genPrivateKey "ed25519")).Cert }}');
    const { validFromDate, validToDate } = new X509Certificate(cert);
    const wrapped = Number(BigInt.asIntN(64, 400_000n * 86_400_000_000_000n) / 1_000_000n);
    assert.ok(Math.abs(validToDate.getTime() - validFromDate.getTime() - wrapped) <= 1000);
  });

  it('refuses what is no certificate or key', () => {
    const junk = Buffer.from('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n').toString('base64');
    assert.throws(() => render(`{{ buildCustomCert "${junk}" "" }}`), /x509: malformed certificate/);
    assert.throws(
      () => render('{{ genCAWithKey "x" 5 "-----BEGIN RSA PRIVATE KEY-----\\nAAAA\\n-----END RSA PRIVATE KEY-----" }}'),
      /parsing private key: parsing RSA private key from PEM: /,
    );
    assert.ok(createPublicKey(render('{{ genPrivateKey "ed25519" }}')));
  });
});
