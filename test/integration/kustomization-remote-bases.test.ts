// Kustomizations whose bases lie elsewhere: in other repositories, and behind URLs of single files.
import assert from 'node:assert/strict';
import { useSharedCluster } from '#test/support/controlplane';
import { configMap, Delivery, ready } from '#test/support/delivery';
import type { GitRepo } from '#test/support/git-repo';
import { loopbackServer, type LoopbackServer } from '#test/support/loopback-server';

const kustomization = (...resources: readonly string[]): string => JSON.stringify({ resources });

describe('remote bases of a Kustomization', function () {
  this.timeout(120_000);
  const cluster = useSharedCluster();
  let delivery: Delivery;
  let base: GitRepo;
  let url: string;
  let files: LoopbackServer;
  const served = new Map<string, string>();
  before(async () => {
    delivery = await Delivery.prepare(cluster());
    base = await delivery.repo('base');
    await base.commit({
      files: {
        'deploy/kustomization.yaml': kustomization('a.yaml', '../more'),
        'deploy/a.yaml': configMap('base-a', { key: 'one' }),
        'more/kustomization.yaml': kustomization('photo.yaml'),
        'more/photo.yaml': configMap('base-more', { key: 'one' }),
        // Both are left out of sources, but not of what kustomize clones.
        '.github/kustomization.yaml': kustomization('b.yaml'),
        '.github/b.yaml': configMap('base-hidden', { key: 'one' }),
        '.sourceignore': 'deploy/\n',
        'escape/kustomization.yaml': kustomization('../../other'),
        'slow.yaml': 'a: 1\n',
      },
    });
    await base.tag('v1', { message: 'one' });
    url = `${delivery.server.url}/base.git`;
    files = await loopbackServer((request, response) => {
      const target = served.get(request.url ?? '');
      if (target === undefined) response.writeHead(404).end();
      else if (target === 'silence') response.flushHeaders();
      else if (target.startsWith('/')) response.writeHead(302, { location: target }).end();
      else response.end(target);
    });
    await delivery.start();
  });
  after(async () => {
    await delivery.close();
    await files.stop();
  });

  async function deliver(name: string, ...resources: readonly string[]): Promise<void> {
    await delivery.source(name, { 'kustomization.yaml': kustomization(...resources) });
    await delivery.kustomization(name, { namePrefix: `${name}-` });
  }

  async function failsWith(name: string, message: RegExp): Promise<void> {
    const object = await delivery.failed(name, 'BuildFailed');
    assert.match(ready(object)?.message ?? '', message);
  }

  it('are fetched by branch, tag, hash, or the choice of the server, with all that is in them', async () => {
    const hash = await base.revision('main');
    await deliver('refs', `${url}//deploy?ref=main`);
    await delivery.ready('refs');
    assert.equal((await delivery.data('refs-base-a'))?.['key'], 'one');
    assert.ok(await delivery.data('refs-base-more'));
    await deliver('tag', `${url}//more?ref=v1&timeout=9999h`);
    await deliver('hash', `${url}//more?ref=${hash}`);
    await deliver('choice', `${url}//.github`);
    for (const name of ['tag', 'hash', 'choice']) await delivery.ready(name);
    assert.ok(await delivery.data('tag-base-more'));
    assert.ok(await delivery.data('hash-base-more'));
    assert.ok(await delivery.data('choice-base-hidden'));
  });

  it('are fetched again at each run: they change while the artifact does not', async () => {
    await deliver('again', `${url}//deploy?ref=main`);
    const { status } = await delivery.ready('again');
    await base.commit({ files: { 'deploy/a.yaml': configMap('base-a', { key: 'two' }) } });
    const { status: after } = await delivery.reconcile('again');
    assert.equal(after?.lastAppliedRevision, status?.lastAppliedRevision);
    assert.equal((await delivery.data('again-base-a'))?.['key'], 'two');
  });

  it('may be files, and lead on to other bases', async () => {
    served.set('/moved.yaml', '/file.yaml').set('/file.yaml', configMap('from-url', { key: 'one' }));
    const outer = await delivery.repo('outer');
    await outer.commit({ files: { 'kustomization.yaml': kustomization(`${url}//more`, `${files.url}/moved.yaml`) } });
    await deliver('nested', `${delivery.server.url}/outer.git`);
    await delivery.ready('nested');
    assert.ok(await delivery.data('nested-base-more'));
    assert.ok(await delivery.data('nested-from-url'));
  });

  it('fail by name: what is not there, says nothing, leads out, or needs a key', async () => {
    served.set('/silent.git/info/refs?service=git-upload-pack', 'silence');
    const cases: readonly (readonly [string, string, RegExp])[] = [
      ['no-repo', `${delivery.server.url}/nowhere.git//deploy`, /failed to clone '.+\/nowhere\.git': /],
      [
        'login',
        `http://jane:top-secret@127.0.0.1:1/x.git//deploy`,
        /'http:\/\/\*\*\*@127\.0\.0\.1:1\/x\.git\/\/deploy'/,
      ],
      ['no-ref', `${url}//deploy?ref=v9`, /failed to clone '.+\/base\.git': couldn't find remote ref v9/],
      ['no-dir', `${url}//nowhere`, /nowhere/],
      ['no-file', `${files.url}/none.yaml`, /404/],
      ['silent', `${files.url}/silent.git//deploy?timeout=1`, /failed to clone '.+\/silent\.git': hit 1s timeout/],
      ['closed', 'http://127.0.0.1:1/x.git//deploy', /ECONNREFUSED/],
      ['escape', `${url}//escape`, /other/],
      ['disk', `file://${base.dir}//deploy`, /only http:\/\/ and https:\/\/ can be fetched/],
      ['key', 'ssh://git@127.0.0.1/x.git//deploy', /only http:\/\/ and https:\/\/ can be fetched/],
    ];
    for (const [name, resource] of cases) await deliver(name, resource);
    for (const [name, , message] of cases) await failsWith(name, message);
    const told = await delivery.kubectl.ok(['-n', delivery.namespace, 'get', 'kustomizations,events', '-o', 'json']);
    assert.ok(!(told + delivery.log.join('')).includes('top-secret'));
  });

  it('are refused where the flag says so', async () => {
    await delivery.stop();
    await delivery.start(['--no-remote-bases']);
    await deliver('refused', `${url}//deploy`);
    await failsWith(
      'refused',
      /remote resource '.+\/base\.git\/\/deploy' is not allowed: remote bases and files are disabled/,
    );
  });
});
