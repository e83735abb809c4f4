// A set of templates: what was parsed together and can call each other by name.
import type { BudgetLimits, Budget } from './budget.ts';
import type { FunctionMap, TemplateSetView } from './function.ts';

/** What a missing map key gives: `default` and `zero` differ for printing only; `error` stops the execution. */
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
  /** Executes the template of this name. Throws ExecError; LimitError when the budget ends. */
  execute(name: string, data: unknown, options?: ExecuteOptions): string;
}
