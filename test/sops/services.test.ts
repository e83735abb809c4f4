// Data keys that services keep: who is asked, as whom, and what is told when nobody gives the key away.
import assert from 'node:assert/strict';
import { constants, createHash, generateKeyPairSync, verify, type KeyObject } from 'node:crypto';
import { CloudHttp, cloudProviders, Identities, TokenCache } from '#cloudauth/index';
import { askServices } from '#controllers/kustomization/decryption-keys';
import { systemClock } from '#lib/clock';
import { Secret } from '#lib/secret';
import { Agents } from '#net/agents';
import { createAuthority, validityFrom } from '#net/pki';
import { decryptText, KeyRing, keyId, type RemoteAnswer } from '#sops/index';
import { KeyServices, type ServiceKeys } from '#sops/services/index';
import { toolOrSkip } from '#test/support/tools';
import { TestKeyServices, wrapped } from './key-services.ts';
import { sealedDocument } from './sealed.ts';
import { SopsProgram } from './sops-program.ts';

const never = new AbortController().signal;
const agents: Agents[] = [];
const enc = wrapped;
const accountAnnotations: Record<string, string> = { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::1:role/decrypt' };

interface LoginOptions {
  readonly env?: Record<string, string>;
  readonly account?: boolean;
  readonly vaults?: Readonly<Record<string, string>>;
}

describe('data keys at services', () => {
  let services: TestKeyServices;
  beforeEach(async () => {
    services = await TestKeyServices.start();
  });
  afterEach(async () => {
    await Promise.all(agents.splice(0).map((each) => each.close()));
    await services.stop();
  });

  function keysWith(
    entries: Readonly<Record<string, string | Buffer>>,
    { env = {}, account = false, vaults }: LoginOptions = {},
  ): ServiceKeys {
    const clock = systemClock;
    const [cloud, local] = [new Agents({ env: { HTTPS_PROXY: services.proxyUrl } }), new Agents()];
    agents.push(cloud, local);
    const http = new CloudHttp({ agents: cloud, local, clock, userAgent: 'test' });
    const accounts = {
      get: () => Promise.resolve({ namespace: 'ns', name: 'sa', uid: '1', annotations: accountAnnotations }),
      issueToken: (_account: unknown, audiences: readonly string[]) => Promise.resolve(accountToken(audiences)),
    };
    const cache = new TokenCache({ clock, maxSize: 0, maxDurationMs: 0 });
    const identities = new Identities({ accounts, cache, objectLevel: true });
    const providers = cloudProviders({ http, env, clock }, { accounts });
    return new KeyServices({ http, env, clock, identities, providers }).open({
      entries: Object.entries(entries).map(([name, text]) => [name, new Secret(Buffer.from(text))] as const),
      where: "sops decryption Secret 'ns/keys'",
      account: account ? { namespace: 'ns', name: 'sa' } : undefined,
      vaultLogins: vaults && {
        name: 'flux-system/vaults',
        read: () => Promise.resolve(new Map(Object.entries(vaults))),
      },
    });
  }

  /** The one value of a document with these keys. */
  function value(metadata: object, keys: ServiceKeys): Promise<string> {
    return valueOf(sealedDocument(services.dataKey, 'hidden', metadata), keys);
  }

  async function failure(metadata: object, keys: ServiceKeys): Promise<string> {
    const error = await value(metadata, keys).then(
      () => assert.fail('it decrypted'),
      (error: unknown) => error as Error,
    );
    return error.message.replaceAll(/\n\s+\| /g, ' ');
  }

  const arn = 'arn:aws:kms:eu-west-1:123456789012:key/1';
  const kms = { kms: [{ arn, enc }] };
  const awsKeys = 'aws_access_key_id: AKIAGIVEN\naws_secret_access_key: given/secret+\n';
  const gcp = { gcp_kms: [{ resource_id: 'projects/p/locations/l/keyRings/r/cryptoKeys/k', enc }] };
  const azure = { azure_kv: [{ vault_url: 'https://shop.vault.azure.net', name: 'sops', version: 'v1', enc }] };

  describe('AWS KMS', () => {
    it('by the keys of the Secret, in the region of the key, with the context it was encrypted with', async () => {
      services.awsContext = { app: 'shop' };
      const metadata = { kms: [{ arn, enc, context: { app: 'shop' } }] };
      assert.equal(await value(metadata, keysWith({ 'sops.aws-kms': awsKeys })), 'hidden');
      assert.deepEqual(services.requests, ['POST kms.eu-west-1.amazonaws.com/']);
    });

    it('is asked as the real sops asks', async function () {
      const program = await SopsProgram.open(await toolOrSkip(this, 'sops'));
      const env = {
        AWS_ACCESS_KEY_ID: 'AKIAGIVEN',
        AWS_SECRET_ACCESS_KEY: 'given/secret+',
        AWS_ENDPOINT_URL_KMS: services.vaultUrl,
      };
      const document = { name: '', format: 'json', plain: '{"password":"hidden"}', rule: { kms: arn } } as const;
      const encrypted = await program.encrypt(document, env);
      await program.close();
      assert.equal(await valueOf(encrypted, keysWith({ 'sops.aws-kms': awsKeys })), 'hidden');
    });

    it('as another role, when the document says so', async () => {
      const metadata = { kms: [{ arn, enc, role: 'arn:aws:iam::1:role/other' }] };
      assert.equal(await value(metadata, keysWith({ 'sops.aws-kms': awsKeys })), 'hidden');
      assert.deepEqual(services.requests, ['POST sts.eu-west-1.amazonaws.com/', 'POST kms.eu-west-1.amazonaws.com/']);
    });

    it('by the identity of a ServiceAccount', async () => {
      assert.equal(await value(kms, keysWith({}, { account: true })), 'hidden');
      assert.deepEqual(services.requests, ['POST sts.eu-west-1.amazonaws.com/', 'POST kms.eu-west-1.amazonaws.com/']);
    });

    it('tells what AWS said, without what was sent', async () => {
      services.forbidden.add(arn);
      const told = await failure(kms, keysWith({ 'sops.aws-kms': awsKeys }));
      assert.match(
        told,
        /failed to decrypt sops data key with AWS KMS: AWS KMS: kms\.eu-west-1\.amazonaws\.com answered 400: no kms:Decrypt on arn/,
      );
      assert.doesNotMatch(told, /given/);
    });

    it('asks for the next key of the group when one is refused, and for no more than it needs', async () => {
      services.forbidden.add(arn);
      const more = [2, 3].map((n) => ({ arn: `arn:aws:kms:eu-west-1:123456789012:key/${n}`, enc }));
      assert.equal(await value({ kms: [{ arn, enc }, ...more] }, keysWith({ 'sops.aws-kms': awsKeys })), 'hidden');
      assert.equal(services.requests.length, 2);
    });

    it('refuses what is no ARN of a key', async () => {
      const told = await failure(
        { kms: [{ arn: 'arn:aws:kms:evil.test/x:1:key/1', enc }] },
        keysWith({ 'sops.aws-kms': awsKeys }),
      );
      assert.match(told, /invalid AWS region: 'evil\.test\/x'/);
      assert.match(
        await failure({ kms: [{ arn: 'nonsense', enc }] }, keysWith({})),
        /no valid ARN found in 'nonsense'/,
      );
      assert.deepEqual(services.requests, []);
    });
  });

  describe('Google Cloud KMS', () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const key = {
      type: 'service_account',
      client_email: 'sops@p.iam.gserviceaccount.com',
      private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
      token_uri: 'https://evil.test/token',
    };

    it('by the service account key of the Secret, at the real addresses only', async () => {
      assert.equal(await value(gcp, keysWith({ 'sops.gcp-kms': JSON.stringify(key) })), 'hidden');
      assert.deepEqual(services.requests, [
        'POST oauth2.googleapis.com/token',
        'POST cloudkms.googleapis.com/v1/projects/p/locations/l/keyRings/r/cryptoKeys/k:decrypt',
      ]);
      const [content = '', signature = ''] = (services.forms[0]?.get('assertion') ?? '').split(/\.(?=[^.]*$)/);
      assert.ok(verify('sha256', Buffer.from(content), publicKey, Buffer.from(signature, 'base64url')));
    });

    it('refuses a resource that is no key, and credentials that name files of this machine', async () => {
      const keys = keysWith({ 'sops.gcp-kms': JSON.stringify(key) });
      const told = await failure({ gcp_kms: [{ resource_id: 'projects/p', enc }] }, keys);
      assert.match(told, /no valid resource ID found in "projects\/p"/);
      const external = JSON.stringify({ type: 'external_account', credential_source: { file: '/etc/passwd' } });
      assert.throws(
        () => keysWith({ 'sops.gcp-kms': external }),
        /^SopsError: failed to import 'sops\.gcp-kms' data from sops decryption Secret 'ns\/keys': credentials of type 'external_account'/,
      );
    });
  });

  describe('Azure Key Vault', () => {
    const application = { tenantId: 'tenant', clientId: 'client' };
    const decrypt = 'POST shop.vault.azure.net/keys/sops/v1/decrypt?api-version=7.4';
    const login = 'POST login.microsoftonline.com/tenant/oauth2/v2.0/token';

    for (const [what, file] of [
      ["an application's secret", JSON.stringify({ ...application, clientSecret: 's3cret' })],
      ['the form the az program writes', 'tenant: tenant\nappId: client\npassword: s3cret\n'],
      [
        'a file in UTF-16',
        Buffer.from(`\ufeff${JSON.stringify({ ...application, clientSecret: 's3cret' })}`, 'utf16le'),
      ],
    ] as const) {
      it(`by ${what}`, async () => {
        assert.equal(await value(azure, keysWith({ 'sops.azure-kv': file })), 'hidden');
        assert.deepEqual(services.requests, [login, decrypt]);
        const { client_id: client, client_secret: secret, scope } = Object.fromEntries(services.forms[0]!);
        assert.deepEqual([client, secret, scope], ['client', 's3cret', 'https://vault.azure.net/.default']);
      });
    }

    it("by an application's certificate", async () => {
      const { certificate } = await createAuthority('sops', validityFrom(Date.now(), 1));
      const { publicKey, pem } = rsaPair();
      const file = JSON.stringify({
        ...application,
        clientCertificate: `${pem}\n${certificate}`,
        clientCertificateSendChain: true,
      });
      assert.equal(await value(azure, keysWith({ 'sops.azure-kv': file })), 'hidden');
      const [header = '', claims = '', signature = ''] = (services.forms[0]?.get('client_assertion') ?? '').split('.');
      const key = { key: publicKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
      assert.ok(verify('sha256', Buffer.from(`${header}.${claims}`), key, Buffer.from(signature, 'base64url')));
      const der = Buffer.from(certificate.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
      const { alg, x5c, ...rest } = decoded(header);
      assert.deepEqual([alg, x5c], ['PS256', [der.toString('base64')]]);
      assert.equal(rest['x5t#S256'], createHash('sha256').update(der).digest('base64url'));
      const { aud, iss, sub } = decoded(claims);
      assert.deepEqual(
        [aud, iss, sub],
        ['https://login.microsoftonline.com/tenant/oauth2/v2.0/token', 'client', 'client'],
      );
    });

    it('sends no token to a host that is no vault of Azure', async () => {
      const keys = keysWith({ 'sops.azure-kv': JSON.stringify({ ...application, clientSecret: 's3cret' }) });
      for (const vault_url of [
        'https://vault.azure.net.evil.test',
        'http://shop.vault.azure.net',
        'https://shop.vault.azure.net:8443',
      ]) {
        const told = await failure({ azure_kv: [{ vault_url, name: 'sops', version: 'v1', enc }] }, keys);
        assert.ok(told.includes(`'${vault_url}' is no Azure Key Vault`), told);
      }
      assert.deepEqual(services.requests, []);
    });

    it('says what a file without credentials lacks, and quotes nothing of one it cannot read', () => {
      assert.throws(() => keysWith({ 'sops.azure-kv': 'tenantId: t' }), /invalid data: requires a 'clientId' field/);
      assert.throws(
        () => keysWith({ 'sops.azure-kv': 'clientSecret: [s3cret' }),
        /: failed to unmarshal Azure authentication file: it is neither YAML nor JSON$/,
      );
      assert.throws(
        () => keysWith({ 'sops.azure-kv': JSON.stringify({ ...application, clientCertificate: 's3cret' }) }),
        /: clientCertificate holds no PEM certificate with its private key, or the password does not fit$/,
      );
    });
  });

  describe('Vault', () => {
    it('by the token of the Secret', async () => {
      assert.equal(await value(at(services.vaultUrl), keysWith({ 'sops.vault-token': ' vault-token\n' })), 'hidden');
    });

    it('tells what Vault said, without the token', async () => {
      const told = await failure(at(services.vaultUrl), keysWith({ 'sops.vault-token': 'wrong-token' }));
      assert.match(
        told,
        /failed to decrypt sops data key from Vault transit backend 'sops\/transit\/decrypt\/shop': Vault: 127\.0\.0\.1:\d+ answered 403: permission denied/,
      );
      assert.doesNotMatch(told, /wrong-token/);
    });

    it('is asked as the real sops asks', async function () {
      const program = await SopsProgram.open(await toolOrSkip(this, 'sops'));
      const rule = { hc_vault_transit_uri: `${services.vaultUrl}/v1/sops/transit/keys/shop` };
      const env = { VAULT_TOKEN: 'vault-token' };
      const encrypted = await program.encrypt({ name: '', format: 'json', plain: '{"password":"hidden"}', rule }, env);
      await program.close();
      assert.equal(await valueOf(encrypted, keysWith({ 'sops.vault-token': 'vault-token' })), 'hidden');
    });

    it('by a login with the token of a ServiceAccount, where the operator trusts the Vault', async () => {
      const vaults = { [services.vaultUrl]: '/auth/kubernetes/login' };
      assert.equal(await value(at(services.vaultUrl), keysWith({}, { account: true, vaults })), 'hidden');
      const host = new URL(services.vaultUrl).host;
      assert.deepEqual(services.requests, [
        `PUT ${host}/v1/auth/kubernetes/login`,
        `PUT ${host}/v1/sops/transit/decrypt/shop`,
      ]);
      const other = keysWith(
        {},
        { account: true, vaults: { 'https://vault.test': 'auth/jwt/login' }, env: { VAULT_TOKEN: 't' } },
      );
      assert.match(
        await failure(at(services.vaultUrl), other),
        /no Vault login path configured for address 'http:\/\/127\.0\.0\.1:\d+' in ConfigMap 'flux-system\/vaults'/,
      );
      assert.equal(services.requests.length, 2);
    });

    it('tells who could not log in, without the token', async () => {
      const keys = keysWith({}, { account: true, vaults: { [services.vaultUrl]: 'auth/other/login' } });
      const told = await failure(at(services.vaultUrl), keys);
      assert.match(
        told,
        /failed to authenticate with Vault 'http:[^']+' at login path 'auth\/other\/login' as role 'ns_sa': Vault: .* answered 403/,
      );
      assert.doesNotMatch(told, /eyJ/);
    });

    it('sends the token of this process to its own address only', async () => {
      const VAULT_TOKEN = 'vault-token';
      assert.equal(
        await value(at(services.vaultUrl), keysWith({}, { env: { VAULT_TOKEN, VAULT_ADDR: `${services.vaultUrl}/` } })),
        'hidden',
      );
      const told = await failure(
        at(services.vaultUrl),
        keysWith({}, { env: { VAULT_TOKEN, VAULT_ADDR: 'https://vault.test' } }),
      );
      assert.match(told, /VAULT_TOKEN is not sent to 'http:\/\/127/);
      assert.match(await failure(at(services.vaultUrl), keysWith({})), /no token: put one into the decryption Secret/);
      assert.equal(services.requests.length, 1);
    });
  });

  it('takes a part of the key from each of several groups', async () => {
    // Parts of the threshold 2 scheme: the key itself at 0, another line through it at 1 and 2.
    const line = createHash('sha256').update('line').digest();
    const part = (x: number): Buffer =>
      Buffer.concat([services.dataKey.map((byte, at) => byte ^ times(line[at]!, x)), Buffer.from([x])]);
    const keys: ServiceKeys = { decrypt: (key) => Promise.resolve(part(key.type === 'kms' ? 1 : 2)) };
    assert.equal(await value({ shamir_threshold: 2, key_groups: [kms, gcp] }, keys), 'hidden');
  });
});

function decoded(part: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as Record<string, unknown>;
}

function rsaPair(): { readonly publicKey: KeyObject; readonly pem: string } {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { publicKey, pem: privateKey.export({ type: 'pkcs8', format: 'pem' }) };
}

/** In the field of AES, for the points 1 and 2. */
function times(byte: number, x: number): number {
  return x === 1 ? byte : (byte << 1) ^ (byte & 0x80 ? 0x11b : 0);
}

/** By way of as many rounds as it takes. */
async function valueOf(encrypted: string, keys: ServiceKeys): Promise<string> {
  const answers = new Map<string, RemoteAnswer>();
  const ring = await KeyRing.open([], '');
  const sources = { ring, remote: (key: Parameters<typeof keyId>[0]) => answers.get(keyId(key)) };
  const document = Buffer.from(encrypted);
  for (;;) {
    const result = await decryptText(document, { from: 'json', to: 'json' }, sources);
    if ('plain' in result) return (JSON.parse(result.plain.toString('utf8')) as { password: string }).password;
    await askServices({ ask: (key, signal) => keys.decrypt(key, signal) }, result.wanted, { answers, signal: never });
  }
}

function at(address: string): object {
  return { hc_vault: [{ vault_address: address, engine_path: 'sops/transit', key_name: 'shop', enc }] };
}

/** As the API server issues it, but for the signature. */
function accountToken(audiences: readonly string[]): Secret {
  const claims = { sub: 'system:serviceaccount:ns:sa', aud: audiences, exp: Math.floor(Date.now() / 1000) + 3600 };
  return new Secret(`eyJ0.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`);
}
