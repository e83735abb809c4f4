// `sluice serve` as a process of its own, for tests that kill it.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import process from 'node:process';

const main = path.resolve(import.meta.dirname, '../../src/main.ts');

export class ServeProcess {
  readonly #child: ChildProcess;
  readonly #chunks: Buffer[] = [];
  readonly #ended: Promise<unknown>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => this.#chunks.push(chunk));
    }
    this.#ended = once(child, 'exit');
  }

  static start(args: readonly string[], env: Readonly<Record<string, string>> = {}): ServeProcess {
    const command = ['--conditions=sluice-source', main, 'serve', ...args];
    return new ServeProcess(
      spawn(process.execPath, command, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] }),
    );
  }

  get output(): string {
    return Buffer.concat(this.#chunks).toString('utf8');
  }

  /** The exit status; undefined while it runs. */
  get status(): number | NodeJS.Signals | undefined {
    return this.#child.exitCode ?? this.#child.signalCode ?? undefined;
  }

  /** Ends it with the signal and waits until it is gone. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (this.status !== undefined) return;
    this.#child.kill(signal);
    await this.#ended;
  }
}
