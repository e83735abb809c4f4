// The program: finds the subcommand and loads only what that one needs, so that `sluice version` costs nothing.
import type { Command } from './cli/command.ts';
import { descriptorOutput } from './cli/output.ts';

interface Entry {
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

const commands: Readonly<Record<string, Entry>> = {
  dev: {
    summary: 'run a local Kubernetes control plane',
    load: async () => (await import('./cli/dev.ts')).command,
  },
  generate: {
    summary: 'write what is derived from the kinds: crds, validators, field references',
    load: async () => (await import('./cli/generate.ts')).command,
  },
  helm: {
    summary: 'render a chart as `helm template` does',
    load: async () => (await import('./cli/helm.ts')).command,
  },
  kustomize: {
    summary: 'build an overlay as `kustomize build` does',
    load: async () => (await import('./cli/kustomize.ts')).command,
  },
  serve: {
    summary: 'run the controllers, webhooks and the aggregated API',
    load: async () => (await import('./cli/serve.ts')).command,
  },
  version: { summary: 'print the version', load: async () => (await import('./cli/version.ts')).command },
};

function usage(): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  const lines = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`);
  return ['usage: sluice <command> [flags]', '', 'commands:', ...lines, ''].join('\n');
}

async function main(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    process.stdout.write(usage());
    return name === undefined ? 2 : 0;
  }
  const entry = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (entry === undefined) {
    process.stderr.write(`sluice: unknown command ${JSON.stringify(name)}\n\n${usage()}`);
    return 2;
  }
  const command = await entry.load();
  const { env } = process;
  return command(rest, {
    // Asking for a stream opens it.
    get stdin() {
      return process.stdin;
    },
    stdout: descriptorOutput(1, () => process.stdout),
    stderr: descriptorOutput(2, () => process.stderr),
    env,
  });
}

process.exitCode = await main(process.argv.slice(2));
