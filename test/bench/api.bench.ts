// What the kinds cost: loading them, making validators, judging objects; against ajv compiling the same schemas at start.
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { ObjectValidator } from '#api/derive/validate';
import { storageVersion } from '#api/kind';
import { badObject } from '../api/bad-manifests/row.ts';
import { kindNamed } from '../api/kinds.ts';

const root = path.resolve(import.meta.dirname, '../..');

interface Cost {
  readonly ms: number;
  readonly rssMiB: number;
}

/** Time and memory of a program in a process of its own, with what Node itself takes. */
function costOf(program: string): Cost {
  const measured = `
    const before = process.cpuUsage();
    ${program}
    const { user, system } = process.cpuUsage(before);
    globalThis.gc?.();
    process.stdout.write(JSON.stringify({ ms: (user + system) / 1000, rssMiB: process.memoryUsage().rss / 2 ** 20 }));`;
  const args = ['--expose-gc', '--conditions=sluice-source', '--input-type=module', '--eval', measured];
  return JSON.parse(execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8' })) as Cost;
}

const programs: Readonly<Record<string, string>> = {
  // Node's own type stripping costs 30 MiB once; built code does not pay it.
  nothing: "await import('#lib/clock');",
  'one kind': "await import('#api/source/gitrepository');",
  'all kinds': "await import('#api/scheme');",
  'all validators': `
    const { allKinds } = await import('#api/scheme');
    const { ObjectValidator } = await import('#api/derive/validate');
    for (const kind of allKinds) for (const version of kind.versions) new ObjectValidator(kind, version);`,
  'ajv compiling all': `
    const { allKinds } = await import('#api/scheme');
    const { objectSchema } = await import('#api/kind');
    const { Ajv } = await import('ajv');
    const ajv = new Ajv({ allErrors: true, strict: false, validateFormats: false });
    for (const kind of allKinds) for (const version of kind.versions) ajv.compile(objectSchema(kind, version));`,
};

console.log('loading              CPU ms    RSS MiB over nothing');
const idle = costOf(programs['nothing'] ?? '');
for (const [name, program] of Object.entries(programs)) {
  const { ms, rssMiB } = costOf(program);
  console.log(`${name.padEnd(20)} ${ms.toFixed(0).padStart(6)} ${(rssMiB - idle.rssMiB).toFixed(1).padStart(10)}`);
}

const ROUNDS = 5000;
console.log('\njudging (prune, default, validate)   microseconds of CPU an object');
for (const kind of ['GitRepository', 'Kustomization', 'HelmRelease']) {
  const { definition } = kindNamed(kind);
  const validator = new ObjectValidator(definition, storageVersion(definition));
  for (const [what, object] of Object.entries({
    right: badObject({ kind, change: {} }),
    wrong: badObject({ kind, change: { interval: 'soon', suspend: 'yes' } }),
  })) {
    for (let round = 0; round < ROUNDS; round += 1) {
      validator.judge(object);
    }
    const before = process.cpuUsage();
    for (let round = 0; round < ROUNDS; round += 1) {
      validator.judge(object);
    }
    const { user, system } = process.cpuUsage(before);
    console.log(`${`${kind}, ${what}`.padEnd(36)} ${((user + system) / ROUNDS).toFixed(1).padStart(8)}`);
  }
}
