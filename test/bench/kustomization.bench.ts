// What delivering many Kustomizations costs, beside kubectl building and applying the same folders, four at a time.
// Run: node --conditions=sluice-source test/bench/kustomization.bench.ts [KUBECONFIG] [COUNT]
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import pLimit from 'p-limit';
import { configMap, Delivery, kustomizations, ready, type Reconciled } from '#test/support/delivery';
import { mustRun } from '#test/support/run';
import { until } from '#test/support/wait';
import { benchCluster, timed, type Cost } from './bench-cluster.ts';

const [given, countText = '100'] = process.argv.slice(2);
const apps = Array.from({ length: Number(countText) }, (_, i) => `app-${i}`);
const configMapsEach = 10;
/** ms of every interval while nothing changes, and how many of them are watched. */
const idleInterval = 2000;
const idleIntervals = 5;

const cluster = await benchCluster('kustomization', given);
const { kubeconfigPath, kubectl, folder, namespace } = cluster;

function filesOf(app: string): Record<string, string> {
  const names = Array.from({ length: configMapsEach }, (_, i) => `cm-${i}`);
  const files = names.map((name) => [`${app}/${name}.yaml`, configMap(`${app}-${name}`, { app })]);
  const kustomization = JSON.stringify({ resources: names.map((name) => `${name}.yaml`) });
  return { ...(Object.fromEntries(files) as Record<string, string>), [`${app}/kustomization.yaml`]: kustomization };
}

function allFiles(): Record<string, string> {
  return Object.assign({}, ...apps.map(filesOf)) as Record<string, string>;
}

/** One line of one object; every Kustomization has to look at the new revision. */
const changed = { 'app-0/cm-0.yaml': configMap('app-0-cm-0', { app: 'changed' }) };

async function ours(): Promise<Cost[]> {
  const delivery = await Delivery.prepare({ kubeconfigPath, namespace, kubectl } as never);
  try {
    await delivery.start();
    const requests = (): Promise<number> => requestsOf(delivery);
    const list = async (): Promise<readonly Reconciled[]> =>
      (await delivery.client.list<Reconciled>(kustomizations, { namespace: delivery.namespace })).items;
    const patience = { timeout: 120_000, every: 50 };
    const all = (accept: (object: Reconciled) => boolean): Promise<unknown> =>
      until(async () => {
        const items = await list();
        return items.length === apps.length && items.every(accept);
      }, patience);
    const apply = async (spec: object): Promise<void> => {
      const objects = apps.map((app) => kustomizationOf(app, delivery.namespace, spec));
      const { status, stderr } = await kubectl.apply(objects, ['--server-side', '--field-manager=bench']);
      if (status !== 0) throw new Error(stderr);
    };
    const source = await delivery.source('bench', allFiles());
    const first = await timed(async () => {
      await apply({ interval: '1h' });
      await all((object) => ready(object)?.status === 'True');
    }, requests);
    const push = await timed(async () => {
      const revision = await source.push(changed);
      await all((object) => object.status?.lastAppliedRevision === revision && ready(object)?.status === 'True');
    }, requests);
    await apply({ interval: `${idleInterval}ms` });
    await all(
      (object) => ready(object)?.observedGeneration === object.metadata.generation && ready(object)?.status === 'True',
    );
    // The events of that change are written after the statuses.
    await until(async () => {
      const before = await requests();
      await pause(idleInterval / 4);
      return (await requests()) === before;
    }, patience);
    // What is measured is a time in which nothing happens.
    const idle = await timed(() => pause(idleInterval * idleIntervals), requests);
    const remove = await timed(async () => {
      await kubectl.ok(['-n', delivery.namespace, 'delete', 'kustomizations', '--all', '--wait=false']);
      await until(async () => (await list()).length === 0, patience);
    }, requests);
    return [first, push, idle, remove];
  } finally {
    await delivery.close();
  }
}

function kustomizationOf(name: string, where: string, spec: object): object {
  const sourceRef = { kind: 'GitRepository', name: 'bench' };
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name, namespace: where },
    spec: { prune: true, path: name, targetNamespace: where, sourceRef, ...spec },
  };
}

async function requestsOf(delivery: Delivery): Promise<number> {
  const lines = (await delivery.sluice.context.metrics.registry.metrics()).split('\n');
  return lines
    .filter((line) => line.startsWith('rest_client_requests_total{'))
    .reduce((total, line) => total + Number(line.slice(line.lastIndexOf(' '))), 0);
}

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(folder, 'apps', name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}

async function theirs(): Promise<(Cost | undefined)[]> {
  const where = await namespace();
  const limit = pLimit(4);
  const env = { KUBECONFIG: kubeconfigPath };
  const all = (...args: string[]): Promise<unknown> =>
    Promise.all(
      apps.map((app) =>
        limit(() => mustRun(kubectl.program, [...args, '-n', where, '-k', path.join(folder, 'apps', app)], { env })),
      ),
    );
  const apply = (): Promise<unknown> => all('apply', '--server-side');
  await write(allFiles());
  const first = await timed(apply);
  await write(changed);
  return [first, await timed(apply), undefined, await timed(() => all('delete', '--wait=false'))];
}

try {
  const mine = await ours();
  const peer = await theirs();
  const title = `${apps.length} Kustomizations of ${configMapsEach}`;
  console.log(
    title.padEnd(26),
    'sluice s'.padStart(9),
    'requests'.padStart(9),
    'kubectl s'.padStart(10),
    'ratio'.padStart(6),
  );
  for (const [i, what] of [
    'first delivery',
    'a push',
    `${idleIntervals} idle intervals`,
    'delete and prune',
  ].entries()) {
    const { seconds, requests = 0 } = mine[i]!;
    const other = peer[i]?.seconds;
    const cells = [seconds.toFixed(2).padStart(9), String(requests).padStart(9)];
    cells.push(other === undefined ? '-'.padStart(10) : other.toFixed(2).padStart(10));
    cells.push(other === undefined ? '-'.padStart(6) : (seconds / other).toFixed(2).padStart(6));
    console.log(what.padEnd(26), cells.join(' '));
  }
} finally {
  await cluster.stop();
}
