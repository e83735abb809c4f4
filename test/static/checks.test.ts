// The checks that read the sources, as tests, so that one run and one count cover them too.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { run } from '#test/support/run';

const root = path.resolve(import.meta.dirname, '../..');
const limit = 240_000;

async function clean(tool: string, args: readonly string[]): Promise<void> {
  const program = path.join(root, 'node_modules', '.bin', tool);
  const { status, stdout, stderr } = await run(program, args, { cwd: root, timeout: limit });
  assert.equal(status, 0, `${tool} ${args.join(' ')}\n${stdout}${stderr}`.slice(0, 8000));
}

describe('sources', function () {
  this.timeout(limit);

  it('compile', () => clean('tsc', ['-p', 'tsconfig.json']));

  it('pass the linter', () => clean('oxlint', ['--type-aware']));

  it('are formatted', () => clean('oxfmt', ['--check']));

  it('have a lock that names the packages of every platform, without which npm ci fails', async () => {
    const lock = JSON.parse(await readFile(path.join(root, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { optionalDependencies?: Record<string, string> }>;
    };
    const wanted = Object.entries(lock.packages).flatMap(([where, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).map((name) => [`${where}/node_modules/${name}`, `node_modules/${name}`]),
    );
    const absent = wanted.filter((places) => !places.some((place) => lock.packages[place] !== undefined));
    assert.ok(wanted.length > 0);
    assert.deepEqual(absent, []);
  });

  it('agree with what is generated from them', async () => {
    const args = ['--conditions=sluice-source', 'src/main.ts', 'generate', '--check'];
    const { status, stdout, stderr } = await run(process.execPath, args, { cwd: root, timeout: limit });
    assert.equal(status, 0, `${stdout}${stderr}`);
  });
});
