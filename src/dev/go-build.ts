// Builds commands from Go modules into a cache, once, with a progress line; two processes never build the same thing.
import { spawn } from 'node:child_process';
import { chmod, mkdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { DevError } from './errors.ts';
import { withFileLock } from './file-lock.ts';

export interface GoCommand {
  /** File name of the binary. */
  readonly name: string;
  readonly importPath: string;
  readonly ldflags?: string;
}

export interface GoBuild {
  /** A folder with go.mod and go.sum that require the module; every version comes from there. */
  readonly recipe: string;
  /** Where the binaries go. */
  readonly target: string;
  readonly commands: readonly GoCommand[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly progress: (line: string) => void;
  readonly signal?: AbortSignal;
}

const buildLimitMs = 45 * 60_000;
const progressEveryMs = 10_000;
const errorLines = 20;

/** Builds what is missing in `target`. Does nothing, and needs no Go, when everything is there. */
export async function ensureGoBuild(build: GoBuild): Promise<void> {
  if ((await missing(build)).length === 0) return;
  const lock = {
    timeoutMs: buildLimitMs,
    onWait: (pid: number) => build.progress(`waiting for process ${pid}, which builds into ${build.target}`),
    ...(build.signal === undefined ? {} : { signal: build.signal }),
  };
  await withFileLock(path.join(build.target, '.lock'), lock, async () => {
    // Looked at again: the holder we waited for has probably built them.
    for (const command of await missing(build)) await buildOne(build, command);
  });
}

async function missing(build: GoBuild): Promise<GoCommand[]> {
  const absent: GoCommand[] = [];
  for (const command of build.commands) {
    const found = await stat(path.join(build.target, command.name)).catch(() => undefined);
    if (found?.isFile() !== true) absent.push(command);
  }
  return absent;
}

async function buildOne(build: GoBuild, command: GoCommand): Promise<void> {
  await mkdir(build.target, { recursive: true });
  // Renamed when whole, so that a file with the final name is always a finished binary.
  const partial = path.join(build.target, `.${command.name}.${process.pid}`);
  const args = ['build', '-v', '-trimpath', '-ldflags', command.ldflags ?? '-s -w', '-o', partial, command.importPath];
  try {
    await runGo(build, command.name, args);
    await chmod(partial, 0o755);
    await rename(partial, path.join(build.target, command.name));
  } finally {
    await rm(partial, { force: true });
  }
}

async function runGo(build: GoBuild, name: string, args: readonly string[]): Promise<void> {
  const started = performance.now();
  const elapsed = (): string => `${Math.round((performance.now() - started) / 1000)} s`;
  let [downloaded, compiled] = [0, 0];
  const report = (): void => {
    build.progress(`building ${name}: ${downloaded} modules fetched, ${compiled} packages compiled, ${elapsed()}`);
  };
  report();
  const timer = setInterval(report, progressEveryMs);
  const lastLines: string[] = [];
  try {
    const child = spawn('go', [...args], {
      cwd: build.recipe,
      // Neither a workspace around the repository nor flags of the user's own change what is built.
      env: { ...build.env, GOWORK: 'off', GOFLAGS: '-mod=readonly', CGO_ENABLED: '0' },
      stdio: ['ignore', 'ignore', 'pipe'],
      ...(build.signal === undefined ? {} : { signal: build.signal }),
    });
    const lines = createInterface({ input: child.stderr });
    lines.on('line', (line) => {
      if (line.startsWith('go: downloading')) downloaded += 1;
      else if (/^[\w.-]+(\/[\w.~-]+)*$/.test(line)) compiled += 1;
      else if (lastLines.push(line) > errorLines) lastLines.shift();
    });
    const status = await new Promise<number | NodeJS.Signals | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => resolve(code ?? signal));
    });
    if (status !== 0) {
      throw new DevError('DEV_BUILD_FAILED', `go build of ${name} ended with ${status}:\n${lastLines.join('\n')}`);
    }
    build.progress(`built ${name} in ${elapsed()}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new DevError('DEV_TOOLCHAIN_MISSING', `building ${name} needs Go 1.25 or newer on the PATH: install it`, {
      cause: error,
    });
  } finally {
    clearInterval(timer);
  }
}
