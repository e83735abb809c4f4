// What a thousand small releases cost in memory, all wanted at once when the process starts, and in requests at rest.
// Run: node --conditions=sluice-source test/bench/helmrelease-memory.bench.ts [COUNT]
import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import pLimit from 'p-limit';
import { helmReleases } from '#controllers/helmrelease/helmrelease';
import { helmRepositories } from '#controllers/helmrepository/controller';
import { startControlPlane } from '#dev/control-plane';
import { freePorts } from '#dev/ports';
import { KubeClient } from '#kube/client';
import { loadConfig } from '#kube/config';
import type { Condition } from '#api/meta';
import type { KubeObject } from '#kube/object';
import { chartContent, chartServer } from '#test/integration/chart-server';
import { installCrds } from '#test/support/crds';
import { kubectlFor } from '#test/support/kubectl';
import { until } from '#test/support/wait';

const count = Number(process.argv[2] ?? '1000');
const budgetMiB = 300;
const namespace = 'memory';
const minutes = 60_000;

interface Release extends KubeObject {
  readonly status?: { readonly observedGeneration?: number; readonly conditions?: readonly Condition[] };
}

const root = path.resolve(import.meta.dirname, '../..');
if (!existsSync(path.join(root, 'dist/src/main.js'))) {
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: 'inherit' });
}
const folder = await mkdtemp(path.join(tmpdir(), 'helmrelease-memory-'));
const plane = await startControlPlane({ dir: folder, env: process.env, progress: () => undefined });
const server = await chartServer();
const client = new KubeClient(await loadConfig({ env: {}, kubeconfig: plane.kubeconfigPath }));
const names = Array.from({ length: count }, (_, i) => `rel-${i}`);
const limit = pLimit(16);

function each(work: (name: string) => Promise<unknown>): Promise<unknown> {
  return Promise.all(names.map((name) => limit(() => work(name))));
}

function release(name: string): KubeObject & { spec: object } {
  const chart = { spec: { chart: 'app', sourceRef: { kind: 'HelmRepository', name: 'charts' }, interval: '1h' } };
  const metadata = { name, namespace };
  return { apiVersion: 'helm.toolkit.fluxcd.io/v2', kind: 'HelmRelease', metadata, spec: { interval: '1h', chart } };
}

function change(name: string, spec: object): Promise<unknown> {
  return client.patch(helmReleases, { namespace, name }, { type: 'merge', body: { spec } });
}

function isReady({ metadata, status }: Release): boolean {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return status?.observedGeneration === metadata.generation && ready?.status === 'True';
}

async function allReady(): Promise<void> {
  await until(async () => (await client.list<Release>(helmReleases, { namespace })).items.every(isReady), {
    timeout: 10 * minutes,
    every: 2000,
    what: `${count} releases are ready`,
  });
}

/** MiB. */
async function memoryOf(pid: number, field: 'VmRSS' | 'VmHWM'): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(String.raw`${field}:\s+(\d+)`).exec(status)?.[1]) / 1024;
}

/** Requests to the API server so far. */
async function requestsOf(metricsPort: number): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  return text
    .split('\n')
    .filter((line) => line.startsWith('rest_client_requests_total{'))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function show(what: string, value: number, unit: string, mark = ''): void {
  console.log(what.padEnd(34), `${value.toFixed(0)} ${unit}`.padStart(14), mark);
}

async function measure(pid: number, metricsPort: number): Promise<void> {
  const phase = async (title: string, work: () => Promise<unknown>): Promise<void> => {
    const [started, requests] = [performance.now(), await requestsOf(metricsPort)];
    await work();
    await allReady();
    show(`${title}: time`, (performance.now() - started) / 1000, 's');
    show(`${title}: requests`, (await requestsOf(metricsPort)) - requests, '');
    const peak = await memoryOf(pid, 'VmHWM');
    show(`${title}: peak`, peak, 'MiB', peak > budgetMiB ? `above ${budgetMiB}` : '');
  };
  await phase('install', () => Promise.resolve());
  await phase('upgrade', () => each((name) => change(name, { values: { image: { tag: 'new' } } })));
  // From now on every release comes by three times a minute.
  await phase('interval of 20 s', () => each((name) => change(name, { interval: '20s' })));
  await pause(minutes / 3);
  const requests = await requestsOf(metricsPort);
  await pause(minutes);
  show('a minute at rest: requests', (await requestsOf(metricsPort)) - requests, '');
  show('at rest: memory', await memoryOf(pid, 'VmRSS'), 'MiB');
}

try {
  const kubectl = await kubectlFor(plane.kubeconfigPath);
  await installCrds(kubectl);
  await kubectl.ok(['create', 'namespace', namespace]);
  await server.publish('app', '1.0.0', { files: chartContent('app', '1.0.0') });
  const repository = {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'HelmRepository',
    metadata: { name: 'charts', namespace },
    spec: { interval: '1h', url: server.url },
  };
  await client.create(helmRepositories, repository);
  await each((name) => client.create(helmReleases, release(name)));
  const [health = 0, metrics = 0] = await freePorts(2);
  const flags = [
    '--role=controllers',
    `--storage-path=${folder}`,
    '--storage-addr=127.0.0.1:0',
    `--health-addr=127.0.0.1:${health}`,
    `--metrics-addr=127.0.0.1:${metrics}`,
    '--log-level=error',
  ];
  const child = spawn(process.execPath, [path.join(root, 'bin/sluice.cjs'), 'serve', ...flags], {
    env: { ...process.env, KUBECONFIG: plane.kubeconfigPath },
    stdio: 'inherit',
  });
  try {
    await until(() => fetch(`http://127.0.0.1:${health}/readyz`).then(({ ok }) => ok), { timeout: minutes });
    await measure(child.pid ?? 0, metrics);
  } finally {
    child.kill('SIGTERM');
    await new Promise((resolve) => child.once('exit', resolve));
  }
} finally {
  await client.close();
  await server.stop();
  await plane.stop();
  await rm(folder, { recursive: true, force: true });
}
