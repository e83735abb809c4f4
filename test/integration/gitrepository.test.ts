// GitRepositories on a cluster: conditions, events and artifacts, through logins and faults.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { createAuthority, issueCertificate, validityFrom } from '#net/pki';
import { conditionOf, conditionsOf, Stage, type Repository } from '#test/integration/gitrepository-stage';
import { connectProxy } from '#test/git/connect-proxy';
import { socksProxy } from '#test/git/socks-proxy';
import { useSharedCluster } from '#test/support/controlplane';
import { GitRepo } from '#test/support/git-repo';
import { gitServer, type GitServer } from '#test/support/git-server';
import { sshServerOrSkip, type SshServer } from '#test/support/ssh-server';
import { tempDir } from '#test/support/temp-dir';
import { until } from '#test/support/wait';

describe('GitRepository on a cluster', function () {
  this.timeout(60_000);
  const cluster = useSharedCluster();
  let root: string;
  let repo: GitRepo;
  let head: string;
  let server: GitServer;
  let stage: Stage;
  let url: string;

  before(async () => {
    root = await tempDir('git-root');
    repo = await GitRepo.create({ root, name: 'repo' });
    head = await repo.commit({ message: 'Add apps', files: { 'apps/a.yaml': 'a: 1\n', 'infra/b.yaml': 'b: 1\n' } });
    server = await gitServer({ root });
    url = `${server.url}/repo.git`;
    stage = await Stage.open(cluster());
  });
  after(async () => {
    await stage?.stop();
    await server?.stop();
  });
  afterEach(() => server.faults.clear());

  /** The files of the artifact. */
  async function listing(object: Repository): Promise<string[]> {
    const input = await stage.download(object);
    const lines = execFileSync('tar', ['tzv'], { input, encoding: 'utf8' }).trim().split('\n');
    return lines.filter((line) => line.startsWith('-')).map((line) => line.split(' ').at(-1)!);
  }

  /** Waits for a failure with this reason; checks conditions and event, which carry the same message. */
  async function failsWith(name: string, reason: string, message: RegExp): Promise<Repository> {
    const object = await stage.untilReady(name, 'False', (found) => conditionOf(found, 'FetchFailed') !== undefined);
    assert.deepEqual(conditionsOf(object).slice(0, 2), [
      'Reconciling=True ProgressingWithRetry',
      `Ready=False ${reason}`,
    ]);
    const ready = conditionOf(object, 'Ready')!;
    assert.match(ready.message, message);
    const failed = conditionOf(object, 'FetchFailed')!;
    assert.deepEqual([failed.status, failed.reason, failed.message], ['True', reason, ready.message]);
    // A failure that may pass is not an answer to the spec.
    if (object.status?.artifact === undefined) assert.equal(object.status?.observedGeneration, -1);
    await until(
      async () =>
        (await stage.events(name)).some(
          (event) => event.type === 'Warning' && event.reason === reason && message.test(event.message),
        ),
      { what: `a Warning ${reason}` },
    );
    return object;
  }

  it('becomes Ready with an artifact, an event, and no condition left over', async () => {
    const name = await stage.repository({ url, ref: { branch: 'main' } });
    const object = await stage.untilReady(name, 'True');
    assert.deepEqual(conditionsOf(object), ['Ready=True Succeeded', 'ArtifactInStorage=True Succeeded']);
    assert.equal(conditionOf(object, 'Ready')!.message, `stored artifact for revision 'main@sha1:${head}'`);
    assert.equal(object.status?.observedGeneration, 1);
    assert.equal(object.status?.artifact?.path, `gitrepository/${stage.namespace}/${name}/${head}.tar.gz`);
    assert.deepEqual(await listing(object), ['apps/a.yaml', 'infra/b.yaml']);
    const event = await until(async () => (await stage.events(name)).find(({ reason }) => reason === 'NewArtifact'));
    assert.equal(event.message, `stored artifact for commit 'Add apps'`);
    assert.equal(event.type, 'Normal');
  });

  const refs: readonly [string, () => object][] = [
    ['a branch', () => ({ branch: 'main' })],
    ['a tag', () => ({ tag: 'v1.0.0' })],
    ['a version range', () => ({ semver: '1.x' })],
    ['a reference name', () => ({ name: 'refs/heads/main' })],
    ['a commit', () => ({ commit: head })],
    ['a commit of a branch', () => ({ commit: head, branch: 'main' })],
  ];
  for (const [what, ref] of refs) {
    it(`looks for news of ${what} with one listing at most, and fetches nothing`, async () => {
      if ((await repo.tryRevision('refs/tags/v1.0.0')) === undefined)
        await repo.tag('v1.0.0', { message: 'one', at: head });
      const name = await stage.repository({ url, ref: ref() });
      const first = await stage.untilReady(name, 'True');
      const before = server.requests.length;
      await stage.request(name);
      await until(async () => {
        const { status } = (await stage.get(name)) as { status?: { lastHandledReconcileAt?: string } };
        return status?.lastHandledReconcileAt?.startsWith('request-');
      });
      const sent = server.requests.slice(before);
      const posts = sent.filter((request) => request.startsWith('POST'));
      assert.ok(posts.length <= 1 && sent.length <= 2, sent.join(', '));
      const second = await stage.get(name);
      assert.deepEqual(second.status?.artifact, first.status?.artifact);
    });
  }

  const wishes: readonly [string, object, string, RegExp][] = [
    [
      'a missing branch',
      { ref: { branch: 'gone' } },
      'GitOperationFailed',
      /^failed to checkout and determine revision: unable to clone 'http:.*\/repo\.git': couldn't find remote ref "refs\/heads\/gone"$/,
    ],
    [
      'a missing name',
      { ref: { name: 'refs/x' } },
      'GitOperationFailed',
      /^failed to checkout and determine revision: unable to resolve ref 'refs\/x' to a specific commit$/,
    ],
    [
      'no matching version',
      { ref: { semver: '>9' } },
      'GitOperationFailed',
      /^failed to checkout and determine revision: no match found for semver: >9$/,
    ],
    [
      'a missing sparse directory',
      { ref: { branch: 'main' }, sparseCheckout: ['nowhere'] },
      'GitOperationFailed',
      /^failed to sparse checkout directories : sparse checkout dir 'nowhere' does not exist in repository/,
    ],
    [
      'a missing secret',
      { secretRef: { name: 'gone' } },
      'AuthenticationFailed',
      /^failed to get secret '.*\/gone': secrets "gone" not found$/,
    ],
  ];
  for (const [what, spec, reason, message] of wishes) {
    it(`tells of ${what}`, async () => {
      await failsWith(await stage.repository({ url, ...spec }), reason, message);
    });
  }

  it('tells of an empty repository', async () => {
    await GitRepo.create({ root, name: 'empty' });
    const name = await stage.repository({ url: `${server.url}/empty.git` });
    await failsWith(name, 'EmptyGitRepository', /^git repository is empty$/);
  });

  it('tells of a repository that is not there', async () => {
    const name = await stage.repository({ url: `${server.url}/nowhere.git` });
    await failsWith(
      name,
      'GitOperationFailed',
      /: unable to clone: repository not found.*: git repository: 'http.*nowhere\.git'$/,
    );
  });

  it('stalls on a provider that is not supported, and comes back when the spec changes', async () => {
    const name = await stage.repository({ url, ref: { branch: 'main' }, provider: 'github' });
    const object = await stage.untilReady(name, 'False', (found) => conditionOf(found, 'Stalled') !== undefined);
    assert.deepEqual(conditionsOf(object), [
      'Stalled=True InvalidProviderConfiguration',
      'Ready=False InvalidProviderConfiguration',
      'FetchFailed=True InvalidProviderConfiguration',
    ]);
    assert.match(conditionOf(object, 'Stalled')!.message, /^secretRef with github app data must be specified/);
    assert.equal(object.status?.observedGeneration, 1);
    await stage.repository({ url, ref: { branch: 'main' } }, name);
    await stage.untilReady(name, 'True');
  });

  it('keeps the artifact through a failure, and tells of the recovery', async () => {
    const name = await stage.repository({ url, ref: { branch: 'main' } });
    const before = await stage.untilReady(name, 'True');
    server.faults.add({ kind: { status: 503 } });
    await stage.request(name);
    const failed = await failsWith(
      name,
      'GitOperationFailed',
      /unable to list remote for 'http.*': unexpected client error: .* status code: 503/,
    );
    assert.deepEqual(failed.status?.artifact, before.status?.artifact);
    assert.equal(conditionOf(failed, 'ArtifactInStorage')!.status, 'True');
    server.faults.clear();
    const after = await stage.untilReady(name, 'True');
    assert.deepEqual(conditionsOf(after), ['Ready=True Succeeded', 'ArtifactInStorage=True Succeeded']);
    await until(async () => (await stage.events(name)).some(({ reason }) => reason === 'Succeeded'));
  });

  const faults: readonly [string, Parameters<GitServer['faults']['add']>[0], RegExp, object?][] = [
    ['resets the greeting', { kind: 'reset', match: /info\/refs/ }, /unable to clone '.*': /],
    ['resets a pack', { kind: 'reset', match: /upload-pack$/, afterBytes: 300 }, /unable to clone '.*': /],
    [
      'corrupts a pack',
      { kind: 'corrupt', match: /upload-pack$/, afterBytes: 700 },
      /unable to clone '.*': the server sent a broken/,
    ],
    [
      'stalls',
      { kind: 'stall', match: /upload-pack$/, afterBytes: 200 },
      /unable to clone '.*': context deadline exceeded$/,
      { timeout: '3s' },
    ],
  ];
  for (const [what, fault, message, spec] of faults) {
    it(`fails and recovers when the server ${what}`, async () => {
      const big = await GitRepo.create({ root, name: what.replaceAll(' ', '-') });
      await big.commit({
        files: { 'big.bin': incompressible(5000) },
      });
      server.faults.add(fault);
      const name = await stage.repository({
        url: `${server.url}/${what.replaceAll(' ', '-')}.git`,
        ref: { branch: 'main' },
        ...spec,
      });
      const object = await failsWith(name, 'GitOperationFailed', message);
      assert.equal(object.status?.artifact, undefined);
      server.faults.clear();
      await stage.untilReady(name, 'True');
    });
  }

  it('archives 10,000 files', async () => {
    const many = await GitRepo.create({ root, name: 'many' });
    const files = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`d${i % 97}/f${i}.yaml`, `n: ${i}\n`]));
    await many.commit({ files });
    const name = await stage.repository({ url: `${server.url}/many.git`, ref: { branch: 'main' }, timeout: '30s' });
    const object = await stage.untilReady(name, 'True');
    assert.equal((await listing(object)).length, 10_000);
  });

  it('refuses a tree with a name meant to escape', async () => {
    const evil = await GitRepo.create({ root, name: 'evil' });
    const blob = await evil.git(['hash-object', '-w', '--stdin'], { stdin: 'x' });
    const tree = Buffer.concat([Buffer.from('100644 ..\0', 'latin1'), Buffer.from(blob, 'hex')]);
    const hash = await evil.git(['hash-object', '-w', '-t', 'tree', '--literally', '--stdin'], { stdin: tree });
    const who = { GIT_AUTHOR_NAME: 'x', GIT_AUTHOR_EMAIL: 'x@x', GIT_COMMITTER_NAME: 'x', GIT_COMMITTER_EMAIL: 'x@x' };
    const commit = await evil.git(['commit-tree', hash, '-m', 'evil'], { env: who });
    await evil.git(['update-ref', 'refs/heads/main', commit]);
    const name = await stage.repository({ url: `${server.url}/evil.git`, ref: { branch: 'main' } });
    const object = await failsWith(
      name,
      'GitOperationFailed',
      /the repository has an entry named "\.\.", which is not allowed$/,
    );
    assert.equal(object.status?.artifact, undefined);
  });

  it('follows a redirect', async () => {
    server.faults.add({
      match: /^\/moved/,
      kind: { status: 301, headers: { location: `${url}/info/refs?service=git-upload-pack` } },
    });
    const name = await stage.repository({ url: `${server.url}/moved.git`, ref: { branch: 'main' } });
    await stage.untilReady(name, 'True');
  });

  it('removes the artifact with the object', async () => {
    const name = await stage.repository({ url, ref: { branch: 'main' } });
    const object = await stage.untilReady(name, 'True');
    await stage.delete(name);
    await assert.rejects(stage.download(object), /status 404/);
  });

  describe('logging in over HTTP', () => {
    it('takes user and password, and says when they are wrong', async () => {
      const guarded = await gitServer({ root, auth: { username: 'jane', password: 's3cret' } });
      try {
        const address = `${guarded.url}/repo.git`;
        const right = await stage.secret({ username: 'jane', password: 's3cret' });
        const wrong = await stage.secret({ username: 'jane', password: 'not-this-one' });
        const lone = await stage.secret({ password: 'not-this-one' });
        await stage.untilReady(
          await stage.repository({ url: address, ref: { branch: 'main' }, secretRef: { name: right } }),
          'True',
        );
        const failing = await stage.repository({ url: address, secretRef: { name: wrong } });
        const object = await failsWith(failing, 'GitOperationFailed', /unable to clone '.*': authentication required/);
        assert.ok(!JSON.stringify(object).includes('not-this-one'));
        await failsWith(
          await stage.repository({ url: address, secretRef: { name: lone } }),
          'AuthenticationFailed',
          /^failed to configure authentication options: invalid 'http' auth option: 'password' requires 'username' to be set$/,
        );
      } finally {
        await guarded.stop();
      }
    });

    it('takes a bearer token', async () => {
      const guarded = await gitServer({ root, auth: { bearer: 't0ken' } });
      try {
        const secret = await stage.secret({ bearerToken: 't0ken', username: 'ignored', password: 'ignored' });
        const name = await stage.repository({
          url: `${guarded.url}/repo.git`,
          ref: { branch: 'main' },
          secretRef: { name: secret },
        });
        await stage.untilReady(name, 'True');
      } finally {
        await guarded.stop();
      }
    });

    it('takes a custom authority and a client certificate', async () => {
      const validity = validityFrom(Date.now(), 1);
      const clients = await createAuthority('clients', validity);
      const client = await issueCertificate(clients, { commonName: 'jane', hosts: [], usages: ['client'], validity });
      const guarded = await gitServer({ root, tls: { clientAuthority: clients.certificate } });
      try {
        const address = `${guarded.url}/repo.git`;
        const login = { 'tls.crt': client.certificate, 'tls.key': client.privateKey };
        const full = await stage.secret({ ...login, 'ca.crt': guarded.authority! });
        const noCa = await stage.secret(login);
        const half = await stage.secret({ 'ca.crt': guarded.authority!, 'tls.crt': client.certificate });
        await stage.untilReady(
          await stage.repository({ url: address, ref: { branch: 'main' }, secretRef: { name: full } }),
          'True',
        );
        await failsWith(
          await stage.repository({ url: address, secretRef: { name: noCa } }),
          'GitOperationFailed',
          /certificate/,
        );
        await failsWith(
          await stage.repository({ url: address, secretRef: { name: half } }),
          'AuthenticationFailed',
          /'tls\.crt' but not 'tls\.key'/,
        );
      } finally {
        await guarded.stop();
      }
    });

    it('goes through an HTTP proxy', async () => {
      const proxy = await connectProxy({ username: 'jane', password: 'pr0xy' });
      try {
        const right = await stage.secret({ address: proxy.url, username: 'jane', password: 'pr0xy' });
        const wrong = await stage.secret({ address: proxy.url, username: 'jane', password: 'wrong' });
        const empty = await stage.secret({ username: 'jane' });
        const spec = { url, ref: { branch: 'main' } };
        await stage.untilReady(await stage.repository({ ...spec, proxySecretRef: { name: right } }), 'True');
        assert.ok(proxy.targets.includes(new URL(url).host));
        await failsWith(
          await stage.repository({ ...spec, proxySecretRef: { name: wrong } }),
          'GitOperationFailed',
          /unable to clone/,
        );
        await failsWith(
          await stage.repository({ ...spec, proxySecretRef: { name: empty } }),
          'AuthenticationFailed',
          /^failed to configure proxy options: the secret '.*' has no key 'address'$/,
        );
      } finally {
        await proxy.stop();
      }
    });
  });

  describe('over SSH', () => {
    let ssh: SshServer;
    before(async function () {
      ssh = await sshServerOrSkip(this);
    });
    after(() => ssh?.stop());

    it('fetches with an identity and known_hosts', async () => {
      const secret = await stage.secret({ identity: ssh.privateKey, known_hosts: ssh.knownHosts });
      const name = await stage.repository({
        url: ssh.url(repo.dir),
        ref: { branch: 'main' },
        secretRef: { name: secret },
      });
      const object = await stage.untilReady(name, 'True');
      assert.deepEqual(await listing(object), ['apps/a.yaml', 'infra/b.yaml']);
    });

    it('goes through a SOCKS5 proxy', async () => {
      const proxy = await socksProxy({ username: 'jane', password: 'pr0xy' });
      try {
        const secret = await stage.secret({ identity: ssh.privateKey, known_hosts: ssh.knownHosts });
        const through = await stage.secret({ address: proxy.url, username: 'jane', password: 'pr0xy' });
        const name = await stage.repository({
          url: ssh.url(repo.dir),
          ref: { branch: 'main' },
          secretRef: { name: secret },
          proxySecretRef: { name: through },
        });
        await stage.untilReady(name, 'True');
        assert.deepEqual(proxy.targets, [`127.0.0.1:${ssh.port}`]);
      } finally {
        await proxy.stop();
      }
    });

    const secrets: readonly [string, () => Record<string, string> | undefined, string, RegExp][] = [
      [
        'no secret',
        () => undefined,
        'AuthenticationFailed',
        /^failed to configure authentication options: invalid 'ssh' auth option: 'identity' is required$/,
      ],
      [
        'no known_hosts',
        () => ({ identity: ssh.privateKey }),
        'AuthenticationFailed',
        /invalid 'ssh' auth option: 'known_hosts' is required$/,
      ],
      [
        'an unknown host key',
        () => ({ identity: ssh.privateKey, known_hosts: 'example.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAA' }),
        'GitOperationFailed',
        /unable to clone 'ssh:.*': ssh: handshake failed: knownhosts: key is unknown/,
      ],
      [
        'a wrong key',
        () => ({ identity: wrongKey(), known_hosts: ssh.knownHosts }),
        'GitOperationFailed',
        /unable to clone 'ssh:.*': ssh: handshake failed: ssh: unable to authenticate/,
      ],
      [
        'an encrypted key without its passphrase',
        () => ({ identity: wrongKey('secret'), known_hosts: ssh.knownHosts }),
        'AuthenticationFailed',
        /^SSH identity key is encrypted but no 'password' field was provided in the secret '.*'$/,
      ],
    ];
    for (const [what, data, reason, message] of secrets) {
      it(`tells of ${what}`, async () => {
        const given = data();
        const secretRef = given === undefined ? {} : { secretRef: { name: await stage.secret(given) } };
        await failsWith(await stage.repository({ url: ssh.url(repo.dir), ...secretRef }), reason, message);
      });
    }
  });

  let keyFolder: string;
  before(async () => {
    keyFolder = await tempDir('keys');
  });
  function wrongKey(passphrase = ''): string {
    const file = join(keyFolder, `key-${passphrase}`);
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', passphrase, '-f', file]);
    return execFileSync('cat', [file], { encoding: 'utf8' });
  }
});

/** Always the same bytes, of which none can be saved. */
function incompressible(size: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(size / 64) }, (_, i) => createHash('sha512').update(`${i}`).digest());
  return Buffer.concat(blocks).subarray(0, size);
}
