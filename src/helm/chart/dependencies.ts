// Which dependencies of a chart take part, under which name, and what values they hand to their parent.
// Behaviour as helm pkg/chartutil/dependencies.go of 3.19 (ProcessDependenciesWithMerge).
import { sprintf } from '#gotemplate/index';
import { quote as goQuote } from '#lib/go-quote';
import { type CoalesceOptions, coalesceValues, mergeTables, mergeValues } from '../values/coalesce.ts';
import { pathValue, tableAt } from '../values/paths.ts';
import { deepCopy, getKey, isTable, setKey, type ValuesMap } from '../values/values-map.ts';
import type { ChartNode, WorkingDependency } from './node.ts';
import { isInRange } from './version-range.ts';

/** Switches dependencies on and off by tags and conditions, applies aliases and imports values. Changes the tree. */
export function processDependencies(root: ChartNode, given: ValuesMap, options: CoalesceOptions): void {
  processEnabled(root, { given, path: '' }, options);
  processImports(root, options);
}

interface Level {
  readonly given: ValuesMap;
  /** Prefix of condition paths: the chain of chart names, each followed by a dot. */
  readonly path: string;
}

function processEnabled(node: ChartNode, { given, path }: Level, options: CoalesceOptions): void {
  const { requirements } = node;
  if (requirements === null) return;
  node.adopt(selectDependencies(node, requirements, options));
  for (const entry of requirements) entry.enabled = true;
  const values = coalesceValues(node, given, options);
  applyTags(requirements, values, options);
  applyConditions(requirements, { given: values, path }, options);
  const off = new Set(requirements.filter((entry) => !entry.enabled).map((entry) => entry.name));
  const kept = node.dependencies.filter((subchart) => !off.has(subchart.name));
  for (const subchart of kept) {
    processEnabled(subchart, { given: values, path: `${path}${subchart.name}.` }, options);
  }
  // Helm 3 makes no list of no entries, though it keeps one that entries were taken from.
  const without = options.helm === 3 && requirements.length === 0;
  node.requirements = without ? null : requirements.filter((entry) => !off.has(entry.name));
  node.adopt(kept);
}

/** The charts no entry names, then for each entry the chart it means, renamed by its alias. */
function selectDependencies(
  node: ChartNode,
  requirements: readonly WorkingDependency[],
  options: CoalesceOptions,
): ChartNode[] {
  const unlisted = node.dependencies.filter(
    (subchart) => !requirements.some((entry) => entry.name === subchart.name && inRange(entry, subchart)),
  );
  const selected: ChartNode[] = [...unlisted];
  for (const entry of requirements) {
    const { alias } = entry.original;
    const found = node.dependencies.find((subchart) => subchart.name === entry.name && inRange(entry, subchart));
    if (found !== undefined) {
      const name = alias === '' ? found.name : alias;
      selected.push(options.helm === 4 ? found.copy(name) : found.shallowCopy(name));
    }
    // The entry itself is renamed: two aliases of one chart share its entries in Helm 3, and the second finds them renamed.
    if (alias !== '') entry.name = alias;
  }
  return selected;
}

function inRange(entry: WorkingDependency, subchart: ChartNode): boolean {
  return isInRange(subchart.metadata.version, entry.original.version);
}

function applyTags(entries: readonly WorkingDependency[], values: ValuesMap, { warn }: CoalesceOptions): void {
  const tags = getKey(values, 'tags');
  if (!isTable(tags)) return;
  for (const entry of entries) {
    let someTrue = false;
    let someFalse = false;
    for (const tag of entry.original.tags ?? []) {
      const value = getKey(tags, tag);
      if (value === true) someTrue = true;
      else if (value === false) someFalse = true;
      else if (value !== undefined) {
        warn({
          site: 'dependencies.go:95',
          message: `Warning: Tag '${tag}' for chart ${entry.name} returned non-bool value`,
        });
      }
    }
    entry.enabled = someTrue || !someFalse;
  }
}

/** The first condition path that leads to a boolean decides, over any tag. */
function applyConditions(
  entries: readonly WorkingDependency[],
  { given, path }: Level,
  { warn }: CoalesceOptions,
): void {
  for (const entry of entries) {
    for (const condition of entry.original.condition.trim().split(',')) {
      if (condition === '') continue;
      const value = pathValue(given, path + condition);
      if (typeof value === 'boolean') {
        entry.enabled = value;
        break;
      }
      if (value !== undefined) {
        warn({
          site: 'dependencies.go:64',
          message: `Warning: Condition path '${condition}' for chart ${entry.name} returned non-bool value`,
        });
      }
    }
  }
}

/** An entry that was processed: its Go type differs, and a second pass (of an alias) takes no notice of it. */
class ImportedPair {
  readonly child: string;
  readonly parent: string;

  constructor(child: string, parent: string) {
    this.child = child;
    this.parent = parent;
  }
}

function processImports(node: ChartNode, options: CoalesceOptions): void {
  for (const subchart of node.dependencies) processImports(subchart, options);
  const { requirements } = node;
  if (requirements === null) return;
  const values = mergeValues(node, null, options);
  const imported: ValuesMap = {};
  for (const entry of requirements) importFrom(entry, { values, imported }, options);
  // What the chart says itself wins over what it imports. Copied, as the imports are parts of the same values.
  node.values = mergeTables(deepCopy(values), imported, options);
}

interface Import {
  readonly values: ValuesMap;
  readonly imported: ValuesMap;
}

function importFrom(entry: WorkingDependency, { values, imported }: Import, options: CoalesceOptions): void {
  const done: ImportedPair[] = [];
  for (const item of entry.importValues ?? []) {
    const pair = toPair(item);
    if (pair === undefined) continue;
    done.push(pair);
    const table = tableAt(values, `${entry.name}.${pair.child}`);
    if (!('missing' in table)) {
      mergeTables(imported, atPath(pair.parent, table.table), options);
      continue;
    }
    const fault = `${goQuote(table.missing)} is not a table`;
    options.warn(
      typeof item === 'string'
        ? { site: 'dependencies.go:287', message: `Warning: ImportValues missing table: ${fault}` }
        : {
            site: 'dependencies.go:270',
            message: `Warning: ImportValues missing table from chart ${entry.name}: ${fault}`,
          },
    );
  }
  entry.importValues = done;
}

function toPair(item: unknown): ImportedPair | undefined {
  if (typeof item === 'string') return new ImportedPair(`exports.${item}`, '.');
  if (!isTable(item)) return undefined;
  const word = (key: string): string => sprintf('%v', [getKey(item, key) ?? null]);
  return new ImportedPair(word('child'), word('parent'));
}

/** The table as it stands below `path`; "." is the root. */
function atPath(path: string, table: ValuesMap): ValuesMap {
  if (path === '.') return table;
  return path.split('.').reduceRight<ValuesMap>((inner, key) => {
    const outer: ValuesMap = {};
    setKey(outer, key, inner);
    return outer;
  }, table);
}
