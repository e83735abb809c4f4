// What a review costs: the rules alone, and whole reviews over HTTPS, by size and beside a busy worker.
import https from 'node:https';
import { loadavg } from 'node:os';
import { createAuthority, issueCertificate, validityFrom } from '#net/pki';
import { ListeningServer } from '#net/server';
import { Secret } from '#lib/secret';
import { WorkerPool } from '#workers/pool';
import type { ReviewedObject, Snapshot } from '#webhooks/rule';
import { rules } from '#webhooks/rules';
import { admissionHandler } from '#webhooks/server/handler';
import { Judge } from '#webhooks/server/judge';
import { written, type Written } from '../webhooks/rule-table.ts';

const stored = new Map<string, ReviewedObject>();
for (let i = 0; i < 1000; i++) {
  const common = { name: `app-${i}`, namespace: `team-${i % 20}` };
  const dependsOn = i < 20 ? [] : [{ name: `app-${i - 20}` }];
  for (const each of [
    { kind: 'GitRepository', ...common },
    { kind: 'Kustomization', ...common, spec: { path: `./apps/${i}`, dependsOn } },
    { kind: 'HelmRelease', ...common, spec: { releaseName: `release-${i}`, dependsOn } },
  ] as Written[]) {
    stored.set(`${each.kind}/${each.namespace}/${each.name}`, written(each));
  }
}
const byKind = Map.groupBy(stored.values(), ({ kind }) => kind);
const files = Array.from({ length: 2000 }, (_, i) => `apps/${i}/kustomization.yaml`).toSorted();
const snapshot: Snapshot = {
  knows: () => true,
  get: (kind, namespace, name) => stored.get(`${kind}/${namespace}/${name}`),
  list: (kind) => byKind.get(kind) ?? [],
  files: () => files,
};
const judge = new Judge({
  rules,
  snapshot,
  onRuleFailure: (rule, error) => {
    throw new Error(`rule ${rule} failed`, { cause: error });
  },
});

function review(object: Written): string {
  const whole = written(object);
  const [group = '', version = ''] = whole.apiVersion.split('/');
  const { name, namespace } = whole.metadata;
  const kind = { group, version, kind: whole.kind };
  const request = {
    uid: 'u',
    kind,
    name,
    namespace,
    operation: 'CREATE',
    userInfo: {},
    object: whole,
    oldObject: null,
  };
  return JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request });
}

function values(bytes: number): object {
  const entries = Array.from({ length: Math.ceil(bytes / 100) }, (_, i) => [`key${i}`, { text: 'x'.repeat(70) }]);
  return Object.fromEntries(entries) as object;
}

const samples: Readonly<Record<string, string>> = {
  'Kustomization, right': review({
    kind: 'Kustomization',
    namespace: 'team-1',
    spec: { sourceRef: { kind: 'GitRepository', name: 'app-1' }, path: './apps/7', dependsOn: [{ name: 'app-981' }] },
  }),
  'Kustomization, path and source gone': review({
    kind: 'Kustomization',
    namespace: 'team-1',
    spec: { path: './apps/twelve', sourceRef: { kind: 'GitRepository', name: 'ap-1' } },
  }),
  'Kustomization, CEL and patches': review({
    kind: 'Kustomization',
    spec: {
      healthCheckExprs: [
        {
          apiVersion: 'v1',
          kind: 'X',
          current: 'status.conditions.filter(e, e.type == "Ready").all(e, e.status == "True")',
        },
      ],
      patches: [{ patch: '- op: replace\n  path: /spec/replicas\n  value: 3\n' }],
    },
  }),
  'HelmRelease, 60 KiB of values': review({ kind: 'HelmRelease', spec: { values: values(60_000) } }),
  'HelmRelease, 1 MiB of values': review({ kind: 'HelmRelease', spec: { values: values(1_000_000) } }),
};

function percentile(times: readonly number[], share: number): string {
  const sorted = times.toSorted((a, b) => a - b);
  return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(2).padStart(8);
}

async function measure(rounds: number, once: () => Promise<unknown>): Promise<number[]> {
  for (let i = 0; i < rounds / 5; i++) await once();
  const times: number[] = [];
  for (let i = 0; i < rounds; i++) {
    const begun = performance.now();
    await once();
    times.push(performance.now() - begun);
  }
  return times;
}

function row(name: string, times: readonly number[]): void {
  console.log(`${name.padEnd(40)} ${percentile(times, 0.5)} ${percentile(times, 0.99)}`);
}

console.log(`load ${loadavg()[0]?.toFixed(1)}; ms a review, schema and rules     p50      p99`);
console.log('in process (parsed, judged)');
for (const [name, text] of Object.entries(samples)) {
  const times = await measure(text.length > 500_000 ? 60 : 1000, async () => {
    const { request } = JSON.parse(text) as { request: Parameters<Judge['rules']>[0] };
    judge.schema(request);
    judge.rules(request);
  });
  row(`  ${name}`, times);
}

const validity = validityFrom(Date.now(), 1);
const authority = await createAuthority('bench', validity);
const leaf = await issueCertificate(authority, {
  commonName: 'localhost',
  hosts: ['localhost'],
  usages: ['server'],
  validity,
});
const handler = admissionHandler({ judge });
const server = await ListeningServer.listen({
  handler: (req, res) => {
    handler(req, res).catch(() => res.destroy());
  },
  tls: { cert: leaf.certificate, key: new Secret(leaf.privateKey) },
});
const agent = new https.Agent({ keepAlive: true, ca: authority.certificate, servername: 'localhost', maxSockets: 4 });

function post(path: string, body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const { port } = server.address;
    const request = https.request({ host: '127.0.0.1', port, path, method: 'POST', agent }, (response) => {
      response.resume();
      response.once('end', resolve);
    });
    request.once('error', reject);
    request.end(body);
  });
}

async function overHttps(): Promise<void> {
  for (const [name, text] of Object.entries(samples)) {
    row(`  ${name}`, await measure(text.length > 500_000 ? 30 : 300, () => post('/validate', text)));
  }
}
console.log('over HTTPS, rules');
await overHttps();

const pool = new WorkerPool({ threads: 1 });
const enough = new AbortController();
const spinning = pool.run(
  new URL('../workers/jobs/sample.ts', import.meta.url),
  { do: 'spin' },
  { signal: enough.signal },
);
spinning.catch(() => undefined);
console.log('over HTTPS, rules, while a worker computes without end');
await overHttps();
enough.abort();
await spinning.catch(() => undefined);
await pool.close();
agent.destroy();
await server.close(100);
