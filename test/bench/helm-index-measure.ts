// One process of the index bench: fetches, reads and stores indexes as the serving process does, and says what it cost.
import { readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { type BuiltIndex, indexJob, IndexTables, RepositoryClient, type Validators } from '#helm/repository/index';
import { Agents } from '#net/agents';
import { WorkerPool } from '#workers/pool';

export interface IndexCost {
  readonly wallMs: number;
  readonly cpuMs: number;
  /** Largest resident memory during the step, beyond that before it, bytes. */
  readonly extraBytes: number;
}

export interface IndexMeasurement {
  readonly versions: number;
  readonly first: IndexCost;
  readonly unchanged: IndexCost;
  readonly lookUp: IndexCost;
}

const [url = '', directory = ''] = process.argv.slice(2);
const repository = { namespace: 'bench', name: 'bench' };
const { signal } = new AbortController();

const pool = new WorkerPool({ threads: 1 });
const agents = new Agents();
const tables = new IndexTables({
  directory: path.join(directory, 'tables'),
  build: (options) => pool.run<BuiltIndex>(indexJob, options, { timeoutMs: 600_000 }),
});

function peakBytes(): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024;
}

async function measured<T>(step: () => Promise<T>): Promise<{ readonly cost: IndexCost; readonly result: T }> {
  // Forgets the peak so far, so that the next one is this step's.
  writeFileSync('/proc/self/clear_refs', '5');
  const before = peakBytes();
  const cpu = process.cpuUsage();
  const start = performance.now();
  const result = await step();
  const { user, system } = process.cpuUsage(cpu);
  const cost = {
    wallMs: performance.now() - start,
    cpuMs: (user + system) / 1000,
    extraBytes: peakBytes() - before,
  };
  return { cost, result };
}

async function fetchAndStore(
  of: string,
  validators: Validators,
): Promise<{ built?: BuiltIndex; validators: Validators }> {
  const client = new RepositoryClient({ url: of, userAgent: 'bench', dispatcher: (target) => agents.for(target) });
  const [source, target] = [path.join(directory, 'index.yaml'), path.join(directory, 'index.json')];
  await Promise.all([rm(source, { force: true }), rm(target, { force: true })]);
  const limits = { maxBytes: 1e9, algorithm: 'sha256' } as const;
  const fetched = await client.fetchIndex({ target: source, validators, signal, ...limits });
  if (fetched.unchanged) return { validators };
  const built = await tables.store(repository, { source, target, algorithm: 'sha256' }, signal);
  return { built, validators: fetched.validators };
}

// Once with a small one: code is loaded and compiled, the worker is there.
for (let round = 0; round < 3; round++) await fetchAndStore(`${url}/small`, {});
const first = await measured(() => fetchAndStore(`${url}/large`, {}));
const { built, validators } = first.result;
const unchanged = await measured(() => fetchAndStore(`${url}/large`, validators));
if (built === undefined || unchanged.result.built !== undefined) throw new Error('the server did not do its part');
const index = { ...repository, digest: built.digest, file: () => Promise.reject(new Error('the table is gone')) };
const lookUp = await measured(() => tables.versions(index, 'chart-0000', signal));
if (lookUp.result === undefined) throw new Error('the chart is not in the table');
const measurement: IndexMeasurement = {
  versions: built.versions,
  first: first.cost,
  unchanged: unchanged.cost,
  lookUp: lookUp.cost,
};
process.stdout.write(JSON.stringify(measurement));
await pool.close();
await agents.close();
