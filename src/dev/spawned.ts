// One server process of the control plane: output to a log file, state watched, signals sent by identity.
import { type ChildProcess, spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import { DevError } from './errors.ts';
import { logTail } from './log-tail.ts';
import { identify, type ProcessIdentity } from './process-identity.ts';

export interface SpawnRequest {
  readonly name: string;
  readonly binary: string;
  readonly args: readonly string[];
  readonly logFile: string;
  /** @default next to nothing: the servers take flags */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Told the pid at once, before anything else can fail. */
  readonly onSpawn: (pid: number) => void;
}

export class SpawnedServer {
  readonly name: string;
  readonly logFile: string;
  readonly identity: ProcessIdentity;
  /** Resolves when the process has ended, with how. */
  readonly exited: Promise<string>;
  readonly #child: ChildProcess;

  private constructor(request: SpawnRequest, child: ChildProcess, identity: ProcessIdentity, exited: Promise<string>) {
    this.name = request.name;
    this.logFile = request.logFile;
    this.identity = identity;
    this.exited = exited;
    this.#child = child;
  }

  static async start(request: SpawnRequest): Promise<SpawnedServer> {
    const log = await open(request.logFile, 'a', 0o600);
    try {
      // Its own session: a Ctrl-C in the terminal reaches us alone, and we end the parts in order.
      const child = spawn(request.binary, [...request.args], {
        detached: true,
        stdio: ['ignore', log.fd, log.fd],
        env: request.env ?? { PATH: '/usr/bin:/bin', HOME: '/nonexistent' },
      });
      const exited = new Promise<string>((resolve) => {
        child.once('error', (error) => resolve(`could not be started: ${error.message}`));
        child.once('exit', (code, signal) => {
          resolve(signal === null ? `exited with status ${code}` : `was ended by ${signal}`);
        });
      });
      if (child.pid === undefined) throw new DevError('DEV_COMPONENT_EXITED', `${request.name} ${await exited}`);
      request.onSpawn(child.pid);
      const identity = (await identify(child.pid)) ?? { pid: child.pid, started: 'ended' };
      return new SpawnedServer(request, child, identity, exited);
    } finally {
      await log.close();
    }
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  signal(name: NodeJS.Signals): void {
    // The child object keeps the pid from being reused until the exit was seen.
    if (this.running) this.#child.kill(name);
  }

  /** SIGTERM, then SIGKILL after the grace time; resolves when it is gone. */
  async end(graceMs: number): Promise<void> {
    if (!this.running) return;
    // A stopped (paused) process handles no SIGTERM.
    this.signal('SIGCONT');
    this.signal('SIGTERM');
    const timer = setTimeout(() => this.signal('SIGKILL'), graceMs);
    await this.exited;
    clearTimeout(timer);
  }

  /** The error for an exit that nobody asked for: how it ended, and the end of its log. */
  async crash(): Promise<DevError> {
    const how = await this.exited;
    const tail = await logTail(this.logFile, { lines: 15 });
    return new DevError('DEV_COMPONENT_EXITED', `${this.name} ${how}; the end of ${this.logFile}:\n${indent(tail)}`);
  }
}

function indent(text: string): string {
  return text.replace(/^/gm, '  ');
}
