// Parsed templates of a chart. They depend on which charts take part and under which names, so a chart has one set for each
// such combination; a second render with the same one parses nothing.
import { type FunctionMap, newTemplateSet, ParseError, type TemplateSet } from '#gotemplate/index';
import { fromBytes } from '#lib/go-string';
import { parseFailure } from './errors.ts';
import type { TemplateSource } from './template-sources.ts';

/** Combinations kept per chart. */
const maxSets = 8;

interface Entry {
  readonly sources: readonly TemplateSource[];
  readonly set: TemplateSet;
}

export class TemplateCache {
  readonly #functions: FunctionMap;
  readonly #entries: Entry[] = [];

  constructor(functions: FunctionMap) {
    this.#functions = functions;
  }

  /** The set of these templates. Throws RenderError when one of them does not parse. */
  get(sources: readonly TemplateSource[]): TemplateSet {
    const known = this.#entries.find((entry) => sameTemplates(entry.sources, sources));
    if (known !== undefined) return known.set;
    const set = this.#parse(sources);
    if (this.#entries.length >= maxSets) this.#entries.shift();
    this.#entries.push({ sources: sources.map(withoutContext), set });
    return set;
  }

  #parse(sources: readonly TemplateSource[]): TemplateSet {
    const set = newTemplateSet({ name: 'gotpl', missingKey: 'zero', functions: this.#functions });
    for (const { name, file } of sources) {
      try {
        set.parse(name, fromBytes(file.data));
      } catch (cause) {
        if (cause instanceof ParseError) throw parseFailure(name, cause);
        throw cause;
      }
    }
    return set;
  }
}

function sameTemplates(a: readonly TemplateSource[], b: readonly TemplateSource[]): boolean {
  return a.length === b.length && a.every(({ name, file }, i) => name === b[i]?.name && file === b[i].file);
}

/** The values of a render must not live as long as its templates. */
function withoutContext(source: TemplateSource): TemplateSource {
  return { ...source, context: {} };
}
