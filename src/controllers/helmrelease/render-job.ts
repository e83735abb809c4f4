// Everything about a release that costs CPU, as worker jobs: looking at a chart, rendering it with all that is put on
// its objects, packing the record, and reading a record back.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { sigsMarshal, sigsUnmarshal, type GoObject } from '#goyaml/index';
import {
  ChartCache,
  checkInstallable,
  loadArchive,
  prepareRender,
  recordedChart,
  renderPrepared,
  reuseValues,
  unpackChart,
} from '#helm/engine/index';
import {
  type Capabilities,
  type Chart,
  type Hook,
  type HelmWarning,
  ignoreWarnings,
  type LookupChannel,
  lookupOver,
  metadataOnly,
  packBody,
  packChart,
  type PackedParts,
  type RenderableChart,
  type Rendered,
  type ReleaseOptions,
  type RenderInput as HelmInput,
  splitManifests,
  trimSpace,
  type UnpackedRelease,
  unpackRelease,
  type ValuesMap,
} from '#helm/index';
import type { Unstructured } from '#kube/object';
import { CodedError, errorMessage } from '#lib/errors';
import type { JobContext } from '#workers/job';
import { postRender, type PostRendering } from './post-render.ts';

/** The packaged chart of an artifact. */
export interface ChartFile {
  readonly path: string;
  /** Digest of the file, which is checked where the file is read. */
  readonly digest: string;
  /** Takes the place of the version in Chart.yaml. */
  readonly version?: string | undefined;
}

export interface ChartInfo {
  readonly name: string;
  readonly version: string;
  readonly appVersion: string;
}

export interface RenderInput {
  readonly type: 'render';
  readonly chart: ChartFile;
  readonly values: ValuesMap;
  /** The release to start from, in place of the chart's own values. */
  readonly reuse?: ReusedParts;
  readonly release: ReleaseOptions;
  readonly capabilities: Capabilities;
  readonly skipSchemaValidation: boolean;
  readonly lookup?: LookupChannel;
  readonly postRendering: PostRendering;
}

/** Of the release before an upgrade. */
export interface ReusedParts {
  readonly chart: Uint8Array;
  readonly config: ValuesMap;
}

export interface RenderOutput {
  /** As they are recorded. */
  readonly values: ValuesMap;
  /** In the order they are installed. */
  readonly objects: readonly Unstructured[];
  readonly manifest: string;
  readonly hooks: readonly Hook[];
  readonly crds: readonly { readonly path: string; readonly objects: readonly Unstructured[] }[];
  readonly notes: string;
  readonly warnings: readonly HelmWarning[];
  readonly chart: ChartInfo;
  /** Chart metadata as the record has it. */
  readonly metadata: ValuesMap;
  readonly parts: PackedParts;
}

export type ReleaseJobInput =
  | RenderInput
  | { readonly type: 'chart'; readonly chart: ChartFile }
  | { readonly type: 'unpack'; readonly payload: string };

// One per worker thread, which lives as long as the module: what is parsed of a chart serves all releases of it.
const charts = new ChartCache();
const packed = new Map<string, Uint8Array>();
const packedCharts = 16;

export function run(input: ReleaseJobInput, context: JobContext): RenderOutput | ChartInfo | UnpackedRelease {
  switch (input.type) {
    case 'chart':
      return infoOf(load(input.chart));
    case 'unpack':
      return unpackRelease(input.payload);
    default:
      return render(input, context);
  }
}

function infoOf({ metadata: { name, version, appVersion } }: Chart): ChartInfo {
  return { name, version, appVersion };
}

function load(file: ChartFile): Chart {
  return loadable(file).chart;
}

function loadable({ path, digest, version }: ChartFile): ReturnType<ChartCache['get']> {
  return charts.get(`${digest} ${version ?? ''}`, () => {
    const bytes = readFileSync(path);
    const [algorithm = '', hex] = digest.split(':');
    if (createHash(algorithm).update(bytes).digest('hex') !== hex) {
      throw new CodedError('ARTIFACT_DIGEST_MISMATCH', `computed digest doesn't match provided '${digest}'`);
    }
    const chart = loadArchive(bytes);
    return version === undefined ? chart : { ...chart, metadata: { ...chart.metadata, version } };
  });
}

function render(input: RenderInput, context: JobContext): RenderOutput {
  const warnings: HelmWarning[] = [];
  const { chart, values } = withValues(input);
  checkInstallable(chart.chart);
  const helmInput: HelmInput = {
    values,
    release: input.release,
    capabilities: input.capabilities,
    skipSchemaValidation: input.skipSchemaValidation,
    limits: { maxOutput: context.maxOutputBytes },
    warn: (warning) => void warnings.push(warning),
    ...(input.lookup !== undefined && { lookup: lookupOver(input.lookup) }),
  };
  const rendered = renderPrepared(chart, prepareRender(chart, helmInput), helmInput);
  const { objects, hooks } = postRender(rendered, input.postRendering, (warning) => void warnings.push(warning));
  const manifest = objects.map((object) => sigsMarshal(object)).join('---\n');
  const recorded = recordedChart(chart.chart, rendered.root);
  return {
    values,
    objects: objects as unknown as Unstructured[],
    manifest,
    hooks,
    crds: crdsOf(rendered),
    notes: rendered.notes,
    warnings,
    chart: infoOf(chart.chart),
    metadata: metadataOnly(recorded.metadata).metadata,
    parts: {
      chart: packedChart(recorded, input.chart),
      body: packBody({ config: values, manifest }),
    },
  };
}

/** The chart and what it is given; where values are reused, both are made anew. */
function withValues({ chart: file, values, reuse }: RenderInput): { chart: RenderableChart; values: ValuesMap } {
  const chart = loadable(file);
  if (reuse === undefined) return { chart, values };
  const before = { chart: unpackChart(reuse.chart), config: reuse.config };
  const reused = reuseValues(values, before, { helm: 3, warn: ignoreWarnings });
  return { chart: { ...chart, chart: { ...chart.chart, values: reused.defaults } }, values: reused.values };
}

/** Values imported from subcharts are part of the chart as it is recorded: equal only where they are. */
function packedChart(recorded: ReturnType<typeof recordedChart>, { digest, version }: ChartFile): Uint8Array {
  const values = createHash('sha1')
    .update(JSON.stringify([recorded.values, recorded.metadata], bigints))
    .digest('hex');
  const key = `${digest} ${version ?? ''} ${values}`;
  const known = packed.get(key);
  if (known !== undefined) return known;
  const made = packChart(recorded);
  for (const oldest of packed.keys()) {
    if (packed.size < packedCharts) break;
    packed.delete(oldest);
  }
  packed.set(key, made);
  return made;
}

function bigints(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}

function crdsOf({ crds }: Rendered): RenderOutput['crds'] {
  return crds.map(({ path, data }) => ({ path, objects: crdObjects(path, data.toString('utf8')) }));
}

function crdObjects(path: string, text: string): Unstructured[] {
  try {
    return splitManifests(text)
      .filter((document) => trimSpace(document) !== '')
      .map((document) => sigsUnmarshal(document) as GoObject | null)
      .filter((object): object is GoObject => object !== null && typeof object === 'object' && !Array.isArray(object))
      .map((object) => object as unknown as Unstructured);
  } catch (cause) {
    throw new CodedError(
      'CRD_INVALID',
      `failed to parse CustomResourceDefinitions from ${path}: ${errorMessage(cause)}`,
      { cause },
    );
  }
}
