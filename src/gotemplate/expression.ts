// Expressions to closures: operands, field chains, commands and pipelines.
import { canBeNil, converter, integerParameter, nilOf, type Convert } from './argument.ts';
import { call, callMethod } from './call.ts';
import { concrete, elementType, FieldReader, methodOf, type Origin } from './field.ts';
import type { FunctionMap, GoFunction } from './function.ts';
import {
  nodeString,
  type BoolNode,
  type ChainNode,
  type CommandNode,
  type DotNode,
  type FieldNode,
  type NilNode,
  type Node,
  type NumberNode,
  type Operand,
  type PipeNode,
  type StringNode,
  type VariableNode,
} from './node.ts';
import { Scope } from './scope.ts';
import type { MissingKey } from './set.ts';
import type { Eval, EvalFinal, State } from './state.ts';
import { ANY, goInt, GoComplex, REFLECT, type GoType } from './value.ts';

/** What a template is compiled with. */
export interface CompileOptions {
  readonly functions: FunctionMap;
  readonly builtins: FunctionMap;
  readonly missingKey: MissingKey;
}

/** Compiles the expressions of one template. */
export class ExpressionCompiler {
  readonly scope = new Scope();
  readonly #options: CompileOptions;
  readonly #reader: FieldReader;

  constructor(options: CompileOptions) {
    this.#options = options;
    this.#reader = new FieldReader(options.missingKey);
  }

  // --- pipelines ---

  /** A pipeline's value: never null, for an interface that holds nil is no value any more. Declares its variables. */
  pipeline(pipe: PipeNode): Eval {
    const value = this.#commands(pipe);
    if (pipe.decl.length === 0) return value;
    const stores = pipe.decl.map((variable) => this.#store(variable, pipe.isAssign));
    const [only] = stores;
    if (only !== undefined && stores.length === 1) {
      return (s, dot) => {
        const result = value(s, dot);
        only(s, result);
        return result;
      };
    }
    return (s, dot) => {
      const result = value(s, dot);
      for (const store of stores) store(s, result);
      return result;
    };
  }

  /** The value alone; the caller sees to the variables. */
  value(pipe: PipeNode): Eval {
    return this.#commands(pipe);
  }

  #store(variable: VariableNode, isAssign: boolean): (s: State, value: unknown) => void {
    const name = variable.ident[0] ?? '';
    const slot = isAssign ? this.scope.find(name)?.slot : this.scope.declare(name);
    return storeIn(slot, name);
  }

