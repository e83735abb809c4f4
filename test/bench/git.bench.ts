// From a Git server to an artifact: time, CPU and memory of the whole process, beside `git clone --depth 1` and tar.
// What is built is measured, with the launcher's settings: compiling types away takes 17 MiB of its own.
// Run: node --conditions=sluice-source test/bench/git.bench.ts
import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { GitRepo } from '#test/support/git-repo';
import { gitServer } from '#test/support/git-server';

interface Shape {
  readonly name: string;
  readonly files: number;
  readonly bytes: number;
  /** Commits before the one that is fetched. */
  readonly history: number;
  readonly byCommit?: true;
}

// As large as the repositories upstream was measured with: a code base of 3,000 files in 30 MB, many small files, and
// a commit deep in a long history.
const shapes: readonly Shape[] = [
  { name: '3,000 files, 30 MB', files: 3000, bytes: 10_000, history: 1 },
  { name: '10,000 files, 4 MB', files: 10_000, bytes: 400, history: 1 },
  { name: 'commit of 4,752', files: 600, bytes: 4000, history: 4752, byCommit: true },
];
const rounds = 3;
const execute = promisify(execFile);

const repository = join(import.meta.dirname, '..', '..');
if (!existsSync(join(repository, 'dist', 'src', 'main.js'))) {
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: repository, stdio: 'inherit' });
}
const measure = stripTypeScriptTypes(readFileSync(join(import.meta.dirname, 'git-measure.ts'), 'utf8'));
const flags = ['--max-semi-space-size=2', '--expose-gc', '--input-type=module'];
const env = { ...process.env, MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '131072' };

const root = await mkdtemp(join(tmpdir(), 'git-bench-'));
const server = await gitServer({ root });
try {
  console.log('repository           wall   fetch  CPU(ours)  peak RSS | git+tar wall');
  for (const [i, shape] of shapes.entries()) console.log(await row(shape, `repo${i}`));
  console.log(`(medians of ${rounds}, the first cold; RSS is of the whole process with its worker)`);
} finally {
  await server.stop();
  await rm(root, { recursive: true, force: true });
}

async function row(shape: Shape, name: string): Promise<string> {
  const head = await build(shape, name);
  const url = `${server.url}/${name}.git`;
  const args = [...flags, '--eval', measure, '--', url, String(rounds), ...(shape.byCommit === true ? [head] : [])];
  const { stdout } = await execute(process.execPath, args, { cwd: repository, env });
  const { times, peakMiB } = JSON.parse(stdout) as {
    readonly times: readonly { readonly wall: number; readonly fetch: number; readonly cpu: number }[];
    readonly peakMiB: number;
  };
  const peer: number[] = [];
  for (let round = 0; round < rounds; round++) peer.push(await clone(url));
  const ms = (key: 'wall' | 'fetch' | 'cpu'): string => `${median(times.map((time) => time[key])).toFixed(0)} ms`;
  const cells = [ms('wall').padStart(8), ms('fetch').padStart(7), ms('cpu').padStart(10)];
  const cold = times[0]!.wall.toFixed(0);
  const ratio = (median(times.map(({ wall }) => wall)) / median(peer)).toFixed(2);
  return (
    `${shape.name.padEnd(18)} ${cells.join(' ')}  ${peakMiB.toFixed(0).padStart(4)} MiB | ` +
    `${median(peer).toFixed(0)} ms (ratio ${ratio}; first round ${cold} ms)`
  );
}

async function build(shape: Shape, name: string): Promise<string> {
  const repo = await GitRepo.create({ root, name });
  const files = Object.fromEntries(
    Array.from({ length: shape.files }, (_, i) => [`dir${i % 61}/sub${i % 7}/file${i}.yaml`, content(i, shape.bytes)]),
  );
  let head = await repo.commit({ files });
  if (shape.history > 1) {
    const stream: string[] = [];
    for (let i = 1; i < shape.history; i++) {
      const text = content(i, 300);
      stream.push(
        `commit refs/heads/main\ncommitter Jane <jane@example.com> ${1_700_000_000 + i} +0000\ndata 6\nchange\n` +
          `${i === 1 ? `from ${head}\n` : ''}M 100644 inline charts/index${i % 50}.yaml\ndata ${text.length}\n${text}\n`,
      );
    }
    await repo.git(['fast-import', '--quiet', '--force'], { stdin: stream.join('') });
    head = await repo.revision('refs/heads/main~100');
  }
  await repo.git(['gc', '-q']);
  return head;
}

/** Text that compresses about as well as YAML does, always the same. */
function content(seed: number, size: number): string {
  const lines: string[] = [];
  for (let length = 0, i = 0; length < size; i++) {
    const word = createHash('md5').update(`${seed}/${i}`).digest('base64');
    const line = `  key${i}: ${word}\n  description: the value of key ${i} of an object of the bench\n`;
    lines.push(line);
    length += line.length;
  }
  return lines.join('').slice(0, size);
}

async function clone(url: string): Promise<number> {
  const target = await mkdtemp(join(root, 'clone-'));
  const start = performance.now();
  await execute('git', ['clone', '--quiet', '--depth', '1', url, join(target, 'work')]);
  await execute('tar', ['czf', join(target, 'a.tar.gz'), '--exclude=.git', '-C', join(target, 'work'), '.']);
  const time = performance.now() - start;
  await rm(target, { recursive: true, force: true });
  return time;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
