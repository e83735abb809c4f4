// `sluice dev up|down|status|env`: the local control plane from the command line.
import { spawn } from 'node:child_process';
import { mkdir, open } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { startControlPlane } from '#dev/control-plane';
import { logTail } from '#dev/log-tail';
import { downControlPlane } from '#dev/down';
import { DevError } from '#dev/errors';
import { isAlive } from '#dev/process-identity';
import { type PlaneState, readState } from '#dev/state-file';
import { errorMessage } from '#lib/errors';
import type { Command, CommandIO } from './command.ts';

const usage = `usage: sluice dev <up|down|status|env|demo> [--dir FOLDER] [--foreground]

  up       start a control plane (etcd, kube-apiserver, kube-controller-manager) on loopback and leave it running;
           with --foreground stay until Ctrl-C
  down     end it; its data stays in the folder
  status   say what runs
  env      print the shell line that points kubectl at it:  eval "$(sluice dev env)"
  demo     a control plane with Sluice in it and a sample delivery, until Ctrl-C

  --dir FOLDER   the data folder (default .sluice/dev, for demo .sluice/run)
`;

interface Request {
  readonly dir: string;
  readonly io: CommandIO;
}

const actions: Readonly<Record<string, (request: Request) => Promise<number>>> = { up, down, status, env, demo };

export const command: Command = async (args, io) => {
  let parsed;
  try {
    parsed = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { dir: { type: 'string' }, foreground: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    });
  } catch (error) {
    io.stderr.write(`sluice dev: ${errorMessage(error)}\n\n${usage}`);
    return 2;
  }
  const { values, positionals } = parsed;
  const name = positionals[0] ?? '';
  const action = Object.hasOwn(actions, name) && positionals.length === 1 ? actions[name] : undefined;
  if (values.help === true || action === undefined) {
    (values.help === true ? io.stdout : io.stderr).write(usage);
    return values.help === true ? 0 : 2;
  }
  const request = { dir: path.resolve(values.dir ?? path.join('.sluice', action === demo ? 'run' : 'dev')), io };
  try {
    return await (action === up && values.foreground === true ? foreground(request) : action(request));
  } catch (error) {
    io.stderr.write(`sluice dev ${name}: ${errorMessage(error)}\n`);
    return 1;
  }
};

/** Starts the keeper as a process of its own and waits until it says that everything is up, or why not. */
async function up({ dir, io }: Request): Promise<number> {
  const running = await liveState(dir);
  if (running?.phase === 'running') {
    io.stdout.write(`already up: ${running.server}\n`);
    return 0;
  }
  await mkdir(path.join(dir, 'logs'), { recursive: true, mode: 0o700 });
  const logFile = path.join(dir, 'logs', 'keeper.log');
  const log = await open(logFile, 'a', 0o600);
  const main = process.argv[1] ?? '';
  const keeper = spawn(process.execPath, [...process.execArgv, main, 'dev', 'up', '--foreground', '--dir', dir], {
    detached: true,
    stdio: ['ignore', log.fd, log.fd, 'ipc'],
    env: { ...io.env },
  });
  await log.close();
  const interrupt = (): void => void keeper.kill('SIGTERM');
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of signals) process.on(name, interrupt);
  try {
    const outcome = await new Promise<string>((resolve) => {
      keeper.on('message', (message: KeeperMessage) => {
        if (message.ready === true) resolve('ready');
        else if (message.line !== undefined) io.stderr.write(`${message.line}\n`);
      });
      keeper.once('error', (error) => resolve(error.message));
      keeper.once('exit', (code, signal) => resolve(`the keeper ended with ${code ?? signal}`));
    });
    if (outcome !== 'ready') {
      io.stderr.write(`sluice dev up: ${outcome}\n${await logTail(logFile, { lines: 20 })}\n`);
      return 1;
    }
  } finally {
    for (const name of signals) process.off(name, interrupt);
    if (keeper.connected) keeper.disconnect();
    keeper.unref();
  }
  const state = await readState(dir);
  io.stdout.write(`up: ${state?.server}\n${exportLine(state?.kubeconfig ?? '')}\n`);
  return 0;
}