  #commands(pipe: PipeNode): Eval {
    const [first, ...rest] = pipe.cmds;
    if (first === undefined) return () => undefined;
    const start = this.#first(first, pipe);
    let value: Eval = (s, dot) => start(s, dot) ?? undefined;
    for (const command of rest) {
      const before = value;
      const stage = this.#stage(command);
      value = (s, dot) => stage(s, dot, before(s, dot)) ?? undefined;
    }
    return value;
  }

  /** The first command of a pipeline: nothing comes from before. */
  #first(command: CommandNode, pipe: PipeNode): Eval {
    const [word] = command.args;
    if (word === undefined) return () => undefined;
    switch (word.type) {
      case 'identifier':
        return call(this, { node: word, at: command, args: command.args.slice(1), final: false });
      case 'field':
      case 'chain':
      case 'variable': {
        return command.args.length === 1 ? this.#access(word) : this.#fields(word, command.args.slice(1), false);
      }
      case 'pipe': {
        if (command.args.length > 1) return atThen(pipe, notAFunction(word));
        return this.pipeline(word);
      }
      default:
        return command.args.length > 1 ? atThen(word, notAFunction(word)) : this.#constantCommand(word);
    }
  }

  /** A later command: the value before it is its last argument. */
  #stage(command: CommandNode): EvalFinal {
    const [word] = command.args;
    if (word === undefined) return () => undefined;
    switch (word.type) {
      case 'identifier':
        return call(this, { node: word, at: command, args: command.args.slice(1), final: true });
      case 'field':
      case 'chain':
      case 'variable':
        return this.#fields(word, command.args.slice(1), true);
      case 'pipe':
        return notAFunction(word);
      default:
        return atThen(word, notAFunction(word));
    }
  }

  #constantCommand(word: DotNode | NilNode | BoolNode | NumberNode | StringNode): Eval {
    if (word.type === 'nil') {
      return (s) => {
        s.node = word;
        throw s.error('nil is not a command');
      };
    }
    return this.#constant(word);
  }

  /** A constant (or dot) where its type is left to itself. */
  #constant(word: DotNode | BoolNode | NumberNode | StringNode): Eval {
    if (word.type === 'dot') {
      return (s, dot) => {
        s.node = word;
        return dot;
      };
    }
    const value = word.type === 'number' ? idealConstant(word) : word.type === 'bool' ? word.value : word.text;
    if (value === undefined) {
      return (s) => {
        s.node = word;
        throw s.error(`${word.type === 'number' ? word.text : ''} overflows int`);
      };
    }
    return (s) => {
      s.node = word;
      return value;
    };
  }

  // --- arguments ---

  /** An argument for a parameter of the type, in the form functions take it. */
  argument(node: Operand, type: GoType): Eval {
    const evaluated = this.#evaluated(node);
    if (evaluated !== undefined) return converted(evaluated, type);
    if (node.type === 'nil') {
      if (canBeNil(type)) {
        const nil = nilOf(type);
        return (s) => {
          s.node = node;
          return nil;
        };
      }
      return failing(node, `cannot assign nil to ${type.name}`);
    }
    return this.#constantArgument(node as BoolNode | NumberNode | StringNode, type);
  }

  /** Every operand that is computed; undefined for constants. */
  #evaluated(node: Operand): Eval | undefined {
    switch (node.type) {
      case 'dot':
        return this.#constant(node);
      case 'field':
      case 'variable':
      case 'chain':
        return this.#access(node);
      case 'pipe':
        return this.pipeline(node);
      case 'identifier':
        return call(this, { node, at: node, args: [], final: false });
      default:
        return undefined;
    }
  }

  #constantArgument(node: BoolNode | NumberNode | StringNode, type: GoType): Eval {
    if (type === ANY || type === REFLECT) return this.#constant(node);
    const value = constantFor(node, type);
    if (value === undefined) return failing(node, constantProblem(node, type));
    return (s) => {
      s.node = node;
      return value;
    };
  }

  // --- fields ---

  /** A chain without arguments. */
  #access(node: FieldNode | ChainNode | VariableNode): Eval {
    const { base, names, origin } = this.#chain(node);
    const [first, second, third] = names;
    if (first === undefined) {
      return (s, dot) => {
        s.node = node;
        return base(s, dot);
      };
    }
    const start = this.#step(first, origin, node);
    if (second === undefined) {
      return (s, dot) => {
        s.node = node;
        return start(s, base(s, dot), undefined);
      };
    }
    const next = this.#step(second, memberOrigin(first), node);
    if (third === undefined) {
      return (s, dot) => {
        s.node = node;
        const receiver = base(s, dot);
        const inner = start(s, receiver, undefined);
        return next(s, inner, receiver);
      };
    }
    const steps = names.map((name, at) => (at === 0 ? start : this.#step(name, memberOrigin(names[at - 1]), node)));
    return (s, dot) => {
      s.node = node;
      let container: unknown = undefined;
      let receiver = base(s, dot);
      for (const step of steps) {
        const value = step(s, receiver, container);
        container = receiver;
        receiver = value;
      }
      return receiver;
    };
  }

  /** What a chain starts from. */
  #chain(node: FieldNode | ChainNode | VariableNode): { base: Eval; names: readonly string[]; origin: StepOrigin } {
    if (node.type === 'field') {
      return { base: (_, dot) => dot, names: node.ident, origin: withoutContainer(this.scope.dotOrigin) };
    }
    if (node.type === 'variable') {
      const [name = '', ...names] = node.ident;
      const variable = this.scope.find(name);
      if (variable === undefined)
        return { base: failing(node, `undefined variable: ${name}`), names, origin: withoutContainer(concrete) };
      const { slot } = variable;
      return { base: (s) => s.vars[slot], names, origin: withoutContainer(variable.origin) };
    }
    if (node.node.type === 'nil') {
      const base = failing(node, `indirection through explicit nil in ${nodeString(node)}`);
      return { base, names: node.fields, origin: withoutContainer(concrete) };
    }
    const base = this.#evaluated(node.node) ?? (() => undefined);
    return { base, names: node.fields, origin: withoutContainer(concrete) };
  }

  /** One field of a chain, without arguments: a method, a struct's field or a map's key. */
  #step(name: string, origin: StepOrigin, node: Node): Step {
    const reader = this.#reader;
    return (s, receiver, container) => {
      if (typeof receiver === 'object' && receiver !== null) {
        const prototype: unknown = Object.getPrototypeOf(receiver);
        if (prototype === null || prototype === Object.prototype) {
          return reader.ofDict(s, receiver as Record<string, unknown>, name);
        }
        const method = methodOf(receiver, name);
        if (method !== undefined) return callMethod(s, { method, receiver, name, node }, []);
      }
      return reader.read(s, receiver, name, () => origin(s, receiver, container));
    };
  }

  /** A chain whose last field may be a method that takes arguments. */
  #fields(node: FieldNode | ChainNode | VariableNode, args: readonly Operand[], final: boolean): EvalFinal {
    const { base, names, origin } = this.#chain(node);
    const last = names.at(-1);
    if (last === undefined) {
      const start = base;
      const fail = notAFunction(node);
      return (s, dot) => {
        s.node = node;
        start(s, dot);
        return fail(s);
      };
    }
    const steps = names
      .slice(0, -1)
      .map((name, at) => this.#step(name, at === 0 ? origin : memberOrigin(names[at - 1]), node));
    const lastOrigin = names.length === 1 ? origin : memberOrigin(names.at(-2));
    // Which parameter types the arguments have is known only when the method is: they are compiled once for each.
    const compile = this.scope.captured((types: (at: number) => GoType): Eval[] => {
      return args.map((arg, at) => this.argument(arg, types(at)));
    });
    const cache = new Map<unknown, readonly Eval[]>();
    const reader = this.#reader;
    return (s, dot, value) => {
      s.node = node;
      let container: unknown = undefined;
      let receiver = base(s, dot);
      for (const step of steps) {
        const inner = step(s, receiver, container);
        container = receiver;
        receiver = inner;
      }
      const method = methodOf(receiver, last);
      if (method === undefined) {
        if (receiver === undefined) return reader.read(s, receiver, last, () => '');
        const from = container;
        const subject = receiver;
        throw reader.arguments(s, receiver, last, () => lastOrigin(s, subject, from));
      }
      let compiled = cache.get(method);
      if (compiled === undefined) {
        compiled = compile((at) => method.params[Math.min(at, method.params.length - 1)] ?? ANY);
        cache.set(method, compiled);
      }
      return callMethod(s, { method, receiver, name: last, node }, compiled, { dot, final, value });
    };
  }

  /** The function of this name, and whether it is Go's own. */
  findFunction(name: string): { fn: GoFunction; builtin: boolean } | undefined {
    const own = this.#options.functions.get(name);
    if (own !== undefined) return { fn: own, builtin: false };
    const fn = this.#options.builtins.get(name);
    return fn === undefined ? undefined : { fn, builtin: true };
  }
}

