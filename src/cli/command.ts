// What a subcommand of `sluice` is: arguments and streams in, exit status out. Nothing else reads the process.
import type { Readable, Writable } from 'node:stream';

export interface CommandIO {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Runs one subcommand; resolves to the exit status of the process. */
export type Command = (args: readonly string[], io: CommandIO) => Promise<number>;
