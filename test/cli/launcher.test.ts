// How bin/sluice.cjs starts the program: on the Node installed beside it, else on the system's, always with the engine's flags.
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { mustRun } from '#test/support/run';
import { withTempDir } from '#test/support/temp-dir';

const launcher = path.join(import.meta.dirname, '..', '..', 'bin', 'sluice.cjs');
const flags = ['--stack-size=6000', '--max-semi-space-size=2'];

interface Started {
  readonly node: string;
  readonly flags: readonly string[];
  readonly args: readonly string[];
  /** Settings of the allocator. */
  readonly malloc?: Readonly<Record<string, string>>;
}

const malloc = { MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '131072' };

/** An installation whose program prints how it was started. */
async function installed(work: (folder: string, start: string) => Promise<void>): Promise<void> {
  await withTempDir(async (folder) => {
    const write = (name: string, text: string): void => {
      mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      writeFileSync(path.join(folder, name), text);
    };
    write('package.json', '{"type": "module"}');
    write(
      'dist/src/main.js',
      `const { argv, argv0, execArgv, env } = process;
      const malloc = Object.fromEntries(Object.entries(env).filter(([name]) => name.startsWith('MALLOC_')));
      const settings = Object.keys(malloc).length > 0 && { malloc };
      console.log(JSON.stringify({ node: argv0, flags: execArgv, args: argv.slice(2), ...settings }));`,
    );
    mkdirSync(path.join(folder, 'bin'));
    copyFileSync(launcher, path.join(folder, 'bin', 'sluice.cjs'));
    mkdirSync(path.join(folder, 'system'));
    symlinkSync(process.execPath, path.join(folder, 'system', 'node'));
    await work(folder, path.join(folder, 'bin', 'sluice.cjs'));
  });
}

function ownNode(folder: string): void {
  mkdirSync(path.join(folder, 'node_modules', 'node', 'bin'), { recursive: true });
  symlinkSync(process.execPath, path.join(folder, 'node_modules', 'node', 'bin', 'node'));
}

async function start(command: string, args: readonly string[], system: string): Promise<Started> {
  const env = { PATH: `${system}:/usr/bin:/bin` };
  return JSON.parse(await mustRun(command, args, { env })) as Started;
}

describe('the launcher', () => {
  it('starts the Node beside it, without asking for another', () =>
    installed(async (folder, file) => {
      ownNode(folder);
      const { node, ...rest } = await start(file, ['helm', 'a  b', ''], path.join(folder, 'none'));
      assert.match(node, /node_modules\/node\/bin\/node$/);
      assert.deepEqual(rest, { flags: [...flags, '--no-turbofan'], args: ['helm', 'a  b', ''] });
    }));

  it('finds it through a link', () =>
    installed(async (folder, file) => {
      ownNode(folder);
      symlinkSync(file, path.join(folder, 'sluice'));
      const { node } = await start(path.join(folder, 'sluice'), [], path.join(folder, 'none'));
      assert.match(node, /node_modules\/node\/bin\/node$/);
    }));

  it("starts the system's Node where there is none beside it", () =>
    installed(async (folder, file) => {
      assert.deepEqual(await start(file, ['x'], path.join(folder, 'system')), { node: 'node', flags, args: ['x'] });
    }));

  it('tells the allocator of what serves to keep little, unless somebody told it otherwise', () =>
    installed(async (folder, file) => {
      ownNode(folder);
      const served = await start(file, ['serve'], path.join(folder, 'none'));
      assert.deepEqual([served.flags, served.malloc], [[...flags, '--expose-gc'], malloc]);
      const env = { PATH: '/usr/bin:/bin', MALLOC_ARENA_MAX: '4' };
      const told = JSON.parse(await mustRun(file, ['serve'], { env })) as Started;
      assert.deepEqual(told.malloc, { ...malloc, MALLOC_ARENA_MAX: '4' });
    }));

  it('gives itself the flags when Node was started without them', () =>
    installed(async (_, file) => {
      const serve = await start(process.execPath, [file, 'serve'], '/none');
      assert.deepEqual([serve.flags, serve.args, serve.malloc], [[...flags, '--expose-gc'], ['serve'], malloc]);
      const build = await start(process.execPath, [file, 'kustomize', 'x'], '/none');
      assert.deepEqual(
        [build.flags, build.args],
        [
          [...flags, '--no-turbofan'],
          ['kustomize', 'x'],
        ],
      );
    }));
});
