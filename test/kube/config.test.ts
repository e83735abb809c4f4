// Finding the cluster: kubeconfigs good, merged, hostile; the pod's service account; plugins in their child process.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { inClusterConfig, loadConfig } from '#kube/config';
import { loadKubeconfigFiles, loadKubeconfigText } from '#kube/kubeconfig';
import { systemClock } from '#lib/clock';
import { Secret } from '#lib/secret';
import { createAuthority, issueCertificate, validityFrom } from '#net/pki';
import { ListeningServer } from '#net/server';
import { tempDir } from '#test/support/temp-dir';
import { FakeClock } from './fake-clock.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

function kubeconfig(user: Record<string, unknown>, cluster: Record<string, unknown> = {}): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'here',
    clusters: [{ name: 'c', cluster: { server: 'https://api.example.com:6443', ...cluster } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'here', context: { cluster: 'c', user: 'u', namespace: 'team' } }],
  });
}

async function authorization(text: string): Promise<string | undefined> {
  return (await (await loadKubeconfigText(text)).credentials.get()).authorization?.reveal();
}
const untrusted = { exec: false, insecureTls: false, files: false };
const loadUntrusted = (text: string) => loadKubeconfigText(text, { trust: untrusted });
const soon = (): number => Math.floor(Date.now() / 1000) + 3600;
const provider = (config: Record<string, string>) => ({
  'auth-provider': { name: 'oidc', config: { 'client-id': 'c', ...config } },
});
const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A program that answers like a plugin, and counts how often it ran. */
async function plugin(
  answer: string,
): Promise<{ exec: Record<string, unknown>; runs: () => Promise<number>; dir: string }> {
  const dir = await tempDir('plugin');
  const command = join(dir, 'plugin.sh');
  await writeFile(
    command,
    `#!/bin/sh\necho run >> ${dir}/runs\nprintf '%s' "$KUBERNETES_EXEC_INFO" > ${dir}/info\n${answer}\n`,
  );
  await chmod(command, 0o755);
  return {
    exec: { apiVersion: 'client.authentication.k8s.io/v1', command, provideClusterInfo: true },
    runs: async () => (await readFile(join(dir, 'runs'), 'utf8')).split('\n').length - 1,
    dir,
  };
}

