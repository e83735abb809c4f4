// What a subcommand of `sluice` is: arguments and streams in, exit status out. Nothing else reads the process.
import type { Readable } from 'node:stream';
import type { Output } from './output.ts';

export interface CommandIO {
  readonly stdin: Readable;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Runs one subcommand; resolves to the exit status of the process. */
export type Command = (args: readonly string[], io: CommandIO) => Promise<number>;
