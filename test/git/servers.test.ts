// Git servers old and new, strict and strange, over HTTP.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { serveGit } from '#dev/git-http-backend';
import { fetchPack, GitSession, httpTransport, resolveRef, type RefSpec, type ResolvedRef } from '#git/index';
import { PackFile } from '#git/pack-file';
import { inMemory } from '#git/pack-source';
import { Agents } from '#net/agents';
import { GitRepo } from '#test/support/git-repo';
import { gitServer, type GitServer } from '#test/support/git-server';
import { loopbackServer, type LoopbackServer } from '#test/support/loopback-server';
import { tempDir } from '#test/support/temp-dir';

const deadline = (): AbortSignal => AbortSignal.timeout(25_000);

async function fetched(session: GitSession, spec: RefSpec): Promise<{ ref: ResolvedRef; pack: PackFile }> {
  const ref = await resolveRef(session, spec, deadline());
  const file = join(await tempDir('pack'), 'pack');
  await fetchPack(session, ref, { file, maxBytes: 1 << 20, signal: deadline() });
  return { ref, pack: new PackFile(inMemory(await readFile(file))) };
}

/** A server of protocol version 0: it never learns that the client knows more. */
function oldServer(root: string): Promise<LoopbackServer> {
  return loopbackServer((request, response) => {
    delete request.headers['git-protocol'];
    serveGit(request, response, { root });
  });
}

