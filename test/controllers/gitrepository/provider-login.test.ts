// Logins by spec.provider as far as a GitRepository decides about them: with what, as whom, and what stops it.
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import type { GitRepository } from '#api/source/gitrepository';
import { CloudHttp, cloudProviders, GitHubApps, Identities, TokenCache, type Accounts } from '#cloudauth/index';
import { credentialsOf, type Credentials } from '#controllers/gitrepository/credentials';
import { systemClock } from '#lib/clock';
import { Secret } from '#lib/secret';
import { Agents } from '#net/agents';
import { ReconcileError, StalledError } from '#runtime/reconcile-error';
import { GitHub } from '#test/support/github';
import { loopbackServer, type LoopbackServer } from '#test/support/loopback-server';

const github = 'https://github.com/org/repo';
const azure = 'https://dev.azure.com/org/project/_git/repo';
const codeCommit = 'https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/repo';
const configure = 'failed to configure authentication options: ';

interface Case {
  readonly url: string;
  readonly spec: Partial<GitRepository['spec']>;
  readonly secret?: Readonly<Record<string, string>>;
  /** Whether objects may name ServiceAccounts. @default false */
  readonly objectLevel?: boolean;
  readonly defaultAccount?: string;
  readonly signal?: AbortSignal;
}

describe('logins by provider', () => {
  const agents = new Agents();
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = privateKey.export({ type: 'pkcs1', format: 'pem' });
  const app = { githubAppID: '1', githubAppInstallationID: '2', githubAppPrivateKey: key };
  let machine: LoopbackServer;
  let asked: string[] = [];
  before(async () => {
    machine = await loopbackServer((request, response) => {
      asked.push(request.url ?? '');
      response.end('{"access_token":"of-the-machine","expires_in":"600"}');
    });
  });
  beforeEach(() => {
    asked = [];
  });
  after(async () => {
    await agents.close();
    await machine.stop();
  });

  function credentials(wanted: Case): Promise<Credentials> {
    const { url, spec, secret, objectLevel = false, defaultAccount = '' } = wanted;
    const [clock, local] = [systemClock, agents];
    const http = new CloudHttp({ agents, local, clock, userAgent: 'test' });
    const cache = new TokenCache({ clock, maxSize: 0, maxDurationMs: 1000 });
    const env = {
      AZURE_POD_IDENTITY_AUTHORITY_HOST: machine.url,
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'k',
      AWS_SESSION_TOKEN: 't',
    };
    const accounts: Accounts = {
      get: ({ namespace, name }) => {
        asked.push(`${namespace}/${name}`);
        return Promise.resolve(undefined);
      },
      issueToken: () => Promise.resolve(new Secret('')),
    };
    const logins = {
      identities: new Identities({ accounts, cache, objectLevel }),
      providers: cloudProviders({ http, env, clock }, { accounts }),
      githubApps: new GitHubApps({ http, clock, cache }),
      defaultAccount,
    };
    const data = Object.entries(secret ?? {}).map(([name, value]) => [name, Buffer.from(value).toString('base64')]);
    const client = { get: () => Promise.resolve({ data: Object.fromEntries(data) as unknown }) } as never;
    const repository: GitRepository = {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'GitRepository',
      metadata: { name: 'repo', namespace: 'ns' },
      spec: { url, interval: '1m', ...(secret !== undefined && { secretRef: { name: 's' } }), ...spec },
    };
    return credentialsOf(repository, new URL(url), { client, logins }, wanted.signal ?? AbortSignal.timeout(20_000));
  }

  it('azure: a bearer token of the process, whatever user the address names, with the authority of the Secret', async () => {
    const url = azure.replace('https://', 'https://org@');
    const found = await credentials({
      url,
      spec: { provider: 'azure' },
      secret: { 'ca.crt': 'ca', username: 'x', password: 'y' },
    });
    assert.equal(found.bearerToken?.reveal(), 'of-the-machine');
    assert.equal(found.basic, undefined);
    assert.equal(found.tls?.ca, 'ca');
    assert.match(asked[0] ?? '', /[?&]resource=499b84ac-1321-427f-aa17-267ca6975798(&|$)/);
  });

  it('azure: no proxy of an object hears what the machine is asked', async () => {
    const url = azure;
    const proxy = { address: 'http://127.0.0.1:1' };
    const found = await credentials({ url, spec: { provider: 'azure', proxySecretRef: { name: 's' } }, secret: proxy });
    assert.equal(found.bearerToken?.reveal(), 'of-the-machine');
    assert.equal(found.proxy?.url, 'http://127.0.0.1:1');
  });

  it('aws: a user and a signature as a password', async () => {
    const { basic } = await credentials({ url: codeCommit, spec: { provider: 'aws' } });
    assert.equal(basic?.username, 'AKIDEXAMPLE%t');
    assert.match(basic?.password.reveal() ?? '', /^\d{8}T\d{6}Z[0-9a-f]{64}$/);
  });

  it('github: the token as a password, the authority for the API too', async () => {
    const server = await GitHub.start({ tls: true });
    server.apps.set('1', { publicKey, installations: { 2: { owner: 'acme', kind: 'orgs' } } });
    const secret = { ...app, githubAppBaseURL: server.apiUrl, 'ca.crt': server.authority };
    const found = await credentials({ url: github, spec: { provider: 'github' }, secret });
    assert.equal(found.basic?.username, 'x-access-token');
    assert.ok(server.accepts(found.basic?.password.reveal() ?? ''));
    await server.stop();
  });

  it('github: an API that does not answer in time', async () => {
    const server = await GitHub.start({});
    server.faults.add({ kind: 'stall' });
    const secret = { ...app, githubAppBaseURL: server.apiUrl };
    const signal = AbortSignal.timeout(200);
    await assert.rejects(credentials({ url: github, spec: { provider: 'github' }, secret, signal }), {
      reason: 'AuthenticationFailed',
      message: `${configure}context deadline exceeded`,
    });
    await server.stop();
  });

  it('a default account where the object names none', async () => {
    const wanted = { url: azure, spec: { provider: 'azure' as const }, objectLevel: true, defaultAccount: 'tenant' };
    await assert.rejects(credentials(wanted), {
      message: `${configure}failed to get access token for Git repository: failed to get service account 'ns/tenant': the specified default service account does not exist in the object namespace. your cluster is subject to multi-tenant workload identity lockdown, reach out to your cluster administrator for help`,
    });
    assert.deepEqual(asked, ['ns/tenant']);
  });

  const required = 'secretRef with github app data must be specified when provider is set to github';
  const exactlyOne =
    "secret 'ns/s' must contain exactly one of 'githubAppInstallationOwner' or 'githubAppInstallationID'";
  const gate =
    'to use spec.serviceAccountName for provider authentication please enable the ObjectLevelWorkloadIdentity feature gate in the controller';
  const { githubAppPrivateKey: _key, ...keyless } = app;
  const { githubAppID: _id, ...nameless } = app;
  const { githubAppInstallationID: _installation, ...placeless } = app;
  const ssh = 'ssh://git@github.com/org/repo';
  const refused: readonly (readonly [string, Case, 'stalled' | 'tried again', string, string])[] = [
    [
      'github without a Secret',
      { url: github, spec: { provider: 'github' } },
      'stalled',
      'InvalidProviderConfiguration',
      required,
    ],
    ...[{ username: 'abc', password: '1234' }, keyless, nameless].map(
      (secret) =>
        [
          `github with a Secret of ${Object.keys(secret).join()}`,
          { url: github, spec: { provider: 'github' }, secret },
          'tried again',
          'InvalidProviderConfiguration',
          required,
        ] as const,
    ),
    ...[placeless, { ...app, githubAppInstallationOwner: 'acme' }].map(
      (secret) =>
        [
          `github with a Secret of ${Object.keys(secret).join()}`,
          { url: github, spec: { provider: 'github' }, secret },
          'tried again',
          'AuthenticationFailed',
          `${configure}${exactlyOne}`,
        ] as const,
    ),
    [
      'github with a key that is none',
      { url: github, spec: { provider: 'github' }, secret: { ...app, githubAppPrivateKey: 'abc' } },
      'tried again',
      'AuthenticationFailed',
      `${configure}could not parse private key: invalid key: Key must be a PEM encoded PKCS1 or PKCS8 key`,
    ],
    [
      'github over SSH',
      { url: ssh, spec: { provider: 'github' }, secret: app },
      'tried again',
      'AuthenticationFailed',
      `${configure}invalid 'ssh' auth option: 'identity' is required`,
    ],
    [
      'github over SSH, with a key',
      { url: ssh, spec: { provider: 'github' }, secret: { ...app, identity: 'x', known_hosts: 'y' } },
      'tried again',
      'AuthenticationFailed',
      `${configure}GitHub App authentication requires an HTTPS Git URL`,
    ],
    ...(['azure', 'aws'] as const).map(
      (provider) =>
        [
          `${provider} with an account, and the gate closed`,
          { url: provider === 'aws' ? codeCommit : azure, spec: { provider, serviceAccountName: 'tenant' } },
          'stalled',
          'FeatureGateDisabled',
          gate,
        ] as const,
    ),
    [
      'azure with an account that is not there',
      { url: azure, spec: { provider: 'azure', serviceAccountName: 'tenant' }, objectLevel: true },
      'tried again',
      'AuthenticationFailed',
      `${configure}failed to get access token for Git repository: failed to get service account 'ns/tenant': serviceaccounts "tenant" not found`,
    ],
    [
      'azure for another server',
      { url: 'https://dev.azure.com.example/org', spec: { provider: 'azure' } },
      'tried again',
      'AuthenticationFailed',
      `${configure}invalid Azure DevOps Git URL: dev.azure.com.example`,
    ],
    [
      'azure in clear',
      { url: azure.replace('https', 'http'), spec: { provider: 'azure' } },
      'tried again',
      'AuthenticationFailed',
      `${configure}Azure DevOps authentication requires an HTTPS Git URL`,
    ],
    [
      'aws for another server',
      { url: github, spec: { provider: 'aws' } },
      'tried again',
      'AuthenticationFailed',
      `${configure}invalid AWS CodeCommit Git URL: github.com`,
    ],
  ];
  for (const [what, wanted, outcome, reason, message] of refused) {
    it(`refuse ${what}`, async () => {
      await assert.rejects(credentials(wanted), (error: unknown) => {
        assert.ok(error instanceof ReconcileError);
        assert.deepEqual([error.reason, error.message], [reason, message]);
        assert.equal(error instanceof StalledError ? 'stalled' : 'tried again', outcome);
        return true;
      });
    });
  }
});
