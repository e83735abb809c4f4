// What goes into artifacts, on a cluster: ignore rules, sparse directories, submodules, includes, signatures.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { conditionOf, conditionsOf, Stage, type Repository } from '#test/integration/gitrepository-stage';
import { useSharedCluster } from '#test/support/controlplane';
import { GitRepo } from '#test/support/git-repo';
import { gitServer, type GitServer } from '#test/support/git-server';
import { skip } from '#test/support/skip';
import { tempDir } from '#test/support/temp-dir';
import { until } from '#test/support/wait';

describe('what goes into the artifact of a GitRepository', function () {
  this.timeout(60_000);
  const cluster = useSharedCluster();
  let root: string;
  let server: GitServer;
  let stage: Stage;

  before(async () => {
    root = await tempDir('git-root');
    server = await gitServer({ root });
    stage = await Stage.open(cluster());
  });
  after(async () => {
    await stage?.stop();
    await server?.stop();
  });

  const branch = { ref: { branch: 'main' } };
  const address = (name: string): string => `${server.url}/${name}.git`;

  async function archive(object: Repository): Promise<Map<string, string>> {
    const input = await stage.download(object);
    const lines = execFileSync('tar', ['tzv'], { input, encoding: 'utf8' }).trim().split('\n');
    const files = lines.filter((line) => line.startsWith('-')).map((line) => line.split(' ').at(-1)!);
    const content = (file: string): string => execFileSync('tar', ['xzO', file], { input, encoding: 'utf8' });
    return new Map(files.map((file) => [file, content(file)]));
  }

  const paths = async (object: Repository): Promise<string[]> => [...(await archive(object)).keys()];

  it('leaves out what spec.ignore says, and makes a new artifact when that changes', async () => {
    const repo = await GitRepo.create({ root, name: 'ignore' });
    const head = await repo.commit({
      files: { 'a.yaml': '1', 'b.txt': '2', 'c/.sourceignore': '/d\n', 'c/d': '3', 'c/e': '4' },
    });
    const name = await stage.repository({ url: address('ignore'), ...branch });
    const first = await stage.untilReady(name, 'True');
    assert.deepEqual(await paths(first), ['a.yaml', 'b.txt', 'c/.sourceignore', 'c/e']);
    await stage.repository({ url: address('ignore'), ...branch, ignore: '*.txt\n' }, name);
    const second = await stage.untilReady(name, 'True');
    assert.deepEqual(await paths(second), ['a.yaml', 'c/.sourceignore', 'c/e']);
    assert.equal(second.status?.artifact?.revision, `main@sha1:${head}`);
    assert.notEqual(second.status?.artifact?.digest, first.status?.artifact?.digest);
  });

  it('holds only the directories of spec.sparseCheckout', async () => {
    const repo = await GitRepo.create({ root, name: 'sparse' });
    await repo.commit({ files: { 'top.yaml': '1', 'a/x': '2', 'a/b/y': '3', 'ab/z': '4', 'c/d/w': '5', 'c/v': '6' } });
    const name = await stage.repository({ url: address('sparse'), ...branch, sparseCheckout: ['./a', 'c/d'] });
    assert.deepEqual(await paths(await stage.untilReady(name, 'True')), ['a/b/y', 'a/x', 'c/d/w']);
  });

  it('holds submodules of submodules, by relative and by full address', async () => {
    const inner = await GitRepo.create({ root, name: 'inner' });
    const innerHead = await inner.commit({ files: { 'deep.yaml': 'deep' } });
    const middle = await GitRepo.create({ root, name: 'middle' });
    const middleHead = await commitWithSubmodule(middle, { path: 'lib/inner', url: '../inner.git', commit: innerHead });
    const outer = await GitRepo.create({ root, name: 'outer' });
    await commitWithSubmodule(outer, { path: 'vendor/middle', url: address('middle'), commit: middleHead });
    const flat = await stage.untilReady(await stage.repository({ url: address('outer'), ...branch }), 'True');
    assert.deepEqual(await paths(flat), ['own.yaml']);
    const name = await stage.repository({ url: address('outer'), ...branch, recurseSubmodules: true });
    const files = await archive(await stage.untilReady(name, 'True'));
    assert.deepEqual([...files.keys()], ['own.yaml', 'vendor/middle/lib/inner/deep.yaml', 'vendor/middle/own.yaml']);
    assert.equal(files.get('vendor/middle/lib/inner/deep.yaml'), 'deep');
  });

  it('tells which submodule cannot be fetched', async () => {
    const repo = await GitRepo.create({ root, name: 'broken-sub' });
    await commitWithSubmodule(repo, { path: 'lib', url: '../gone.git', commit: '1'.repeat(40) });
    const name = await stage.repository({ url: address('broken-sub'), ...branch, recurseSubmodules: true });
    const object = await stage.untilReady(name, 'False', (found) => conditionOf(found, 'FetchFailed') !== undefined);
    assert.match(conditionOf(object, 'Ready')!.message, /unable to clone '.*': submodule 'lib': repository not found/);
  });

  it('sends no credentials to the server of a submodule that is not its own', async () => {
    const other = await gitServer({ root, auth: { username: 'jane', password: 's3cret' } });
    const own = await gitServer({ root, auth: { username: 'jane', password: 's3cret' } });
    try {
      const inner = await GitRepo.create({ root, name: 'private' });
      const commit = await inner.commit({ files: { 'x.yaml': 'x' } });
      const outer = await GitRepo.create({ root, name: 'leaky' });
      await commitWithSubmodule(outer, { path: 'lib', url: `${other.url}/private.git`, commit });
      const secret = await stage.secret({ username: 'jane', password: 's3cret' });
      const spec = { ...branch, recurseSubmodules: true, secretRef: { name: secret } };
      const name = await stage.repository({ url: `${own.url}/leaky.git`, ...spec });
      const object = await stage.untilReady(name, 'False', (found) => conditionOf(found, 'FetchFailed') !== undefined);
      assert.match(conditionOf(object, 'Ready')!.message, /submodule 'lib': authentication required/);
    } finally {
      await own.stop();
      await other.stop();
    }
  });

  describe('with spec.include', () => {
    it('waits for what it includes, wakes when it is there and when it changes', async () => {
      const base = await GitRepo.create({ root, name: 'include-base' });
      await base.commit({ files: { 'own.yaml': 'own' } });
      const part = await GitRepo.create({ root, name: 'include-part' });
      await part.commit({ files: { 'x/one.yaml': '1', 'two.yaml': '2' } });
      const include = [
        { repository: { name: 'part' } },
        { repository: { name: 'part' }, fromPath: 'x', toPath: 'deep/er' },
      ];
      const name = await stage.repository({ url: address('include-base'), ...branch, include });
      const waiting = await stage.untilReady(name, 'False');
      assert.deepEqual(conditionsOf(waiting), [
        'Reconciling=True ProgressingWithRetry',
        'Ready=False NotFound',
        'IncludeUnavailable=True NotFound',
      ]);
      assert.equal(
        conditionOf(waiting, 'Ready')!.message,
        `could not get resource for include 'part': gitrepositories.source.toolkit.fluxcd.io "part" not found`,
      );
      await until(async () =>
        (await stage.events(name)).some(({ reason, type }) => reason === 'NotFound' && type === 'Normal'),
      );
      // Thirty seconds would pass before the next look, were it not woken.
      await stage.repository({ url: address('include-part'), ...branch }, 'part');
      const object = await stage.untilReady(name, 'True');
      assert.deepEqual(await paths(object), ['deep/er/one.yaml', 'own.yaml', 'part/two.yaml', 'part/x/one.yaml']);
      const head = await part.commit({ files: { 'three.yaml': '3' } });
      await stage.request('part');
      const later = await stage.untilReady(name, 'True', (found) =>
        (found.status?.includedArtifacts ?? []).some(({ revision }) => revision.endsWith(head)),
      );
      assert.ok((await paths(later)).includes('part/three.yaml'));
      assert.deepEqual(conditionsOf(later), ['Ready=True Succeeded', 'ArtifactInStorage=True Succeeded']);
    });

    it('says when there is no artifact yet', async () => {
      await stage.repository({ url: address('nowhere'), ...branch }, 'never');
      await stage.untilReady('never', 'False');
      const name = await stage.repository({
        url: address('include-base'),
        ...branch,
        include: [{ repository: { name: 'never' } }],
      });
      const object = await stage.untilReady(name, 'False');
      assert.equal(conditionOf(object, 'IncludeUnavailable')!.reason, 'NoArtifact');
      assert.equal(conditionOf(object, 'Ready')!.message, `no artifact available for include 'never'`);
    });

    const refused: readonly [string, { readonly fromPath?: string; readonly toPath?: string }, RegExp][] = [
      ['a place that is taken', { toPath: 'taken' }, /^failed to copy 'source' include from {2}to taken: file exists$/],
      ['the root', { toPath: '.' }, /: file exists$/],
      ['a place below a file', { toPath: 'own.yaml/x' }, /: not a directory$/],
      ['what is not there', { fromPath: 'gone' }, /^failed to copy 'source' include from gone to source: no such file/],
    ];
    for (const [what, include, message] of refused) {
      it(`refuses ${what}`, async () => {
        const repo = await GitRepo.create({ root, name: `refuse-${what.replaceAll(' ', '-')}` });
        await repo.commit({ files: { 'own.yaml': 'own', 'taken/x': 'x' } });
        if ((await stage.find('source')) === undefined) {
          await stage.repository({ url: address('include-part'), ...branch }, 'source');
          await stage.untilReady('source', 'True');
        }
        const name = await stage.repository({
          url: address(`refuse-${what.replaceAll(' ', '-')}`),
          ...branch,
          include: [{ repository: { name: 'source' }, ...include }],
        });
        const object = await stage.untilReady(
          name,
          'False',
          (found) => conditionOf(found, 'StorageOperationFailed') !== undefined,
        );
        const failed = conditionOf(object, 'StorageOperationFailed')!;
        assert.equal(failed.reason, 'CopyFailure');
        assert.match(failed.message, message);
      });
    }

    it('keeps what leads out inside', async () => {
      const name = await stage.repository({
        url: address('include-base'),
        ...branch,
        include: [{ repository: { name: 'source' }, fromPath: '../../x', toPath: '../../out' }],
      });
      assert.deepEqual(await paths(await stage.untilReady(name, 'True')), ['out/one.yaml', 'own.yaml']);
    });
  });

  describe('with spec.verify', () => {
    let gpgHome: string;
    let publicKey: string;
    let keyId: string;
    let sshFolder: string;
    let signed: string;

    before(async function () {
      gpgHome = await tempDir('gnupg');
      try {
        gpg(
          '--batch',
          '--passphrase',
          '',
          '--quick-generate-key',
          'Jane <jane@example.com>',
          'ed25519',
          'sign',
          'never',
        );
      } catch {
        skip(this, 'gpg is not here: install gnupg');
      }
      publicKey = gpg('--armor', '--export');
      keyId = /^pub:(?:[^:]*:){3}([0-9A-F]{16}):/m.exec(gpg('--with-colons', '--list-keys'))![1]!;
      sshFolder = await tempDir('sshkey');
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(sshFolder, 'key')]);
      const repo = await GitRepo.create({ root, name: 'signed' });
      await repo.commit({ files: { 'a.yaml': '1' } });
      signed = await sign(repo, 'openpgp', 'main');
      await repo.git(['tag', '-s', '-m', 'one', 'v1.0.0', signed], { env: signingEnv('openpgp') });
      await repo.git(['tag', 'plain', signed]);
      await repo.git(['tag', '-a', '-m', 'unsigned', 'v2.0.0', signed], { env: signingEnv('openpgp') });
      await repo.git(['branch', 'ssh']);
      await sign(repo, 'ssh', 'ssh');
      await repo.commit({ branch: 'unsigned', files: { 'a.yaml': '1' } });
    });
    after(() => {
      try {
        execFileSync('gpgconf', ['--homedir', gpgHome, '--kill', 'all'], { stdio: 'ignore' });
      } catch {
        // Without an agent there is nothing to end.
      }
    });

    function gpg(...args: string[]): string {
      return execFileSync('gpg', ['--homedir', gpgHome, '--quiet', ...args], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
    }

    function signingEnv(format: 'openpgp' | 'ssh'): Record<string, string> {
      const settings = {
        'gpg.format': format,
        'user.signingkey': format === 'ssh' ? join(sshFolder, 'key') : keyId,
        'user.name': 'Jane',
        'user.email': 'jane@example.com',
      };
      const entries = Object.entries(settings).flatMap(([key, value], i) => [
        [`GIT_CONFIG_KEY_${i}`, key],
        [`GIT_CONFIG_VALUE_${i}`, value],
      ]);
      return { GNUPGHOME: gpgHome, GIT_CONFIG_COUNT: '4', ...(Object.fromEntries(entries) as Record<string, string>) };
    }

    async function sign(repo: GitRepo, format: 'openpgp' | 'ssh', of: string): Promise<string> {
      const env = signingEnv(format);
      const parent = await repo.revision(`refs/heads/${of}`);
      const commit = await repo.git(
        ['commit-tree', '-S', '-p', parent, '-m', `signed with ${format}`, `${parent}^{tree}`],
        { env },
      );
      await repo.git(['update-ref', `refs/heads/${of}`, commit]);
      return commit;
    }

    const keys = async (): Promise<string> => stage.secret({ 'jane.asc': publicKey });

    it('accepts a commit and a tag that a trusted key signed', async () => {
      const verify = { mode: 'TagAndHEAD', secretRef: { name: await keys() } };
      const name = await stage.repository({ url: address('signed'), ref: { tag: 'v1.0.0' }, verify });
      const object = await stage.untilReady(name, 'True');
      const verified = conditionOf(object, 'SourceVerified')!;
      assert.deepEqual([verified.status, verified.reason], ['True', 'Succeeded']);
      const lines = verified.message.split('\n');
      assert.equal(lines[0], 'verified signature of');
      assert.match(lines[1]!, new RegExp(`^\t- tag 'v1\\.0\\.0@sha1:[0-9a-f]{40}' with key '${keyId}'$`));
      assert.equal(lines[2], `\t- commit 'v1.0.0@sha1:${signed}' with key '${keyId}'`);
      assert.equal(object.status?.sourceVerificationMode, 'TagAndHEAD');
    });

    it('accepts a commit that a trusted SSH key signed', async () => {
      const key = await readFile(join(sshFolder, 'key.pub'), 'utf8');
      const verify = { secretRef: { name: await stage.secret({ 'jane.sshpub': key }) } };
      const name = await stage.repository({ url: address('signed'), ref: { branch: 'ssh' }, verify });
      const object = await stage.untilReady(name, 'True');
      await writeFile(join(sshFolder, 'copy.pub'), key);
      const fingerprint = execFileSync('ssh-keygen', ['-lf', join(sshFolder, 'copy.pub')], { encoding: 'utf8' }).split(
        ' ',
      )[1]!;
      assert.ok(conditionOf(object, 'SourceVerified')!.message.endsWith(`with key '${fingerprint}'`));
    });

    it('verifies what is in storage already when verification is asked for later', async () => {
      const name = await stage.repository({ url: address('signed'), ref: { branch: 'main' } });
      await stage.untilReady(name, 'True');
      const verify = { mode: 'HEAD', secretRef: { name: await keys() } };
      await stage.repository({ url: address('signed'), ref: { branch: 'main' }, verify }, name);
      const object = await stage.untilReady(name, 'True');
      assert.equal(conditionOf(object, 'SourceVerified')!.status, 'True');
    });

    const refusals: readonly [string, object, string, string, RegExp][] = [
      [
        'an unsigned commit',
        { branch: 'unsigned' },
        'HEAD',
        'InvalidCommitSignature',
        /^signature verification of commit 'unsigned@sha1:.*' failed: /,
      ],
      [
        'a key that is not trusted',
        { branch: 'ssh' },
        'HEAD',
        'InvalidCommitSignature',
        /failed: .*it is signed with SSH, and no such key is in the secret$/,
      ],
      [
        'a lightweight tag',
        { tag: 'plain' },
        'Tag',
        'InvalidGitObject',
        /^cannot verify signature of tag 'plain' since it is not signed$/,
      ],
      [
        'an unsigned tag',
        { tag: 'v2.0.0' },
        'TagAndHEAD',
        'InvalidGitObject',
        /^cannot verify signature of tag 'v2\.0\.0' since it is not signed$/,
      ],
    ];
    for (const [what, ref, mode, reason, message] of refusals) {
      it(`refuses ${what}`, async () => {
        const verify = { mode, secretRef: { name: await keys() } };
        const name = await stage.repository({ url: address('signed'), ref, verify });
        const object = await stage.untilReady(
          name,
          'False',
          (found) => conditionOf(found, 'SourceVerified') !== undefined,
        );
        const verified = conditionOf(object, 'SourceVerified')!;
        assert.deepEqual([verified.status, verified.reason], ['False', reason]);
        assert.match(verified.message, message);
        assert.equal(conditionOf(object, 'Ready')!.reason, reason);
        assert.equal(object.status?.artifact, undefined);
      });
    }

    it('refuses a commit that was changed after it was signed', async () => {
      const repo = await GitRepo.create({ root, name: 'forged' });
      await repo.git(['fetch', '-q', join(root, 'signed.git'), 'main:main']);
      const text = await repo.git(['cat-file', 'commit', 'main']);
      const forged = await repo.git(['hash-object', '-t', 'commit', '-w', '--stdin'], {
        stdin: `${text.replace('signed with', 'forged with')}\n`,
      });
      await repo.git(['update-ref', 'refs/heads/main', forged]);
      const name = await stage.repository({
        url: address('forged'),
        ...branch,
        verify: { secretRef: { name: await keys() } },
      });
      const object = await stage.untilReady(
        name,
        'False',
        (found) => conditionOf(found, 'SourceVerified') !== undefined,
      );
      assert.match(conditionOf(object, 'Ready')!.message, /unable to verify payload with any of the given key rings$/);
    });

    it('stalls where a tag is to be verified and none is fetched', async () => {
      const verify = { mode: 'Tag', secretRef: { name: await keys() } };
      const name = await stage.repository({ url: address('signed'), ref: { branch: 'main' }, verify });
      const object = await stage.untilReady(name, 'False', (found) => conditionOf(found, 'Stalled') !== undefined);
      assert.equal(conditionOf(object, 'Stalled')!.reason, 'InvalidVerificationMode');
    });

    it('tells of a missing secret', async () => {
      const verify = { secretRef: { name: 'gone' } };
      const name = await stage.repository({ url: address('signed'), ref: { branch: 'main' }, verify });
      const object = await stage.untilReady(
        name,
        'False',
        (found) => conditionOf(found, 'SourceVerified') !== undefined,
      );
      assert.match(
        conditionOf(object, 'SourceVerified')!.message,
        /^PGP public keys secret error: failed to get secret/,
      );
    });
  });
});

async function commitWithSubmodule(
  repo: GitRepo,
  submodule: { readonly path: string; readonly url: string; readonly commit: string },
): Promise<string> {
  const settings = `[submodule "x"]\n\tpath = ${submodule.path}\n\turl = ${submodule.url}\n`;
  const parent = await repo.commit({ files: { '.gitmodules': settings, 'own.yaml': 'own' } });
  const index = { GIT_INDEX_FILE: join(repo.dir, 'test-index') };
  await repo.git(['read-tree', parent], { env: index });
  await repo.git(['update-index', '--add', '--cacheinfo', `160000,${submodule.commit},${submodule.path}`], {
    env: index,
  });
  const tree = await repo.git(['write-tree'], { env: index });
  const who = { GIT_AUTHOR_NAME: 'x', GIT_AUTHOR_EMAIL: 'x@x', GIT_COMMITTER_NAME: 'x', GIT_COMMITTER_EMAIL: 'x@x' };
  const commit = await repo.git(['commit-tree', tree, '-p', parent, '-m', 'with submodule'], { env: who });
  await repo.git(['update-ref', 'refs/heads/main', commit]);
  return commit;
}
