// What kubectl prints when Sluice judges what is applied, and what happens when Sluice is not there to judge.
import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import { useOwnCluster } from '#test/support/controlplane';
import { installCrds } from '#test/support/crds';
import { validSpecs } from '#test/api/valid-specs';
import { until } from '#test/support/wait';
import { allKinds } from '#api/scheme';
import { sluiceOn, type TestSluice } from './sluice.ts';

type Spec = Readonly<Record<string, unknown>>;

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string; readonly annotations?: Spec };
  readonly spec: Spec;
}

interface Row {
  readonly it: string;
  readonly kind: string;
  readonly spec: Spec;
  /** Whole standard error of kubectl. */
  readonly refused?: string;
  readonly warned?: string;
}

const namespace = 'default';
const sample = { kind: 'GitRepository', name: 'app' };

function manifest(kind: string, name: string, spec: Spec): Manifest {
  const definition = allKinds.find((each) => each.kind === kind);
  const version = definition?.versions.find(({ storage }) => storage);
  return {
    apiVersion: `${definition?.group}/${version?.name}`,
    kind,
    metadata: { name, namespace },
    spec: { ...validSpecs[kind], ...spec },
  };
}

const rows: readonly Row[] = [
  {
    it: 'a duration without a unit',
    kind: 'GitRepository',
    spec: { interval: '10' },
    refused: `The GitRepository "tried" is invalid: spec.interval: Invalid value: "10": spec.interval in body should match '^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$' — write a Go duration such as 5m or 1h30m\n`,
  },
  {
    it: 'two mistakes, each with its field',
    kind: 'GitRepository',
    spec: { interval: '10', url: 'git@example.com:org/app' },
    refused: [
      'The GitRepository "tried" is invalid: ',
      `* spec.interval: Invalid value: "10": spec.interval in body should match '^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$' — write a Go duration such as 5m or 1h30m`,
      `* spec.url: Invalid value: "git@example.com:org/app": spec.url in body should match '^(http|https|ssh)://.*$' — write an http://, https:// or ssh:// address; git@host:path becomes ssh://git@host/path`,
      '',
    ].join('\n'),
  },
  {
    it: 'a cloud for a server that is not its own',
    kind: 'GitRepository',
    spec: { provider: 'azure', url: 'https://example.com/app' },
    refused:
      'The GitRepository "tried" is invalid: spec.provider: Invalid value: "azure": logs in to Azure DevOps over HTTPS alone — set spec.url to https://dev.azure.com/<organization>/<project>/_git/<repository>, or choose another provider\n',
  },
  {
    it: 'a range that is none',
    kind: 'OCIRepository',
    spec: { ref: { semver: 'latest' } },
    refused: `The OCIRepository "tried" is invalid: spec.ref.semver: Invalid value: "latest": improper constraint: latest — write a range such as ">=1.2.0 <2.0.0", "1.2.x" or "~1.2"\n`,
  },
  {
    it: 'an expression RE2 does not know',
    kind: 'Alert',
    spec: { exclusionList: ['(?!x)'] },
    refused:
      'The Alert "tried" is invalid: spec.exclusionList[0]: Invalid value: "(?!x)": error parsing regexp: invalid or unsupported Perl syntax: `(?!` — write an RE2 expression: no look-around, no back-references\n',
  },
  {
    it: 'a path out of the source',
    kind: 'Kustomization',
    spec: { path: '../other' },
    refused:
      'The Kustomization "tried" is invalid: spec.path: Invalid value: "../other": must not lead out of the source — write a path below the root, such as ./deploy\n',
  },
  {
    it: 'CEL that does not compile',
    kind: 'Kustomization',
    spec: { dependsOn: [{ name: 'tried-not', readyExpr: 'dependency.ready == true' }] },
    refused: `The Kustomization "tried" is invalid: spec.dependsOn[0].readyExpr: Invalid value: "dependency.ready == true": undeclared reference to 'dependency' (in container '') — write a CEL expression over self and dep\n`,
  },
  {
    it: 'a dependency on itself',
    kind: 'HelmRelease',
    spec: { dependsOn: [{ name: 'tried' }] },
    refused:
      'The HelmRelease "tried" is invalid: spec.dependsOn: Invalid value: "default/tried": circular dependency detected: default/tried -> default/tried — remove one of these dependencies\n',
  },
  {
    it: 'an image policy without an order',
    kind: 'ImagePolicy',
    spec: { policy: {} },
    refused:
      'The ImagePolicy "tried" is invalid: spec.policy: Invalid value: {}: given ImagePolicyChoice object is invalid — set exactly one of semver, alphabetical and numerical\n',
  },
  {
    it: 'a patch that is neither object nor list',
    kind: 'Kustomization',
    spec: { patches: [{ patch: 'replicas 3' }] },
    refused:
      'The Kustomization "tried" is invalid: spec.patches[0].patch: Invalid value: "replicas 3": is neither an object nor a list — write the fields to change, or a list of operations with op, path and value\n',
  },
  {
    it: 'several references',
    kind: 'GitRepository',
    spec: { ref: { branch: 'main', tag: 'v1' } },
    warned: 'Warning: spec.ref.tag: counts; spec.ref.branch has no effect beside it\n',
  },
  {
    it: 'a source that is not there',
    kind: 'Kustomization',
    spec: { sourceRef: { kind: 'GitRepository', name: 'ap' } },
    warned: "Warning: spec.sourceRef: GitRepository 'default/ap' does not exist: did you mean 'app'?\n",
  },
  {
    it: 'verification where there are no signatures',
    kind: 'HelmChart',
    spec: { sourceRef: sample, verify: { provider: 'cosign' } },
    warned:
      'Warning: spec.verify: GitRepository charts have no signatures: remove it, and set spec.verify of the GitRepository where it has that\n',
  },
  { it: 'nothing wrong', kind: 'Kustomization', spec: { sourceRef: sample }, warned: '' },
];