interface KeeperMessage {
  readonly line?: string;
  readonly ready?: true;
}

/** Starts the control plane and stays until a signal, or until one of its servers ends. */
async function foreground({ dir, io }: Request): Promise<number> {
  const interrupt = interruption();
  const finished = Promise.withResolvers<number>();
  interrupt.addEventListener('abort', () => finished.resolve(0));
  // Under `up` there is a process to tell; else the terminal.
  const tell = (message: KeeperMessage): void => {
    if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
    else if (message.line !== undefined) io.stderr.write(`${message.line}\n`);
  };
  const plane = await startControlPlane({
    dir,
    env: io.env,
    signal: interrupt,
    progress: (line) => tell({ line }),
    onCrash: (error) => {
      io.stderr.write(`sluice dev: ${error.message}\n`);
      finished.resolve(1);
    },
  });
  try {
    if (process.connected) {
      tell({ ready: true });
      process.disconnect?.();
    } else io.stdout.write(`up: ${plane.admin.server}\n${exportLine(plane.kubeconfigPath)}\n`);
    return await finished.promise;
  } finally {
    await plane.stop();
  }
}

/** A control plane with Sluice in it and a first delivery. */
async function demo({ dir, io }: Request): Promise<number> {
  const { runDemo } = await import('#dev/demo/demo');
  const program = [process.execPath, ...process.execArgv, process.argv[1] ?? ''];
  const print = (line: string): void => void io.stdout.write(`${line}\n`);
  await runDemo({ dir, env: io.env, program, print, signal: interruption() });
  return 0;
}

/** Aborts at the first signal that asks the process to end. */
function interruption(): AbortSignal {
  const abort = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => abort.abort(new DevError('DEV_INTERRUPTED', 'interrupted')));
  }
  return abort.signal;
}

async function down({ dir, io }: Request): Promise<number> {
  const ended = await downControlPlane(dir);
  io.stdout.write(ended.length === 0 ? 'nothing runs\n' : `ended: ${ended.join(', ')}\n`);
  return 0;
}

async function status({ dir, io }: Request): Promise<number> {
  const state = await readState(dir);
  if (state === undefined) {
    io.stdout.write(`no control plane in ${dir}: sluice dev up\n`);
    return 1;
  }
  const keeper = await isAlive(state.keeper);
  io.stdout.write(
    `${keeper ? state.phase : phaseWithoutKeeper(state)}  Kubernetes ${state.version}  ${state.server}\n`,
  );
  for (const [name, identity] of Object.entries(state.servers)) {
    io.stdout.write(`  ${name}  pid ${identity.pid}  ${(await isAlive(identity)) ? 'running' : 'gone'}\n`);
  }
  if (state.message !== undefined) io.stdout.write(`${state.message}\n`);
  return keeper && state.phase === 'running' ? 0 : 1;
}

function phaseWithoutKeeper(state: PlaneState): string {
  return state.phase === 'running' || state.phase === 'starting' ? 'abandoned' : state.phase;
}

async function env({ dir, io }: Request): Promise<number> {
  const state = await liveState(dir);
  if (state === undefined) {
    io.stderr.write('sluice dev env: no control plane runs: sluice dev up\n');
    return 1;
  }
  io.stdout.write(`${exportLine(state.kubeconfig)}\n`);
  return 0;
}

async function liveState(dir: string): Promise<PlaneState | undefined> {
  const state = await readState(dir);
  return state !== undefined && (await isAlive(state.keeper)) ? state : undefined;
}

function exportLine(kubeconfig: string): string {
  return `export KUBECONFIG='${kubeconfig.replaceAll("'", `'\\''`)}'`;
}
