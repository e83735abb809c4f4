// What the cluster client costs: applies over kept-alive connections, and an informer's memory (in a process of its own).
// Run: node --conditions=sluice-source --expose-gc test/bench/kube.bench.ts KUBECONFIG
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
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

interface Memory {
  readonly rss: number;
  readonly heap: number;
}

function memory(): Memory {
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  return { rss: rss / 1048576, heap: heapUsed / 1048576 };
}

function row(name: string, { wallMs, cpuMs }: Cost, note = ''): void {
  console.log(
    `${name.padEnd(44)} ${(wallMs / 1000).toFixed(2).padStart(6)} s wall ${(cpuMs / 1000).toFixed(2).padStart(6)} s client CPU  ${note}`,
  );
}

/** The memory of a fresh process before, with a cache of full objects, and with one of metadata beside it. */
async function holdCaches(target: string): Promise<void> {
  const measures = [memory()];
  const informers = new Informers({ client });
  for (const metadataOnly of [false, true]) {
    await informers.acquire(CONFIG_MAPS, { namespace: target, metadataOnly }).synced();
    measures.push(memory());
  }
  await informers.close();
  await client.close();
  const [bare, full, both] = measures as [Memory, Memory, Memory];
  const grown = (from: Memory, to: Memory): string =>
    `+${(to.rss - from.rss).toFixed(1)} MB RSS, +${(to.heap - from.heap).toFixed(1)} MB heap`;
  console.log(
    `${`bare process with the client loaded`.padEnd(44)} ${bare.rss.toFixed(0)} MB RSS, ${bare.heap.toFixed(0)} MB heap`,
  );
  console.log(`${`informer on ${COUNT} objects of 1 KiB`.padEnd(44)} ${grown(bare, full)}`);
  console.log(`${'the same, metadata only, beside it'.padEnd(44)} ${grown(full, both)}`);
}

async function runAll(): Promise<void> {
  await client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  try {
    const lanes = `${CONNECTIONS} connections`;
    row(
      `${COUNT} applies that create, ${lanes}`,
      await measure(() => inLanes((i) => apply(i, 'a'))),
      'reference 0.85 s / 0.30 s',
    );
    row(`${COUNT} applies that change nothing`, await measure(() => inLanes((i) => apply(i, 'a'))));
    row(`${COUNT} applies that change one value`, await measure(() => inLanes((i) => apply(i, 'b'))));
    const informers = new Informers({ client });
    const informer = informers.acquire(CONFIG_MAPS, { namespace });
    row(`informer synced on ${COUNT} objects`, await measure(() => informer.synced()));
    const seen = Promise.withResolvers<void>();
    let updates = 0;
    informer.addHandler({ update: () => void (++updates === COUNT && seen.resolve()) });
    row(
      `${COUNT} changes made and seen`,
      await measure(() => Promise.all([inLanes((i) => apply(i, 'c')), seen.promise])),
    );
    await informers.close();
    const args = [
      '--conditions=sluice-source',
      '--expose-gc',
      fileURLToPath(import.meta.url),
      String(kubeconfig),
      namespace,
    ];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    console.log(stdout.trimEnd());
  } finally {
    await client.delete(NAMESPACES, { name: namespace }, { propagationPolicy: 'Background' });
    await client.close();
  }
}

const target = process.argv[3];
await (target === undefined ? runAll() : holdCaches(target));
