// One render of a chart from values to manifests, hooks, notes and CRDs: what `helm install --dry-run` does before it would
// talk to a cluster.
import type { BudgetLimits } from '#gotemplate/index';
import type { Chart, Crd } from './chart/chart.ts';
import { processDependencies } from './chart/dependencies.ts';
import type { HelmMajor } from './chart/files-to-chart.ts';
import { type ChartNode, crdsOf, nodeTree } from './chart/node.ts';
import { isInRange } from './chart/version-range.ts';
import { type Capabilities, defaultCapabilities } from './engine/capabilities.ts';
import { RenderError } from './engine/errors.ts';
import type { Lookup } from './engine/host.ts';
import { renderTemplates } from './engine/render.ts';
import { TemplateCache } from './engine/template-cache.ts';
import type { ReleaseOptions } from './engine/template-sources.ts';
import { helmFunctions } from './functions/index.ts';
import { engineHooks } from './engine/host.ts';
import type { Hook } from './manifest/hooks.ts';
import { installOrder } from './manifest/order.ts';
import { type Manifest, sortManifests } from './manifest/sort.ts';
import { coalesceValues } from './values/coalesce.ts';
import { type RemoteSchemas, SchemaLibrary } from './values/schema/library.ts';
import { validateValues } from './values/schema/validate-values.ts';
import type { ValuesMap } from './values/values-map.ts';
import { ignoreWarnings, type WarningSink } from './warnings.ts';

/** A chart with what is parsed of it. Keep it, and the next render parses nothing. */
export interface RenderableChart {
  readonly chart: Chart;
  readonly templates: TemplateCache;
  readonly schemas: SchemaLibrary;
}

export interface RenderableOptions {
  /** @default 3 */
  readonly helm?: HelmMajor;
  /** Texts of the schemas that values.schema.json may refer to by URL. @default none */
  readonly remoteSchemas?: RemoteSchemas;
}

export function renderable(chart: Chart, { helm = 3, remoteSchemas }: RenderableOptions = {}): RenderableChart {
  return {
    chart,
    templates: new TemplateCache(helmFunctions(engineHooks, { helm })),
    schemas: new SchemaLibrary(remoteSchemas),
  };
}

export interface RenderInput {
  readonly values: ValuesMap;
  readonly release: ReleaseOptions;
  /** @default those of a render without a cluster */
  readonly capabilities?: Capabilities;
  readonly lookup?: Lookup;
  readonly skipSchemaValidation?: boolean;
  /** Notes of charts within the chart, too. */
  readonly subchartNotes?: boolean;
  /** @default 3 */
  readonly helm?: HelmMajor;
  readonly limits?: BudgetLimits;
  readonly warn?: WarningSink;
}

export interface Rendered {
  readonly hooks: readonly Hook[];
  readonly manifests: readonly Manifest[];
  readonly crds: readonly Crd[];
  readonly notes: string;
  /** The chart as this render saw it: dependencies switched off are gone, imported values are in. */
  readonly root: ChartNode;
}

/** Values that may be rendered: dependencies decided, defaults laid under, schemas satisfied. */
export interface PreparedRender {
  readonly root: ChartNode;
  readonly values: ValuesMap;
}

/** The part of a render before there is a release: what fails here leaves nothing behind. */
export function prepareRender({ chart, schemas }: RenderableChart, input: RenderInput): PreparedRender {
  const { helm = 3, warn = ignoreWarnings } = input;
  const root = nodeTree(chart);
  processDependencies(root, input.values, { helm, warn });
  const values = coalesceValues(root, input.values, { helm, warn });
  if (input.skipSchemaValidation !== true) validateValues(root, values, { helm, library: schemas });
  return { root, values };
}

/** The part of a render that runs templates. Throws RenderError or ManifestError. */
export function renderPrepared(
  { templates }: RenderableChart,
  { root, values }: PreparedRender,
  input: RenderInput,
): Rendered {
  const { helm = 3, warn = ignoreWarnings } = input;
  const capabilities = input.capabilities ?? defaultCapabilities(helm);
  checkKubeVersion(root, capabilities);
  const files = renderTemplates(
    root,
    { values, release: input.release, capabilities },
    {
      helm,
      cache: templates,
      ...(input.limits !== undefined && { limits: input.limits }),
      ...(input.lookup !== undefined && { lookup: input.lookup }),
    },
  );
  const notes = takeNotes(files, root, input.subchartNotes === true);
  const sorted = sortManifests(files, { order: installOrder(helm), helm, warn });
  return { ...sorted, crds: crdsOf(root), notes, root };
}

/** Both parts. */
export function renderChart(chart: RenderableChart, input: RenderInput): Rendered {
  return renderPrepared(chart, prepareRender(chart, input), input);
}

/** Only the chart itself is asked, not those in it. */
function checkKubeVersion(root: ChartNode, { kubeVersion }: Capabilities): void {
  const wanted = root.metadata.kubeVersion;
  if (wanted === '' || isInRange(kubeVersion.version, wanted)) return;
  throw new RenderError(
    `chart requires kubeVersion: ${wanted} which is incompatible with Kubernetes ${kubeVersion.version}`,
  );
}

const notesSuffix = 'NOTES.txt';

/** Takes the notes out of the rendered files. */
function takeNotes(files: Map<string, string>, root: ChartNode, subcharts: boolean): string {
  const own = `${root.name}/templates/${notesSuffix}`;
  const notes: string[] = [];
  for (const [path, text] of files) {
    if (!path.endsWith(notesSuffix)) continue;
    if (subcharts || path === own) notes.push(text);
    files.delete(path);
  }
  return notes.filter((text) => text !== '').join('\n');
}
