// The servers that other tests fetch from behave as the real things they are, faults included.
import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import https from 'node:https';
import path from 'node:path';
import { GitRepo } from '#test/support/git-repo';
import { gitServer, type GitServer } from '#test/support/git-server';
import { registryOrSkip } from '#test/support/registry';
import { run } from '#test/support/run';
import { sshServerOrSkip } from '#test/support/ssh-server';
import { tempDir } from '#test/support/temp-dir';

const gitEnv = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1', GIT_TERMINAL_PROMPT: '0' };

async function clone(
  url: string,
  env: Record<string, string> = {},
): Promise<{ status: unknown; dir: string; stderr: string }> {
  const dir = await tempDir('clone');
  const { status, stderr } = await run('git', ['clone', '--quiet', url, dir], { env: { ...gitEnv, ...env } });
  return { status, dir, stderr };
}

describe('git server', () => {
  let repo: GitRepo;
  const servers: GitServer[] = [];
  const serve = async (options: Omit<Parameters<typeof gitServer>[0], 'root'> = {}): Promise<GitServer> => {
    const server = await gitServer({ root: path.dirname(repo.dir), ...options });
    servers.push(server);
    return server;
  };

  before(async () => {
    repo = await GitRepo.create();
    await repo.commit({ files: { 'a.txt': 'a\n', 'bin/run': { mode: '100755', content: '#!/bin/sh\n' } } });
    await repo.commit({ files: { 'a.txt': 'b\n', gone: 'x' }, message: 'second' });
    await repo.commit({ files: { gone: null } });
    await repo.tag('v1.0.0', { message: 'first release' });
  });
  after(async () => {
    await Promise.all(servers.map((server) => server.stop()));
  });

  it('commits the same ids for the same input', async () => {
    const other = await GitRepo.create();
    const [first] = (await repo.git(['rev-list', '--reverse', 'main'])).split('\n');
    const files = { 'a.txt': 'a\n', 'bin/run': { mode: '100755', content: '#!/bin/sh\n' } } as const;
    assert.equal(await other.commit({ files }), first);
  });

  it('serves a clone over HTTP and takes a push', async () => {
    const server = await serve();
    const { status, dir, stderr } = await clone(`${server.url}/repo.git`);
    assert.equal(status, 0, stderr);
    assert.deepEqual((await readdir(dir)).toSorted(), ['.git', 'a.txt', 'bin']);
    await writeFile(path.join(dir, 'a.txt'), 'pushed\n');
    const commit = ['-c', 'user.name=x', '-c', 'user.email=x@example.com', 'commit', '-qam', 'pushed'];
    assert.equal((await run('git', ['-C', dir, ...commit], { env: gitEnv })).status, 0);
    const pushed = await run('git', ['-C', dir, 'push', '-q', 'origin', 'HEAD:pushed'], { env: gitEnv });
    assert.equal(pushed.status, 0, pushed.stderr);
    assert.equal(await repo.git(['show', 'pushed:a.txt']), 'pushed');
  });

  it('asks for the password over TLS', async () => {
    const server = await serve({ tls: true, auth: { username: 'jane', password: 's3cret' } });
    const authority = path.join(await tempDir(), 'ca.crt');
    await writeFile(authority, server.authority ?? '');
    const env = { GIT_SSL_CAINFO: authority };
    const url = new URL(`${server.url}/repo.git`);
    assert.match((await clone(url.href, env)).stderr, /could not read Username|terminal prompts disabled/);
    [url.username, url.password] = ['jane', 's3cret'];
    assert.equal((await clone(url.href, env)).status, 0);
    assert.match((await clone(url.href)).stderr, /certificate/);
  });

  it('cuts, changes and refuses answers when told to', async () => {
    const server = await serve();
    const url = `${server.url}/repo.git`;
    server.faults.add({ kind: 'reset', match: /info\/refs/, afterBytes: 10, times: 1 });
    assert.notEqual((await clone(url)).status, 0);
    server.faults.add({ kind: 'corrupt', match: /git-upload-pack$/, afterBytes: 400 });
    assert.notEqual((await clone(url)).status, 0);
    server.faults.clear();
    server.faults.add({ kind: { status: 503 }, times: 1 });
    assert.match((await clone(url)).stderr, /503/);
    assert.equal((await clone(url)).status, 0);
  });

  it('falls silent when told to', async () => {
    const server = await serve();
    server.faults.add({ kind: 'stall', match: /info\/refs/, afterBytes: 10 });
    const response = await fetch(`${server.url}/repo.git/info/refs?service=git-upload-pack`);
    const reader = response.body?.getReader();
    assert.equal((await reader?.read())?.value?.length, 10);
    const more = Promise.race([reader?.read(), new Promise((resolve) => setTimeout(resolve, 300, 'silence'))]);
    assert.equal(await more, 'silence');
    await reader?.cancel();
  });
});

describe('ssh server', () => {
  for (const hostKey of ['ed25519', 'ecdsa', 'rsa'] as const) {
    it(`serves a clone to the key it knows, as the host it is (${hostKey})`, async function () {
      const server = await sshServerOrSkip(this, { hostKey });
      try {
        const repo = await GitRepo.create();
        await repo.commit({ files: { 'a.txt': 'a\n' } });
        const dir = await tempDir();
        const [key, hosts] = [path.join(dir, 'key'), path.join(dir, 'known_hosts')];
        await writeFile(key, server.privateKey, { mode: 0o600 });
        await writeFile(hosts, server.knownHosts);
        const options = `-F none -i ${key} -o UserKnownHostsFile=${hosts} -o StrictHostKeyChecking=yes -o IdentitiesOnly=yes`;
        const cloned = await clone(server.url(repo.dir), { GIT_SSH_COMMAND: `ssh ${options}`, SSH_AUTH_SOCK: '' });
        assert.equal(cloned.status, 0, cloned.stderr);
        assert.equal(await readFile(path.join(cloned.dir, 'a.txt'), 'utf8'), 'a\n');
      } finally {
        await server.stop();
      }
    });
  }
});

describe('registry', () => {
  it('speaks the distribution protocol over TLS to who has the password', async function () {
    this.timeout(20 * 60_000);
    const registry = await registryOrSkip(this, { tls: true, auth: { username: 'jane', password: 's3cret' } });
    try {
      const status = (headers: Record<string, string>): Promise<number | undefined> =>
        new Promise((resolve, reject) => {
          const request = https.get(
            `${registry.url}/v2/`,
            { ca: registry.authority, headers, agent: false },
            (response) => {
              response.resume();
              resolve(response.statusCode);
            },
          );
          request.once('error', reject);
        });
      assert.equal(await status({}), 401);
      assert.equal(await status({ authorization: `Basic ${btoa('jane:s3cret')}` }), 200);
    } finally {
      await registry.stop();
    }
  });
});
