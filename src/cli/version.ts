// `sluice version`.
import packageJson from '../../package.json' with { type: 'json' };
import type { Command } from './command.ts';

export const command: Command = (_args, io) => {
  io.stdout.write(`sluice ${packageJson.version}\n`);
  return Promise.resolve(0);
};
