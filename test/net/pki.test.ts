// Certificates as Node's and OpenSSL's verifiers see them.
import assert from 'node:assert/strict';
import { X509Certificate, createPrivateKey } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import { createAuthority, expiry, fingerprint, issueCertificate, validityFrom } from '#net/pki';

const validity = validityFrom(Date.now(), 1);

describe('certificates', () => {
  it('an authority may sign and a leaf may not', async () => {
    const authority = await createAuthority('test-ca', validity);
    const leaf = await issueCertificate(authority, { commonName: 'leaf', usages: ['client'], validity });
    const [ca, cert] = [new X509Certificate(authority.certificate), new X509Certificate(leaf.certificate)];
    assert.equal(ca.ca, true);
    assert.equal(cert.ca, false);
    assert.equal(cert.checkIssued(ca), true);
    assert.equal(cert.verify(ca.publicKey), true);
    assert.equal(cert.checkPrivateKey(createPrivateKey(leaf.privateKey)), true);
    assert.equal(ca.subject, 'CN=test-ca');
  });

  it('groups become organizations, hosts become names and addresses', async () => {
    const authority = await createAuthority('test-ca', validity);
    const leaf = await issueCertificate(authority, {
      commonName: 'system:someone',
      organizations: ['system:masters', 'b, c'],
      hosts: ['localhost', '127.0.0.1', '::1'],
      usages: ['server', 'client'],
      validity,
    });
    const cert = new X509Certificate(leaf.certificate);
    assert.deepEqual({ ...cert.toLegacyObject().subject }, { O: ['system:masters', 'b, c'], CN: 'system:someone' });
    assert.equal(cert.subjectAltName, 'DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1');
    assert.deepEqual(cert.keyUsage, ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
    assert.equal(fingerprint(leaf.certificate), cert.fingerprint256.replaceAll(':', '').toLowerCase());
    assert.equal(Math.floor(expiry(leaf.certificate).getTime() / 1000), Math.floor(validity.notAfter.getTime() / 1000));
  });

  it('a mutual handshake verifies on both sides', async () => {
    const authority = await createAuthority('test-ca', validity);
    const server = await issueCertificate(authority, {
      commonName: 's',
      hosts: ['127.0.0.1'],
      usages: ['server'],
      validity,
    });
    const client = await issueCertificate(authority, { commonName: 'c', usages: ['client'], validity });
    const listener = tls.createServer({
      cert: server.certificate,
      key: server.privateKey,
      ca: authority.certificate,
      requestCert: true,
      rejectUnauthorized: true,
    });
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    try {
      const accepted = once(listener, 'secureConnection') as Promise<[tls.TLSSocket]>;
      const socket = tls.connect({
        host: '127.0.0.1',
        port: (listener.address() as AddressInfo).port,
        ca: authority.certificate,
        cert: client.certificate,
        key: client.privateKey,
      });
      await once(socket, 'secureConnect');
      const [peer] = await accepted;
      assert.equal(socket.authorized, true);
      assert.equal(peer.getPeerCertificate().subject.CN, 'c');
      socket.destroy();
      peer.destroy();
    } finally {
      listener.close();
    }
  });

  it('a certificate of another authority with the same name does not verify', async () => {
    const [real, fake] = [await createAuthority('same', validity), await createAuthority('same', validity)];
    const leaf = await issueCertificate(fake, { commonName: 'x', usages: ['server'], validity });
    assert.equal(new X509Certificate(leaf.certificate).verify(new X509Certificate(real.certificate).publicKey), false);
  });
});
