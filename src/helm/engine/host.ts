// The late-bound functions: include, tpl and lookup, which need the set being rendered and the world outside.
import {
  type Dict,
  type Execution,
  GoError,
  LimitError,
  ParseError,
  type TemplateHandle,
  type TemplateSetView,
} from '#gotemplate/index';
import { quote as goQuote } from '#lib/go-quote';
import type { EngineHooks, LookupQuery } from '../functions/hooks.ts';

/** Finds objects of the cluster for `lookup`; `{}` when there is none. Synchronous, as templates are. */
export type Lookup = (query: LookupQuery) => Dict;

/** What one render carries through its template executions. */
export interface RenderHost {
  /** How often each template is being included right now. */
  readonly included: Map<string, number>;
  /** How many texts given to `tpl` are being executed, each within the one before. */
  tplDepth: number;
  readonly lookup: Lookup | undefined;
}

export function newHost(lookup?: Lookup): RenderHost {
  return { included: new Map(), tplDepth: 0, lookup };
}

/** How deep one template may include itself, by whatever way. */
const maxNested = 1000;

/** The same for texts of `tpl`. Each level quotes its text in the error, so that the levels have to be few. */
const maxTplDepth = 500;

/** The name Helm gives every text that `tpl` parses. */
const tplName = 'gotpl';

export const engineHooks: EngineHooks = {
  include(execution, name, data) {
    const { included } = hostOf(execution);
    const count = included.get(name) ?? 0;
    if (count > maxNested) {
      throw new GoError(`rendering template has a nested reference name: ${name}: unable to execute template`);
    }
    included.set(name, count + 1);
    const output = execution.render(name, data);
    included.set(name, count);
    return output;
  },

  tpl(execution, text, data) {
    // Most texts given to tpl hold no action: nothing to parse, nothing to look up.
    if (!text.includes('{{')) return withoutNoValue(text);
    const host = hostOf(execution);
    if (host.tplDepth >= maxTplDepth) throw new LimitError(`tpl nests too deep: more than ${maxTplDepth} times`);
    const set = execution.set.clone();
    // The text itself is executed, not what its name leads to: a text without content leaves an outer tpl's in place.
    const template = parseText(set, text);
    const depth = host.tplDepth++;
    try {
      return withoutNoValue(execution.render(template, data, set));
    } catch (cause) {
      if (!(cause instanceof GoError)) throw cause;
      throw new GoError(`error during tpl function execution for ${goQuote(text)}: ${cause.message}`, { cause });
    } finally {
      host.tplDepth = depth;
    }
  },

  lookup(execution, query) {
    return hostOf(execution).lookup?.(query) ?? {};
  },
};

function parseText(set: TemplateSetView, text: string): TemplateHandle {
  try {
    return set.parse(tplName, text);
  } catch (cause) {
    if (!(cause instanceof ParseError)) throw cause;
    throw new GoError(`cannot parse template ${goQuote(text)}: ${cause.message}`, { cause });
  }
}

function hostOf(execution: Execution): RenderHost {
  return execution.host as RenderHost;
}

/** Go writes this for what is missing, and Helm removes it, wherever it came from. */
export function withoutNoValue(text: string): string {
  return text.includes('<no value>') ? text.replaceAll('<no value>', '') : text;
}
