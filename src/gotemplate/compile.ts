// Statements to closures: what a template does, decided once.
import { quote } from '#lib/go-quote';
import { sortStrings } from '#lib/go-string';
import { ExpressionCompiler, storeIn, type CompileOptions } from './expression.ts';
import type { ListNode, PipeNode, Statement, TemplateNode, Tree, BranchNode, ActionNode } from './node.ts';
import { printIndirect, printResult, printValue } from './print.ts';
import { elementOf } from './scope.ts';
import { BREAK, CONTINUE, NORMAL, State, type Exec, type Program } from './state.ts';
import { concrete } from './field.ts';
import { goInt, GoInt, intValue, isTrue, mapEntries } from './value.ts';

/** Compiles one tree. */
export function compile(tree: Tree, options: CompileOptions): Program {
  const compiler = new StatementCompiler(options);
  const body = compiler.list(tree.root);
  return { tree, body, slots: compiler.slots };
}

class StatementCompiler {
  readonly #expressions: ExpressionCompiler;

  constructor(options: CompileOptions) {
    this.#expressions = new ExpressionCompiler(options);
  }

  get slots(): number {
    return this.#expressions.scope.slots;
  }

  list(list: ListNode): Exec {
    const parts = list.nodes.map((node) => this.#statement(node));
    const [only] = parts;
    if (only === undefined) return () => NORMAL;
    const steps = parts.length;
    if (steps === 1) {
      return (s, dot) => {
        s.run.budget.step();
        return only(s, dot);
      };
    }
    return (s, dot) => {
      s.run.budget.step(steps);
      for (const part of parts) {
        const end = part(s, dot);
        if (end !== NORMAL) return end;
      }
      return NORMAL;
    };
  }

  /** The body of a branch, compiled when first reached: much of a chart is switched off. */
  #later(list: ListNode): Exec {
    if (list.nodes.every((node) => node.type === 'text')) return this.list(list);
    const compile = this.#expressions.scope.captured(() => this.list(list));
    let compiled: Exec | undefined;
    return (s, dot) => {
      compiled ??= compile();
      return compiled(s, dot);
    };
  }

  #statement(node: Statement): Exec {
    switch (node.type) {
      case 'text': {
        const { text } = node;
        return (s) => {
          s.write(text);
          return NORMAL;
        };
      }
      case 'action':
        return this.#action(node);
      case 'if':
      case 'with':
        return this.#ifOrWith(node);
      case 'range':
        return this.#range(node);
      case 'template':
        return this.#template(node);
      case 'break':
        return () => BREAK;
      case 'continue':
        return () => CONTINUE;
    }
  }

  #action(node: ActionNode): Exec {
    const value = this.#expressions.pipeline(node.pipe);
    if (node.pipe.decl.length > 0) {
      return (s, dot) => {
        value(s, dot);
        return NORMAL;
      };
    }
    return (s, dot) => {
      const result = value(s, dot);
      s.write(typeof result === 'string' ? result : printResult(result));
      return NORMAL;
    };
  }

  #ifOrWith(node: BranchNode): Exec {
    const { scope } = this.#expressions;
    const mark = scope.mark;
    const value = this.#expressions.pipeline(node.pipe);
    const inner = scope.mark;
    const origin = scope.dotOrigin;
    if (node.type === 'with') scope.dotOrigin = concrete;
    const list = this.#later(node.list);
    scope.dotOrigin = origin;
    // What the first list declares is gone when the second one runs.
    scope.pop(inner);
    const otherwise = node.elseList === undefined ? undefined : this.#later(node.elseList);
    scope.pop(mark);
    const rebinds = node.type === 'with';
    return (s, dot) => {
      const result = value(s, dot);
      if (isTrue(result)) return list(s, rebinds ? result : dot);
      return otherwise === undefined ? NORMAL : otherwise(s, dot);
    };
  }

  #template(node: TemplateNode): Exec {
    const value = node.pipe === undefined ? undefined : this.#expressions.pipeline(node.pipe);
    const { name } = node;
    return (s, dot) => {
      s.node = node;
      const { run } = s;
      const template = run.set.lookup(name);
      if (template === undefined) throw s.error(`template ${quote(name)} not defined`);
      if (run.depth >= run.budget.maxDepth) throw s.error(`exceeded maximum template depth (${run.budget.maxDepth})`);
      const data = value === undefined ? undefined : value(s, dot);
      const program = template.program();
      run.depth++;
      program.body(new State(run, program, s.sink, data), data);
      run.depth--;
      return NORMAL;
    };
  }

  #range(node: BranchNode): Exec {
    const { scope } = this.#expressions;
    const mark = scope.mark;
    const value = this.#expressions.value(node.pipe);
    const container = scope.hidden();
    const { index, element, both } = this.#rangeVariables(node.pipe, container);
    const inner = scope.mark;
    const origin = scope.dotOrigin;
    scope.dotOrigin = elementOf(container);
    const body = this.#later(node.list);
    scope.dotOrigin = origin;
    scope.pop(inner);
    const otherwise = node.elseList === undefined ? undefined : this.#later(node.elseList);
    scope.pop(mark);
    const loop: Loop = { body, index, element, both };
    return (s, dot) => {
      const list = value(s, dot);
      s.vars[container] = list;
      // The variables hold the whole value until the first round, and in the else list.
      element?.(s, list);
      index?.(s, list);
      if (iterate(s, list, loop)) return NORMAL;
      return otherwise === undefined ? NORMAL : otherwise(s, dot);
    };
  }

  #rangeVariables(pipe: PipeNode, container: number): Pick<Loop, 'index' | 'element' | 'both'> {
    const { scope } = this.#expressions;
    const [first, second] = pipe.decl;
    if (first === undefined) return { index: undefined, element: undefined, both: false };
    const store = (name: string, isElement: boolean): Store => {
      if (pipe.isAssign) return storeIn(scope.find(name)?.slot, name);
      return storeIn(scope.declare(name, isElement ? elementOf(container) : concrete), name);
    };
    const firstName = first.ident[0] ?? '';
    if (second === undefined) return { index: undefined, element: store(firstName, true), both: false };
    const index = store(firstName, false);
    return { index, element: store(second.ident[0] ?? '', true), both: true };
  }
}

