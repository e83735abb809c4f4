// One measurement of git.bench.ts in a process of its own: URL to artifact, as the controller does it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { archiveJob, fetchPack, GitSession, httpTransport, resolveRef, type ArchiveOutput } from '#git/index';
import { Agents } from '#net/agents';
import { WorkerPool } from '#workers/pool';

const [url = '', rounds = '1', commit] = process.argv.slice(1);
const agents = new Agents();
const pool = new WorkerPool();
const signal = AbortSignal.timeout(60_000);
const times: { readonly wall: number; readonly fetch: number; readonly cpu: number }[] = [];
let files = 0;

for (let round = 0; round < Number(rounds); round++) {
  const directory = await mkdtemp(join(tmpdir(), 'git-bench-'));
  const cpu = process.cpuUsage();
  const start = performance.now();
  const transport = httpTransport({ url, dispatcher: agents.for(new URL(url)), userAgent: 'bench' });
  const session = await GitSession.open(transport, signal);
  const spec = commit === undefined ? { branch: 'main' } : { branch: 'main', commit };
  const ref = await resolveRef(session, spec, signal);
  const pack = join(directory, 'pack');
  await fetchPack(session, ref, { file: pack, maxBytes: 1 << 30, signal });
  const fetched = performance.now();
  const input = { pack, commit: ref.commit, target: join(directory, 'a.tar.gz'), algorithm: 'sha256' };
  const output = await pool.run<ArchiveOutput>(archiveJob, input, { signal });
  const { user, system } = process.cpuUsage(cpu);
  times.push({ wall: performance.now() - start, fetch: fetched - start, cpu: (user + system) / 1000 });
  files = output.files.length;
  await rm(directory, { recursive: true });
}
await pool.close();
await agents.close();
process.stdout.write(JSON.stringify({ times, files, peakMiB: process.resourceUsage().maxRSS / 1024 }));
