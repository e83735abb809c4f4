// The authority of our own servers: made once, shared, renewed in time, and never a moment when clients do not trust it.
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { createAuthority, issueCertificate } from '#net/pki';
import https from 'node:https';
import type { KubeClient } from '#kube/client';
import type { KubeObject } from '#kube/object';
import { StatusError } from '#kube/status-error';
import { ListeningServer } from '#net/server';
import { FakeClock } from '#test/kube/fake-clock';
import { until } from '#test/support/wait';
import { CertificateAuthority, type ServingMaterial } from '#webhooks/certs/authority';

const hour = 3_600_000;
const day = 24 * hour;

interface StoredSecret extends KubeObject {
  readonly data: Readonly<Record<string, string>>;
}

/** The one Secret, with the API server's refusals. */
class SecretStore {
  stored: StoredSecret | undefined;
  version = 0;

  get client(): Pick<KubeClient, 'get' | 'create' | 'update'> {
    const client = {
      get: () => (this.stored === undefined ? refuse(404, 'NotFound') : Promise.resolve(this.stored)),
      create: (_ref: unknown, object: StoredSecret) =>
        this.stored === undefined ? this.#write(object) : refuse(409, 'AlreadyExists'),
      update: (_ref: unknown, object: StoredSecret) =>
        object.metadata.resourceVersion === String(this.version) ? this.#write(object) : refuse(409, 'Conflict'),
    };
    return client as unknown as Pick<KubeClient, 'get' | 'create' | 'update'>;
  }

  #write(object: StoredSecret): Promise<StoredSecret> {
    this.version++;
    this.stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.version) } };
    return Promise.resolve(this.stored);
  }
}

function refuse(code: number, reason: string): Promise<never> {
  return Promise.reject(new StatusError({ code, reason }));
}

function certificatesIn(bundle: string): X509Certificate[] {
  const blocks = bundle.match(/-----BEGIN[^]*?-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => new X509Certificate(block));
}

