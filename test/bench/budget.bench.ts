// What the program costs before it does anything: imports, start-up, memory at rest; each beside its budget.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { startControlPlane } from '#dev/control-plane';
import { freePorts } from '#dev/ports';
import { mustRun } from '#test/support/run';
import { tempDir } from '#test/support/temp-dir';
import { requireTool } from '#test/support/tools';
import { until } from '#test/support/wait';

const root = path.resolve(import.meta.dirname, '../..');
const main = path.join(root, 'dist', 'src', 'main.js');
if (!existsSync(main)) execFileSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: 'inherit' });

interface Row {
  readonly what: string;
  readonly value: number;
  readonly unit: 'ms' | 'MiB';
  /** What it may be; a figure above it is marked. */
  readonly budget?: number;
}

const rows: Row[] = [];
const note = (row: Row): void => void rows.push(row);

/** Wall time and memory of a program in a Node of its own. */
function cost(program: string): { readonly ms: number; readonly rss: number } {
  const measured = `${program}
    process.stdout.write(JSON.stringify({ ms: performance.now(), rss: process.memoryUsage().rss / 2 ** 20 }));`;
  const args = ['--input-type=module', '--eval', measured];
  return JSON.parse(execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8' })) as {
    ms: number;
    rss: number;
  };
}

const bare = cost('');
note({ what: 'node alone: to its first line', value: bare.ms, unit: 'ms' });
note({ what: 'node alone: memory', value: bare.rss, unit: 'MiB' });
const imported = cost(`await import(${JSON.stringify(path.join(root, 'dist/src/cli/serve/process.js'))});`);
note({ what: 'importing the server', value: imported.ms - bare.ms, unit: 'ms', budget: 700 });
note({ what: 'importing the server: memory', value: imported.rss - bare.rss, unit: 'MiB', budget: 60 });
const version = performance.now();
execFileSync(process.execPath, [main, 'version'], { stdio: 'ignore' });
note({ what: '`sluice version`, whole process', value: performance.now() - version, unit: 'ms', budget: 150 });

const dir = await tempDir('budget');
const plane = await startControlPlane({
  dir: path.join(dir, 'plane'),
  env: process.env,
  progress: (line) => console.error(line),
});
try {
  const kubectl = await requireTool('kubectl');
  const env = { KUBECONFIG: plane.kubeconfigPath };
  await mustRun(kubectl, ['apply', '--server-side', '-f', path.join(root, 'crds')], { env });
  await mustRun(kubectl, ['wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s'], { env });
  await measureServer(env);
} finally {
  await plane.stop();
  await rm(dir, { recursive: true, force: true });
}

console.log('what                                       measured     budget');
for (const { what, value, unit, budget } of rows) {
  const mark = budget !== undefined && value > budget ? '   above' : '';
  const limit = budget === undefined ? '' : `${budget} ${unit}`;
  console.log(`${what.padEnd(38)} ${`${value.toFixed(0)} ${unit}`.padStart(12)} ${limit.padStart(10)}${mark}`);
}

async function measureServer(env: { readonly KUBECONFIG: string }): Promise<void> {
  const storage = path.join(dir, 'storage');
  await mkdir(storage);
  const [health = 0] = await freePorts(1);
  const addresses = ['storage-addr', 'metrics-addr', 'webhook-addr', 'apiserver-addr'];
  const started = performance.now();
  const server = spawn(
    process.execPath,
    [
      path.join(root, 'bin', 'sluice.cjs'),
      'serve',
      ...addresses.map((name) => `--${name}=127.0.0.1:0`),
      `--health-addr=127.0.0.1:${health}`,
      '--webhook-url=local',
      `--storage-path=${storage}`,
    ],
    { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  try {
    const up = Promise.withResolvers<void>();
    server.stdout.on('data', (chunk: Buffer) => {
      if (chunk.toString('utf8').includes('sluice is up')) up.resolve();
    });
    server.once('exit', () => up.reject(new Error('the server ended')));
    await up.promise;
    note({ what: 'server: start to all parts up', value: performance.now() - started, unit: 'ms', budget: 5000 });
    // At rest: the collections after start-up have been made once memory stops falling.
    let last = Infinity;
    await until(
      async () => {
        const now = await residentMiB(server.pid ?? 0);
        const settled = now >= last - 0.5;
        last = now;
        return settled;
      },
      { timeout: 30_000, every: 5000, what: 'memory to settle' },
    );
    note({ what: 'server: memory at rest', value: last, unit: 'MiB', budget: 120 });
  } finally {
    server.kill('SIGTERM');
    await new Promise((resolve) => server.once('exit', resolve));
  }
}

async function residentMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}
