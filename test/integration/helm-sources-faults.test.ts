// What goes wrong with Helm repositories, on a real API server: conditions, events, and what happens next.
import assert from 'node:assert/strict';
import { createAuthority, issueCertificate, validityFrom } from '#net/pki';
import { chartServer, type ChartServer, type ChartServerOptions } from '#test/integration/chart-server';
import { conditionOf, conditionsOf, HelmStage, type SourceKind, type SourceObject } from '#test/integration/helm-stage';
import { useSharedCluster } from '#test/support/controlplane';
import { until } from '#test/support/wait';

describe('faults of Helm repositories', function () {
  this.timeout(60_000);
  const cluster = useSharedCluster();
  let stage: HelmStage;
  let server: ChartServer;
  const servers: ChartServer[] = [];

  before(async () => {
    stage = await HelmStage.open(cluster(), ['--helm-index-max-size=20000', '--helm-chart-max-size=4000']);
  });
  after(() => stage?.stop());
  beforeEach(async () => {
    server = await serve();
    await server.publish('app', '1.0.0');
  });
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((one) => one.stop()));
  });

  async function serve(options: ChartServerOptions = {}): Promise<ChartServer> {
    const made = await chartServer(options);
    servers.push(made);
    return made;
  }

  /** Waits for a failure that is tried again; checks conditions and event, which carry the same message. */
  async function failsWith(kind: SourceKind, name: string, reason: string, message: RegExp): Promise<SourceObject> {
    const object = await stage.untilReady(kind, name, {
      status: 'False',
      when: (found) => conditionOf(found, 'Ready')!.reason === reason,
    });
    const ready = conditionOf(object, 'Ready')!;
    assert.match(ready.message, message);
    const failed = conditionOf(object, 'FetchFailed') ?? conditionOf(object, 'BuildFailed');
    assert.deepEqual([failed?.status, failed?.reason, failed?.message], ['True', reason, ready.message]);
    assert.equal(conditionOf(object, 'Reconciling')?.reason, 'ProgressingWithRetry');
    const event = await stage.event(name, reason);
    assert.equal(event.type, 'Warning');
    assert.match(event.message, message);
    return object;
  }

  async function chartOf(repository: string, spec: object = {}): Promise<string> {
    return stage.chart({ chart: 'app', sourceRef: { kind: 'HelmRepository', name: repository }, ...spec });
  }

  it('says that the password is wrong without saying which, and goes on when it is right', async () => {
    const guarded = await serve({ basic: { username: 'jane', password: 's3cret' } });
    await guarded.publish('app', '1.0.0');
    const secret = await stage.secret({ username: 'jane', password: 'hunter2' });
    const name = await stage.repository({ url: guarded.url, secretRef: { name: secret } });
    const object = await failsWith('HelmRepository', name, 'Failed', /index\.yaml : 401 Unauthorized$/);
    assert.doesNotMatch(JSON.stringify(object), /hunter2/);
    const right = await stage.secret({ username: 'jane', password: 's3cret' });
    await stage.repository({ url: guarded.url, secretRef: { name: right } }, name);
    await stage.untilReady('HelmRepository', name);
    await stage.untilReady('HelmChart', await chartOf(name));
    assert.deepEqual(new Set(guarded.authorizations.slice(-1)), new Set([`Basic ${btoa('jane:s3cret')}`]));
  });

  it('names a Secret that is missing or lacks half of a login', async () => {
    const name = await stage.repository({ url: server.url, secretRef: { name: 'nowhere' } });
    await failsWith('HelmRepository', name, 'AuthenticationFailed', /secret '[^']+\/nowhere'.*not found/);
    const half = await stage.secret({ username: 'jane' });
    await stage.repository({ url: server.url, secretRef: { name: half } }, name);
    await failsWith('HelmRepository', name, 'AuthenticationFailed', /secret '[^']+': /);
    await until(async () =>
      conditionOf(await stage.get('HelmRepository', name), 'Ready')!.message.endsWith(
        "malformed basic auth - has 'username' but missing 'password'",
      ),
    );
  });

  it('trusts the CA it is given, no other, and shows its own certificate', async () => {
    const validity = validityFrom(Date.now(), 1);
    const clients = await createAuthority('clients', validity);
    const identity = { commonName: 'jane', hosts: [], usages: ['client'], validity } as const;
    const client = await issueCertificate(clients, identity);
    const secure = await serve({ tls: { clientAuthority: clients.certificate } });
    await secure.publish('app', '1.0.0');
    const wrong = await stage.secret({ 'ca.crt': clients.certificate });
    const name = await stage.repository({ url: secure.url, certSecretRef: { name: wrong } });
    await failsWith('HelmRepository', name, 'Failed', /failed to fetch Helm repository index: .*certificate/);
    const right = await stage.secret({
      'ca.crt': secure.authority!,
      'tls.crt': client.certificate,
      'tls.key': client.privateKey,
    });
    // The keys of certSecretRef win over those of secretRef.
    await stage.repository({ url: secure.url, secretRef: { name: wrong }, certSecretRef: { name: right } }, name);
    await stage.untilReady('HelmRepository', name);
    await stage.untilReady('HelmChart', await chartOf(name));
  });

  it('keeps the credentials from other hosts unless told to pass them', async () => {
    const basic = { username: 'jane', password: 's3cret' };
    const [guarded, other] = [await serve({ basic }), await serve()];
    const archive = await server.publish('app', '1.0.0');
    other.files.set('app-1.0.0.tgz', archive);
    await guarded.publish('app', '1.0.0', { url: `${other.url}/app-1.0.0.tgz` });
    const secret = await stage.secret(basic);
    const name = await stage.repository({ url: guarded.url, secretRef: { name: secret } });
    await stage.untilReady('HelmChart', await chartOf(name));
    assert.deepEqual(other.authorizations, [undefined]);
    await stage.repository({ url: guarded.url, secretRef: { name: secret }, passCredentials: true }, name);
    await stage.untilReady('HelmRepository', name);
    await stage.untilReady('HelmChart', await chartOf(name));
    assert.deepEqual(other.authorizations.slice(1), [`Basic ${btoa('jane:s3cret')}`]);
  });

  it('stalls on a chart or a version the index does not have, until the index has it', async () => {
    const repository = await stage.repository({ url: server.url });
    const [unknown, newer] = await Promise.all([
      chartOf(repository, { chart: 'web' }),
      chartOf(repository, { version: '^2' }),
    ]);
    const prefix = 'invalid chart reference: failed to get chart version for remote reference: ';
    for (const [name, why] of [
      [unknown, 'no chart name found'],
      [newer, `no 'app' chart with version matching '^2' found`],
    ] as const) {
      const object = await stage.untilReady('HelmChart', name, {
        status: 'False',
        when: (found) => conditionOf(found, 'Stalled') !== undefined,
      });
      assert.deepEqual(conditionsOf(object), [
        'Stalled=True InvalidChartReference',
        'Ready=False InvalidChartReference',
        'FetchFailed=True InvalidChartReference',
      ]);
      assert.equal(conditionOf(object, 'Ready')!.message, `${prefix}${why}`);
      assert.equal(object.status!.observedGeneration, 1);
    }
    await server.publish('web', '0.1.0');
    await server.publish('app', '2.0.0');
    await stage.request('HelmRepository', repository);
    await stage.untilReady('HelmChart', unknown);
    await stage.untilReady('HelmChart', newer);
  });

  it('refuses a chart that is not the one the index means, and takes it when it is', async () => {
    const archive = await server.publish('bad', '1.0.0', { digest: 'f'.repeat(64) });
    const repository = await stage.repository({ url: server.url });
    const name = await chartOf(repository, { chart: 'bad' });
    await failsWith('HelmChart', name, 'ChartPullError', /^chart pull error: the digest of http\S+ is sha256:/);
    server.files.set('index.yaml', (server.files.get('index.yaml') as string).replace('f'.repeat(64), ''));
    await stage.request('HelmRepository', repository);
    const object = await stage.untilReady('HelmChart', name);
    assert.ok(archive.equals(await stage.download(object)));
    assert.equal(conditionOf(object, 'FetchFailed'), undefined);
  });

  it('tells a chart that was cut off, or is too large, or gone, from a good one', async () => {
    const archive = await server.publish('cut', '1.0.0', { digest: '' });
    const repository = await stage.repository({ url: server.url });
    server.files.set('charts/cut-1.0.0.tgz', archive.subarray(0, archive.length / 2));
    const name = await chartOf(repository, { chart: 'cut' });
    await failsWith('HelmChart', name, 'ChartPullError', /^chart pull error: unexpected EOF$/);
    server.files.set('charts/cut-1.0.0.tgz', archive);
    await stage.untilReady('HelmChart', name);
    server.files.set('charts/cut-1.0.0.tgz', (_request, response) => {
      response.writeHead(200, { 'content-length': String(archive.length) });
      response.write(archive.subarray(0, 20), () => response.destroy());
    });
    await failsWith(
      'HelmChart',
      await chartOf(repository, { chart: 'cut' }),
      'ChartPullError',
      /^chart pull error: Get "http\S+": /,
    );
    server.files.set('charts/cut-1.0.0.tgz', Buffer.alloc(5000));
    const large = await chartOf(repository, { chart: 'cut' });
    await failsWith('HelmChart', large, 'ChartPullError', /exceeds the maximum chart size of 4000 bytes$/);
    server.files.delete('charts/cut-1.0.0.tgz');
    await failsWith(
      'HelmChart',
      await chartOf(repository, { chart: 'cut' }),
      'ChartPullError',
      /cut-1\.0\.0\.tgz : 404 Not Found$/,
    );
  });

  it('keeps the last good index while the new one cannot be read', async () => {
    const repository = await stage.repository({ url: server.url });
    const good = await stage.untilReady('HelmRepository', repository);
    const text = server.files.get('index.yaml') as string;
    server.files.set('index.yaml', `${text}  entries: [`);
    await stage.request('HelmRepository', repository);
    const message = /^failed to load Helm repository from index YAML: /;
    const bad = await failsWith('HelmRepository', repository, 'IndexationFailed', message);
    assert.deepEqual(bad.status!.artifact, good.status!.artifact);
    await stage.untilReady('HelmChart', await chartOf(repository));
    server.files.set('index.yaml', `${text}# ${'x'.repeat(20_000)}`);
    await stage.request('HelmRepository', repository);
    const limit = /index exceeds the maximum index file size of 20000 bytes$/;
    await failsWith('HelmRepository', repository, 'Failed', limit);
    server.files.set('index.yaml', text);
    const again = await stage.untilReady('HelmRepository', repository);
    assert.deepEqual(again.status!.artifact, good.status!.artifact);
    await stage.event(repository, 'Succeeded');
  });

  it('takes an index that changes while it is read for neither the old nor the new one', async () => {
    const text = server.files.get('index.yaml') as string;
    let answers = 0;
    server.files.set('index.yaml', (_request, response) => {
      answers++;
      response.writeHead(200, { 'content-length': String(text.length) });
      // The second half is of another file, the end of a third never comes.
      if (answers === 1) response.end(`${text.slice(0, 40)}${'"'.repeat(text.length - 40)}`);
      else if (answers === 2) response.write(text.slice(0, 40), () => response.destroy());
      else response.end(text);
    });
    const repository = await stage.repository({ url: server.url });
    const object = await stage.untilReady('HelmRepository', repository);
    assert.equal(answers, 3);
    assert.equal(object.status!.artifact!.revision.length, 'sha256:'.length + 64);
    await stage.event(repository, 'IndexationFailed');
    await stage.event(repository, 'Failed');
  });

  it('gives up on a server that falls silent when its time is over', async () => {
    server.files.set('index.yaml', (_request, response) => {
      response.writeHead(200);
      response.write('apiVersion');
    });
    const name = await stage.repository({ url: server.url, timeout: '500ms' });
    await failsWith('HelmRepository', name, 'Failed', /: context deadline exceeded$/);
  });

  it('does not pass a chart off as verified that nobody verified', async () => {
    const repository = await stage.repository({ url: server.url });
    const name = await chartOf(repository, { verify: { provider: 'cosign' } });
    const object = await stage.untilReady('HelmChart', name, {
      status: 'False',
      when: (found) => conditionOf(found, 'SourceVerified')?.status === 'False',
    });
    assert.equal(conditionOf(object, 'BuildFailed')!.reason, 'ChartVerificationError');
    assert.equal(conditionOf(object, 'Ready')!.reason, 'VerificationError');
    assert.equal(object.status!.artifact, undefined);
    await stage.make('HelmChart', { chart: 'app', sourceRef: { kind: 'HelmRepository', name: repository } }, name);
    // Server-side apply takes back what is not there any more.
    assert.equal(conditionOf(await stage.untilReady('HelmChart', name), 'SourceVerified'), undefined);
  });
});
