// Coalescing: what the user gave, over the chart's defaults, over those of its dependencies, with globals handed down.
// Behaviour as helm pkg/chartutil/coalesce.go of 3.19, with the null rules of later releases behind `helm: 4`.
import { sprintf } from '#gotemplate/index';
import { quote as goQuote } from '#lib/go-quote';
import { ChartError } from '../chart/errors.ts';
import type { HelmMajor } from '../chart/files-to-chart.ts';
import type { WarningSink } from '../warnings.ts';
import { copyMap, deepCopy, getKey, hasKey, isTable, setKey, type ValuesMap } from './values-map.ts';

/** The key whose table every dependency sees. */
const globalKey = 'global';

/** What has values of its own: a chart, and the charts in it. */
export interface ValuesOwner {
  readonly name: string;
  readonly values: ValuesMap | null;
  readonly dependencies: readonly ValuesOwner[];
}

export interface CoalesceOptions {
  readonly warn: WarningSink;
  readonly helm: HelmMajor;
}

interface Context extends CoalesceOptions {
  /** Merging keeps nulls; coalescing lets them delete what they meet. */
  readonly merge: boolean;
}

/** The values a render sees: `given` over all defaults, where null deletes. */
export function coalesceValues(chart: ValuesOwner, given: ValuesMap | null, options: CoalesceOptions): ValuesMap {
  const values = deepCopy(given ?? {});
  coalesce(chart, { values, prefix: '' }, { ...options, merge: false });
  return values;
}

/** The same with nulls kept. */
export function mergeValues(chart: ValuesOwner, given: ValuesMap | null, options: CoalesceOptions): ValuesMap {
  const values = deepCopy(given ?? {});
  coalesce(chart, { values, prefix: '' }, { ...options, merge: true });
  return values;
}

/** A table of values being filled, and where it stands. */
interface Target {
  readonly values: ValuesMap;
  readonly prefix: string;
}

function join(prefix: string, key: string): string {
  return prefix === '' ? key : `${prefix}.${key}`;
}

function coalesce(chart: ValuesOwner, target: Target, context: Context): void {
  coalesceDefaults(chart, target, context);
  for (const subchart of chart.dependencies) coalesceSubchart(chart, subchart, { target, context });
}

interface SubchartStep {
  readonly target: Target;
  readonly context: Context;
}

function coalesceSubchart(parent: ValuesOwner, subchart: ValuesOwner, { target, context }: SubchartStep): void {
  const { values } = target;
  const { name } = subchart;
  if (!hasKey(values, name)) setKey(values, name, {});
  const own = getKey(values, name);
  if (!isTable(own)) throw new ChartError(sprintf('type mismatch on %s: %t', [name, own]));
  const prefix = join(target.prefix, parent.name);
  coalesceGlobals({ values: own, prefix }, values, context);
  coalesce(subchart, { values: own, prefix }, context);
}

/** Hands the parent's globals down; the parent's win. */
function coalesceGlobals(child: Target, parent: ValuesMap, context: Context): void {
  const { warn } = context;
  const into = hasKey(child.values, globalKey) ? getKey(child.values, globalKey) : {};
  if (!isTable(into)) {
    warn({
      site: 'coalesce.go:138',
      message: `warning: skipping globals because destination ${globalKey} is not a table.`,
    });
    return;
  }
  const from = hasKey(parent, globalKey) ? getKey(parent, globalKey) : {};
  if (!isTable(from)) {
    warn({ site: 'coalesce.go:145', message: `warning: skipping globals because source ${globalKey} is not a table.` });
    return;
  }
  for (const key of Object.keys(from)) {
    const value = from[key];
    const old = hasKey(into, key) ? getKey(into, key) : undefined;
    if (!isTable(value)) {
      if (isTable(old)) warn({ site: 'coalesce.go:175', message: `key ${key} is table. Skipping` });
      else setKey(into, key, value);
      continue;
    }
    if (old !== undefined && !isTable(old)) {
      warn({
        site: 'coalesce.go:161',
        message: `Conflict: cannot merge map onto non-map for ${goQuote(key)}. Skipping.`,
      });
      continue;
    }
    // Only the outermost table is copied: deeper ones are shared with the parent, as upstream has it.
    const copy = copyMap(value);
    if (old !== undefined) {
      coalesceTables({ values: copy, prefix: join(child.prefix, key) }, old, { ...context, merge: true });
    }
    setKey(into, key, copy);
  }
  setKey(child.values, globalKey, into);
}

