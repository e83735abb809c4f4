// GitRepositories whose provider logs them in: GitHub Apps at a server that verifies them, and ServiceAccounts' tokens
// at clouds that verify those, each in front of a real Git server.
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { conditionOf, conditionsOf, Stage, type Repository } from '#test/integration/gitrepository-stage';
import { connectProxy } from '#test/git/connect-proxy';
import { Clouds, type Issuer } from '#test/support/clouds';
import { useSharedCluster } from '#test/support/controlplane';
import { GitHub } from '#test/support/github';
import { GitRepo } from '#test/support/git-repo';
import { gitServer, type GitServer } from '#test/support/git-server';
import { tempDir } from '#test/support/temp-dir';
import { until } from '#test/support/wait';

const gate = '--feature-gates=ObjectLevelWorkloadIdentity=true';
const azureUrl = 'https://dev.azure.com/org/project/_git/repo';
const awsUrl = 'https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/repo';
const role = 'arn:aws:iam::123456789012:role/reader';

function newKey() {
  return generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
}

function message(object: Repository): string {
  return (conditionOf(object, 'Ready')?.message ?? '').replaceAll(/127\.0\.0\.1:\d+/g, 'host');
}

/** Asks for another look, and waits for what came of it. */
async function again(stage: Stage, name: string, status: 'True' | 'False', reason: string): Promise<Repository> {
  await stage.request(name);
  return stage.untilReady(name, status, (object) => conditionOf(object, 'Ready')?.reason === reason);
}