type Store = (s: State, value: unknown) => void;

interface Loop {
  readonly body: Exec;
  readonly index: Store | undefined;
  readonly element: Store | undefined;
  readonly both: boolean;
}

/** One round after the other; false when there was none. */
function iterate(s: State, value: unknown, loop: Loop): boolean {
  if (value === undefined) return false;
  if (Array.isArray(value)) return overList(s, value, loop);
  if (value instanceof Uint8Array)
    return overList(
      s,
      Array.from(value, (byte) => new GoInt(UINT8_TYPE, BigInt(byte))),
      loop,
    );
  const entries = mapEntries(value);
  if (entries !== undefined) return overMap(s, entries, loop);
  const count = intValue(value);
  if (count !== undefined) return overInteger(s, value, count, loop);
  throw s.error(`range can't iterate over ${printIndirect(value)}`);
}

const UINT8_TYPE = { name: 'uint8', kind: 'uint8' } as const;

function overList(s: State, list: readonly unknown[], loop: Loop): boolean {
  const { body, index, element } = loop;
  const { length } = list;
  for (let at = 0; at < length; at++) {
    const item = list[at];
    index?.(s, goInt(at));
    element?.(s, item);
    if (body(s, item) === BREAK) return true;
  }
  return length > 0;
}

function overMap(s: State, entries: Readonly<Record<string, unknown>>, loop: Loop): boolean {
  const { body, index, element } = loop;
  const keys = sortStrings(Object.keys(entries));
  // Keys and values are those of the beginning, whatever the body does to the map.
  const values = keys.map((key) => entries[key]);
  for (const [at, key] of keys.entries()) {
    const item = values[at];
    index?.(s, key);
    element?.(s, item);
    if (body(s, item) === BREAK) return true;
  }
  return keys.length > 0;
}

function overInteger(s: State, value: unknown, count: bigint, loop: Loop): boolean {
  if (loop.both) throw s.error(`can't use ${printValue(value)} to iterate over more than one variable`);
  const { body, element } = loop;
  const make =
    value instanceof GoInt ? (at: bigint): unknown => new GoInt(value.type, at) : (at: bigint): unknown => at;
  for (let at = 0n; at < count; at++) {
    s.run.budget.step();
    const item = make(at);
    element?.(s, item);
    if (body(s, item) === BREAK) return true;
  }
  return count > 0n;
}