describe('kubeconfig', () => {
  it('gives the server, its certificates, the namespace, the proxy', async () => {
    const config = await loadKubeconfigText(
      kubeconfig(
        { 'client-certificate-data': base64('CERT'), 'client-key-data': base64('KEY') },
        {
          'certificate-authority-data': base64('CA'),
          'tls-server-name': 'kubernetes',
          'proxy-url': 'http://me:pw@proxy:3128',
        },
      ),
    );
    assert.equal(config.server, 'https://api.example.com:6443');
    assert.equal(config.namespace, 'team');
    assert.equal(config.tls.ca, 'CA');
    assert.equal(config.tls.cert, 'CERT');
    assert.equal(config.tls.key?.reveal(), 'KEY');
    assert.equal(config.tls.serverName, 'kubernetes');
    assert.equal(config.proxy?.url, 'http://proxy:3128');
    assert.equal(config.proxy?.password?.reveal(), 'pw');
  });

  it('knows tokens, passwords and nobody', async () => {
    assert.equal(await authorization(kubeconfig({ token: 't' })), 'Bearer t');
    assert.equal(await authorization(kubeconfig({ username: 'a', password: 'b' })), `Basic ${base64('a:b')}`);
    assert.equal(await authorization(kubeconfig({})), undefined);
  });

  it('impersonates as it says', async () => {
    const config = await loadKubeconfigText(
      kubeconfig({ token: 't', as: 'jane', 'as-groups': ['a', 'b'], 'as-user-extra': { k: ['v'] } }),
    );
    assert.deepEqual(config.impersonate, { user: 'jane', groups: ['a', 'b'], extra: { k: ['v'] } });
  });

  it('says what is missing', async () => {
    await assert.rejects(loadKubeconfigText('[]'), /it is not a mapping/);
    await assert.rejects(loadKubeconfigText('clusters: []'), /no current-context/);
    await assert.rejects(loadKubeconfigText(kubeconfig({}), { context: 'there' }), /no context "there"/);
    await assert.rejects(
      loadKubeconfigText(kubeconfig({}, { server: 'not a url' })),
      /no server URL for cluster "c" of context "here"/,
    );
    await assert.rejects(
      loadKubeconfigFiles(['/nonexistent/kubeconfig']),
      /no kubeconfig found: looked for \/nonexistent\/kubeconfig/,
    );
  });

  it('does not repeat what it could not parse', async () => {
    await assert.rejects(loadKubeconfigText('users:\n  - token: "s3cret\n bad: ['), (error: Error) => {
      assert.match(error.message, /not valid YAML \(line \d+\)/);
      assert.doesNotMatch(error.message, /s3cret/);
      return true;
    });
  });

  it('merges files, the first to name a thing winning, paths relative to their file', async () => {
    const dir = await tempDir('kubeconfig');
    await mkdir(join(dir, 'sub'));
    await writeFile(join(dir, 'sub', 'ca.crt'), 'SUBCA');
    await writeFile(
      join(dir, 'one'),
      'current-context: x\ncontexts: [{name: x, context: {cluster: c, user: u}}]\nusers: [{name: u, user: {token: first}}]\n',
    );
    await writeFile(
      join(dir, 'sub', 'two'),
      'current-context: y\nclusters: [{name: c, cluster: {server: "https://h", certificate-authority: ca.crt}}]\nusers: [{name: u, user: {token: second}}]\n',
    );
    const env = { KUBECONFIG: `${join(dir, 'one')}:${join(dir, 'missing')}:${join(dir, 'sub', 'two')}` };
    const config = await loadConfig({ env });
    assert.equal(config.tls.ca, 'SUBCA');
    assert.equal((await config.credentials.get()).authorization?.reveal(), 'Bearer first');
    assert.equal(config.namespace, 'default');
  });

  describe('from somebody we do not trust', () => {
    it('runs no program', async () => {
      await assert.rejects(
        loadUntrusted(kubeconfig({ exec: { command: 'touch', args: ['/tmp/x'] } })),
        /not allowed here/,
      );
      await assert.rejects(
        loadUntrusted(kubeconfig({ 'auth-provider': { name: 'gcp', config: { 'cmd-path': 'x' } } })),
        /not allowed here/,
      );
    });

    it('reads no file of ours', async () => {
      const config = await loadUntrusted(
        kubeconfig(
          { tokenFile: '/etc/hostname', 'client-certificate': '/etc/hostname', 'client-key': '/etc/hostname' },
          { 'certificate-authority': '/etc/hostname' },
        ),
      );
      assert.deepEqual(config.tls, {});
      assert.equal((await config.credentials.get()).authorization, undefined);
    });

    it('does not skip verification', async () => {
      const text = kubeconfig({ token: 't' }, { 'insecure-skip-tls-verify': true });
      await assert.rejects(loadUntrusted(text), /insecure-skip-tls-verify\), which is not allowed here/);
      assert.equal((await loadKubeconfigText(text)).tls.insecureSkipVerify, true);
      // With an authority there is something to verify by.
      const ca = Buffer.from('CA').toString('base64');
      const both = { 'insecure-skip-tls-verify': true, 'certificate-authority-data': ca };
      assert.deepEqual((await loadUntrusted(kubeconfig({ token: 't' }, both))).tls, { ca: 'CA' });
    });

    it('is not blown up by aliases', async () => {
      const bomb = [
        'a: &a [x,x,x,x,x,x,x,x,x]',
        ...'bcdefgh'.split('').map((name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[i]}`).join(',')}]`),
      ].join('\n');
      await assert.rejects(loadUntrusted(bomb), /not valid YAML/);
    });
  });
});

