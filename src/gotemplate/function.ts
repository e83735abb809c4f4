// Functions that templates call: their types as Go declares them, and how arguments and results cross the border.
import type { Signature } from './value.ts';
import type { Budget } from './budget.ts';

/**
 * A function of the template language.
 *
 * The engine checks the number and the types of arguments against `params` first, with Go's error texts, and passes each one
 * in the JavaScript form of its *parameter* type:
 *
 *   STRING → string · BOOL → boolean · INT and every integer but int64 → number · INT64 → bigint · FLOAT64 → number
 *   LIST, STRINGS… → array (null for a nil slice) · DICT, STRING_MAP → Dict (null for a nil map; chartutil.Values arrive as
 *   their entries) · BYTES → Uint8Array · ANY and interfaces → the value itself, null for nil (never undefined)
 *
 * The result is in the form of its `result` type by the same table: with `result: INT` return a number, with `result: LIST`
 * null makes a nil slice, with `result: STRINGS` return a plain array of strings. With ANY (the default) return a value of
 * the model: there a `number` is a float64, and an int is `goInt(n)`.
 *
 * An error (Go's second result, or a panic) is thrown as GoError.
 */
export interface GoFunction extends Signature {
  /** A variadic function gets the variadic arguments one by one: declare a rest parameter. */
  readonly fn: (...args: never[]) => unknown;
  /** The function gets the Execution as its first argument, before those of the template. */
  readonly contextual?: boolean;
}

/** Functions by the name templates use. */
export type FunctionMap = ReadonlyMap<string, GoFunction>;

/** What parsing a text gives: that text's own template, to be rendered even if the set keeps an older one of its name. */
export interface TemplateHandle {
  readonly name: string;
}

/** A parsed set of templates, as functions see it. */
export interface TemplateSetView {
  /** A set that sees every template of this one; definitions parsed into it stay in it. Cheap: nothing is copied. */
  clone(): TemplateSetView;
  /**
   * Parses a text as the template `name`, with all its definitions. Throws ParseError. As in Go, a text (or definition)
   * of white space only does not replace a template that exists: render the handle, not the name, as `tpl` must.
   */
  parse(name: string, text: string): TemplateHandle;
  has(name: string): boolean;
}

/** One run of a template set, handed to contextual functions (`include`, `tpl`, `lookup`, …). */
export interface Execution {
  /** The set that is executing: inside `tpl`, its clone. */
  readonly set: TemplateSetView;
  /** Whatever the caller of `execute` injected: per-render state and the outside world. */
  readonly host: unknown;
  /** Shared by everything in this run. Charge it before building something large. */
  readonly budget: Budget;
  /**
   * Executes a template of the set (or of the clone given) to a string, within the same budget. Throws ExecError; for an
   * unknown name its message is `template: no template "x" associated with template "gotpl"`.
   */
  render(template: string | TemplateHandle, data: unknown, set?: TemplateSetView): string;
}

/** Convenience for tests and callers: builds a map from a record. */
export function functionMap(functions: { readonly [name: string]: GoFunction }): FunctionMap {
  return new Map(Object.entries(functions));
}
