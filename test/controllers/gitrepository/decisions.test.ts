// What a GitRepository's reconcile decides without a server: credentials, words for failures, what makes a new artifact.
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import type { GitRepository } from '#api/source/gitrepository';
import { checkoutFailure } from '#controllers/gitrepository/checkout-failure';
import { contentConfigChanged } from '#controllers/gitrepository/checkout';
import { connectionsOf } from '#controllers/gitrepository/connection';
import { credentialsOf, type Credentials } from '#controllers/gitrepository/credentials';
import type { GitRepositoryDraft } from '#controllers/gitrepository/git-repository';
import { includesChanged } from '#controllers/gitrepository/include';
import { needsVerification } from '#controllers/gitrepository/verify';
import { GitError, type GitErrorCode } from '#git/index';
import { Agents } from '#net/agents';
import { ReconcileError, StalledError, TransientError } from '#runtime/reconcile-error';

type Spec = Partial<GitRepository['spec']>;
type Status = NonNullable<GitRepository['status']>;

function repository(spec: Spec = {}, status: Partial<Status> = {}): GitRepositoryDraft {
  return {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata: { name: 'repo', namespace: 'ns', generation: 1 },
    spec: { url: 'https://example.com/repo', interval: '1m', ...spec } as GitRepositoryDraft['spec'],
    status: status as never,
  };
}

/** A cluster that has these Secrets. */
function clusterWith(secrets: Readonly<Record<string, Readonly<Record<string, string>>>>): never {
  const get = (_ref: unknown, { name }: { readonly name: string }): Promise<unknown> => {
    const data = secrets[name];
    if (data === undefined) return Promise.reject(new Error(`secrets "${name}" not found`));
    const encoded = Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
    return Promise.resolve({ data: Object.fromEntries(encoded) as unknown });
  };
  return { get } as never;
}

const signal = AbortSignal.timeout(60_000);
/** Without a provider nobody asks for a login. */
const unasked = {} as never;

function login(data: Readonly<Record<string, string>>, url: string, spec: Spec = {}): Promise<Credentials> {
  const object = repository({ url, secretRef: { name: 's' }, ...spec });
  return credentialsOf(object, new URL(url), { client: clusterWith({ s: data }), logins: unasked }, signal);
}

