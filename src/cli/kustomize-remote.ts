// Remote bases of `sluice kustomize build`, fetched by the git program and by HTTP.
import { execFile } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DEFAULT_LIMITS, DiskFiles, KustomizeError, type Clone, type Remote, type RepoSpec } from '#kustomize/index';
import { errorMessage } from '#lib/errors';
import type { CommandIO } from './command.ts';

const run = promisify(execFile);
const HTTP_TIMEOUT_MS = 60_000;

/** Clones are shallow, go into temporary directories, and are removed when the process ends. */
export function gitRemote(io: CommandIO): Remote {
  const directories: string[] = [];
  process.once('exit', () => {
    for (const directory of directories) rmSync(directory, { recursive: true, force: true });
  });
  return {
    clone: async (spec) => {
      const dir = realpathSync(mkdtempSync(join(tmpdir(), 'kustomize-')));
      directories.push(dir);
      return clone(spec, dir, io);
    },
    get: async (url) => {
      const response = await fetch(url, { redirect: 'follow', signal: AbortSignal.timeout(HTTP_TIMEOUT_MS) });
      const body = await limitedBody(response, url);
      return { status: response.status, statusText: response.statusText, body };
    },
  };
}

async function limitedBody(response: Response, url: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > DEFAULT_LIMITS.fileBytes) {
      throw new KustomizeError(`'${url}' is larger than ${DEFAULT_LIMITS.fileBytes} bytes`, { kind: 'limit' });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function clone(spec: RepoSpec, dir: string, io: CommandIO): Promise<Clone> {
  const git = async (...args: readonly string[]): Promise<void> => runGit(args, { dir, spec, io });
  await git('init');
  await git('remote', 'add', 'origin', spec.cloneUrl);
  await git('fetch', '--depth=1', '--', spec.cloneUrl, spec.ref === '' ? 'HEAD' : spec.ref);
  await git('checkout', 'FETCH_HEAD');
  if (spec.submodules) await git('submodule', 'update', '--init', '--recursive');
  return { files: new DiskFiles({ workingDirectory: dir, fileBytes: DEFAULT_LIMITS.fileBytes }), dir };
}

interface GitRun {
  readonly dir: string;
  readonly spec: RepoSpec;
  readonly io: CommandIO;
}

async function runGit(args: readonly string[], { dir, spec, io }: GitRun): Promise<void> {
  const shown = `git ${args.join(' ')}`;
  try {
    await run('git', args, { cwd: dir, timeout: spec.timeoutMs, env: { ...io.env, GIT_TERMINAL_PROMPT: '0' } });
  } catch (error) {
    const killed = error instanceof Error && 'killed' in error && error.killed === true;
    if (killed) {
      throw new KustomizeError(`hit ${spec.timeoutMs / 1000}s timeout running '${shown}'`, { kind: 'timeout' });
    }
    throw new KustomizeError(`failed to run '${shown}': ${errorMessage(error)}`, { cause: error });
  }
}