describe('git servers of all kinds', () => {
  const agents = new Agents();
  let root: string;
  let repo: GitRepo;
  let commits: string[];
  let servers: Readonly<Record<'v2' | 'v0', LoopbackServer>>;

  before(async () => {
    root = await tempDir('git-root');
    repo = await GitRepo.create({ root, name: 'repo' });
    commits = [];
    for (const n of [1, 2, 3]) commits.push(await repo.commit({ files: { [`${n}.yaml`]: `n: ${n}\n` } }));
    await repo.tag('v1.0.0', { at: commits[0]!, message: 'annotated' });
    await repo.git(['config', 'uploadpack.allowAnySHA1InWant', 'false']);
    servers = { v2: await gitServer({ root }), v0: await oldServer(root) };
  });
  after(async () => {
    await Promise.all(Object.values(servers).map((server) => server.stop()));
    await agents.close();
  });

  function open(server: LoopbackServer, name = 'repo'): Promise<GitSession> {
    const url = `${server.url}/${name}.git`;
    const transport = httpTransport({ url, dispatcher: agents.for(new URL(url)), userAgent: 'sluice-test' });
    return GitSession.open(transport, deadline());
  }

  for (const version of ['v2', 'v0'] as const) {
    describe(`protocol ${version}`, () => {
      const wishes: readonly [string, () => RefSpec, () => string][] = [
        ['a branch', () => ({ branch: 'main' }), () => commits[2]!],
        ['an annotated tag no branch ends at', () => ({ tag: 'v1.0.0' }), () => commits[0]!],
        ['a version range', () => ({ semver: '^1.0.0' }), () => commits[0]!],
        ['HEAD', () => ({ name: 'HEAD' }), () => commits[2]!],
        ['a commit nothing points at', () => ({ commit: commits[1]! }), () => commits[1]!],
        ['such a commit of a branch', () => ({ commit: commits[1]!, branch: 'main' }), () => commits[1]!],
      ];
      for (const [what, spec, commit] of wishes) {
        it(`fetches ${what}`, async () => {
          const { ref, pack } = await fetched(await open(servers[version]), spec());
          assert.equal(ref.commit, commit());
          assert.ok(pack.has(commit()));
        });
      }

      it('looks everywhere for a commit before it says that it is nowhere', async () => {
        const session = await open(servers[version]);
        const { ref, pack } = await fetched(session, { commit: '1'.repeat(40) });
        assert.throws(() => pack.read(ref.commit, 'commit'), { code: 'GIT_OBJECT_NOT_FOUND' });
      });

      it('tells an empty repository', async () => {
        await GitRepo.create({ root, name: `empty-${version}` });
        const session = await open(servers[version], `empty-${version}`);
        await assert.rejects(resolveRef(session, {}, deadline()), { code: 'GIT_EMPTY_REPOSITORY' });
      });
    });
  }

  it('sends no history with a commit', async () => {
    const { pack } = await fetched(await open(servers.v2), { branch: 'main' });
    assert.ok(!pack.has(commits[1]!));
  });

  it('refuses a repository with SHA-256 names', async () => {
    await GitRepo.create({ root, name: 'sha256', sha256: true });
    await assert.rejects(open(servers.v2, 'sha256'), { code: 'GIT_PROTOCOL', message: /sha256/ });
  });

  describe('versions that differ in build metadata alone', () => {
    before(async () => {
      const tied = await GitRepo.create({ root, name: 'tied' });
      const make = async (tag: string, time: number, message?: string): Promise<void> => {
        const at = await tied.commit({ branch: `b-${tag}`, files: { x: tag }, time });
        await tied.tag(tag, { at, ...(message !== undefined && { message }) });
      };
      await make('1.0.0+zulu', 1_700_000_100);
      await make('v1.0.0+alpha', 1_700_000_300, 'annotated, and the youngest');
      await make('1.0.0+mike', 1_700_000_200);
      await make('0.9.0', 1_700_000_900);
    });

    for (const version of ['v2', 'v0'] as const) {
      it(`are told apart by the time of their commits over protocol ${version}`, async () => {
        const ref = await resolveRef(await open(servers[version], 'tied'), { semver: '>=0.1.0' }, deadline());
        assert.match(ref.revision, /^v1\.0\.0\+alpha@sha1:/);
      });
    }

    it('cost no fetch where there is one', async () => {
      const session = await open(servers.v2, 'tied');
      const { requests } = servers.v2 as GitServer;
      const before = requests.length;
      await resolveRef(session, { semver: '<1.0.0' }, deadline());
      assert.equal(requests.length - before, 1);
    });
  });

  const answers: readonly [string, (path: string) => { status?: number; type?: string; body: string }, RegExp][] = [
    [
      'a page',
      () => ({ type: 'text/html', body: '<html>' }),
      /does not speak Git's smart HTTP: it answered with text\/html/,
    ],
    ['half a packet', () => ({ body: '00ff' }), /in the middle of a packet/],
    ['a packet of no length', () => ({ body: 'zzzz' }), /begins a packet with "zzzz"/],
    ['an error', () => ({ body: `${pkt('ERR no such thing\n')}0000` }), /^no such thing$/],
    ['an error page', () => ({ status: 500, body: 'ouch' }), /status code: 500: ouch$/],
    ['a refusal', () => ({ status: 403, body: '' }), /^authorization failed$/],
  ];
  for (const [what, answer, message] of answers) {
    it(`is not confused by ${what}`, async () => {
      const server = await loopbackServer((request, response) => {
        const { status = 200, type = 'application/x-git-upload-pack-advertisement', body } = answer(request.url ?? '');
        response.writeHead(status, { 'content-type': type }).end(body);
      });
      try {
        await assert.rejects(open(server), (error: Error) => {
          assert.match(error.message, message);
          return true;
        });
      } finally {
        await server.stop();
      }
    });
  }

  it('does not follow redirects for ever', async () => {
    const circle = await loopbackServer((request, response) => {
      response.writeHead(302, { location: request.url }).end();
    });
    try {
      await assert.rejects(open(circle), { message: /redirects more than 10 times/ });
    } finally {
      await circle.stop();
    }
  });

  it('takes no login along to another server', async () => {
    const seen: (string | undefined)[] = [];
    const other = await loopbackServer((request, response) => {
      seen.push(request.headers.authorization);
      serveGit(request, response, { root });
    });
    const first = await loopbackServer((request, response) => {
      response.writeHead(301, { location: `${other.url}${request.url}` }).end();
    });
    try {
      const url = `${first.url.replace('http://', 'http://jane:s3cret@')}/repo.git`;
      const transport = httpTransport({ url, dispatcher: agents.for(new URL(url)), userAgent: 'sluice-test' });
      const session = await GitSession.open(transport, deadline());
      await session.refs(['refs/heads/main'], deadline());
      assert.deepEqual(seen, [undefined, undefined]);
    } finally {
      await first.stop();
      await other.stop();
    }
  });
});

function pkt(text: string): string {
  return (text.length + 4).toString(16).padStart(4, '0') + text;
}