describe('credentials of a GitRepository', () => {
  const https = 'https://example.com/repo';
  const ssh = 'ssh://git@example.com/repo';
  const { privateKey } = generateKeyPairSync('ed25519');
  const locked = privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' });

  it('are user and password', async () => {
    const { basic } = await login({ username: 'jane', password: 'pw' }, https);
    assert.deepEqual([basic?.username, basic?.password.reveal()], ['jane', 'pw']);
  });

  it('take the user from the address when the secret has none', async () => {
    const { basic } = await login({ password: 'pw' }, 'https://jane@example.com/repo');
    assert.deepEqual([basic?.username, basic?.password.reveal()], ['jane', 'pw']);
  });

  it('are a token alone when there is one', async () => {
    const found = await login({ bearerToken: 't', username: 'jane', password: 'pw' }, https);
    assert.equal(found.bearerToken?.reveal(), 't');
    assert.equal(found.basic, undefined);
  });

  it('prefer ca.crt to caFile', async () => {
    assert.equal((await login({ 'ca.crt': 'new', caFile: 'old' }, https)).tls?.ca, 'new');
    assert.equal((await login({ caFile: 'old' }, https)).tls?.ca, 'old');
  });

  it('never print what is secret', async () => {
    const all = [
      await login({ username: 'jane', password: 'hidden-1' }, https),
      await login({ bearerToken: 'hidden-2' }, https),
      await login({ identity: 'hidden-3', known_hosts: 'h', password: 'hidden-4' }, ssh),
      await login({ 'tls.crt': 'c', 'tls.key': 'hidden-5' }, https),
    ];
    assert.ok(!JSON.stringify(all).includes('hidden'));
  });

  const invalid = 'failed to configure authentication options: ';
  const refused: readonly [string, Readonly<Record<string, string>>, string, Spec, string, string][] = [
    [
      'a password without user',
      { password: 'pw' },
      https,
      {},
      'AuthenticationFailed',
      `${invalid}invalid 'https' auth option: 'password' requires 'username' to be set`,
    ],
    [
      'a token beside a user in the address',
      { bearerToken: 't' },
      'https://jane:pw@example.com/repo',
      {},
      'AuthenticationFailed',
      `${invalid}basic auth and bearer token cannot be set at the same time`,
    ],
    [
      'a key without certificate',
      { 'tls.key': 'k' },
      https,
      {},
      'AuthenticationFailed',
      `${invalid}the secret has 'tls.key' but not 'tls.crt': a client certificate needs both`,
    ],
    [
      'SSH without identity',
      { known_hosts: 'x' },
      ssh,
      {},
      'AuthenticationFailed',
      `${invalid}invalid 'ssh' auth option: 'identity' is required`,
    ],
    [
      'SSH without known_hosts',
      { identity: 'x' },
      ssh,
      {},
      'AuthenticationFailed',
      `${invalid}invalid 'ssh' auth option: 'known_hosts' is required`,
    ],
    [
      'a locked key without passphrase',
      { identity: locked, known_hosts: 'x' },
      ssh,
      {},
      'AuthenticationFailed',
      `SSH identity key is encrypted but no 'password' field was provided in the secret 'ns/s'`,
    ],
    [
      'a GitHub app without provider',
      { githubAppID: '1' },
      https,
      {},
      'InvalidProviderConfiguration',
      `secretRef 'ns/s' has github app data but provider is not set to github`,
    ],
    [
      'a proxy without address',
      { username: 'x' },
      https,
      { proxySecretRef: { name: 's' } },
      'AuthenticationFailed',
      `failed to configure proxy options: the secret 's' has no key 'address'`,
    ],
    [
      'a proxy that is none',
      { address: 'ftp://x' },
      https,
      { proxySecretRef: { name: 's' } },
      'AuthenticationFailed',
      `failed to configure proxy options: invalid proxy address: unsupported scheme "ftp"`,
    ],
    [
      'a proxy address without end',
      { address: `http://${'x'.repeat(2048)}` },
      https,
      { proxySecretRef: { name: 's' } },
      'AuthenticationFailed',
      `failed to configure proxy options: the address is longer than 2048 characters`,
    ],
  ];
  for (const [what, data, url, spec, reason, message] of refused) {
    it(`refuse ${what}`, async () => {
      await assert.rejects(login(data, url, spec), (error: unknown) => {
        assert.ok(error instanceof TransientError);
        assert.deepEqual([error.reason, error.message], [reason, message]);
        return true;
      });
    });
  }

  for (const url of ['not a url', 'ftp://example.com/x', 'file:///etc/passwd', 'https://[']) {
    it(`stall on ${url}`, async () => {
      const agents = new Agents();
      const connecting = connectionsOf(
        repository({ url }),
        { client: clusterWith({}), logins: unasked, agents, userAgent: 'x' },
        signal,
      );
      await assert.rejects(connecting, (error: unknown) => {
        assert.ok(error instanceof StalledError && error.reason === 'URLInvalid');
        assert.ok(error.message.startsWith(`failed to parse url '${url}'`));
        return true;
      });
    });
  }
});

describe('the words for a failed checkout', () => {
  const url = 'https://jane:s3cret@example.com/repo';
  const shown = 'https://example.com/repo';
  const determine = 'failed to checkout and determine revision: ';
  const table: readonly [GitErrorCode, string, { listing?: boolean; timedOut?: boolean }, string, string][] = [
    ['GIT_EMPTY_REPOSITORY', 'git repository is empty', {}, 'EmptyGitRepository', 'git repository is empty'],
    [
      'GIT_REFERENCE_UNRESOLVED',
      'no match found for semver: >9',
      {},
      'GitOperationFailed',
      `${determine}no match found for semver: >9`,
    ],
    [
      'GIT_REFERENCE_NOT_FOUND',
      `couldn't find x`,
      {},
      'GitOperationFailed',
      `${determine}unable to clone '${shown}': couldn't find x`,
    ],
    [
      'GIT_REFERENCE_NOT_FOUND',
      `couldn't find x`,
      { listing: true },
      'GitOperationFailed',
      `${determine}unable to clone '${shown}': couldn't find x`,
    ],
    [
      'GIT_TRANSPORT',
      'refused',
      { listing: true },
      'GitOperationFailed',
      `${determine}unable to list remote for '${shown}': refused`,
    ],
    ['GIT_TRANSPORT', 'refused', {}, 'GitOperationFailed', `${determine}unable to clone '${shown}': refused`],
    [
      'GIT_TRANSPORT',
      'whatever',
      { timedOut: true },
      'GitOperationFailed',
      `${determine}unable to clone '${shown}': context deadline exceeded`,
    ],
    [
      'GIT_REPOSITORY_NOT_FOUND',
      'repository not found',
      {},
      'GitOperationFailed',
      `${determine}unable to clone: repository not found: git repository: '${shown}'`,
    ],
  ];
  for (const [code, text, attempt, reason, message] of table) {
    it(`${code} ${JSON.stringify(attempt)}`, () => {
      const failure = checkoutFailure(new GitError(code, text), { url, listing: false, timedOut: false, ...attempt });
      assert.deepEqual([failure.reason, failure.message], [reason, message]);
    });
  }

  it('leave alone what says its own', () => {
    const own = new StalledError('URLInvalid', 'x');
    assert.equal(checkoutFailure(own, { url, listing: false, timedOut: false }), own);
    assert.ok(own instanceof ReconcileError);
  });
});

