// The flags of `sluice serve`: Flux's spellings, Flux's environment, and errors that say what to write.
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { FlagError, parseAddress, parseServeFlags, serveUsage } from '#cli/serve/flags';
import { skip } from '#test/support/skip';

const recorded = path.resolve(import.meta.dirname, '../../../../shared/fixtures/flux-v2.7/flags');

describe('serve flags', () => {
  it("have Flux's defaults", () => {
    const flags = parseServeFlags([], {});
    assert.deepEqual([...flags.roles], ['controllers', 'admission', 'apiserver']);
    assert.equal(flags.storagePath, '/data');
    assert.equal(flags.requeueDependency, 30_000);
    assert.deepEqual([flags.minRetryDelay, flags.maxRetryDelay], [750, 900_000]);
    assert.equal(flags.intervalJitterPercentage, 5);
    assert.deepEqual([flags.artifactRetentionTtl, flags.artifactRetentionRecords], [60_000, 2]);
    assert.deepEqual(
      [flags.leaderElectionLeaseDuration, flags.leaderElectionRenewDeadline, flags.leaderElectionRetryPeriod],
      [35_000, 30_000, 5000],
    );
    assert.equal(flags.watchAllNamespaces, true);
    assert.equal(flags.enableLeaderElection, false);
    assert.ok(!('kubeconfig' in flags));
  });

  it('are read as Go reads them', () => {
    const flags = parseServeFlags(
      [
        '--enable-leader-election',
        '--watch-all-namespaces=false',
        '--override-manager=one',
        '--override-manager',
        'two',
        '--concurrent=7',
        '--concurrent=8',
        '--role=controllers, admission',
        '--watch-label-selector=sharding.fluxcd.io/key in (a, b)',
      ],
      {},
    );
    assert.deepEqual([flags.enableLeaderElection, flags.watchAllNamespaces], [true, false]);
    assert.deepEqual(flags.overrideManagers, ['one', 'two']);
    assert.equal(flags.concurrent, 8);
    assert.deepEqual([...flags.roles], ['controllers', 'admission']);
    assert.equal(flags.watchLabelSelector, 'sharding.fluxcd.io/key in (a, b)');
    assert.deepEqual([...parseServeFlags(['--role', 'all'], {}).roles], ['controllers', 'admission', 'apiserver']);
  });

  it('read feature gates of several controllers, and say which change nothing', () => {
    const gates = '--feature-gates=ObjectLevelWorkloadIdentity=true,OOMWatch=true';
    const { featureGates, strictSubstitution } = parseServeFlags(
      [gates, '--feature-gates=StrictPostBuildSubstitutions=true'],
      {},
    );
    assert.equal(featureGates.ObjectLevelWorkloadIdentity, true);
    assert.deepEqual(featureGates.ignored, ['OOMWatch=true']);
    assert.equal(strictSubstitution, true);
    assert.equal(parseServeFlags([], {}).featureGates.ObjectLevelWorkloadIdentity, false);
  });

  it("fall back on Flux's environment variables", () => {
    const env = { STORAGE_PATH: '/x', STORAGE_ADDRESS: ':1', STORAGE_ADV_ADDR: 'h:2', METRICS_ADDR: ':3' };
    const { storagePath, storageAddr, storageAdvAddr, metricsAddr } = parseServeFlags(['--storage-addr=:9'], env);
    assert.deepEqual([storagePath, storageAddr, storageAdvAddr, metricsAddr], ['/x', ':9', 'h:2', ':3']);
  });

  for (const [args, message] of [
    [['--no-such-flag'], /no-such-flag/],
    [['--concurrent=many'], /^--concurrent: many is not a number$/],
    [['--concurrent=-1'], /^--concurrent: -1 is not a number$/],
    [['--requeue-dependency=30'], /^--requeue-dependency: .*write a Go duration such as 30s or 5m$/],
    [['--watch-all-namespaces=maybe'], /^--watch-all-namespaces: write true or false$/],
    [['--interval-jitter-percentage=100'], /must be less than 100/],
    [['--role=chef'], /^--role: chef is none of controllers, admission, apiserver$/],
    [['--log-level=loud'], /^--log-level: loud is none of trace, debug, info, error$/],
    [['--feature-gates=NoSuchGate=true'], /^--feature-gates: NoSuchGate is not a feature gate$/],
    [['--feature-gates=OOMWatch'], /^--feature-gates: OOMWatch: write Name=true or Name=false$/],
    [
      ['--default-kubeconfig-service-account=deployer'],
      /^--default-kubeconfig-service-account: .*feature gate ObjectLevelWorkloadIdentity is not enabled$/,
    ],
    [
      ['--default-decryption-service-account=decryptor'],
      /^--default-decryption-service-account: .*feature gate ObjectLevelWorkloadIdentity is not enabled$/,
    ],
    [['--artifact-digest-algo=md5'], /^--artifact-digest-algo: md5 is none of sha256, sha384, sha512, sha1$/],
    [['stray'], /stray/],
  ] as const) {
    it(`refuse ${args.join(' ')}`, () => {
      assert.throws(
        () => parseServeFlags(args, {}),
        (error: Error) => error instanceof FlagError && message.test(error.message),
      );
    });
  }

  for (const [address, host, port] of [
    [':9090', '0.0.0.0', 9090],
    ['127.0.0.1:0', '127.0.0.1', 0],
    ['[::1]:80', '::1', 80],
    ['localhost:80', 'localhost', 80],
  ] as const) {
    it(`read the address ${address}`, () => assert.deepEqual(parseAddress('x', address), { host, port }));
  }

  for (const address of ['9090', 'host', '::1:80', 'host:port', '']) {
    it(`refuse the address ${JSON.stringify(address)}`, () => {
      assert.throws(() => parseAddress('storage-addr', address), /^Error: --storage-addr: /);
    });
  }

  it('are all in the usage', () => {
    const usage = serveUsage();
    for (const name of ['storage-path', 'role', 'enable-leader-election', 'log-level']) {
      assert.match(usage, new RegExp(`^  --${name} +\\S`, 'm'));
    }
  });

  it("take the arguments of Flux's own Deployments", async function () {
    const files = await readdir(recorded).catch(() => skip(this, 'no recorded flags of Flux'));
    assert.ok(files.length > 0);
    const known = new Set(Array.from(serveUsage().matchAll(/^ {2}--([a-z-]+)/gm), ([, name]) => name));
    const wanted = ['events-addr', 'watch-all-namespaces', 'log-level', 'log-encoding', 'enable-leader-election'];
    for (const name of [...wanted, 'storage-path', 'storage-adv-addr']) assert.ok(known.has(name), name);
    const texts = await Promise.all(files.map((file) => readFile(path.join(recorded, file), 'utf8')));
    for (const name of wanted)
      assert.ok(
        texts.some((text) => text.includes(`--${name}`)),
        name,
      );
  });
});
