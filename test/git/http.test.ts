// GitRepository transport over HTTP: what the client asks of a real server, and what it makes of bad answers.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fetchPack, GitSession, httpTransport, resolveRef, type RefSpec, type ResolvedRef } from '#git/index';
import { run, type ArchiveOutput } from '#git/job';
import { Agents } from '#net/agents';
import { Secret } from '#lib/secret';
import { GitRepo } from '#test/support/git-repo';
import { gitServer, type GitServer } from '#test/support/git-server';
import { tempDir } from '#test/support/temp-dir';

const deadline = (): AbortSignal => AbortSignal.timeout(25_000);

describe('git over HTTP', () => {
  const agents = new Agents();
  let repo: GitRepo;
  let server: GitServer;
  let first: string;
  let second: string;

  before(async () => {
    const root = await tempDir('git-root');
    repo = await GitRepo.create({ root, name: 'repo' });
    first = await repo.commit({ files: { 'a.yaml': 'a: 1\n', 'deploy/b.yaml': 'b: 1\n'.repeat(500) } });
    await repo.tag('v1.0.0', { message: 'one' });
    second = await repo.commit({
      message: 'Second commit\n\nbody',
      files: {
        'deploy/b.yaml': `${'b: 1\n'.repeat(500)}c: 2\n`,
        'bin/run': { mode: '100755', content: '#!/bin/sh\n' },
        link: { mode: '120000', content: 'a.yaml' },
        'deploy.yaml': 'x: 1\n',
      },
    });
    await repo.tag('v1.1.0');
    await repo.tag('v2.0.0-rc.1');
    await repo.tag('nightly');
    server = await gitServer({ root });
  });
  after(async () => {
    await server.stop();
    await agents.close();
  });

  async function open(path = 'repo.git', options: object = {}): Promise<GitSession> {
    const url = `${server.url}/${path}`;
    const dispatcher = agents.for(new URL(url));
    return GitSession.open(httpTransport({ url, dispatcher, userAgent: 'sluice-test', ...options }), deadline());
  }

  async function resolve(spec: RefSpec): Promise<ResolvedRef> {
    return resolveRef(await open(), spec, deadline());
  }

  async function archive(ref: ResolvedRef, ignore?: string): Promise<ArchiveOutput & { readonly file: string }> {
    const folder = await tempDir('archive');
    const pack = join(folder, 'pack');
    await fetchPack(await open(), ref, { file: pack, maxBytes: 1 << 20, signal: deadline() });
    const target = join(folder, 'out.tar.gz');
    const output = await run({
      pack,
      commit: ref.commit,
      target,
      algorithm: 'sha256',
      ...(ignore !== undefined && { ignore }),
    });
    return { ...output, file: target };
  }

  const modes: readonly [string, RefSpec, () => [revision: string, commit: string]][] = [
    ['a branch', { branch: 'main' }, () => [`main@sha1:${second}`, second]],
    ['an annotated tag', { tag: 'v1.0.0' }, () => [`v1.0.0@sha1:${first}`, first]],
    ['a lightweight tag', { tag: 'nightly' }, () => [`nightly@sha1:${second}`, second]],
    ['a version range', { semver: '>=1.0.0 <2.0.0' }, () => [`v1.1.0@sha1:${second}`, second]],
    ['a version range with pre-releases', { semver: '>=1.0.0-0' }, () => [`v2.0.0-rc.1@sha1:${second}`, second]],
    ['a reference name', { name: 'refs/tags/v1.0.0' }, () => [`refs/tags/v1.0.0@sha1:${first}`, first]],
    ['HEAD', { name: 'HEAD' }, () => [`HEAD@sha1:${second}`, second]],
    ['a commit', { commit: 'first' }, () => [`sha1:${first}`, first]],
    ['a commit of a branch', { branch: 'main', commit: 'first' }, () => [`main@sha1:${first}`, first]],
    ['a tag before a version range', { tag: 'v1.0.0', semver: '*' }, () => [`v1.0.0@sha1:${first}`, first]],
  ];
  for (const [name, spec, expected] of modes) {
    it(`resolves and fetches ${name}`, async () => {
      const ref = await resolve(spec.commit === undefined ? spec : { ...spec, commit: first });
      const [revision, commit] = expected();
      assert.equal(ref.revision, revision);
      assert.equal(ref.commit, commit);
      const { files } = await archive(ref);
      assert.ok(files.some(({ path }) => path === 'a.yaml'));
    });
  }

  it('archives what the commit holds: files and modes, no links, in walking order', async () => {
    const { file, files, subject } = await archive(await resolve({ branch: 'main' }));
    assert.equal(subject, 'Second commit');
    assert.deepEqual(
      files.map(({ path }) => path),
      ['a.yaml', 'bin/run', 'deploy/b.yaml', 'deploy.yaml'],
    );
    const listing = execFileSync('tar', ['tvzf', file, '--utc'], { encoding: 'utf8' });
    const rows = listing
      .trim()
      .split('\n')
      .map((line) => line.split(/\s+/))
      .map((columns) => [columns[0], columns[3], columns[5]]);
    assert.deepEqual(rows, [
      ['drwxr-x---', '1970-01-01', '.'],
      ['-rw-------', '1970-01-01', 'a.yaml'],
      ['drwxr-x---', '1970-01-01', 'bin'],
      ['-rwx------', '1970-01-01', 'bin/run'],
      ['drwxr-x---', '1970-01-01', 'deploy'],
      ['-rw-------', '1970-01-01', 'deploy/b.yaml'],
      ['-rw-------', '1970-01-01', 'deploy.yaml'],
    ]);
    const content = execFileSync('tar', ['xzOf', file, 'deploy/b.yaml'], { encoding: 'utf8' });
    assert.equal(content, `${'b: 1\n'.repeat(500)}c: 2\n`);
  });

  it('gives the same bytes for the same commit', async () => {
    const ref = await resolve({ branch: 'main' });
    assert.equal((await archive(ref)).digest, (await archive(ref)).digest);
  });

  it('leaves out what spec.ignore says', async () => {
    const { files } = await archive(await resolve({ branch: 'main' }), '/*\n!/deploy\n');
    assert.deepEqual(
      files.map(({ path }) => path),
      ['deploy/b.yaml'],
    );
  });

  const failures: readonly [string, RefSpec, { code: string; message: string | RegExp }][] = [
    [
      'branch',
      { branch: 'gone' },
      { code: 'GIT_REFERENCE_NOT_FOUND', message: `couldn't find remote ref "refs/heads/gone"` },
    ],
    ['tag', { tag: 'gone' }, { code: 'GIT_REFERENCE_NOT_FOUND', message: `couldn't find remote ref "refs/tags/gone"` }],
    ['version', { semver: '>9' }, { code: 'GIT_REFERENCE_UNRESOLVED', message: 'no match found for semver: >9' }],
    [
      'name',
      { name: 'refs/x' },
      { code: 'GIT_REFERENCE_UNRESOLVED', message: `unable to resolve ref 'refs/x' to a specific commit` },
    ],
    ['short commit', { commit: 'abc' }, { code: 'GIT_REFERENCE_UNRESOLVED', message: /write the full hash/ }],
  ];
  for (const [name, spec, expected] of failures) {
    it(`says which ${name} is missing`, () => assert.rejects(resolve(spec), expected));
  }

  it('tells an empty repository', async () => {
    await GitRepo.create({ root: join(repo.dir, '..'), name: 'empty' });
    const session = await open('empty.git');
    await assert.rejects(resolveRef(session, {}, deadline()), {
      code: 'GIT_EMPTY_REPOSITORY',
      message: 'git repository is empty',
    });
  });

  it('tells a repository that does not exist', () =>
    assert.rejects(open('nowhere.git'), { code: 'GIT_REPOSITORY_NOT_FOUND' }));

  it('refuses a pack above the size limit', async () => {
    const ref = await resolve({ branch: 'main' });
    const file = join(await tempDir('pack'), 'pack');
    const fetching = fetchPack(await open(), ref, { file, maxBytes: 100, signal: deadline() });
    await assert.rejects(fetching, { code: 'GIT_TOO_LARGE' });
  });

  it('refuses a pack with one wrong byte', async () => {
    const ref = await resolve({ branch: 'main' });
    const folder = await tempDir('pack');
    const pack = join(folder, 'pack');
    await fetchPack(await open(), ref, { file: pack, maxBytes: 1 << 20, signal: deadline() });
    const { readFile, writeFile } = await import('node:fs/promises');
    const bytes = await readFile(pack);
    bytes[bytes.length >> 1]! ^= 1;
    await writeFile(pack, bytes);
    const archiving = run({ pack, commit: ref.commit, target: join(folder, 'x'), algorithm: 'sha256' });
    await assert.rejects(archiving, { code: 'GIT_PACK_CORRUPT', message: /checksum/ });
  });

  it('logs in with user and password, and says so when they are wrong', async () => {
    const guarded = await gitServer({ root: join(repo.dir, '..'), auth: { username: 'jane', password: 's3cret' } });
    try {
      const url = `${guarded.url}/repo.git`;
      const connect = (password: string): Promise<GitSession> => {
        const basic = { username: 'jane', password: new Secret(password) };
        const transport = httpTransport({ url, dispatcher: agents.for(new URL(url)), userAgent: 'sluice-test', basic });
        return GitSession.open(transport, deadline());
      };
      const ref = await resolveRef(await connect('s3cret'), { branch: 'main' }, deadline());
      assert.equal(ref.commit, second);
      await assert.rejects(connect('wrong-pass'), (error: Error) => {
        assert.match(error.message, /^authentication required/);
        assert.ok(!error.message.includes('wrong-pass'));
        return true;
      });
    } finally {
      await guarded.stop();
    }
  });
});