/** Lays the chart's own defaults under what is there. */
function coalesceDefaults(chart: ValuesOwner, { values, prefix }: Target, context: Context): void {
  const own = join(prefix, chart.name);
  const { merge, warn } = context;
  // Defaults are copied: what they bring in is written to later.
  const defaults = deepCopy(chart.values ?? {});
  for (const key of Object.keys(defaults)) {
    const fallback = defaults[key];
    if (!hasKey(values, key)) {
      setKey(values, key, fallback);
      continue;
    }
    const given = getKey(values, key);
    if (given === null && !merge) {
      delete values[key];
    } else if (isTable(given)) {
      if (isTable(fallback)) {
        // The table of a subchart is coalesced again with that chart, so nulls must survive until then.
        const isSubchart = chart.dependencies.some((subchart) => subchart.name === key);
        coalesceTables({ values: given, prefix: join(own, key) }, fallback, { ...context, merge: isSubchart || merge });
      } else if (fallback !== null) {
        warn({ site: 'coalesce.go:237', message: `warning: skipped value for ${own}.${key}: Not a table.` });
      }
    }
  }
}

/** Lays `source` under the target: what the target has wins. Upstream's coalesceTablesFullKey. */
function coalesceTables({ values, prefix }: Target, source: ValuesMap, context: Context): void {
  const { merge, warn } = context;
  const isDeletion = deletions(values, source, context);
  for (const key of Object.keys(source)) {
    const value = source[key];
    const path = join(prefix, key);
    if (!hasKey(values, key)) {
      setKey(values, key, value);
      continue;
    }
    const given = getKey(values, key);
    if (given === null && !merge && isDeletion(key)) {
      delete values[key];
    } else if (isTable(value)) {
      if (isTable(given)) coalesceTables({ values: given, prefix: path }, value, context);
      else {
        warn({
          site: 'coalesce.go:298',
          message: sprintf('warning: cannot overwrite table with non table for %s (%v)', [path, value]),
        });
      }
    } else if (isTable(given) && value !== null) {
      warn({
        site: 'coalesce.go:301',
        message: sprintf('warning: destination for %s is a table. Ignoring non-table value (%v)', [path, value]),
      });
    }
  }
}

/** Which of the target's nulls delete: in Helm 3.19 all of them, in Helm 4 those that meet a default. */
function deletions(values: ValuesMap, source: ValuesMap, { helm }: Context): (key: string) => boolean {
  if (helm === 3) return () => true;
  const defaults = new Set(Object.keys(source).filter((key) => source[key] !== null));
  // Upstream writes the nulls into the source, too, and what shares that source sees them.
  for (const key of Object.keys(values)) if (values[key] === null) setKey(source, key, null);
  return (key) => defaults.has(key);
}

/** `source` laid under `target`, nulls kept; writes into `target`. */
export function mergeTables(target: ValuesMap, source: ValuesMap, options: CoalesceOptions): ValuesMap {
  coalesceTables({ values: target, prefix: '' }, source, { ...options, merge: true });
  return target;
}

/** `source` laid under `target`, where nulls of the target delete what they meet; writes into `target`. */
export function underlayTables(target: ValuesMap, source: ValuesMap, options: CoalesceOptions): ValuesMap {
  coalesceTables({ values: target, prefix: '' }, source, { ...options, merge: false });
  return target;
}