/** A Kustomization that waits for another one. */
function on(name: string, other: string): Manifest {
  return manifest('Kustomization', name, {
    sourceRef: sample,
    suspend: true,
    path: `./${name}`,
    dependsOn: [{ name: other }],
  });
}

describe('admission', function () {
  this.timeout(120_000);
  const cluster = useOwnCluster();
  let sluice: TestSluice;
  // Only the webhooks: controllers would write to the objects of these tests.
  const start = (): Promise<TestSluice> => sluiceOn(cluster(), { roles: ['admission'] });

  before(async () => {
    await installCrds(cluster().kubectl);
    sluice = await start();
    const { status, stderr } = await cluster().kubectl.apply(manifest('GitRepository', 'app', { suspend: true }));
    assert.equal(status, 0, stderr);
    // The rules look at caches, which follow the cluster.
    await until(() =>
      sluice.context.informers
        .running()
        .some(({ resource, objects }) => resource.startsWith('gitrepositories') && objects === 1),
    );
  });
  after(() => sluice.stop());

  for (const { it: what, kind, spec, refused, warned = '' } of rows) {
    it(`${refused === undefined ? 'lets pass' : 'refuses'} ${what}`, async () => {
      const tried = manifest(kind, 'tried', spec);
      const { status, stderr } = await cluster().kubectl.apply(tried, ['--dry-run=server']);
      assert.equal(stderr, refused ?? warned);
      assert.equal(status, refused === undefined ? 0 : 1);
    });
  }

  it('prints the round of a cycle through stored objects', async () => {
    const { kubectl } = cluster();
    await kubectl.apply([on('a', 'b'), on('b', 'c')]);
    const refused = await until(async () => {
      const { status, stderr } = await kubectl.apply(on('c', 'a'), ['--dry-run=server']);
      return status === 0 ? undefined : stderr;
    });
    assert.equal(
      refused,
      'The Kustomization "c" is invalid: spec.dependsOn: Invalid value: "default/a": circular dependency detected: default/c -> default/a -> default/b -> default/c — remove one of these dependencies\n',
    );
  });

  it('judges an object of 1.4 MB in a moment, and a review of more than one', async () => {
    const values = Object.fromEntries(Array.from({ length: 1400 }, (_, i) => [`key${i}`, 'x'.repeat(980)]));
    const large = manifest('HelmRelease', 'large', { values, dependsOn: [{ name: 'large' }] });
    const begun = performance.now();
    const { status, stderr } = await cluster().kubectl.run(['apply', '--server-side', '-f', '-'], {
      stdin: JSON.stringify(large),
    });
    assert.equal(status, 1);
    assert.match(stderr, /circular dependency detected: default\/large -> default\/large/);
    assert.ok(performance.now() - begun < 15_000);
    assert.doesNotMatch(sluice.logged(), /failed/);
  });

  it('answers while a worker computes without end', async () => {
    const job = new URL('../workers/jobs/sample.ts', import.meta.url);
    const abort = new AbortController();
    const endless = sluice.context.pool.run(job, { do: 'spin' }, { signal: abort.signal, timeoutMs: 60_000 });
    endless.catch(() => undefined);
    const { webhooks } = sluice.addresses;
    const times: number[] = [];
    for (let i = 0; i < 50; i++) {
      const begun = performance.now();
      const answer = await reviewAt(`${webhooks}/validate`, manifest('Kustomization', 'x', { path: '../up' }));
      times.push(performance.now() - begun);
      assert.equal(answer.response.allowed, false);
    }
    abort.abort(new Error('enough'));
    await assert.rejects(endless);
    const median = times.toSorted((a, b) => a - b)[25] ?? 0;
    assert.ok(median < 1000, `${median} ms`);
  });

  describe('without the process', () => {
    const broken = manifest('Kustomization', 'stored-broken', { sourceRef: sample, suspend: true, path: '../up' });

    before(() => sluice.stop());

    it('lets applies and deletes through', async () => {
      const { kubectl } = cluster();
      const applied = await kubectl.apply([broken, manifest('GitRepository', 'passing', { suspend: true })]);
      assert.equal(applied.status, 0, applied.stderr);
      await kubectl.ok(['delete', 'gitrepository', 'passing', '--timeout=20s']);
    });

    it('leaves the schema to the API server', async () => {
      const { status, stderr } = await cluster().kubectl.apply(manifest('GitRepository', 'bad', { interval: '10' }));
      assert.equal(status, 1);
      assert.match(stderr, /spec\.interval in body should match '[^']+'\n$/);
    });

    it('comes back, and keeps what was stored meanwhile changeable elsewhere', async () => {
      sluice = await start();
      const { kubectl } = cluster();
      const patched = await kubectl.run([
        'patch',
        'kustomization',
        'stored-broken',
        '--type=merge',
        '-p',
        '{"spec":{"interval":"7m"}}',
      ]);
      assert.equal(patched.status, 0, patched.stderr);
      assert.equal(
        patched.stderr,
        'Warning: spec.path: Invalid value: "../up": must not lead out of the source — write a path below the root, such as ./deploy\n',
      );
      const worse = await kubectl.run([
        'patch',
        'kustomization',
        'stored-broken',
        '--type=merge',
        '-p',
        '{"spec":{"path":"../../up"}}',
      ]);
      assert.match(worse.stderr, /"\.\.\/\.\.\/up": must not lead out of the source/);
      const annotated = await kubectl.run(['annotate', 'kustomization', 'stored-broken', 'a=b']);
      assert.deepEqual([annotated.status, annotated.stderr], [0, '']);
      await kubectl.ok(['delete', 'kustomization', 'stored-broken', '--timeout=20s']);
    });
  });
});

interface Answer {
  readonly response: { readonly allowed: boolean; readonly uid: string };
}

/** A review as the API server sends one. */
async function reviewAt(url: string, object: Manifest): Promise<Answer> {
  const { Agent, request } = await import('undici');
  // The authority is looked after in a test of its own.
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } });
  try {
    const { body } = await request(url, { method: 'POST', dispatcher, body: JSON.stringify(review(object)) });
    return (await body.json()) as Answer;
  } finally {
    await dispatcher.close();
  }
}

function review(object: Manifest): object {
  const [group = '', version = ''] = object.apiVersion.split('/');
  const request = {
    uid: 'u',
    kind: { group, version, kind: object.kind },
    name: object.metadata.name,
    namespace,
    operation: 'CREATE',
    userInfo: { username: 'jane' },
    object,
    oldObject: null,
  };
  return { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request };
}
