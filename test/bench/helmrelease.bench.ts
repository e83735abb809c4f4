// What installing and upgrading many releases costs, beside the real helm doing the same with four processes at a time.
// Run: node --conditions=sluice-source test/bench/helmrelease.bench.ts [KUBECONFIG] [COUNT]
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import pLimit from 'p-limit';
import { chartArchive, chartContent } from '#test/integration/chart-server';
import { historyOf, ReleaseStage } from '#test/integration/helmrelease-stage';
import { mustRun } from '#test/support/run';
import { toolPath } from '#test/support/tools';
import { benchCluster, timed, type Cost } from './bench-cluster.ts';

const [given, countText = '25'] = process.argv.slice(2);
const count = Number(countText);
const cluster = await benchCluster('helmrelease', given);
const { kubeconfigPath, kubectl, folder, namespace } = cluster;

const service =
  'apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ .Release.Name }}\nspec:\n  ports:\n  - port: 80\n  selector: {app: x}\n';
const content = chartContent('app', '1.0.0', { 'templates/svc.yaml': service });
const names = Array.from({ length: count }, (_, i) => `rel-${i}`);

async function ours(): Promise<Cost[]> {
  const stage = await ReleaseStage.open({ kubeconfigPath, namespace, kubectl } as never);
  try {
    await stage.server.publish('app', '1.0.0', { files: content });
    await stage.refresh();
    const all = (work: (name: string) => Promise<unknown>): Promise<unknown> => Promise.all(names.map(work));
    const requests = (): Promise<number> => stage.requests();
    const install = await timed(async () => {
      await all((name) => stage.apply(name, stage.chart('app')));
      await all((name) => stage.ready(name));
    }, requests);
    const upgrade = await timed(async () => {
      await all((name) => stage.apply(name, { ...stage.chart('app'), values: { image: { tag: 'new' } } }));
      await all((name) => stage.ready(name, (object) => historyOf(object)[0]?.version === 2));
    }, requests);
    const remove = await timed(() => all((name) => stage.delete(name)), requests);
    return [install, upgrade, remove];
  } finally {
    await stage.stop();
  }
}

async function theirs(program: string): Promise<Cost[]> {
  const where = await namespace();
  const archive = path.join(folder, 'app.tgz');
  await writeFile(archive, await chartArchive('app', content));
  const env = { KUBECONFIG: kubeconfigPath, HELM_CACHE_HOME: folder, HELM_CONFIG_HOME: folder, HELM_DATA_HOME: folder };
  const limit = pLimit(4);
  const all = (...args: string[]): Promise<unknown> =>
    Promise.all(
      names.map((name) =>
        limit(() => mustRun(program, args.map((arg) => (arg === 'NAME' ? name : arg)).concat('-n', where), { env })),
      ),
    );
  return [
    await timed(() => all('install', 'NAME', archive, '--wait')),
    await timed(() => all('upgrade', 'NAME', archive, '--wait', '--set', 'image.tag=new')),
    await timed(() => all('uninstall', 'NAME', '--wait')),
  ];
}

try {
  const mine = await ours();
  const helm = await toolPath('helm');
  const peer = helm === undefined ? undefined : await theirs(helm);
  console.log(
    `${count} releases`.padEnd(16),
    'sluice s'.padStart(9),
    'requests'.padStart(9),
    'helm s'.padStart(9),
    'ratio'.padStart(7),
  );
  for (const [i, title] of ['install', 'upgrade', 'uninstall'].entries()) {
    const { seconds, requests = 0 } = mine[i]!;
    const other = peer?.[i]?.seconds;
    const [shown, ratio] = other === undefined ? ['-', '-'] : [other.toFixed(2), (seconds / other).toFixed(2)];
    console.log(
      title.padEnd(16),
      seconds.toFixed(2).padStart(9),
      String(requests).padStart(9),
      shown.padStart(9),
      ratio.padStart(7),
    );
  }
} finally {
  await cluster.stop();
}
