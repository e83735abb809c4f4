// The real kubectl, against one kubeconfig.
import { type Completed, run, type RunOptions } from './run.ts';
import { tempDir } from './temp-dir.ts';
import { requireTool } from './tools.ts';

export interface Kubectl {
  /** Runs it whatever comes of it. */
  run(args: readonly string[], options?: RunOptions): Promise<Completed>;
  /** Its standard output; fails the test when it fails. */
  ok(args: readonly string[], options?: RunOptions): Promise<string>;
  /** `get … -o json`, parsed. */
  get<T = Record<string, unknown>>(args: readonly string[]): Promise<T>;
  /** Applies YAML text, or objects. */
  apply(input: string | object | readonly object[], args?: readonly string[]): Promise<Completed>;
  /** The program, for tests that start it themselves (watches). */
  readonly program: string;
  readonly env: Readonly<Record<string, string>>;
}

export async function kubectlFor(kubeconfig: string): Promise<Kubectl> {
  const program = await requireTool('kubectl');
  // Its discovery cache lies in the home folder and would outlive the cluster.
  const env = { KUBECONFIG: kubeconfig, KUBECACHEDIR: await tempDir('kubecache'), HOME: '/nonexistent' };
  const runIt = (args: readonly string[], options: RunOptions = {}): Promise<Completed> =>
    run(program, args, { ...options, env: { ...env, ...options.env } });
  const ok = async (args: readonly string[], options: RunOptions = {}): Promise<string> => {
    const { status, stdout, stderr } = await runIt(args, options);
    if (status !== 0) throw new Error(`kubectl ${args.join(' ')} ended with ${status}:\n${stderr}`);
    return stdout;
  };
  return {
    program,
    env,
    run: runIt,
    ok,
    get: async <T>(args: readonly string[]) => JSON.parse(await ok(['get', ...args, '-o', 'json'])) as T,
    apply: (input, args = []) => runIt(['apply', '-f', '-', ...args], { stdin: manifest(input) }),
  };
}

function manifest(input: string | object | readonly object[]): string {
  if (typeof input === 'string') return input;
  const items = Array.isArray(input) ? (input as readonly object[]) : [input];
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
}