describe('GitRepositories with a provider', function () {
  this.timeout(60_000);
  const cluster = useSharedCluster();
  let repo: GitRepo;
  let root: string;

  before(async () => {
    root = await tempDir('git-root');
    repo = await GitRepo.create({ root, name: 'repo' });
    await repo.commit({ files: { 'a.yaml': 'a: 1\n' } });
  });

  /** Nothing of what was issued is in the namespace's objects and events, or was printed. */
  async function showsNone(stage: Stage, secrets: readonly string[]): Promise<void> {
    const shown = await cluster().kubectl.ok(['-n', stage.namespace, 'get', 'gitrepositories,events', '-o', 'json']);
    for (const secret of secrets) assert.equal(`${shown}${stage.log.join('')}`.includes(secret), false);
  }

  describe('github', () => {
    const first = newKey();
    let stage: Stage;
    let github: GitHub;
    before(async () => {
      stage = await Stage.open(cluster());
    });
    after(() => stage?.stop());
    beforeEach(async () => {
      github = await GitHub.start({ root, tls: true });
      github.apps.set('123', {
        publicKey: first.publicKey,
        installations: { 456: { owner: 'acme', kind: 'orgs' } },
      });
    });
    afterEach(() => github.stop());

    function data(change: Record<string, string> = {}): Record<string, string> {
      return {
        githubAppID: '123',
        githubAppInstallationID: '456',
        githubAppPrivateKey: first.privateKey,
        githubAppBaseURL: github.apiUrl,
        'ca.crt': github.authority,
        ...change,
      };
    }

    async function repository(secret: Record<string, string>, spec: object = {}): Promise<string> {
      const secretRef = { name: await stage.secret(secret) };
      const url = `${github.url}/repo.git`;
      return stage.repository({ url, ref: { branch: 'main' }, provider: 'github', secretRef, ...spec });
    }

    it('fetches with a token of the installation, and gets one only once', async () => {
      const name = await repository(data());
      const object = await stage.untilReady(name, 'True');
      assert.equal(object.status?.artifact?.revision, `main@sha1:${await repo.revision('main')}`);
      await repo.commit({ files: { 'b.yaml': 'b: 1\n' } });
      const revision = `main@sha1:${await repo.revision('main')}`;
      await stage.request(name);
      await stage.untilReady(name, 'True', ({ status }) => status?.artifact?.revision === revision);
      assert.deepEqual(github.requests, ['POST /app/installations/456/access_tokens']);
      await showsNone(stage, github.secrets);
    });

    it('finds the installation of an owner', async () => {
      const { githubAppInstallationID: _id, ...rest } = data();
      await stage.untilReady(await repository({ ...rest, githubAppInstallationOwner: 'acme' }), 'True');
      assert.deepEqual(github.requests, ['GET /orgs/acme/installation', 'POST /app/installations/456/access_tokens']);
    });

    it('takes a key that was rotated in the Secret at once', async () => {
      const secret = await stage.secret(data());
      const name = await repository({}, { secretRef: { name: secret } });
      await stage.untilReady(name, 'True');
      const second = newKey();
      github.apps.get('123')!.publicKey = second.publicKey;
      github.revoke();
      const failed = await again(stage, name, 'False', 'AuthenticationFailed');
      assert.match(message(failed), /GitHub API: host answered 401: A JSON web token could not be decoded/);
      await stage.apply({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: secret },
        stringData: data({ githubAppPrivateKey: second.privateKey }),
      });
      await again(stage, name, 'True', 'Succeeded');
      await showsNone(stage, [...github.secrets, first.privateKey.slice(100, 200), second.privateKey.slice(100, 200)]);
    });

    it('gets another token when the server took the one it had back', async () => {
      const name = await repository(data());
      await stage.untilReady(name, 'True');
      github.revoke();
      await stage.request(name);
      await until(async () => (await stage.events(name)).find(({ reason }) => reason === 'GitOperationFailed'));
      await again(stage, name, 'True', 'Succeeded');
      assert.equal(github.requests.length, 2);
    });

    it('says what the API refuses, tries again, and shows no proof', async () => {
      const name = await repository(data({ githubAppPrivateKey: newKey().privateKey }));
      const object = await stage.untilReady(name, 'False', (found) => conditionOf(found, 'FetchFailed') !== undefined);
      assert.equal(
        message(object),
        'failed to configure authentication options: GitHub API: host answered 401: A JSON web token could not be decoded (***)',
      );
      assert.deepEqual(conditionsOf(object), [
        'Reconciling=True ProgressingWithRetry',
        'Ready=False AuthenticationFailed',
        'FetchFailed=True AuthenticationFailed',
      ]);
      await showsNone(stage, github.secrets);
    });

    it('stalls without a Secret', async () => {
      const name = await repository({}, { secretRef: undefined });
      const object = await stage.untilReady(name, 'False', (found) => conditionOf(found, 'Stalled') !== undefined);
      assert.deepEqual(conditionsOf(object), [
        'Stalled=True InvalidProviderConfiguration',
        'Ready=False InvalidProviderConfiguration',
        'FetchFailed=True InvalidProviderConfiguration',
      ]);
      assert.equal(message(object), 'secretRef with github app data must be specified when provider is set to github');
      assert.equal(object.status?.observedGeneration, 1);
    });

    it('asks the API through the proxy of the object', async () => {
      const proxy = await connectProxy({ username: 'u', password: 'p' });
      const proxySecretRef = { name: await stage.secret({ address: proxy.url, username: 'u', password: 'p' }) };
      await stage.untilReady(await repository(data(), { proxySecretRef }), 'True');
      assert.deepEqual(new Set(proxy.targets), new Set([new URL(github.url).host]));
      assert.ok(github.requests.length > 0);
      await proxy.stop();
    });

    it('trusts nobody but the authorities it was told', async () => {
      const { 'ca.crt': _authority, ...rest } = data();
      const object = await stage.untilReady(await repository(rest), 'False');
      assert.match(message(object), /^failed to configure authentication options: GitHub API: host: .*certificate/);
      assert.deepEqual(github.requests, []);
    });
  });

  describe('azure and aws', () => {
    let clouds: Clouds;
    let server: GitServer;
    let stage: Stage;
    before(async () => {
      server = await gitServer({ root });
      clouds = await Clouds.start(
        async () => JSON.parse(await cluster().kubectl.ok(['get', '--raw', '/openid/v1/jwks'])) as Issuer,
      );
      clouds.repository = `${server.url}/repo.git`;
      stage = await Stage.open(cluster(), [gate], { HTTPS_PROXY: clouds.proxyUrl });
    });
    after(async () => {
      await stage?.stop();
      await clouds?.stop();
      await server?.stop();
    });

    /** An account that the clouds let be `who`. */
    async function account(name: string, annotations: object, who: string, namespace = stage.namespace): Promise<void> {
      const metadata = { name, namespace, annotations };
      await cluster().kubectl.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata }, ['--server-side']);
      clouds.trust.set(`system:serviceaccount:${namespace}:${name}`, who);
    }

    const azureAnnotations = {
      'azure.workload.identity/tenant-id': 'tenant',
      'azure.workload.identity/client-id': 'client',
    };

    it('azure: a token of the ServiceAccount, asked for once', async () => {
      await account('azure', azureAnnotations, 'tenant/client');
      const spec = { url: azureUrl, ref: { branch: 'main' }, provider: 'azure', serviceAccountName: 'azure' };
      const before = clouds.requests.length;
      const name = await stage.repository(spec);
      const object = await stage.untilReady(name, 'True');
      assert.equal(object.status?.artifact?.revision, `main@sha1:${await repo.revision('main')}`);
      await stage.untilReady(await stage.repository(spec), 'True');
      const logins = clouds.requests.slice(before).filter((request) => request.includes('login.microsoftonline.com'));
      assert.deepEqual(logins, ['POST login.microsoftonline.com/tenant/oauth2/v2.0/token']);
      await showsNone(stage, clouds.secrets);
    });

    it('aws: a signature by the role of the ServiceAccount', async () => {
      await account('aws', { 'eks.amazonaws.com/role-arn': role }, role);
      const spec = { url: `${awsUrl}/`, ref: { branch: 'main' }, provider: 'aws', serviceAccountName: 'aws' };
      const object = await stage.untilReady(await stage.repository(spec), 'True');
      assert.equal(object.status?.artifact?.revision, `main@sha1:${await repo.revision('main')}`);
      assert.ok(clouds.requests.includes('POST sts.eu-west-1.amazonaws.com/'));
      await showsNone(stage, clouds.secrets);
    });

    it('says what a cloud refuses', async () => {
      await account('stranger', azureAnnotations, 'tenant/somebody-else');
      const spec = { url: azureUrl, provider: 'azure', serviceAccountName: 'stranger' };
      const object = await stage.untilReady(await stage.repository(spec), 'False');
      assert.deepEqual(conditionsOf(object)[1], 'Ready=False AuthenticationFailed');
      assert.equal(
        message(object),
        `failed to configure authentication options: failed to get access token for Git repository: failed to create provider access token for service account '${stage.namespace}/stranger': Microsoft Entra ID: login.microsoftonline.com answered 401: AADSTS70021: No matching federated identity record`,
      );
      await showsNone(stage, clouds.secrets);
    });

    it('asks clouds and repositories through the proxy of the object', async () => {
      const other = await Stage.open(cluster(), [gate]);
      try {
        const proxySecretRef = { name: await other.secret({ address: clouds.proxyUrl }) };
        await account('azure', azureAnnotations, 'tenant/client', other.namespace);
        await account('aws', { 'eks.amazonaws.com/role-arn': role }, role, other.namespace);
        for (const [provider, url] of [
          ['azure', azureUrl],
          ['aws', awsUrl],
        ] as const) {
          const spec = { url, ref: { branch: 'main' }, provider, serviceAccountName: provider, proxySecretRef };
          await other.untilReady(await other.repository(spec), 'True');
        }
      } finally {
        await other.stop();
      }
    });

    it('keeps the token from other servers', async () => {
      await account('careful', azureAnnotations, 'tenant/client');
      const spec = { url: `${server.url}/repo.git`, provider: 'azure', serviceAccountName: 'careful' };
      const before = clouds.requests.length;
      const object = await stage.untilReady(await stage.repository(spec), 'False');
      assert.match(message(object), /: Azure DevOps authentication requires an HTTPS Git URL$/);
      assert.equal(clouds.requests.length, before);
    });

    it('a default account is that of every object without one', async () => {
      const locked = await Stage.open(cluster(), [gate, '--default-service-account=tenant'], {
        HTTPS_PROXY: clouds.proxyUrl,
      });
      try {
        const spec = { url: azureUrl, ref: { branch: 'main' }, provider: 'azure' };
        const name = await locked.repository(spec);
        const missing = await locked.untilReady(name, 'False');
        assert.match(message(missing), /'[^']+\/tenant': the specified default service account does not exist/);
        await account('tenant', azureAnnotations, 'tenant/client', locked.namespace);
        await again(locked, name, 'True', 'Succeeded');
      } finally {
        await locked.stop();
      }
    });

    it('without an account is who Sluice is; without the gate there is no other', async () => {
      await account('sluice', {}, 'tenant/client');
      const file = join(await tempDir('identity'), 'token');
      const token = ['create', 'token', 'sluice', '--audience=api://AzureADTokenExchange'];
      await writeFile(file, await cluster().kubectl.ok(['-n', stage.namespace, ...token]));
      // Without the gate a default account is one for deliveries.
      const own = await Stage.open(cluster(), ['--default-service-account=tenant'], {
        HTTPS_PROXY: clouds.proxyUrl,
        AZURE_TENANT_ID: 'tenant',
        AZURE_CLIENT_ID: 'client',
        AZURE_FEDERATED_TOKEN_FILE: file,
      });
      try {
        const spec = { url: azureUrl, ref: { branch: 'main' }, provider: 'azure' };
        await own.untilReady(await own.repository(spec), 'True');
        const stalled = await own.untilReady(await own.repository({ ...spec, serviceAccountName: 'azure' }), 'False');
        assert.deepEqual(conditionsOf(stalled), [
          'Stalled=True FeatureGateDisabled',
          'Ready=False FeatureGateDisabled',
          'FetchFailed=True FeatureGateDisabled',
        ]);
        assert.equal(
          message(stalled),
          'to use spec.serviceAccountName for provider authentication please enable the ObjectLevelWorkloadIdentity feature gate in the controller',
        );
      } finally {
        await own.stop();
      }
    });
  });
});
