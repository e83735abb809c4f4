// Builds commands from Go modules into a cache, once, with a progress line; two processes never build the same thing.
import { spawn } from 'node:child_process';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { DevError } from './errors.ts';
import { withFileLock } from './file-lock.ts';

export interface GoCommand {
  /** File name of the binary. */
  readonly name: string;
  readonly importPath: string;
  /** Builds this published version on its own instead of what a recipe requires. */
  readonly version?: string;
  readonly ldflags?: string;
}

export interface GoBuild {
  /** A folder with go.mod and go.sum; commands without a version of their own get theirs from there. */
  readonly recipe?: string;
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
  const flags = ['-v', '-trimpath', '-ldflags', command.ldflags ?? '-s -w'];
  try {
    if (command.version === undefined) {
      const output = path.join(partial, path.posix.basename(command.importPath));
      await runGo(build, command.name, { args: ['build', ...flags, '-o', output, command.importPath] });
    } else {
      const args = ['install', ...flags, `${command.importPath}@${command.version}`];
      await runGo(build, command.name, { args, bin: partial });
    }
    const [binary = ''] = await readdir(partial);
    await rename(path.join(partial, binary), path.join(build.target, command.name));
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

async function runGo(build: GoBuild, name: string, { args, bin }: { args: string[]; bin?: string }): Promise<void> {
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
    const child = spawn('go', args, {
      cwd: build.recipe ?? build.target,
      // Neither a workspace around the repository nor flags of the user's own change what is built.
      env: { ...build.env, GOWORK: 'off', GOFLAGS: '', CGO_ENABLED: '0', ...(bin === undefined ? {} : { GOBIN: bin }) },
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
    throw new DevError('DEV_TOOLCHAIN_MISSING', `building ${name} needs Go on the PATH: install it`, {
      cause: error,
    });
  } finally {
    clearInterval(timer);
  }
}
