// Renders the templates of a chart: one execution each, in order, all within one budget.
import { Budget, type BudgetLimits, dictSet, GoError, LimitError, newDict } from '#gotemplate/index';
import type { HelmMajor } from '../chart/files-to-chart.ts';
import type { ChartNode } from '../chart/node.ts';
import { execFailure, RenderError } from './errors.ts';
import { type Lookup, newHost, withoutNoValue } from './host.ts';
import type { TemplateCache } from './template-cache.ts';
import { isPartial, type RenderValues, templateSources } from './template-sources.ts';
import { asValues } from './values-object.ts';

export interface RenderOptions {
  readonly helm: HelmMajor;
  readonly cache: TemplateCache;
  readonly limits?: BudgetLimits;
  readonly lookup?: Lookup;
}

/** The output of every template that is no partial, by full path, in the order of execution. */
export function renderTemplates(root: ChartNode, input: RenderValues, options: RenderOptions): Map<string, string> {
  const sources = templateSources(root, input, options.helm);
  const set = options.cache.get(sources);
  const host = newHost(options.lookup);
  const budget = new Budget(options.limits);
  const rendered = new Map<string, string>();
  for (const { name, basePath, context } of sources) {
    if (isPartial(name)) continue;
    const template = newDict();
    dictSet(template, 'Name', name);
    dictSet(template, 'BasePath', basePath);
    dictSet(context, 'Template', asValues(template, options.helm));
    try {
      const output = set.execute(name, asValues(context, options.helm), { host, budget });
      rendered.set(name, withoutNoValue(output));
    } catch (cause) {
      throw toRenderError(name, cause, options.helm);
    }
  }
  return rendered;
}

function toRenderError(name: string, cause: unknown, helm: HelmMajor): unknown {
  if (cause instanceof GoError) return execFailure(name, cause, helm);
  if (cause instanceof LimitError) return new RenderError(`${name}: ${cause.message}`, { cause });
  // The JavaScript stack ends before Go's would: a template that nests so deep is a fault of the chart all the same.
  if (cause instanceof RangeError) {
    return new RenderError(`${name}: templates nest too deep, or build a text that is too long`, { cause });
  }
  return cause;
}
