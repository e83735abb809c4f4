// Ends the servers when this process dies in a way that lets no handler run (kill -9, a crash): a shell that waits on a
// pipe only we hold open.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

// Each line is "+pid" or "-pid". At end of file the pids left are killed, as groups since each leads its own.
const script = `
pids=' '
while read -r line; do
  pid=\${line#?}
  case $line in
    +*) pids="$pids$pid " ;;
    -*) case $pids in *" $pid "*) pids="\${pids%%" $pid "*} \${pids#*" $pid "}" ;; esac ;;
  esac
done
for pid in $pids; do kill -s KILL -- "-$pid" 2>/dev/null; done
exit 0
`;

export class Reaper {
  readonly #shell: ChildProcess;

  constructor() {
    this.#shell = spawn('/bin/sh', ['-c', script], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
    // Without the reaper everything still works; only a kill -9 of this process would leave servers for the next start.
    this.#shell.on('error', () => undefined);
    this.#shell.stdin?.on('error', () => undefined);
    this.#shell.unref();
    (this.#shell.stdin as { unref?: () => void } | null)?.unref?.();
  }

  watch(pid: number): void {
    this.#shell.stdin?.write(`+${pid}\n`);
  }

  forget(pid: number): void {
    this.#shell.stdin?.write(`-${pid}\n`);
  }

  /** Closes the pipe; whatever is still watched is killed. */
  async close(): Promise<void> {
    if (this.#shell.exitCode !== null || this.#shell.signalCode !== null || this.#shell.pid === undefined) return;
    const gone = once(this.#shell, 'exit');
    this.#shell.ref();
    this.#shell.stdin?.end();
    await gone;
  }
}
