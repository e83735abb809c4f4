// `sluice version`.
import type { Command } from './command.ts';
import { packageVersion } from './package-version.ts';

export const command: Command = (_args, io) => {
  io.stdout.write(`sluice ${packageVersion()}\n`);
  return Promise.resolve(0);
};
