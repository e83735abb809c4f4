// A set of templates: what was parsed together and can call each other by name.
import { Budget, type BudgetLimits } from './budget.ts';
import { builtins } from './builtins.ts';
import { compile } from './compile.ts';
import type { CompileOptions } from './expression.ts';
import type { FunctionMap, TemplateHandle, TemplateSetView } from './function.ts';
import { isEmptyList, type Tree } from './node.ts';
import { parseText } from './parse.ts';
import { Run, type Lookup, type Program, type Template } from './state.ts';

/** What a missing map key gives: `default` no value, `zero` the zero value of the map's elements; `error` stops. */
export type MissingKey = 'default' | 'zero' | 'error';

export interface TemplateSetOptions {
  /** Functions beside Go's builtins (which they may shadow). */
  readonly functions?: FunctionMap;
  /** @default 'default' */
  readonly missingKey?: MissingKey;
  /** Name of the set itself, as in `no template "x" associated with template "gotpl"`. @default 'gotpl' */
  readonly name?: string;
}

export interface ExecuteOptions {
  /** Handed to contextual functions as `execution.host`. */
  readonly host?: unknown;
  /** A budget shared by several executions, or the limits of this one. */
  readonly budget?: Budget | BudgetLimits;
}

/** Parsed once, executed as often as wanted, by several renders with different data, hosts and budgets. */
export interface TemplateSet extends TemplateSetView {
  clone(): TemplateSet;
  /** The names of all templates, in no particular order. */
  names(): string[];
  /** Executes a template. Throws ExecError; LimitError when the budget ends. */
  execute(template: string | TemplateHandle, data: unknown, options?: ExecuteOptions): string;
}

/** An empty set. */
export function newTemplateSet(options: TemplateSetOptions = {}): TemplateSet {
  return new Templates(new Shared(options));
}

/** A parsed template; its closures are made when it first runs. */
class ParsedTemplate implements Template {
  readonly name: string;
  readonly tree: Tree;
  readonly #options: CompileOptions;
  #program: Program | undefined;

  constructor(tree: Tree, options: CompileOptions) {
    this.name = tree.name;
    this.tree = tree;
    this.#options = options;
  }

  program(): Program {
    this.#program ??= compile(this.tree, this.#options);
    return this.#program;
  }
}

/** Texts that clones parse (each `tpl` does) come again and again: so much of them is kept. */
const CACHED_CHARACTERS = 4 * 1024 * 1024;

/** What a set and all its clones have in common. */
class Shared {
  readonly name: string;
  readonly #options: CompileOptions;
  readonly #parsed = new Map<string, readonly ParsedTemplate[]>();
  #characters = 0;

  constructor(options: TemplateSetOptions) {
    this.name = options.name ?? 'gotpl';
    this.#options = {
      functions: options.functions ?? new Map(),
      builtins: builtins(),
      missingKey: options.missingKey ?? 'default',
    };
  }

  parse(name: string, text: string): readonly ParsedTemplate[] {
    const { functions, builtins } = this.#options;
    const trees = parseText(name, text, (fn) => functions.has(fn) || builtins.has(fn));
    return Array.from(trees.values(), (tree) => new ParsedTemplate(tree, this.#options));
  }

  /** As parse, remembering the result. */
  parseAgain(name: string, text: string): readonly ParsedTemplate[] {
    const key = `${name}\n${text}`;
    const known = this.#parsed.get(key);
    if (known !== undefined) return known;
    const templates = this.parse(name, text);
    if (this.#characters + key.length > CACHED_CHARACTERS) {
      this.#parsed.clear();
      this.#characters = 0;
    }
    if (key.length <= CACHED_CHARACTERS) {
      this.#parsed.set(key, templates);
      this.#characters += key.length;
    }
    return templates;
  }
}

class Templates implements TemplateSet, Lookup {
  readonly #shared: Shared;
  /** The original, for a clone. */
  readonly #original: Templates | undefined;
  readonly #own: Map<string, ParsedTemplate>;

  constructor(shared: Shared, original?: Templates, own?: ReadonlyMap<string, ParsedTemplate>) {
    this.#shared = shared;
    this.#original = original;
    this.#own = new Map(own);
  }

  get name(): string {
    return this.#shared.name;
  }

  clone(): Templates {
    // Of a clone only the little that was parsed into it is copied: clones of clones stay one step from the original.
    return this.#original === undefined
      ? new Templates(this.#shared, this)
      : new Templates(this.#shared, this.#original, this.#own);
  }

  has(name: string): boolean {
    return this.lookup(name) !== undefined;
  }

  names(): string[] {
    return [...new Set([...this.#own.keys(), ...(this.#original?.names() ?? [])])];
  }

  lookup(name: string): ParsedTemplate | undefined {
    return this.#own.get(name) ?? this.#original?.lookup(name);
  }

  parse(name: string, text: string): TemplateHandle {
    const templates =
      this.#original === undefined ? this.#shared.parse(name, text) : this.#shared.parseAgain(name, text);
    let main: ParsedTemplate | undefined;
    for (const template of templates) {
      if (template.name === name) main = template;
      const old = this.lookup(template.name);
      if (old === undefined || !isEmptyList(template.tree.root)) this.#own.set(template.name, template);
    }
    return main ?? { name };
  }

  execute(template: string | TemplateHandle, data: unknown, options: ExecuteOptions = {}): string {
    const budget = options.budget instanceof Budget ? options.budget : new Budget(options.budget);
    return new Run(this, options.host, budget, 0).render(template, data);
  }
}
