// Overlays of several sizes, against the kustomize inside kubectl: CPU of a warm build here, CPU of its whole process there.
//   node --conditions=sluice-source test/bench/kustomize.bench.ts
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { buildLocal, DiskFiles, ParseCache } from '#kustomize/index';
import { toolPath } from '#test/support/tools';
import { withTempDir } from '#test/support/temp-dir';
import { writeFiles } from '../kustomize/write-files.ts';
import { deepTree, hello, patched, plain, type Files } from './kustomize-overlays.ts';

const ROUNDS = 7;
const RSS_LIMIT_MIB = 130;

const rows: readonly (readonly [name: string, files: Files])[] = [
  ['hello', hello()],
  ['100 resources, patched', patched(100)],
  ['1,000 resources, patched', patched(1000)],
  ['2,000 resources, patched', patched(2000)],
  ['1,000 resources, plain', plain(1000)],
  ['100 bases deep', deepTree(100)],
];

const peer = await toolPath('kubectl');
console.log(
  `kustomize, CPU ms: first build, best of ${ROUNDS} builds without a parse cache, with one; the whole kubectl kustomize`,
);
console.log('overlay                        first     warm   cached     peer   peer/warm');
for (const [name, files] of rows) {
  await withTempDir((root) => {
    const target = path.join(root, writeFiles(root, files));
    const cold = cpuOf(() => buildAt(target, new ParseCache(0)));
    const warm = best(() => buildAt(target, new ParseCache(0)));
    const cache = new ParseCache();
    buildAt(target, cache);
    const cached = best(() => buildAt(target, cache));
    const theirs = peer === undefined ? undefined : peerCpu(peer, target, buildAt(target, cache));
    const ratio = theirs === undefined ? '-' : (theirs / warm).toFixed(1);
    const columns = [cold, warm, cached, theirs].map((ms) => (ms?.toFixed(1) ?? '-').padStart(9)).join('');
    console.log(`${name.padEnd(27)}${columns}${ratio.padStart(12)}`);
    return Promise.resolve();
  });
}
await reportMemory();

function buildAt(target: string, cache: ParseCache): string {
  const files = new DiskFiles({ workingDirectory: '/', fileBytes: 1 << 24 });
  return buildLocal({ files, path: target, options: { cache } }).yaml();
}

function cpuOf(work: () => unknown): number {
  const started = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1000;
}

function best(work: () => unknown): number {
  return Math.min(...Array.from({ length: ROUNDS }, () => cpuOf(work)));
}

/** The shell tells the CPU of its children. The output must be ours. */
function peerCpu(kubectl: string, target: string, ours: string): number {
  const script = '"$1" kustomize "$2" 2>/dev/null; times >&2';
  const { stdout, stderr } = spawnSync('sh', ['-c', script, 'sh', kubectl, target], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  assert.equal(stdout, ours, 'the outputs differ');
  const children = stderr.trim().split('\n').at(-1) ?? '';
  let ms = 0;
  for (const [, minutes, seconds] of children.matchAll(/(\d+)m([\d.]+)s/g))
    ms += Number(minutes) * 60_000 + Number(seconds) * 1000;
  return ms;
}

/** Peak memory of a process that does nothing but one build of 1,000 resources. */
function reportMemory(): Promise<void> {
  return withTempDir((root) => {
    const target = path.join(root, writeFiles(root, patched(1000)));
    const source = `import { buildLocal, DiskFiles, ParseCache } from '#kustomize/index';
      const files = new DiskFiles({ workingDirectory: '/', fileBytes: 1 << 24 });
      const before = process.memoryUsage.rss();
      buildLocal({ files, path: ${JSON.stringify(target)}, options: { cache: new ParseCache(0) } }).yaml();
      console.log(process.resourceUsage().maxRSS / 1024, before / 1048576);`;
    const args = ['--conditions=sluice-source', '--input-type=module', '-e', source];
    const { stdout, stderr } = spawnSync(process.execPath, args, {
      cwd: path.resolve(import.meta.dirname, '../..'),
      encoding: 'utf8',
    });
    const [peak = 0, before = 0] = stdout.trim().split(' ').map(Number);
    assert.ok(peak > 0, stderr);
    console.log(
      `peak memory, 1,000 patched resources in a process of their own: ${peak.toFixed(0)} MiB` +
        ` (${before.toFixed(0)} MiB before the build, from source; limit ${RSS_LIMIT_MIB})`,
    );
    return Promise.resolve();
  });
}
