// Charts as generators: values brought together as kustomize does it, the rendering left to an engine from outside.
import { type GoValue, type Node, encodeV3, nodeToValue, parseFirst, sigsMarshal, isObject } from '#goyaml/index';
import { KustomizeError, withPrefix } from '../errors.ts';
import { nodeOfValue } from '../fields/value-node.ts';
import { joinPath, type FileSystem } from '../files/file-system.ts';
import type { HelmChart, HelmGlobals } from '../kustomization/types.ts';
import type { Loader } from '../loader.ts';
import { StrategicMerge } from '../patch/strategic.ts';

/** What a chart renderer is asked for; `helm template` in words. */
export interface ChartRequest {
  readonly files: FileSystem;
  /** Absolute path of the chart's directory in `files`. */
  readonly chartDir: string;
  readonly releaseName: string;
  readonly namespace: string;
  /** YAML texts, later ones win. */
  readonly values: readonly string[];
  readonly includeCRDs: boolean;
  readonly skipHooks: boolean;
  readonly skipTests: boolean;
  readonly apiVersions: readonly string[];
  readonly kubeVersion: string;
  readonly nameTemplate: string;
}

export interface ChartRenderer {
  /** The manifests, as `helm template` writes them to its output. */
  render(request: ChartRequest): Promise<string>;
}

const MERGE_MODES = ['merge', 'override', 'replace'] as const;

/** A chart whose arguments were checked. */
export interface PreparedChart {
  readonly chart: HelmChart;
  readonly chartHome: string;
  readonly valuesFile: string;
  readonly valuesMerge: (typeof MERGE_MODES)[number];
  readonly additionalValues: readonly string[];
}

export function prepareChart(chart: HelmChart, globals: HelmGlobals, loader: Loader): PreparedChart {
  const name = chart.name ?? '';
  if (name === '') throw new KustomizeError('chart name cannot be empty');
  const chartHome = homeOf(chart, globals.chartHome || 'charts', loader.root);
  const additionalValues = (chart.additionalValuesFiles ?? []).map((file) =>
    withPrefix('could not load additionalValuesFile', () => loader.load(file).toString('utf8')),
  );
  const valuesMerge = MERGE_MODES.find((mode) => mode === (chart.valuesMerge || 'override'));
  if (valuesMerge === undefined) throw new KustomizeError(`valuesMerge must be one of [${MERGE_MODES.join(' ')}]`);
  return {
    chart,
    chartHome,
    valuesFile: chart.valuesFile || joinPath(chartHome, name, 'values.yaml'),
    valuesMerge,
    additionalValues,
  };
}

function homeOf({ name = '', version = '', repo = '' }: HelmChart, home: string, root: string): string {
  const absolute = home.startsWith('/') ? joinPath(home) : joinPath(root, home);
  return version !== '' && repo !== '' ? joinPath(absolute, `${name}-${version}`) : absolute;
}

/** The request for a chart that is there. */
export function chartRequest(prepared: PreparedChart, loader: Loader): ChartRequest {
  const { chart, chartHome, additionalValues } = prepared;
  const chartDir = joinPath(chartHome, chart.name ?? '');
  if (!loader.files.isDirectory(chartDir)) {
    if (!chart.repo) throw new KustomizeError(`no repo specified for pull, no chart found at '${chartDir}'`);
    throw new KustomizeError(
      `no chart found at '${chartDir}', and charts are not pulled here: put the chart of '${chart.repo}' there`,
    );
  }
  return {
    files: loader.files,
    chartDir,
    releaseName: chart.releaseName ?? '',
    namespace: chart.namespace ?? '',
    values: [valuesText(prepared, loader), ...additionalValues],
    includeCRDs: chart.includeCRDs ?? false,
    skipHooks: chart.skipHooks ?? false,
    skipTests: chart.skipTests ?? false,
    apiVersions: chart.apiVersions ?? [],
    kubeVersion: chart.kubeVersion ?? '',
    nameTemplate: chart.nameTemplate ?? '',
  };
}

function valuesText({ chart, valuesFile, valuesMerge }: PreparedChart, loader: Loader): string {
  const inline = chart.valuesInline ?? {};
  const readFile = (): string => loader.load(valuesFile).toString('utf8');
  if (Object.keys(inline).length === 0) return readFile();
  if (valuesMerge === 'replace') return sigsMarshal(inline);
  const file = withPrefix('could not parse values file into rnode', () => parseFirst(readFile())?.content[0]);
  const merged = mergeValues(file, nodeOfValue(inline), valuesMerge);
  const value: GoValue = merged === undefined ? {} : nodeToValue(merged);
  return encodeV3(isObject(value) ? value : {});
}

/** What is laid over the other wins. */
function mergeValues(file: Node | undefined, inline: Node, mode: 'merge' | 'override'): Node | undefined {
  if (file === undefined) return inline;
  return withPrefix('could not merge values', () => {
    const merge = new StrategicMerge(undefined);
    return mode === 'override' ? merge.apply(file, inline) : merge.apply(inline, file);
  });
}
