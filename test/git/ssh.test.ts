// Git over SSH against OpenSSH's own server: keys, known hosts, proxies, silence.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { join } from 'node:path';
import { fetchPack, GitSession, resolveRef, sshTransport, type SshTransportOptions } from '#git/index';
import { isEncryptedKey, readableKey } from '#git/ssh/identity';
import { Secret } from '#lib/secret';
import { GitRepo } from '#test/support/git-repo';
import { socksProxy } from '#test/git/socks-proxy';
import { sshServerOrSkip, type SshKeyType, type SshServer } from '#test/support/ssh-server';
import { tempDir } from '#test/support/temp-dir';

const deadline = (): AbortSignal => AbortSignal.timeout(25_000);

async function listAndFetch(given: SshTransportOptions): Promise<string> {
  const session = await GitSession.open(sshTransport(given), deadline());
  try {
    const ref = await resolveRef(session, { branch: 'main' }, deadline());
    const file = join(await tempDir('pack'), 'pack');
    await fetchPack(session, ref, { file, maxBytes: 1 << 20, signal: deadline() });
    assert.equal((await readFile(file)).toString('latin1', 0, 4), 'PACK');
    return ref.commit;
  } finally {
    session.close();
  }
}

describe('git over SSH', function () {
  this.timeout(30_000);
  let repo: GitRepo;
  let server: SshServer;
  let head: string;

  before(async function () {
    repo = await GitRepo.create({ root: await tempDir('ssh-root'), name: "it's a repo" });
    await repo.commit({ files: { 'a.yaml': 'a: 1\n' } });
    head = await repo.commit({ files: { 'b.bin': Buffer.alloc(300_000, 'incompressible?') } });
    await repo.tag('v1.0.0', { message: 'one' });
    server = await sshServerOrSkip(this);
  });
  after(() => server?.stop());

  function options(of: SshServer = server, more: Partial<SshTransportOptions> = {}): SshTransportOptions {
    return {
      url: encodeURI(of.url(repo.dir)),
      identity: new Secret(of.privateKey),
      knownHosts: of.knownHosts,
      ...more,
    };
  }

  it('lists references and fetches over one connection', async () => {
    assert.equal(await listAndFetch(options()), head);
  });

  it('speaks version 0 with a server that knows no other', async function () {
    const old = await sshServerOrSkip(this, { config: ['SetEnv GIT_PROTOCOL=version=0'] });
    try {
      assert.equal(await listAndFetch(options(old)), head);
    } finally {
      await old.stop();
    }
  });

  for (const type of ['ed25519', 'ecdsa', 'rsa'] as const satisfies readonly SshKeyType[]) {
    it(`logs in with ${type} keys on both sides`, async function () {
      const other = await sshServerOrSkip(this, { hostKey: type, clientKey: type });
      try {
        assert.equal(await listAndFetch(options(other)), head);
      } finally {
        await other.stop();
      }
    });
  }

  it('reads an identity that is encrypted with a passphrase', async () => {
    const file = join(await tempDir('key'), 'key');
    await writeFile(file, server.privateKey, { mode: 0o600 });
    execFileSync('ssh-keygen', ['-q', '-p', '-P', '', '-N', 'open sesame', '-f', file]);
    const identity = new Secret(await readFile(file, 'utf8'));
    assert.ok(isEncryptedKey(identity.reveal()));
    assert.ok(!isEncryptedKey(server.privateKey));
    assert.equal(await listAndFetch(options(server, { identity, passphrase: new Secret('open sesame') })), head);
    const wrong = listAndFetch(options(server, { identity, passphrase: new Secret('wrong') }));
    await assert.rejects(wrong, { code: 'GIT_BAD_IDENTITY', message: /cannot be read/ });
  });

  it('refuses a key the server does not know', async () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    const identity = new Secret(privateKey.export({ type: 'pkcs8', format: 'pem' }));
    await assert.rejects(listAndFetch(options(server, { identity })), {
      code: 'GIT_AUTHENTICATION_REQUIRED',
      message:
        'ssh: handshake failed: ssh: unable to authenticate, attempted methods [none publickey], no supported methods remain',
    });
  });

  for (const type of ['rsa', 'ec', 'ed25519'] as const) {
    it(`reads PKCS #8 keys of type ${type}`, () => {
      const { privateKey } =
        type === 'rsa'
          ? generateKeyPairSync('rsa', { modulusLength: 2048 })
          : type === 'ec'
            ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
            : generateKeyPairSync('ed25519');
      const plain = privateKey.export({ type: 'pkcs8', format: 'pem' });
      const locked = privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' });
      assert.ok(isEncryptedKey(locked));
      const read = readableKey(new Secret(plain), undefined);
      assert.match(read, /^-----BEGIN (RSA|EC|OPENSSH) PRIVATE KEY-----\n/);
      assert.equal(readableKey(new Secret(locked), new Secret('x')), read);
    });
  }

  it('accepts a hashed host', async () => {
    const file = join(await tempDir('hosts'), 'known_hosts');
    await writeFile(file, server.knownHosts);
    execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' });
    const knownHosts = await readFile(file, 'utf8');
    assert.match(knownHosts, /^\|1\|/);
    assert.equal(await listAndFetch(options(server, { knownHosts })), head);
  });

  const strangers: readonly [string, (line: string) => string, string][] = [
    ['an unknown host', () => 'example.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAA\n', 'key is unknown'],
    ['an empty file', () => '\n', 'key is unknown'],
    ['a host known by another key', (line) => line.replace(/.{8}$/m, 'AAAAAAAA'), 'key mismatch'],
    ['a revoked key', (line) => `${line}@revoked ${line}`, 'key is revoked'],
  ];
  for (const [name, change, expected] of strangers) {
    it(`refuses ${name}`, async () => {
      const connecting = listAndFetch(options(server, { knownHosts: change(server.knownHosts) }));
      await assert.rejects(connecting, {
        code: 'GIT_HOST_KEY',
        message: new RegExp(`^ssh: handshake failed: knownhosts: ${expected}`),
      });
    });
  }

  it('offers the algorithms it is told to', async () => {
    const kex = { kexAlgorithms: ['ecdh-sha2-nistp256'], hostKeyAlgorithms: ['ssh-ed25519'] };
    assert.equal(await listAndFetch(options(server, kex)), head);
    const others = listAndFetch(options(server, { hostKeyAlgorithms: ['rsa-sha2-512'] }));
    await assert.rejects(others, { code: 'GIT_TRANSPORT', message: /^ssh: handshake failed: / });
    const unknown = listAndFetch(options(server, { kexAlgorithms: ['no-such-exchange'] }));
    await assert.rejects(unknown, { code: 'GIT_TRANSPORT', message: /no-such-exchange/ });
  });

  it('says that a repository is missing', async () => {
    const url = server.url('/nowhere.git');
    await assert.rejects(listAndFetch(options(server, { url })), { code: 'GIT_REPOSITORY_NOT_FOUND' });
  });

  it('leaves no connection behind where it cannot begin', async () => {
    const transport = sshTransport(options(server, { url: server.url('/nowhere.git') }));
    let closed = 0;
    const watched = {
      ...transport,
      close: () => {
        closed++;
        transport.close();
      },
    };
    await assert.rejects(GitSession.open(watched, deadline()), { code: 'GIT_REPOSITORY_NOT_FOUND' });
    assert.equal(closed, 1);
  });

  it('says that nobody listens', async () => {
    const url = 'ssh://127.0.0.1:1/x.git';
    await assert.rejects(listAndFetch(options(server, { url })), { code: 'GIT_TRANSPORT', message: /ECONNREFUSED/ });
  });

  it('gives up on a server that says nothing when its time is over', async () => {
    const sockets: net.Socket[] = [];
    const silent = net.createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
    try {
      await new Promise((resolve) => silent.once('listening', resolve));
      const url = `ssh://127.0.0.1:${(silent.address() as net.AddressInfo).port}/x.git`;
      const signal = AbortSignal.timeout(200);
      await assert.rejects(GitSession.open(sshTransport(options(server, { url })), signal), { name: 'TimeoutError' });
    } finally {
      for (const socket of sockets) socket.destroy();
      silent.close();
    }
  });

  it('goes through a SOCKS5 proxy with a login', async () => {
    const proxy = await socksProxy({ username: 'jane', password: 'secret' });
    try {
      const login = { url: proxy.url, username: 'jane', password: new Secret('secret') };
      assert.equal(await listAndFetch(options(server, { proxy: login })), head);
      assert.deepEqual(proxy.targets, [`127.0.0.1:${server.port}`]);
      const wrong = { ...login, password: new Secret('wrong') };
      await assert.rejects(listAndFetch(options(server, { proxy: wrong })), { message: /refused user and password/ });
      await assert.rejects(listAndFetch(options(server, { proxy: { url: proxy.url } })), {
        message: /demands a login/,
      });
    } finally {
      await proxy.stop();
    }
  });

  it('refuses an HTTP proxy by its scheme', () =>
    assert.rejects(listAndFetch(options(server, { proxy: { url: 'http://127.0.0.1:1' } })), {
      message: 'a proxy for SSH must be a socks5:// address, not http://',
    }));
});