describe('CertificateAuthority', () => {
  let clock: FakeClock;
  let secrets: SecretStore;
  const started: CertificateAuthority[] = [];
  beforeEach(() => {
    // The real date: TLS looks at it too.
    clock = new FakeClock(Date.now());
    secrets = new SecretStore();
  });
  afterEach(() => {
    for (const authority of started.splice(0)) authority.stop();
  });

  const replica = (): CertificateAuthority => {
    const { client } = secrets;
    const options = {
      client,
      clock,
      namespace: 'flux-system',
      name: 'sluice-ca',
      hosts: ['localhost', 'sluice.flux-system.svc'],
      maker: { authority: createAuthority, leaf: issueCertificate },
    };
    const authority = new CertificateAuthority(options);
    started.push(authority);
    return authority;
  };

  it('is made once, by whoever comes first, and signs for every host', async () => {
    const both = await Promise.all([replica().refresh(), replica().refresh()]);
    assert.equal(both[0].bundle, both[1].bundle);
    assert.notEqual(both[0].cert, both[1].cert);
    for (const { bundle, cert } of both) {
      const [leaf, issuer] = certificatesIn(cert);
      assert.ok(leaf && issuer && leaf.verify(issuer.publicKey));
      assert.equal(certificatesIn(bundle)[0]?.fingerprint256, issuer.fingerprint256);
      assert.ok(leaf.checkHost('sluice.flux-system.svc'));
    }
    assert.equal(secrets.version, 1);
  });

  it('keeps its key to itself', async () => {
    const { key } = await replica().refresh();
    assert.doesNotMatch(JSON.stringify({ key, text: String(key) }), /PRIVATE KEY/);
  });

  it('renews serving certificates after two thirds of a week, with the same authority', async () => {
    const authority = replica();
    const first = await authority.refresh();
    clock.advance(4 * day);
    assert.equal(await authority.refresh(), first);
    clock.advance(day);
    const second = await authority.refresh();
    assert.notEqual(second.cert, first.cert);
    assert.equal(second.bundle, first.bundle);
  });

  it('renews itself after two thirds of a year, and is trusted beside its predecessor', async () => {
    const authority = replica();
    const other = replica();
    const first = await authority.refresh();
    await other.refresh();
    clock.advance(250 * day);
    const second = await authority.refresh();
    const [current, former, ...more] = certificatesIn(second.bundle);
    assert.equal(former?.fingerprint256, certificatesIn(first.bundle)[0]?.fingerprint256);
    assert.notEqual(current?.fingerprint256, former?.fingerprint256);
    assert.deepEqual(more, []);
    assert.equal((await other.refresh()).bundle, second.bundle);
  });

  it('replaces what is no authority', async () => {
    secrets.version = 1;
    secrets.stored = { metadata: { name: 'sluice-ca', resourceVersion: '1' }, data: { 'tls.crt': 'bm9uc2Vuc2U=' } };
    const { bundle } = await replica().refresh();
    assert.equal(certificatesIn(bundle).length, 1);
  });

  it('tells of a change until everybody has taken it', async () => {
    const authority = replica();
    const told: ServingMaterial[] = [];
    const errors: unknown[] = [];
    let refuses = true;
    const changed = (material: ServingMaterial): Promise<void> => {
      told.push(material);
      return refuses ? Promise.reject(new Error('no connection')) : Promise.resolve();
    };
    await authority.start(changed, (error) => errors.push(error));
    const tick = async (ms: number): Promise<void> => {
      await clock.waiting((wait) => wait === hour);
      clock.advance(ms);
      await clock.waiting((wait) => wait === hour);
    };
    await tick(6 * day);
    await tick(hour);
    refuses = false;
    await tick(hour);
    await tick(hour);
    assert.equal(errors.length, 2);
    assert.equal(told.length, 3);
    assert.equal(new Set(told).size, 1);
  });

  it('changes under requests without one of them failing', async function () {
    this.timeout(60_000);
    const authority = replica();
    const first = await authority.refresh();
    const server = await ListeningServer.listen({ handler: (_req, res) => res.end('ok'), tls: first });
    // What the API server trusts: the bundle it was told last.
    let trusted = first.bundle;
    const outcomes = new Map<string, number>();
    let asked = 0;
    const enough = new AbortController();
    const shown = new Set<string>();
    const asker = async (): Promise<void> => {
      while (!enough.signal.aborted) {
        asked++;
        const outcome = await ask(server.address.port, trusted, shown);
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      }
    };
    const askers = [asker(), asker(), asker()];
    try {
      for (let round = 0; round < 4; round++) {
        // Each time a new authority: the worst case, since the old one leaves the bundle at the next.
        secrets.stored = undefined;
        const before = trusted;
        const next = await authority.refresh();
        trusted = `${next.bundle}\n${before}`;
        // Who asked before the registration must be done before the change: serving waits a while in between.
        const mark = asked + askers.length;
        await until(() => asked > mark);
        server.setCertificate(next);
        const [leaf] = certificatesIn(next.cert);
        await until(() => leaf !== undefined && shown.has(leaf.fingerprint256));
      }
    } finally {
      enough.abort();
      await Promise.all(askers);
      await server.close(100);
    }
    assert.deepEqual([...outcomes.keys()], ['ok']);
    assert.ok((outcomes.get('ok') ?? 0) >= 8);
    assert.ok(shown.size >= 4);
  });
});

/** One request on a connection of its own; notes the certificate it was shown. */
function ask(port: number, ca: string, shown: Set<string>): Promise<string> {
  return new Promise((resolve) => {
    const request = https.get({ host: '127.0.0.1', port, servername: 'localhost', ca, agent: false }, (response) => {
      const { socket } = response as unknown as { socket: { getPeerX509Certificate(): X509Certificate } };
      shown.add(socket.getPeerX509Certificate().fingerprint256);
      response.resume();
      response.once('end', () => resolve('ok'));
    });
    request.once('error', (error) => resolve(error.message));
  });
}
