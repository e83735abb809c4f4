// Runs a program to its end and gives back all of it.
import { spawn } from 'node:child_process';
import process from 'node:process';

export interface RunOptions {
  readonly cwd?: string;
  /** Added to the environment of the tests. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly stdin?: string | Uint8Array;
  /** @default 60_000 */
  readonly timeout?: number;
}

export interface Completed {
  readonly status: number | NodeJS.Signals;
  readonly stdout: string;
  readonly stderr: string;
}

/** Never rejects for an exit status; see `mustRun`. */
export async function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Completed> {
  const { status, stdout, stderr } = await runBytes(program, args, options);
  return { status, stdout: stdout.toString('utf8'), stderr };
}

/** As `run`, for output that is not text. */
export function runBytes(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<{ status: number | NodeJS.Signals; stdout: Buffer; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args], {
      env: { ...process.env, ...options.env },
      timeout: options.timeout ?? 60_000,
      killSignal: 'SIGKILL',
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    const [out, err]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.once('error', reject);
    child.once('close', (code, signal) => {
      const status = code ?? signal ?? 'SIGKILL';
      resolve({ status, stdout: Buffer.concat(out), stderr: Buffer.concat(err).toString('utf8') });
    });
    // A program that ends without reading its input is no error of ours.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.stdin);
  });
}

/** The standard output of a program that must succeed. */
export async function mustRun(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { status, stdout, stderr } = await run(program, args, options);
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}:\n${stderr}${stdout}`);
  return stdout;
}