describe('in a cluster', () => {
  it('uses the service account, IPv6 hosts included', async () => {
    const dir = await tempDir('serviceaccount');
    await writeFile(join(dir, 'ca.crt'), 'CA');
    await writeFile(join(dir, 'namespace'), 'flux-system\n');
    await writeFile(join(dir, 'token'), 'tok\n');
    const config = await inClusterConfig({
      env: { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' },
      dir,
    });
    assert.equal(config.server, 'https://[fd00::1]:443');
    assert.equal(config.namespace, 'flux-system');
    assert.equal(config.tls.ca, 'CA');
    assert.equal((await config.credentials.get()).authorization?.reveal(), 'Bearer tok');
  });

  it('says when it is not in one', async () => {
    await assert.rejects(inClusterConfig({ env: {} }), /not in a cluster/);
  });
});

/** A token with these claims. Nobody here checks the signature. */
function jwt(claims: Record<string, unknown>): string {
  return `${part({ alg: 'RS256' })}.${part(claims)}.${Buffer.from('signature').toString('base64url')}`;
}

/** An identity provider that knows one client. */
async function answerAsProvider(request: IncomingMessage, response: ServerResponse, grants: string[]): Promise<void> {
  const issuer = `https://${request.headers.host}`;
  const body = await text(request);
  response.setHeader('Content-Type', 'application/json');
  if (request.url?.includes('openid-configuration')) {
    response.end(
      JSON.stringify({
        issuer,
        token_endpoint: `${issuer}/token`,
        authorization_endpoint: `${issuer}/auth`,
        jwks_uri: `${issuer}/jwks`,
      }),
    );
    return;
  }
  grants.push(new URLSearchParams(body).get('refresh_token') ?? '');
  const now = Math.floor(Date.now() / 1000);
  const token = jwt({ iss: issuer, aud: 'c', sub: 'me', iat: now, exp: now + 3600 });
  response.end(
    JSON.stringify({
      access_token: 'a',
      token_type: 'bearer',
      expires_in: 3600,
      id_token: token,
      refresh_token: `r${grants.length}`,
    }),
  );
}

describe('credential plugins', function () {
  this.timeout(60_000);
  const env = { PATH: process.env['PATH'] };

  it('runs a program, keeps its answer until it expires or is refused', async () => {
    const clock = new FakeClock(Date.UTC(2026, 0, 1));
    const { exec, runs, dir } = await plugin(
      `echo '{"kind":"ExecCredential","status":{"token":"fresh","expirationTimestamp":"2026-01-01T01:00:00Z"}}'`,
    );
    const { credentials } = await loadKubeconfigText(kubeconfig({ exec }), {
      clock: { ...systemClock, now: () => clock.now() },
      env,
    });
    assert.equal((await credentials.get()).authorization?.reveal(), 'Bearer fresh');
    await credentials.get();
    assert.equal(await runs(), 1);
    clock.advance(3_590_001);
    await Promise.all([credentials.get(), credentials.get()]);
    assert.equal(await runs(), 2);
    const info = JSON.parse(await readFile(join(dir, 'info'), 'utf8')) as {
      spec: { interactive: boolean; cluster: { server: string } };
    };
    assert.equal(info.spec.interactive, false);
    assert.equal(info.spec.cluster.server, 'https://api.example.com:6443');
    assert.equal(credentials.invalidate(), true);
  });

  it('takes client certificates', async () => {
    const { exec } = await plugin(
      `echo '{"kind":"ExecCredential","status":{"clientCertificateData":"C","clientKeyData":"K"}}'`,
    );
    const { credentials } = await loadKubeconfigText(kubeconfig({ exec }), { env });
    const credential = await credentials.get();
    assert.equal(credential.cert, 'C');
    assert.equal(credential.key?.reveal(), 'K');
  });

  it('says why a program failed', async () => {
    const { exec } = await plugin('echo "not logged in" >&2; exit 3');
    const { credentials } = await loadKubeconfigText(kubeconfig({ exec }), { env });
    await assert.rejects(Promise.resolve(credentials.get()), /getting cluster credentials failed: not logged in/);
  });

  describe('for OIDC', () => {
    it('uses the token while it is good, and says when nothing is left but to log in', async () => {
      const valid = jwt({ exp: soon() });
      const good = await loadKubeconfigText(kubeconfig(provider({ 'id-token': valid })), { env });
      assert.equal((await good.credentials.get()).authorization?.reveal(), `Bearer ${valid}`);
      const expired = await loadKubeconfigText(kubeconfig(provider({ 'id-token': jwt({ exp: 1 }) })), { env });
      await assert.rejects(Promise.resolve(expired.credentials.get()), /log in again/);
    });

    it('gets another from the provider, and goes on with the refresh token it was given', async () => {
      const grants: string[] = [];
      const validity = validityFrom(Date.now(), 1);
      const authority = await createAuthority('idp', validity);
      const leaf = await issueCertificate(authority, {
        commonName: 'idp',
        hosts: ['127.0.0.1'],
        usages: ['server'],
        validity,
      });
      const server = await ListeningServer.listen({
        tls: { cert: leaf.certificate, key: new Secret(leaf.privateKey) },
        handler: (request, response) => void answerAsProvider(request, response, grants),
      });
      try {
        const config = {
          'id-token': jwt({ exp: 1 }),
          'refresh-token': 'r0',
          'idp-issuer-url': server.url,
          'idp-certificate-authority-data': base64(authority.certificate),
        };
        const { credentials } = await loadKubeconfigText(kubeconfig(provider(config)), { env });
        const first = await credentials.get();
        assert.match(first.authorization?.reveal() ?? '', /^Bearer ey/);
        assert.equal(await credentials.get(), first);
        assert.deepEqual(grants, ['r0']);
      } finally {
        await server.close(0);
      }
    });
  });

  it('does not load the client library into this process', async () => {
    const hook = `import { registerHooks } from 'node:module';
      registerHooks({ load(url, context, next) { if (url.includes('client-node')) console.log('LOADED ' + url); return next(url, context); } });`;
    const args = [
      '--conditions=sluice-source',
      '--input-type=module',
      '--import',
      `data:text/javascript,${encodeURIComponent(hook)}`,
    ];
    const cwd = join(import.meta.dirname, '../..');
    const run = (script: string): string =>
      execFileSync(process.execPath, [...args, '-e', script], { encoding: 'utf8', cwd });
    assert.match(run("await import('@kubernetes/client-node/dist/exec_auth.js')"), /LOADED/);
    const loaded = run(
      "await Promise.all([import('#kube/kubeconfig'), import('#kube/client'), import('#kube/informer')])",
    );
    assert.doesNotMatch(loaded, /LOADED/);
  });
});
