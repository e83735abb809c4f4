// Throws damaged charts, values and schemas at the engine: whatever comes in, an error or a result comes out, and soon.
// FUZZ_RUNS and FUZZ_SEED say how many and where to begin.
import process from 'node:process';
import { gunzipSync, gzipSync } from 'node:zlib';
import { loadArchive, renderable, renderChart } from '#helm/engine/index';
import { parseSet, parseSetJson, parseSetLiteral } from '#helm/index';
import { CodedError } from '#lib/errors';
import { chartArchive } from '#test/helm/support/archive';
import { generateChart } from '#test/helm/support/generate-chart';
import { Random } from '#test/helm/support/random';

const runs = Number(process.env['FUZZ_RUNS'] ?? 400);
const firstSeed = Number(process.env['FUZZ_SEED'] ?? 1);
const slowest = 5000;

/** Bytes changed, cut out, doubled. */
function damage(bytes: Buffer, random: Random): Buffer {
  const damaged = Buffer.from(bytes);
  const kind = random.below(4);
  if (kind === 0) return damaged.subarray(0, random.below(damaged.length + 1));
  if (kind === 1) {
    const from = random.below(damaged.length);
    return Buffer.concat([damaged.subarray(0, from), damaged.subarray(from + random.below(600))]);
  }
  for (let i = 0; i < 1 + random.below(20); i++) damaged[random.below(damaged.length)] = random.below(256);
  return damaged;
}

function chartBytes(seed: number): Buffer {
  const { files } = generateChart(seed);
  const inChart = Object.entries(files).filter(([name]) => name.startsWith('c/'));
  return chartArchive(Object.fromEntries(inChart.map(([name, text]) => [name.slice(2), text])));
}

function attempt(seed: number): void {
  const random = new Random(seed);
  const archive = chartBytes(seed);
  // Damage below the compression reaches the files; damage above it the decompressor.
  const bytes = random.chance(0.8)
    ? gzipSync(damage(gunzipSync(archive), random), { level: 1 })
    : damage(archive, random);
  renderChart(renderable(loadArchive(bytes)), {
    values: {},
    release: { name: 'x', namespace: 'y', revision: 1, isUpgrade: false },
    limits: { maxOutput: 4 * 1024 * 1024, maxSteps: 500_000 },
  });
}

const letters = 'ab.=,[]{}01-\\"\' :ſé\u{1F600}__proto__';

function line(random: Random): string {
  const runes = Array.from(letters);
  return Array.from({ length: random.below(24) }, () => random.pick(runes) ?? '').join('');
}

function attemptLine(seed: number): void {
  const random = new Random(seed);
  for (const parse of [parseSet, parseSetJson, parseSetLiteral]) parse(line(random), {});
}

let failures = 0;
for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
  for (const run of [attempt, attemptLine]) {
    const start = performance.now();
    try {
      run(seed);
    } catch (error) {
      if (!(error instanceof CodedError)) {
        failures++;
        console.error(`seed ${seed}, ${run.name}:`, error);
      }
    }
    const ms = performance.now() - start;
    if (ms > slowest) {
      failures++;
      console.error(`seed ${seed}, ${run.name}: took ${ms.toFixed(0)} ms`);
    }
  }
}
console.log(`${runs} damaged charts and lines from seed ${firstSeed}: ${failures} failures`);
process.exitCode = failures === 0 ? 0 : 1;
