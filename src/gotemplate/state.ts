// One execution: what runs, where it stands (for errors), what it has written.
import { quote } from '#lib/go-quote';
import { byteLength } from '#lib/go-string';
import type { Budget } from './budget.ts';
import { ExecError, GoError, LimitError } from './errors.ts';
import type { Execution, TemplateHandle, TemplateSetView } from './function.ts';
import { nodeString, type Node, type Tree } from './node.ts';

/** How a list of statements ended. */
export const NORMAL = 0;
export const BREAK = 1;
export const CONTINUE = 2;

/** A statement, compiled. */
export type Exec = (s: State, dot: unknown) => number;
/** An expression, compiled. Gives undefined for an invalid value, null for a nil interface. */
export type Eval = (s: State, dot: unknown) => unknown;
/** An expression that takes the value of the pipeline stage before it. */
export type EvalFinal = (s: State, dot: unknown, final?: unknown) => unknown;

/** A template ready to run. */
export interface Program {
  readonly tree: Tree;
  readonly body: Exec;
  /** Variables it needs room for; the first is `$`. */
  readonly slots: number;
}

/** A template of a set: compiled when first executed. */
export interface Template extends TemplateHandle {
  readonly tree: Tree;
  program(): Program;
}

/** What the engine itself needs of a set. */
export interface Lookup extends TemplateSetView {
  readonly name: string;
  lookup(name: string): Template | undefined;
}

/** Where output goes. */
export interface Sink {
  text: string;
}

/** One template being executed. */
export class State {
  readonly run: Run;
  readonly tree: Tree;
  readonly sink: Sink;
  readonly vars: unknown[];
  /** The node errors are about: as Go sets it while it walks. */
  node: Node;

  constructor(run: Run, program: Program, sink: Sink, dot: unknown) {
    this.run = run;
    this.tree = program.tree;
    this.sink = sink;
    this.vars = [dot];
    for (let slot = 1; slot < program.slots; slot++) this.vars.push(undefined);
    this.node = program.tree.root;
  }

  write(text: string): void {
    this.run.budget.charge(text.length);
    this.sink.text += text;
  }

  /** The error for what went wrong at the current node. */
  error(text: string, cause?: GoError): ExecError {
    const location = locate(this.tree, this.node.pos);
    return new ExecError({ location, executing: this.tree.name, context: nodeString(this.node), text }, cause);
  }

  /** What to throw when the function called at `node` has thrown. */
  callError(error: unknown, node: Node, name: string): unknown {
    if (!(error instanceof GoError)) return error;
    this.node = node;
    return this.error(`error calling ${name}: `, error);
  }
}

/** `name:line:column`, the column in bytes from 0. */
export function locate(tree: Tree, pos: number): string {
  const before = tree.text.slice(0, pos);
  const lineStart = before.lastIndexOf('\n') + 1;
  let line = 1;
  for (let at = before.indexOf('\n'); at >= 0; at = before.indexOf('\n', at + 1)) line++;
  return `${tree.parseName}:${line}:${byteLength(before.slice(lineStart))}`;
}

/** Everything executed for one call of `execute`, or for one `tpl` within it. */
export class Run implements Execution {
  readonly set: Lookup;
  readonly host: unknown;
  readonly budget: Budget;
  depth: number;

  constructor(set: Lookup, host: unknown, budget: Budget, depth: number) {
    this.set = set;
    this.host = host;
    this.budget = budget;
    this.depth = depth;
  }

  render(template: string | TemplateHandle, data: unknown, set?: TemplateSetView): string {
    const within =
      set === undefined || set === this.set ? this : new Run(set as Lookup, this.host, this.budget, this.depth);
    const { name } = typeof template === 'string' ? { name: template } : template;
    const found = typeof template === 'string' ? within.set.lookup(name) : (template as Template);
    if (found === undefined) {
      throw new ExecError(`template: no template ${quote(name)} associated with template ${quote(within.set.name)}`);
    }
    return within.#execute(found.program(), data);
  }

  #execute(program: Program, data: unknown): string {
    const sink: Sink = { text: '' };
    const depth = this.depth++;
    // A nil interface handed in is an invalid value, as reflect.ValueOf(nil) is.
    const dot = data ?? undefined;
    const state = new State(this, program, sink, dot);
    try {
      program.body(state, dot);
    } catch (error) {
      throw translate(error, state);
    }
    this.depth = depth;
    return sink.text;
  }
}

/** Errors of the JavaScript engine that a template can bring about. */
export function translate(error: unknown, state: State): unknown {
  if (!(error instanceof RangeError)) return error;
  if (error.message.includes('call stack')) {
    return state.error('exceeded maximum template depth (100000)');
  }
  if (/string length|array length|BigInt/i.test(error.message)) {
    return new LimitError('the templates build a value that is too large', { cause: error });
  }
  return error;
}
