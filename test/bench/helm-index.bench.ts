// What the index of a Helm repository costs: time, CPU and memory, against the real Helm reading the same one.
// Run: node --conditions=sluice-source test/bench/helm-index.bench.ts [MB]
import { spawn } from 'node:child_process';
import { createReadStream, createWriteStream, readFileSync } from 'node:fs';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { loopbackServer } from '#test/support/loopback-server';
import { mustRun } from '#test/support/run';
import { tempDir } from '#test/support/temp-dir';
import { toolPath } from '#test/support/tools';
import type { IndexMeasurement } from './helm-index-measure.ts';

const megabytes = Number(process.argv[2] ?? 60);

function entry(chart: string, version: string): string {
  return `  - annotations:
      artifacthub.io/changes: |
        - kind: added
          description: Thing ${version} was made to work again
        - kind: fixed
          description: "a problem: with things"
      category: Infrastructure
    apiVersion: v2
    appVersion: ${version}
    created: "2024-01-01T00:00:00.123456Z"
    dependencies:
    - name: common
      repository: https://charts.example.com
      version: 2.x.x
    description: A chart of a thing that does things quite well and then some
    digest: ${version.padStart(64, '0').replaceAll('.', 'a')}
    home: https://example.com/x
    keywords:
    - database
    - thing
    maintainers:
    - email: jane@example.com
      name: Jane
    name: ${chart}
    sources:
    - https://github.com/example/${chart}
    type: application
    urls:
    - https://charts.example.com/${chart}-${version}.tgz
    version: ${version}
`;
}

/** Charts of a hundred versions each, until there are so many bytes. */
async function writeIndex(file: string, bytes: number): Promise<void> {
  const out = createWriteStream(file);
  const write = async (text: string): Promise<void> => {
    if (!out.write(text)) await once(out, 'drain');
  };
  const isFull = (): boolean => out.bytesWritten + out.writableLength >= bytes;
  await write('apiVersion: v1\nentries:\n');
  for (let chart = 0; !isFull(); chart++) {
    const name = `chart-${String(chart).padStart(4, '0')}`;
    await write(`  ${name}:\n`);
    for (let version = 100; version > 0 && !isFull(); version--) await write(entry(name, `${version}.2.3`));
  }
  out.end('generated: "2024-01-01T00:00:00Z"\n');
  await once(out, 'close');
}

interface HelmCost {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly peakBytes: number;
}

/** `helm repo add`, watched from outside until it ends. */
async function helmCost(helm: string, url: string, home: string): Promise<HelmCost> {
  const env = { ...process.env, HELM_CONFIG_HOME: home, HELM_CACHE_HOME: home, HELM_DATA_HOME: home };
  const start = performance.now();
  const child = spawn(helm, ['repo', 'add', 'bench', url], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  let [peakBytes, cpuMs] = [0, 0];
  const look = setInterval(() => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      peakBytes = Math.max(peakBytes, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024);
      const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      cpuMs = (Number(fields[11]) + Number(fields[12])) * 10;
    } catch {
      // It ended in between.
    }
  }, 5);
  const [code] = (await once(child, 'exit')) as [number | null];
  clearInterval(look);
  if (code !== 0) throw new Error(`helm repo add ended with ${code}`);
  return { wallMs: performance.now() - start, cpuMs, peakBytes };
}

function row(name: string, wallMs: number, cpuMs: number, bytes: number): string {
  const cells = [`${wallMs.toFixed(0)} ms`, `${cpuMs.toFixed(0)} ms`, `${(bytes / 1e6).toFixed(0)} MB`];
  return `${name.padEnd(44)}${cells.map((cell) => cell.padStart(12)).join('')}`;
}

const dir = await tempDir('helm-index');
const files = { large: path.join(dir, 'large.yaml'), small: path.join(dir, 'small.yaml') };
await Promise.all([writeIndex(files.large, megabytes * 1e6), writeIndex(files.small, 2e5)]);
const server = await loopbackServer((request, response) => {
  const name = request.url?.startsWith('/small/') ? 'small' : 'large';
  response.setHeader('etag', `"${name}"`);
  if (request.headers['if-none-match'] === `"${name}"`) response.writeHead(304).end();
  else createReadStream(files[name]).pipe(response);
});
try {
  const script = path.resolve(import.meta.dirname, 'helm-index-measure.ts');
  // As bin/ starts the server.
  const flags = ['--conditions=sluice-source', '--max-semi-space-size=2'];
  const output = await mustRun(process.execPath, [...flags, script, server.url, dir], { timeout: 600_000 });
  const ours = JSON.parse(output) as IndexMeasurement;
  const { size } = await stat(files.large);
  const lines = [
    `index of ${(size / 1e6).toFixed(0)} MB, ${ours.versions} versions`,
    `${''.padEnd(44)}${['wall', 'CPU', 'memory'].map((head) => head.padStart(12)).join('')}`,
    row('fetch, read, store (memory: extra)', ours.first.wallMs, ours.first.cpuMs, ours.first.extraBytes),
    row('unchanged', ours.unchanged.wallMs, ours.unchanged.cpuMs, ours.unchanged.extraBytes),
    row('look one chart up', ours.lookUp.wallMs, ours.lookUp.cpuMs, ours.lookUp.extraBytes),
  ];
  const helm = await toolPath('helm');
  if (helm !== undefined) {
    const small = await helmCost(helm, `${server.url}/small`, path.join(dir, 'helm-small'));
    const large = await helmCost(helm, `${server.url}/large`, path.join(dir, 'helm-large'));
    const extra = large.peakBytes - small.peakBytes;
    lines.push(row('helm repo add (memory: extra)', large.wallMs, large.cpuMs, extra));
    const ratios = [ours.first.cpuMs / large.cpuMs, ours.first.extraBytes / extra].map((ratio) => ratio.toFixed(2));
    lines.push(`CPU ours/Helm: ${ratios[0]}, extra memory ours/Helm: ${ratios[1]}`);
  }
  process.stdout.write(`${lines.join('\n')}\n`);
  if (ours.first.extraBytes > 60e6) process.exitCode = 1;
} finally {
  await server.stop();
}
