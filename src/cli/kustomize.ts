// `sluice kustomize build [DIR]`: builds an overlay as `kustomize build` does, with the same output, errors and status.
import { statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { Command as Parser, CommanderError, Option } from 'commander';
import { type BuildOptions, build, DEFAULT_LIMITS, DiskFiles, ParseCache } from '#kustomize/index';
import { errorMessage } from '#lib/errors';
import type { Command, CommandIO } from './command.ts';
import { print } from './output.ts';

const usage = 'usage: sluice kustomize build [DIR] [flags]\n';

interface Flags {
  readonly output?: string;
  readonly loadRestrictor: string;
  readonly reorder: string;
  readonly enableHelm: boolean;
  readonly helmApiVersions: string[];
  readonly helmKubeVersion: string;
  readonly enableAlphaPlugins: boolean;
  readonly enableManagedbyLabel: boolean;
}

class UsageError extends Error {}

export const command: Command = async (argv, io) => {
  const [name, ...rest] = argv;
  if (name !== 'build') {
    io.stderr.write(usage);
    return 2;
  }
  try {
    const parsed = parse(rest, io);
    if (parsed === undefined) return 0;
    await run(parsed, io);
    return 0;
  } catch (error) {
    io.stderr.write(`Error: ${errorMessage(error)}\n`);
    return 1;
  }
};

interface Parsed {
  readonly directory: string;
  readonly flags: Flags;
}

/** Undefined when the help was asked for. */
function parse(argv: readonly string[], io: CommandIO): Parsed | undefined {
  const parser = makeParser(io);
  try {
    parser.parse([...argv], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return undefined;
    throw new UsageError(errorMessage(error).replace(/^error: /, ''), { cause: error });
  }
  const flags = parser.opts<Flags>();
  const [directory = '.', second] = parser.args;
  if (second !== undefined) throw new UsageError('specify one path to kustomization.yaml');
  checkChoice('load-restrictor', flags.loadRestrictor, ['LoadRestrictionsRootOnly', 'LoadRestrictionsNone', '']);
  checkChoice('reorder', flags.reorder, ['legacy', 'none']);
  if (flags.enableAlphaPlugins)
    throw new UsageError('external plugins are not run here: leave --enable-alpha-plugins out');
  return { directory, flags };
}

function checkChoice(flag: string, value: string, legal: readonly string[]): void {
  if (legal.includes(value)) return;
  const shown = legal.filter((choice) => choice !== '').join(' ');
  throw new UsageError(`illegal flag value --${flag} ${value}; legal values: [${shown}]`);
}

/** kustomize's flags; those of container and exec functions are taken and do nothing, since no function is run. */
function makeParser(io: CommandIO): Parser {
  return new Parser('build')
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: () => undefined })
    .argument('[dir...]')
    .option('-o, --output <path>', 'write the output to a file, or to one file for each object of a directory')
    .option('--load-restrictor <mode>', 'LoadRestrictionsRootOnly or LoadRestrictionsNone', 'LoadRestrictionsRootOnly')
    .addOption(new Option('--reorder <order>', 'legacy or none').default('legacy'))
    .option('--enable-helm', 'render the charts of helmCharts', false)
    .option('--helm-command <path>', 'accepted and not used: charts are rendered here', 'helm')
    .option('--helm-api-versions <version>', 'API versions that charts see', collect, [])
    .option('--helm-kube-version <version>', 'Kubernetes version that charts see', '')
    .option('--helm-debug', 'accepted and not used', false)
    .option('--enable-alpha-plugins', 'not supported', false)
    .option('--enable-managedby-label', 'label all objects as managed by kustomize', false)
    .option('--network', 'accepted and not used', false)
    .option('--network-name <name>', 'accepted and not used', 'bridge')
    .option('--mount <mount>', 'accepted and not used', collect, [])
    .option('-e, --env <variable>', 'accepted and not used', collect, [])
    .option('--as-current-user', 'accepted and not used', false);
}

function collect(value: string, values: string[]): string[] {
  return [...values, value];
}

async function run({ directory, flags }: Parsed, io: CommandIO): Promise<void> {
  const files = new DiskFiles({ workingDirectory: process.cwd(), fileBytes: DEFAULT_LIMITS.fileBytes });
  const built = await build({ files, path: directory, options: await optionsOf(flags, io) });
  const { output } = flags;
  if (output !== undefined && output !== '' && isDirectory(output)) {
    for (const [name, text] of built.files()) writeFileSync(join(output, name), text);
    return;
  }
  const text = built.yaml();
  if (output !== undefined && output !== '') writeFileSync(output, text);
  else await print(io.stdout, text);
}

async function optionsOf(flags: Flags, io: CommandIO): Promise<BuildOptions> {
  const isOn = flags.enableManagedbyLabel || io.env['KUSTOMIZE_ENABLE_MANAGEDBY_LABEL'] === 'on';
  return {
    loadRestrictions: flags.loadRestrictor === 'LoadRestrictionsNone' ? 'none' : 'rootOnly',
    sort: flags.reorder === 'none' ? 'fifo' : 'legacy',
    addManagedByLabel: isOn,
    managedByVersion: 'v5.7.1',
    cache: new ParseCache(0),
    warn: (text) => io.stderr.write(`${text}\n`),
    remote: (await import('./kustomize-remote.ts')).gitRemote(io),
    ...(flags.enableHelm ? { helm: await helmOptions(flags) } : {}),
  };
}

async function helmOptions(flags: Flags): Promise<NonNullable<BuildOptions['helm']>> {
  const { localCharts } = await import('./kustomize-charts.ts');
  return { renderer: localCharts(), apiVersions: flags.helmApiVersions, kubeVersion: flags.helmKubeVersion };
}

function isDirectory(path: string): boolean {
  return statSync(resolve(path), { throwIfNoEntry: false })?.isDirectory() ?? false;
}
