// `sluice serve`: runs until told to stop.
import { errorMessage } from '#lib/errors';
import type { Command } from './command.ts';
import { FlagError, parseServeFlags, serveUsage } from './serve/flags.ts';

export const command: Command = async (args, io) => {
  if (args.includes('--help') || args.includes('-h')) {
    io.stdout.write(serveUsage());
    return 0;
  }
  try {
    const flags = parseServeFlags(args, io.env);
    const { startSluice } = await import('./serve/process.ts');
    const running = await startSluice(flags, io);
    const reason = await Promise.race([stopSignal(), running.failed]);
    await running.stop();
    if (!(reason instanceof Error)) return 0;
    io.stderr.write(`sluice serve: ${reason.message}\n`);
    return 1;
  } catch (error) {
    io.stderr.write(`sluice serve: ${errorMessage(error)}\n`);
    return error instanceof FlagError ? 2 : 1;
  }
};

/** Resolves at the first SIGTERM or SIGINT; a second one ends the process as usual. */
function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal));
  });
}