/** One field of a chain: the value before it, and what that value was taken from. */
type Step = (s: State, receiver: unknown, container: unknown) => unknown;
type StepOrigin = (s: State, value: unknown, container: unknown) => string;

function withoutContainer(origin: Origin): StepOrigin {
  return (s, value) => origin(s, value);
}

/** The static type of what the field of this name gave: a method's result is what it is. */
function memberOrigin(name = ''): StepOrigin {
  return (s, value, container) => {
    return methodOf(container, name) === undefined ? elementType(container, value) : concrete(s, value);
  };
}

/** Writes a variable; a name that is not set when this is reached is an error. */
export function storeIn(slot: number | undefined, name: string): (s: State, value: unknown) => void {
  if (slot === undefined) {
    return (s) => {
      throw s.error(`undefined variable: ${name}`);
    };
  }
  return (s, value) => {
    s.vars[slot] = value;
  };
}

function converted(value: Eval, type: GoType): Eval {
  if (type === REFLECT) return value;
  const convert: Convert = converter(type);
  return (s, dot) => convert(s, value(s, dot));
}

function failing(node: Node, message: string): Eval {
  return (s) => {
    s.node = node;
    throw s.error(message);
  };
}

/** Sets the node, then goes on. */
function atThen(node: Node, then: Eval): Eval {
  return (s, dot) => {
    s.node = node;
    return then(s, dot);
  };
}

