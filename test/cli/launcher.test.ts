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
}

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
      'const { argv, argv0, execArgv } = process; console.log(JSON.stringify({ node: argv0, flags: execArgv, args: argv.slice(2) }));',
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

  it('gives itself the flags when Node was started without them', () =>
    installed(async (_, file) => {
      const serve = await start(process.execPath, [file, 'serve'], '/none');
      assert.deepEqual([serve.flags, serve.args], [flags, ['serve']]);
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
