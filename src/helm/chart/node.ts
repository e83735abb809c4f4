// A chart as one render works on it: dependencies can be renamed, switched off and given values, which the loaded chart
// must not notice. Sharing between nodes follows Helm on purpose, since its quirks show in what comes out.
import type { ValuesMap } from '../values/values-map.ts';
import { type Chart, type Crd, type Dependency, isCrdFile, type Metadata, type RawFile } from './chart.ts';
import { cleanPath } from './archive.ts';

/** A dependency entry of one render. Shared between the aliases of one chart, as in Helm 3. */
export interface WorkingDependency {
  readonly original: Dependency;
  name: string;
  enabled: boolean;
  importValues: readonly unknown[] | null;
}

export class ChartNode {
  /** Metadata as loaded; name and dependencies are those of this node. */
  readonly metadata: Metadata;
  readonly templates: readonly RawFile[];
  readonly files: readonly RawFile[];
  readonly schema: Buffer | null;
  name: string;
  values: ValuesMap | null;
  requirements: WorkingDependency[] | null;
  parent: ChartNode | undefined;
  dependencies: ChartNode[] = [];

  constructor(chart: Pick<Chart, 'metadata' | 'templates' | 'files' | 'schema' | 'values'>) {
    this.metadata = chart.metadata;
    this.templates = chart.templates;
    this.files = chart.files;
    this.schema = chart.schema;
    this.values = chart.values;
    this.name = chart.metadata.name;
    this.requirements =
      chart.metadata.dependencies?.map((original) => ({
        original,
        name: original.name,
        enabled: original.enabled,
        importValues: original.importValues,
      })) ?? null;
  }

  /** Takes these charts as its dependencies, and becomes their parent. */
  adopt(charts: readonly ChartNode[]): void {
    this.dependencies = [...charts];
    for (const chart of charts) chart.parent = this;
  }

  /** A second node of the same chart that shares what Go's shallow copy shares. */
  shallowCopy(name: string): ChartNode {
    const copy = new ChartNode(this);
    copy.name = name;
    copy.values = this.values;
    copy.requirements = this.requirements;
    copy.parent = this.parent;
    copy.dependencies = this.dependencies;
    return copy;
  }

  /** A second node whose entries and direct dependencies are its own, as in Helm 4. */
  copy(name: string): ChartNode {
    const copy = this.shallowCopy(name);
    copy.requirements = this.requirements?.map((entry) => ({ ...entry })) ?? null;
    copy.adopt(this.dependencies.map((subchart) => subchart.shallowCopy(subchart.name)));
    return copy;
  }

  get isRoot(): boolean {
    return this.parent === undefined;
  }

  /** `parent/charts/name`. */
  get fullPath(): string {
    return this.parent === undefined ? this.name : `${this.parent.fullPath}/charts/${this.name}`;
  }
}

/** The nodes of a chart and all charts in it. */
export function nodeTree(chart: Chart): ChartNode {
  const node = new ChartNode(chart);
  node.adopt(chart.subcharts.map(nodeTree));
  return node;
}

/** The files below crds/ of a chart and its dependencies, the chart's own first. */
export function crdsOf(node: ChartNode): Crd[] {
  const own = node.files
    .filter((file) => isCrdFile(file.name))
    .map((file) => ({ path: cleanPath(`${node.fullPath}/${file.name}`), data: file.data }));
  return [...own, ...node.dependencies.flatMap(crdsOf)];
}
