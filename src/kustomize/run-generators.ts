// The generators of a kustomization, in kustomize's order: ConfigMaps, Secrets, charts, then those that files configure.
import { sigsMarshal, type GoObject } from '#goyaml/index';
import { Accumulator } from './accumulator.ts';
import { KustomizeError, Suspended, withPrefix } from './errors.ts';
import { generateObject, mergeOptions, type ObjectKind } from './generate/config-objects.ts';
import { chartRequest, prepareChart, type PreparedChart } from './generate/charts.ts';
import type { GeneratorArgs, HelmChart, HelmGlobals } from './kustomization/types.ts';
import { appendPath, originOf, originOfPlugin, setOrigin, type Origin } from './origin.ts';
import { loadGenerator, type Generator, type PluginContext } from './plugins.ts';
import type { Resource } from './resource.ts';
import type { Target } from './target.ts';

interface Configured {
  readonly generate: Generator;
  readonly origin: Origin | undefined;
}

export function runGenerators(target: Target, into: Accumulator): void {
  const generators = [...builtinGenerators(target), ...configuredGenerators(target)];
  for (const { generate, origin } of generators) {
    const made = generate();
    if (origin !== undefined) {
      for (const resource of made) if (originOf(resource) === undefined) setOrigin(resource, origin);
    }
    withPrefix('merging from generator', () => {
      into.absorb(made);
    });
  }
}

function builtinGenerators(target: Target): Configured[] {
  const { configMapGenerator = [], secretGenerator = [], helmCharts = [], helmGlobals = {} } = target.kustomization;
  const context = pluginContext(target);
  const common = target.kustomization.generatorOptions;
  const objects = (kind: ObjectKind, list: readonly GeneratorArgs[]): Configured[] =>
    list.map((args) => {
      const options = mergeOptions(args.options, common);
      const merged = options === undefined ? args : { ...args, options };
      return {
        generate: () => context.generateConfig(kind, merged),
        origin: target.originOfField(`${kind}Generator`),
      };
    });
  return [
    ...objects('ConfigMap', configMapGenerator),
    ...objects('Secret', secretGenerator),
    ...helmCharts.map((chart) => {
      const prepared = withPrefix(
        () => configText('HelmChartInflationGenerator', { ...helmGlobals, ...chart } as GoObject),
        () => context.prepareChart(chart, helmGlobals),
      );
      return {
        generate: () => context.generateChart(prepared),
        origin: target.originOfField('HelmChartInflationGenerator'),
      };
    }),
  ];
}

/** How messages begin that a field of the kustomization itself is the reason of. */
export function configText(plugin: string, config: GoObject): string {
  return `trouble configuring builtin ${plugin} with config: \`\n${sigsMarshal(config)}\``;
}

function configuredGenerators(target: Target): Configured[] {
  const { generators = [] } = target.kustomization;
  if (generators.length === 0) return [];
  return withPrefix('loading generator plugins', () => {
    const context = pluginContext(target);
    return pluginConfigs(target, generators).map((config) => ({
      generate: withPrefix('failed to load generator', () => loadGenerator(config, context)),
      origin: originOfPlugin(config),
    }));
  });
}

/** Entries are configurations themselves, or else files or kustomizations that hold them. */
export function pluginConfigs(target: Target, entries: readonly string[]): readonly Resource[] {
  const gathered = new Accumulator(target.context.defaultConfig);
  const paths: string[] = [];
  for (const entry of entries) {
    const inline = readInline(target, entry);
    if (inline === undefined) {
      paths.push(entry);
      continue;
    }
    if (target.origin !== undefined) {
      for (const resource of inline) setOrigin(resource, appendPath(target.origin, target.fileName));
    }
    gathered.resources.appendAll(inline);
  }
  target.accumulateResources(gathered, paths);
  return gathered.resources.resources;
}

function readInline(target: Target, entry: string): Resource[] | undefined {
  try {
    return target.context.read(entry);
  } catch (error) {
    if (error instanceof Suspended || (error instanceof KustomizeError && error.kind === 'limit')) throw error;
    return undefined;
  }
}

export function pluginContext(target: Target): PluginContext {
  const { loader, context } = target;
  const { schema } = context;
  const load = (path: string): Buffer => loader.load(path);
  return {
    loader,
    schema,
    read: (source) => context.read(source),
    generateConfig: (kind, args) => [generateObject(kind, args, { load, schema })],
    prepareChart: (chart, globals) => prepare(target, chart, globals),
    generateChart: (chart) => renderChart(target, chart),
  };
}

function prepare(target: Target, chart: HelmChart, globals: HelmGlobals): PreparedChart {
  const { helm } = target.context.options;
  if (helm === undefined) throw new KustomizeError('must specify --enable-helm');
  const merged: HelmChart = {
    ...(helm.kubeVersion ? { kubeVersion: helm.kubeVersion } : {}),
    ...(helm.apiVersions !== undefined && helm.apiVersions.length > 0 ? { apiVersions: helm.apiVersions } : {}),
    ...chart,
  };
  return prepareChart(merged, globals, target.loader);
}

function renderChart(target: Target, prepared: PreparedChart): Resource[] {
  const { helm } = target.context.options;
  if (helm === undefined) throw new KustomizeError('must specify --enable-helm');
  const request = chartRequest(prepared, target.loader);
  const { files: _files, ...identity } = request;
  const output = target.context.effects.get(`chart ${JSON.stringify(identity)}`, async () =>
    helm.renderer.render(request),
  );
  try {
    return target.context.read(output);
  } catch (error) {
    // What helm says before the first document is no YAML.
    const start = output.search(/^---/m);
    if (start < 0) throw error;
    return target.context.read(output.slice(start));
  }
}
