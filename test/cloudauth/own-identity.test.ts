// The identity of the process itself: by the environment and the services that clouds put beside a pod.
import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes, verify } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import path from 'node:path';
import { AwsProvider } from '#cloudauth/aws/provider';
import { AzureProvider } from '#cloudauth/azure/provider';
import { CloudHttp } from '#cloudauth/cloud-http';
import { GcpProvider } from '#cloudauth/gcp/provider';
import { GenericProvider } from '#cloudauth/generic/provider';
import { Identities, type Accounts } from '#cloudauth/identities';
import type { CloudContext, Environment } from '#cloudauth/provider';
import { TokenCache } from '#cloudauth/token-cache';
import { systemClock } from '#lib/clock';
import { Secret } from '#lib/secret';
import { Agents } from '#net/agents';
import { loopbackServer, type LoopbackServer } from '#test/support/loopback-server';
import { tempDir } from '#test/support/temp-dir';
import { interceptTls, type Interception } from '#test/support/tls-interception';

const never = new AbortController().signal;
const agents: Agents[] = [];

function contextOf(env: Environment): CloudContext {
  const cloud = new Agents({ env });
  const local = new Agents();
  agents.push(cloud, local);
  return {
    env,
    clock: systemClock,
    http: new CloudHttp({ agents: cloud, local, clock: systemClock, userAgent: 'test' }),
  };
}

function fakeJwt(claims: object): string {
  return `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`;
}

async function file(content: string): Promise<string> {
  const name = path.join(await tempDir('identity'), 'token');
  await writeFile(name, content);
  return name;
}

function isSession({ headers }: IncomingMessage): boolean {
  return headers['x-aws-ec2-metadata-token'] === 'session';
}

/** Answers those who ask as Google's libraries do. */
function google(text: string): (request: IncomingMessage) => string | undefined {
  return ({ headers }) => (headers['metadata-flavor'] === 'Google' ? text : undefined);
}

