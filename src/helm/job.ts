// A render as a worker job: a chart and values in, manifests, hooks, notes and CRDs out. Time and memory are bounded by the
// pool, which ends the thread; output and work by the budget of the render.
import type { BudgetLimits } from '#gotemplate/index';
import { fromBytes } from '#lib/go-string';
import type { JobContext } from '#workers/job';
import { ChartCache } from './chart-cache.ts';
import type { Chart } from './chart/chart.ts';
import type { HelmMajor } from './chart/files-to-chart.ts';
import { checkInstallable, loadArchive, loadChart } from './chart/load.ts';
import type { Capabilities } from './engine/capabilities.ts';
import type { ReleaseOptions } from './engine/template-sources.ts';
import { type LookupChannel, lookupOver } from './lookup-bridge.ts';
import type { Hook } from './manifest/hooks.ts';
import type { Manifest } from './manifest/sort.ts';
import { prepareRender, type Rendered, type RenderInput, renderPrepared } from './render-chart.ts';
import { recordedChart } from './release/recorded-chart.ts';
import type { RecordedChart } from './release/record.ts';
import type { RemoteSchemas } from './values/schema/library.ts';
import type { ValuesMap } from './values/values-map.ts';
import type { HelmWarning } from './warnings.ts';

/** Where the chart is. */
export type ChartSource =
  | { readonly archive: Uint8Array }
  /** A packaged chart or a directory; links may not lead out of `root` (the chart itself when left out). */
  | { readonly path: string; readonly root?: string };

export interface HelmJobInput {
  readonly source: ChartSource;
  /** Stands for the chart's whole content: what was parsed of it is kept under this name. */
  readonly digest: string;
  readonly values: ValuesMap;
  readonly release: ReleaseOptions;
  readonly capabilities?: Capabilities;
  /** @default 3 */
  readonly helm?: HelmMajor;
  readonly skipSchemaValidation?: boolean;
  /** Schemas by URL that a values.schema.json may refer to. */
  readonly schemas?: Readonly<Record<string, string>>;
  readonly limits?: Pick<BudgetLimits, 'maxOutput' | 'maxSteps' | 'maxDepth'>;
  /** Answers `lookup`; without it every lookup finds nothing. */
  readonly lookup?: LookupChannel;
  /** Also return the chart as a release record keeps it. */
  readonly record?: boolean;
}

export interface HelmJobOutput {
  readonly hooks: readonly Hook[];
  readonly manifests: readonly Manifest[];
  readonly crds: readonly { readonly path: string; readonly content: string }[];
  readonly notes: string;
  readonly warnings: readonly HelmWarning[];
  readonly chart: { readonly name: string; readonly version: string; readonly appVersion: string };
  readonly recorded?: RecordedChart;
}

// One per worker thread, which lives as long as the module: a second render of a chart must not parse it again.
const charts = new ChartCache();

export function run(input: HelmJobInput, context: JobContext): HelmJobOutput {
  return renderJob(input, { charts, maxOutput: context.maxOutputBytes });
}

export interface RenderJobOptions {
  readonly charts: ChartCache;
  /** Characters the templates may produce. */
  readonly maxOutput: number;
}

/** The job on a cache of the caller's. */
export function renderJob(input: HelmJobInput, { charts, maxOutput }: RenderJobOptions): HelmJobOutput {
  const { helm = 3, schemas } = input;
  const warnings: HelmWarning[] = [];
  const warn = (warning: HelmWarning): void => void warnings.push(warning);
  const remoteSchemas: RemoteSchemas = (url) =>
    schemas !== undefined && Object.hasOwn(schemas, url) ? schemas[url] : undefined;
  const chart = charts.get(input.digest, () => load(input, warn), { helm, remoteSchemas });
  checkInstallable(chart.chart);
  const renderInput: RenderInput = {
    values: input.values,
    release: input.release,
    helm,
    warn,
    limits: { maxOutput, ...input.limits },
    skipSchemaValidation: input.skipSchemaValidation === true,
    ...(input.capabilities !== undefined && { capabilities: input.capabilities }),
    ...(input.lookup !== undefined && { lookup: lookupOver(input.lookup) }),
  };
  const rendered = renderPrepared(chart, prepareRender(chart, renderInput), renderInput);
  return toOutput(chart.chart, rendered, { warnings, record: input.record === true });
}

function load({ source, helm = 3 }: HelmJobInput, warn: (warning: HelmWarning) => void): Chart {
  if ('archive' in source) return loadArchive(source.archive, { helm, warn });
  const { path, root = path } = source;
  return loadChart(path, { helm, warn, symlinks: 'inside', root });
}

interface OutputExtras {
  readonly warnings: readonly HelmWarning[];
  readonly record: boolean;
}

function toOutput(chart: Chart, rendered: Rendered, { warnings, record }: OutputExtras): HelmJobOutput {
  const { name, version, appVersion } = chart.metadata;
  return {
    hooks: rendered.hooks,
    manifests: rendered.manifests,
    crds: rendered.crds.map(({ path, data }) => ({ path, content: fromBytes(data) })),
    notes: rendered.notes,
    warnings,
    chart: { name, version, appVersion },
    ...(record && { recorded: recordedChart(chart, rendered.root) }),
  };
}