describe('what makes a new artifact of the same revision', () => {
  const settings: readonly [string, Spec, Partial<Status>, boolean][] = [
    ['nothing', {}, {}, false],
    ['an ignore rule', { ignore: 'x' }, {}, true],
    ['the same ignore rule', { ignore: 'x' }, { observedIgnore: 'x' }, false],
    ['an empty ignore rule instead of none', { ignore: '' }, {}, true],
    ['an ignore rule that is gone', {}, { observedIgnore: 'x' }, true],
    ['submodules', { recurseSubmodules: true }, {}, true],
    ['no submodules, said twice', { recurseSubmodules: false }, {}, false],
    ['a sparse directory', { sparseCheckout: ['a'] }, {}, true],
    [
      'sparse directories in another order',
      { sparseCheckout: ['a', 'b'] },
      { observedSparseCheckout: ['b', 'a'] },
      true,
    ],
    ['an include', { include: [{ repository: { name: 'a' } }] }, {}, true],
    [
      'the same include, written in another order',
      { include: [{ repository: { name: 'a' }, toPath: 'x' }] },
      { observedInclude: [{ toPath: 'x', repository: { name: 'a' } }] },
      false,
    ],
    [
      'an include to another place',
      { include: [{ repository: { name: 'a' }, toPath: 'x' }] },
      { observedInclude: [{ repository: { name: 'a' } }] },
      true,
    ],
  ];
  for (const [what, spec, status, expected] of settings) {
    it(`${what}: ${expected ? 'yes' : 'no'}`, () => {
      assert.equal(contentConfigChanged(repository(spec, status)), expected);
    });
  }

  const includes: readonly [string, readonly never[], readonly never[], boolean][] = [
    ['none', [], [], false],
    ['a first one', [artifact('a')], [], true],
    ['the same', [artifact('a')], [artifact('a')], false],
    ['another revision', [artifact('b')], [artifact('a')], true],
    ['another digest', [artifact('a', 'sha256:2')], [artifact('a')], true],
    ['another order', [artifact('a'), artifact('b')], [artifact('b'), artifact('a')], true],
  ];
  for (const [what, now, before, expected] of includes) {
    it(`included artifacts, ${what}: ${expected ? 'yes' : 'no'}`, () => {
      const run = { includes: now.map((found) => ({ name: 'x', fromPath: '', toPath: 'x', artifact: found })) };
      assert.equal(includesChanged(run, repository({}, { includedArtifacts: [...before] })), expected);
    });
  }

  const modes: readonly [wanted: string | undefined, verified: string | undefined, boolean][] = [
    [undefined, undefined, false],
    [undefined, 'HEAD', false],
    ['HEAD', undefined, true],
    ['head', 'HEAD', false],
    ['HEAD', 'HEAD', false],
    ['Tag', 'HEAD', true],
    ['HEAD', 'Tag', true],
    ['TagAndHEAD', 'HEAD', true],
    ['TagAndHEAD', 'Tag', true],
    ['HEAD', 'TagAndHEAD', false],
    ['Tag', 'TagAndHEAD', false],
  ];
  for (const [wanted, verified, expected] of modes) {
    it(`verification ${wanted} after ${verified}: ${expected ? 'yes' : 'no'}`, () => {
      const spec = wanted === undefined ? {} : { verify: { mode: wanted as never, secretRef: { name: 'x' } } };
      const status = verified === undefined ? {} : { sourceVerificationMode: verified };
      assert.equal(needsVerification(repository(spec, status)), expected);
    });
  }
});

function artifact(revision: string, digest = 'sha256:1'): never {
  return { revision, digest, path: 'p', url: 'u', lastUpdateTime: 't' } as never;
}