function notAFunction(word: Node): (s: State) => never {
  return (s) => {
    throw s.error(`can't give argument to non-function ${nodeString(word)}`);
  };
}

/** The value of a number whose syntax alone says its type; undefined when it is too large for an int. */
function idealConstant(node: NumberNode): unknown {
  const { complex, float, int } = node.value;
  if (complex !== undefined) return new GoComplex(complex.real, complex.imag);
  const isHex = /^0[xX]/.test(node.text) && node.text.length > 2 && !/[pP]/.test(node.text);
  const isRune = node.text.startsWith("'");
  if (float !== undefined && !isHex && !isRune && /[.eEpP]/.test(node.text)) return float;
  return int === undefined ? undefined : goInt(int);
}

/** A constant as a parameter of the type; undefined when it cannot be one. */
function constantFor(node: BoolNode | NumberNode | StringNode, type: GoType): unknown {
  switch (type.kind) {
    case 'bool':
      return node.type === 'bool' ? node.value : undefined;
    case 'string':
      return node.type === 'string' ? node.text : undefined;
    case 'float32':
    case 'float64':
      return node.type === 'number' ? node.value.float : undefined;
    case 'complex128': {
      const complex = node.type === 'number' ? node.value.complex : undefined;
      return complex === undefined ? undefined : new GoComplex(complex.real, complex.imag);
    }
    case 'int':
    case 'int8':
    case 'int16':
    case 'int32':
    case 'int64': {
      const int = node.type === 'number' ? node.value.int : undefined;
      return int === undefined ? undefined : integerParameter(int, type);
    }
    case 'uint':
    case 'uint8':
    case 'uint16':
    case 'uint32':
    case 'uint64':
    case 'uintptr': {
      const uint = node.type === 'number' ? node.value.uint : undefined;
      return uint === undefined ? undefined : integerParameter(uint, type);
    }
    default:
      return undefined;
  }
}

function constantProblem(node: Node, type: GoType): string {
  const found = nodeString(node);
  switch (type.kind) {
    case 'bool':
    case 'string':
      return `expected ${type.kind}; found ${found}`;
    case 'float32':
    case 'float64':
      return `expected float; found ${found}`;
    case 'complex128':
      return `expected complex; found ${found}`;
    case 'int':
    case 'int8':
    case 'int16':
    case 'int32':
    case 'int64':
      return `expected integer; found ${found}`;
    case 'uint':
    case 'uint8':
    case 'uint16':
    case 'uint32':
    case 'uint64':
    case 'uintptr':
      return `expected unsigned integer; found ${found}`;
    default:
      return `can't handle ${found} for arg of type ${type.name}`;
  }
}
