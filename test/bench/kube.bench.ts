// What the cluster client costs: applies over kept-alive connections, and an informer's memory.
// Run: node --conditions=sluice-source --expose-gc test/bench/kube.bench.ts KUBECONFIG
import process from 'node:process';
import { KubeClient } from '#kube/client';
import { loadConfig } from '#kube/config';
import { Informers } from '#kube/informer';
import type { ResourceRef } from '#kube/object';

const CONFIG_MAPS: ResourceRef = { group: '', version: 'v1', plural: 'configmaps', namespaced: true };
const NAMESPACES: ResourceRef = { group: '', version: 'v1', plural: 'namespaces', namespaced: false };
const COUNT = 1000;
const CONNECTIONS = 16;
const namespace = `bench-${process.pid}`;

const kubeconfig = process.argv[2] ?? process.env['KUBECONFIG'];
if (kubeconfig === undefined) {
  console.error('usage: kube.bench.ts KUBECONFIG');
  process.exit(2);
}

const client = new KubeClient(await loadConfig({ env: process.env, kubeconfig }), {
  connections: CONNECTIONS,
  watchConnections: 4,
});

interface Cost {
  readonly wallMs: number;
  readonly cpuMs: number;
}

async function measure(action: () => Promise<unknown>): Promise<Cost> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  await action();
  const wallMs = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  return { wallMs, cpuMs: (user + system) / 1000 };
}

/** Every index once, from as many lanes as there are connections. */
async function inLanes(action: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let index = next++; index < COUNT; index = next++) await action(index);
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, lane));
}

function apply(index: number, value: string): Promise<unknown> {
  const metadata = { name: `cm-${index}`, namespace, labels: { app: 'bench' } };
  const data = { index: String(index), value, text: 'x'.repeat(1024) };
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data };
  return client.apply(CONFIG_MAPS, object, { fieldManager: 'bench', force: true });
}

function rssMb(): number {
  globalThis.gc?.();
  return Math.round(process.memoryUsage().rss / 1048576);
}

function row(name: string, { wallMs, cpuMs }: Cost, note = ''): void {
  console.log(
    `${name.padEnd(44)} ${(wallMs / 1000).toFixed(2).padStart(6)} s wall ${(cpuMs / 1000).toFixed(2).padStart(6)} s client CPU  ${note}`,
  );
}

await client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } } as never);
try {
  row(
    `${COUNT} applies that create, ${CONNECTIONS} connections`,
    await measure(() => inLanes((i) => apply(i, 'a'))),
    'reference 0.85 s / 0.30 s',
  );
  row(`${COUNT} applies that change nothing`, await measure(() => inLanes((i) => apply(i, 'a'))));
  row(`${COUNT} applies that change one value`, await measure(() => inLanes((i) => apply(i, 'b'))));

  const before = rssMb();
  const informers = new Informers({ client });
  const informer = informers.acquire(CONFIG_MAPS, { namespace });
  row(`informer synced on ${COUNT} objects`, await measure(() => informer.synced()), `${before} → ${rssMb()} MB RSS`);
  const metadata = informers.acquire(CONFIG_MAPS, { namespace, metadataOnly: true });
  const full = rssMb();
  row('the same, metadata only', await measure(() => metadata.synced()), `+${rssMb() - full} MB RSS`);
  const seen = Promise.withResolvers<void>();
  let updates = 0;
  informer.addHandler({ update: () => void (++updates === COUNT && seen.resolve()) });
  row(
    `${COUNT} changes made and seen`,
    await measure(() => Promise.all([inLanes((i) => apply(i, 'c')), seen.promise])),
  );
  await informers.close();
} finally {
  await client.delete(NAMESPACES, { name: namespace }, { propagationPolicy: 'Background' });
  await client.close();
}
