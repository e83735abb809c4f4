// Which templates a chart renders, under what names, in what order, and with what each of them sees.
import { type Dict, dictSet, goInt, type GoMap, newDict } from '#gotemplate/index';
import { compareStrings } from '#lib/go-string';
import { cleanPath } from '../chart/archive.ts';
import { isLibrary, type RawFile } from '../chart/chart.ts';
import type { HelmMajor } from '../chart/files-to-chart.ts';
import type { ChartNode } from '../chart/node.ts';
import { tableAt } from '../values/paths.ts';
import type { ValuesMap } from '../values/values-map.ts';
import { type Capabilities } from './capabilities.ts';
import { filesObject } from './files.ts';
import { capabilitiesStruct, chartMap, chartStruct } from './structs.ts';
import { asValues } from './values-object.ts';

/** What `.Release` says. */
export interface ReleaseOptions {
  readonly name: string;
  readonly namespace: string;
  readonly revision: number;
  readonly isUpgrade: boolean;
}

/** One template of a chart or of a chart within it. */
export interface TemplateSource {
  /** Full path, its name in the template set. */
  readonly name: string;
  readonly file: RawFile;
  readonly basePath: string;
  /** The context all templates of this chart share, and may write to. */
  readonly context: Dict;
}

export interface RenderValues {
  readonly values: ValuesMap;
  readonly release: ReleaseOptions;
  readonly capabilities: Capabilities;
}

/** All templates in the order they are parsed and executed: deepest path first, then by name backwards. */
export function templateSources(root: ChartNode, input: RenderValues, helm: HelmMajor): TemplateSource[] {
  const collector = new Collector(input, helm);
  collector.add(root, undefined);
  return [...collector.sources.values()].toSorted(
    (a, b) => depth(b.name) - depth(a.name) || compareStrings(b.name, a.name),
  );
}

function depth(name: string): number {
  let count = 0;
  for (let at = name.indexOf('/'); at >= 0; at = name.indexOf('/', at + 1)) count++;
  return count;
}

class Collector {
  /** By name: of two templates with one name the later stays. */
  readonly sources = new Map<string, TemplateSource>();
  readonly #input: RenderValues;
  readonly #helm: HelmMajor;
  readonly #release: Dict;
  readonly #capabilities: unknown;

  constructor(input: RenderValues, helm: HelmMajor) {
    this.#input = input;
    this.#helm = helm;
    this.#release = releaseDict(input.release);
    this.#capabilities = capabilitiesStruct(input.capabilities, helm);
  }

  add(node: ChartNode, parent: GoMap | undefined): Dict {
    const subcharts = newDict();
    const values = this.#valuesOf(node, parent);
    const context = newDict();
    dictSet(context, 'Chart', this.#helm === 4 ? chartMap(node) : chartStruct(node));
    dictSet(context, 'Files', filesObject(node.files));
    dictSet(context, 'Release', this.#release);
    dictSet(context, 'Capabilities', this.#capabilities);
    dictSet(context, 'Values', values);
    dictSet(context, 'Subcharts', subcharts);
    for (const child of node.dependencies) dictSet(subcharts, child.name, this.add(child, values));
    this.#addTemplates(node, context);
    return context;
  }

  #valuesOf(node: ChartNode, parent: GoMap | undefined): GoMap {
    if (parent === undefined) return asValues(this.#input.values, this.#helm);
    // A chart with a dot in its name is looked up as a path, and not found.
    const found = tableAt(parent.entries, node.name);
    return asValues('missing' in found ? newDict() : found.table, this.#helm);
  }

  #addTemplates(node: ChartNode, context: Dict): void {
    const { fullPath } = node;
    const library = isLibrary(node.metadata);
    for (const file of node.templates) {
      if (library && !isPartial(file.name)) continue;
      const name = cleanPath(`${fullPath}/${file.name}`);
      this.sources.set(name, { name, file, basePath: cleanPath(`${fullPath}/templates`), context });
    }
  }
}

/** Partials are parsed, never executed by themselves. */
export function isPartial(name: string): boolean {
  return name.slice(name.lastIndexOf('/') + 1).startsWith('_');
}

function releaseDict({ name, namespace, revision, isUpgrade }: ReleaseOptions): Dict {
  const release = newDict();
  dictSet(release, 'Name', name);
  dictSet(release, 'Namespace', namespace);
  dictSet(release, 'IsUpgrade', isUpgrade);
  dictSet(release, 'IsInstall', !isUpgrade);
  dictSet(release, 'Revision', goInt(revision));
  dictSet(release, 'Service', 'Helm');
  return release;
}
