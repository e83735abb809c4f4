// GitHub Apps: tokens from an API that verifies every proof, how long they are used, and what is said when there is none.
import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { CloudHttp } from '#cloudauth/cloud-http';
import type { GitHubAppData } from '#cloudauth/githubapp/app';
import { GitHubApps } from '#cloudauth/githubapp/apps';
import { TokenCache } from '#cloudauth/token-cache';
import { systemClock } from '#lib/clock';
import { Secret } from '#lib/secret';
import { Agents, type Route } from '#net/agents';
import { connectProxy } from '#test/git/connect-proxy';
import { FakeClock } from '#test/kube/fake-clock';
import { GitHub } from '#test/support/github';
import { loopbackServer } from '#test/support/loopback-server';
import { interceptTls } from '#test/support/tls-interception';

const never = new AbortController().signal;
const minute = 60_000;

interface Key {
  readonly publicKey: KeyObject;
  readonly pem: string;
}

function rsaKey(modulusLength = 2048, type: 'pkcs1' | 'pkcs8' = 'pkcs1'): Key {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength });
  return { publicKey, pem: privateKey.export({ type, format: 'pem' }) };
}

describe('GitHub Apps', () => {
  const clock = new FakeClock(Date.UTC(2026, 0, 1) + 500);
  const key = rsaKey();
  let github: GitHub;
  let agents: Agents;
  let apps: GitHubApps;

  function appsWith(env: Record<string, string> = {}): GitHubApps {
    agents = new Agents({ env });
    const http = new CloudHttp({ agents, local: agents, clock: systemClock, userAgent: 'test' });
    return new GitHubApps({ http, clock, cache: new TokenCache({ clock, maxSize: 10, maxDurationMs: 60 * minute }) });
  }
  beforeEach(async () => {
    github = await GitHub.start({ now: () => clock.now() });
    github.apps.set('123', {
      publicKey: key.publicKey,
      installations: { 456: { owner: 'acme', kind: 'orgs' }, 789: { owner: 'jane', kind: 'users' } },
    });
    apps = appsWith();
  });
  afterEach(async () => {
    await github.stop();
    await agents.close();
  });

  function app(change: Partial<GitHubAppData> = {}): GitHubAppData {
    const installation = { id: '456' };
    return { appId: '123', installation, privateKey: new Secret(key.pem), baseUrl: github.apiUrl, ...change };
  }

  async function tokenOf(data = app(), route: Route = {}, signal = never): Promise<string> {
    const { login } = await apps.gitLogin(data, route, signal);
    assert.ok('basic' in login);
    assert.equal(login.basic.username, 'x-access-token');
    return login.basic.password.reveal();
  }

  /** The message it fails with, host and port replaced; without a secret in it. */
  async function failure(data = app(), route: Route = {}, signal = never): Promise<string> {
    const error = await tokenOf(data, route, signal).then(
      () => assert.fail('it did not fail'),
      (caught: unknown) => caught as Error,
    );
    for (const secret of [...github.secrets, data.privateKey.reveal()]) {
      if (secret !== '') assert.equal(`${error.message}${JSON.stringify(error)}`.includes(secret), false);
    }
    return error.message.replaceAll(/127\.0\.0\.1:\d+/g, 'host');
  }

  it('get a token of their installation', async () => {
    assert.ok(github.accepts(await tokenOf()));
    assert.deepEqual(github.requests, ['POST /app/installations/456/access_tokens']);
  });

  it('take keys of both forms, and an address with a slash at its end', async () => {
    const other = rsaKey(2048, 'pkcs8');
    github.apps.get('123')!.publicKey = other.publicKey;
    assert.ok(github.accepts(await tokenOf(app({ privateKey: new Secret(other.pem), baseUrl: `${github.apiUrl}/` }))));
  });

  it('find their installation by the organization or the user', async () => {
    assert.ok(github.accepts(await tokenOf(app({ installation: { owner: 'acme' } }))));
    assert.ok(github.accepts(await tokenOf(app({ installation: { owner: 'jane' } }))));
    assert.deepEqual(github.requests, [
      'GET /orgs/acme/installation',
      'POST /app/installations/456/access_tokens',
      'GET /orgs/jane/installation',
      'GET /users/jane/installation',
      'POST /app/installations/789/access_tokens',
    ]);
  });

  it('are at github.com without an address', async () => {
    const seen: string[] = [];
    const internet = await interceptTls(['api.github.com'], ({ method, url, headers }, response) => {
      seen.push(`${method} ${headers.host}${url}`);
      response.writeHead(201).end('{"token":"ghs_x","expires_at":"2099-01-01T00:00:00Z"}');
    });
    apps = appsWith({ HTTPS_PROXY: internet.proxyUrl });
    assert.equal(await tokenOf(app({ baseUrl: undefined })), 'ghs_x');
    assert.deepEqual(seen, ['POST api.github.com/app/installations/456/access_tokens']);
    await internet.stop();
  });

  it('use a token for four fifths of its hour', async () => {
    const first = await tokenOf();
    clock.advance(47 * minute);
    assert.equal(await tokenOf(), first);
    clock.advance(2 * minute);
    const second = await tokenOf();
    assert.notEqual(second, first);
    assert.ok(github.accepts(second));
    assert.equal(github.requests.length, 2);
  });

  it('get another one for another key, installation or server, and at once', async () => {
    const first = await tokenOf();
    assert.notEqual(await tokenOf(app({ installation: { id: '789' } })), first);
    const rotated = rsaKey();
    github.apps.get('123')!.publicKey = rotated.publicKey;
    const second = await tokenOf(app({ privateKey: new Secret(rotated.pem) }));
    assert.notEqual(second, first);
    assert.ok(github.accepts(second));
    const stranger = rsaKey();
    assert.match(await failure(app({ privateKey: new Secret(stranger.pem) })), /answered 401/);
  });

  it('get another one when a server did not accept the last', async () => {
    const { login, reject } = await apps.gitLogin(app(), {}, never);
    reject();
    assert.ok('basic' in login);
    assert.notEqual(await tokenOf(), login.basic.password.reveal());
  });

  it('say what the API refuses, without the proof it may quote', async () => {
    assert.equal(
      await failure(app({ privateKey: new Secret(rsaKey().pem) })),
      'GitHub API: host answered 401: A JSON web token could not be decoded (***)',
    );
    assert.equal(await failure(app({ appId: '124' })), 'GitHub API: host answered 401: no app 124 (***)');
    assert.equal(await failure(app({ installation: { id: '1' } })), 'GitHub API: host answered 404: Not Found');
    assert.equal(
      await failure(app({ installation: { owner: 'nobody' } })),
      'failed to find organization installation: GitHub API: host answered 404: Not Found; failed to find user installation: GitHub API: host answered 404: Not Found',
    );
  });

  for (const [status, requests] of [
    [401, 1],
    [403, 1],
    [404, 1],
    [500, 3],
  ] as const) {
    it(`ask ${requests === 1 ? 'once' : 'again'} where the API answers ${status}`, async () => {
      github.faults.add({ kind: { status } });
      const path = '/app/installations/456/access_tokens';
      assert.equal(await failure(), `GitHub API: host answered ${status}: fault /api/v3${path}`);
      assert.equal(github.requests.length, requests);
      github.faults.clear();
      assert.ok(github.accepts(await tokenOf()));
    });
  }

  it('look no further for an owner where the first answer is not that there is none', async () => {
    github.faults.add({ kind: { status: 403 } });
    assert.match(
      await failure(app({ installation: { owner: 'jane' } })),
      /^failed to find organization .* answered 403/,
    );
    assert.deepEqual(github.requests, ['GET /orgs/jane/installation']);
  });

  it('wait no longer than they may', async () => {
    github.faults.add({ kind: 'stall' });
    assert.match(await failure(app(), {}, AbortSignal.timeout(200)), /due to timeout/);
  });

  it('take no answer that has no token', async () => {
    for (const [body, message] of [
      ['<html>', 'GitHub API: the answer is not JSON'],
      ['{"expires_at":"2099-01-01T00:00:00Z"}', 'GitHub API: the answer has no token'],
      ['{"token":"ghs_hidden"}', 'GitHub API: the answer has no token'],
    ] as const) {
      const server = await loopbackServer((_request, response) => response.writeHead(201).end(body));
      assert.equal(await failure(app({ baseUrl: server.url })), message);
      await server.stop();
    }
  });

  it('trust the authority of the object, and nobody else', async () => {
    const secure = await GitHub.start({ tls: true, now: () => clock.now() });
    secure.apps.set('123', github.apps.get('123')!);
    const data = app({ baseUrl: secure.apiUrl });
    assert.match(await failure(data), /^GitHub API: host: .*certificate/);
    assert.ok(secure.accepts(await tokenOf(data, { tls: { ca: secure.authority, withSystemRoots: true } })));
    await secure.stop();
  });

  it('go through the proxy of the object', async () => {
    const proxy = await connectProxy({ username: 'u', password: 'p' });
    const route = { proxy: { url: proxy.url, username: 'u', password: new Secret('p') } };
    assert.ok(github.accepts(await tokenOf(app(), route)));
    assert.deepEqual(proxy.targets, [new URL(github.url).host]);
    await proxy.stop();
  });

  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' });
  const required = 'must be provided to use github app authentication';
  const unusable = 'could not parse private key:';
  const invalid: readonly (readonly [string, Partial<GitHubAppData>, string])[] = [
    ['no app ID', { appId: '' }, `app ID ${required}`],
    ['an app ID that is none', { appId: '12x' }, `app ID ${required}`],
    ['an app ID of zero', { appId: '0' }, `app ID ${required}`],
    ['an installation ID that is none', { installation: { id: '4/5' } }, `app installation owner or ID ${required}`],
    ['no owner', { installation: { owner: '' } }, `app installation owner or ID ${required}`],
    ['an owner that leads elsewhere', { installation: { owner: '..' } }, `app installation owner or ID ${required}`],
    ['no key', { privateKey: new Secret('') }, `private key ${required}`],
    [
      'a key that is none',
      { privateKey: new Secret('hidden') },
      `${unusable} invalid key: Key must be a PEM encoded PKCS1 or PKCS8 key`,
    ],
    ['a key of another kind', { privateKey: new Secret(ec) }, `${unusable} key is not a valid RSA private key`],
    ['a short key', { privateKey: new Secret(rsaKey(512).pem) }, `${unusable} it has 512 bits, not 1024 to 8192`],
    [
      'an address that is none',
      { baseUrl: 'host' },
      'invalid API URL: githubAppBaseURL must be like https://host/api/v3',
    ],
    [
      'an address of a file',
      { baseUrl: 'file:///x' },
      'invalid API URL: githubAppBaseURL must be like https://host/api/v3',
    ],
  ];
  for (const [what, change, message] of invalid) {
    it(`ask nobody with ${what}`, async () => {
      assert.equal(await failure(app(change)), message);
      assert.deepEqual(github.requests, []);
    });
  }
});