describe('the identity of the process', () => {
  let machine: LoopbackServer;
  let answers: Record<string, (request: IncomingMessage) => string | undefined> = {};
  let seen: string[] = [];
  let internet: Interception;
  let cloud: (host: string, form: URLSearchParams) => object | string;
  before(async () => {
    machine = await loopbackServer((request, response) => {
      seen.push(`${request.method ?? ''} ${request.url ?? ''}`);
      const answer = answers[(request.url ?? '').replace(/\?.*/, '')]?.(request);
      response.writeHead(answer === undefined ? 403 : 200).end(answer);
    });
    const hosts = [
      'sts.eu-west-1.amazonaws.com',
      'login.microsoftonline.com',
      'oauth2.googleapis.com',
      'sts.googleapis.com',
    ];
    internet = await interceptTls(hosts, (request, response, body) => {
      const answer = cloud(request.headers.host ?? '', new URLSearchParams(body));
      response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
    });
  });
  beforeEach(() => {
    answers = {};
    seen = [];
  });
  after(async () => {
    await Promise.all(agents.map((each) => each.close()));
    await internet.stop();
    await machine.stop();
  });

  const served = {
    AccessKeyId: 'ASIA1',
    SecretAccessKey: 's3cret',
    Token: 'session',
    Expiration: '2099-01-01T00:00:00Z',
  };

  it('aws: keys of the environment come first', async () => {
    const env = {
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'AKIA1',
      AWS_SECRET_ACCESS_KEY: 'k',
      AWS_SESSION_TOKEN: 't',
    };
    const token = await new AwsProvider(contextOf(env)).ownToken({}, never);
    assert.deepEqual(
      [token.accessKeyId, token.secretAccessKey.reveal(), token.sessionToken?.reveal()],
      ['AKIA1', 'k', 't'],
    );
  });

  it('aws: a web identity (IRSA)', async () => {
    const env = {
      AWS_REGION: 'eu-west-1',
      AWS_ROLE_ARN: 'arn:aws:iam::1:role/r',
      AWS_WEB_IDENTITY_TOKEN_FILE: await file('pod-token\n'),
      HTTPS_PROXY: internet.proxyUrl,
    };
    let asked: URLSearchParams | undefined;
    cloud = (_host, form) => {
      asked = form;
      return '<R><AccessKeyId>ASIA2</AccessKeyId><SecretAccessKey>a&amp;b</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></R>';
    };
    const token = await new AwsProvider(contextOf(env)).ownToken({}, never);
    assert.deepEqual([token.accessKeyId, token.secretAccessKey.reveal()], ['ASIA2', 'a&b']);
    assert.equal(token.expiresAt, Date.parse('2099-01-01T00:00:00Z'));
    assert.deepEqual([asked?.get('RoleArn'), asked?.get('WebIdentityToken')], ['arn:aws:iam::1:role/r', 'pod-token']);
  });

  it('aws: EKS Pod Identity, with the token of its file', async () => {
    const env = {
      AWS_REGION: 'eu-west-1',
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${machine.url}/v1/credentials`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: await file('pod-identity'),
    };
    answers['/v1/credentials'] = ({ headers }) =>
      headers.authorization === 'pod-identity' ? JSON.stringify(served) : undefined;
    assert.equal((await new AwsProvider(contextOf(env)).ownToken({}, never)).accessKeyId, 'ASIA1');
  });

  it("aws: the machine's role, by a session of its metadata", async () => {
    const env = { AWS_REGION: 'eu-west-1', AWS_EC2_METADATA_SERVICE_ENDPOINT: `${machine.url}/` };
    answers = {
      '/latest/api/token': ({ method }) => (method === 'PUT' ? 'session' : undefined),
      '/latest/meta-data/iam/security-credentials/': (request) => (isSession(request) ? 'node-role\n' : undefined),
      '/latest/meta-data/iam/security-credentials/node-role': (request) =>
        isSession(request) ? JSON.stringify(served) : undefined,
    };
    assert.equal((await new AwsProvider(contextOf(env)).ownToken({}, never)).secretAccessKey.reveal(), 's3cret');
    assert.equal(seen.length, 3);
  });

  it('aws: without a region says where one comes from, and takes none that is no region', async () => {
    await assert.rejects(
      new AwsProvider(contextOf({})).ownToken({}, never),
      /^IdentityError: AWS_REGION environment variable is not set/,
    );
    const env = { AWS_ROLE_ARN: 'r', AWS_WEB_IDENTITY_TOKEN_FILE: await file('x') };
    const token = new AwsProvider(contextOf(env)).ownToken({ region: 'evil.example/#' }, never);
    await assert.rejects(token, /invalid AWS region: 'evil\.example\/#'/);
  });

  it('azure: a workload identity, else a managed one', async () => {
    const env = {
      AZURE_TENANT_ID: 'tenant',
      AZURE_CLIENT_ID: 'client',
      AZURE_FEDERATED_TOKEN_FILE: await file('federated'),
      HTTPS_PROXY: internet.proxyUrl,
    };
    cloud = (_host, form) => ({ access_token: `for ${form.get('client_assertion') ?? ''}`, expires_in: 600 });
    const scopes = ['6dae42f8-4368-4678-94ff-3960e28e3630/.default'];
    const federated = await new AzureProvider(contextOf(env)).ownToken({ scopes }, never);
    assert.equal(federated.token.reveal(), 'for federated');
    answers['/metadata/identity/oauth2/token'] = ({ headers, url }) =>
      headers['metadata'] === 'true' ? JSON.stringify({ access_token: url, expires_in: '600' }) : undefined;
    const machineOnly = { AZURE_POD_IDENTITY_AUTHORITY_HOST: machine.url, AZURE_CLIENT_ID: 'client' };
    const managed = await new AzureProvider(contextOf(machineOnly)).ownToken({ scopes }, never);
    const asked = new URL(managed.token.reveal(), machine.url).searchParams;
    assert.deepEqual(
      [asked.get('resource'), asked.get('client_id')],
      ['6dae42f8-4368-4678-94ff-3960e28e3630', 'client'],
    );
  });

  it('gcp: the metadata server, which also knows the cluster around the pod', async () => {
    const env = { GCE_METADATA_HOST: machine.url.replace('http://', ''), HTTPS_PROXY: internet.proxyUrl };
    const base = '/computeMetadata/v1';
    answers = {
      [`${base}/instance/service-accounts/default/token`]: google('{"access_token":"node","expires_in":600}'),
      [`${base}/project/project-id`]: google('project'),
      [`${base}/instance/attributes/cluster-location`]: google('europe-west1'),
      [`${base}/instance/attributes/cluster-name`]: google('hub'),
    };
    const provider = new GcpProvider(contextOf(env));
    assert.equal((await provider.ownToken({}, never)).token.reveal(), 'node');
    const account = { namespace: 'a', name: 'b', uid: 'c', annotations: {} };
    assert.deepEqual(await provider.audiences(account, never), ['project.svc.id.goog']);
    cloud = (_host, form) => ({ access_token: form.get('audience'), expires_in: 600 });
    const exchanged = await provider.exchange({ account, token: new Secret('t') }, {}, never);
    const cluster = 'https://container.googleapis.com/v1/projects/project/locations/europe-west1/clusters/hub';
    assert.equal(exchanged.token.reveal(), `identitynamespace:project.svc.id.goog:${cluster}`);
  });

  it('gcp: a key of a service account signs who it is', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' });
    const credentials = { type: 'service_account', client_email: 'a@b.iam.gserviceaccount.com', private_key: key };
    const env = {
      GOOGLE_APPLICATION_CREDENTIALS: await file(JSON.stringify(credentials)),
      HTTPS_PROXY: internet.proxyUrl,
    };
    cloud = (_host, form) => {
      const [header = '', claims = '', signature = ''] = (form.get('assertion') ?? '').split('.');
      const content = Buffer.from(`${header}.${claims}`);
      const isSigned = verify('sha256', content, publicKey, Buffer.from(signature, 'base64url'));
      const { iss } = JSON.parse(Buffer.from(claims, 'base64url').toString('utf8')) as { iss: string };
      return { access_token: `${iss} ${String(isSigned)}`, expires_in: 600 };
    };
    const token = await new GcpProvider(contextOf(env)).ownToken({}, never);
    assert.equal(token.token.reveal(), 'a@b.iam.gserviceaccount.com true');
  });

  it('generic: a token for other audiences, never for those of this very cluster', async () => {
    const aud = ['https://kubernetes.default.svc'];
    const ownTokenFile = await file(fakeJwt({ sub: 'system:serviceaccount:flux:sluice', aud }));
    const issued: unknown[] = [];
    const issueToken: Accounts['issueToken'] = ({ namespace, name }, audiences) => {
      issued.push([namespace, name, audiences]);
      return Promise.resolve(new Secret(fakeJwt({ exp: 4_000_000_000 })));
    };
    const provider = new GenericProvider({ accounts: { issueToken }, ownTokenFile });
    const token = await provider.ownToken({ audiences: ['https://remote'] }, never);
    assert.equal(token.expiresAt, 4_000_000_000_000);
    assert.deepEqual(issued, [['flux', 'sluice', ['https://remote']]]);
    await assert.rejects(provider.ownToken({ audiences: ['x', ...aud] }, never), /is that of this cluster/);
    assert.equal(issued.length, 1);
  });

  it('is the only one without the feature gate', async () => {
    const accounts: Accounts = {
      get: () => Promise.reject(new Error('asked')),
      issueToken: () => Promise.reject(new Error('asked')),
    };
    const cache = new TokenCache({ clock: systemClock, maxSize: 1, maxDurationMs: 1000 });
    const identities = new Identities({ accounts, cache, objectLevel: false });
    const provider = new GenericProvider({ accounts });
    const account = { namespace: 'a', name: 'b' };
    await assert.rejects(
      identities.accessToken(provider, { account }, never),
      /^IdentityError: ObjectLevelWorkloadIdentity feature gate is not enabled/,
    );
  });

  it('does not show a secret that a service sends back, in whatever form', async () => {
    const secret = new Secret(randomBytes(16).toString('hex'));
    const bodies = [
      JSON.stringify({ error: 'invalid', error_description: `bad assertion ${secret.reveal()}` }),
      JSON.stringify({ error: { message: `bad assertion ${secret.reveal()}` } }),
      `<Error><Code>Bad</Code><Message>bad assertion ${secret.reveal()}</Message></Error>`,
      `neither of both ${secret.reveal()}`,
      JSON.stringify({ error: `${'x'.repeat(390)} ${secret.reveal()}` }),
    ];
    const messages: string[] = [];
    for (const body of bodies) {
      const echo = await loopbackServer((_request, response) => response.writeHead(400).end(body));
      const request = { what: 'Echo', method: 'GET', url: echo.url, secrets: [secret], local: true } as const;
      await contextOf({})
        .http.text(request, never)
        .catch((error: Error) => messages.push(error.message.replace(/127\.0\.0\.1:\d+/, 'host')));
      await echo.stop();
    }
    assert.deepEqual(messages, [
      'Echo: host answered 400: bad assertion ***',
      'Echo: host answered 400: bad assertion ***',
      'Echo: host answered 400: Bad: bad assertion ***',
      'Echo: host answered 400',
      `Echo: host answered 400: ${'x'.repeat(390)} ***`,
    ]);
  });

  it('tries again where a cloud is busy, and not where it refuses', async () => {
    const statuses: number[] = [503, 200, 403, 200];
    const server = await loopbackServer((_request, response) =>
      response.writeHead(statuses.shift() ?? 500).end('done'),
    );
    const { http } = contextOf({});
    const ask = (): Promise<string> => http.text({ what: 'Busy', method: 'GET', url: server.url }, never);
    assert.equal(await ask(), 'done');
    await assert.rejects(ask(), /answered 403/);
    await server.stop();
  });
});
