// Calls of functions and methods: the number of arguments, their types, errors of the function, and/or.
import { converter, wrapper, type Convert } from './argument.ts';
import type { ExpressionCompiler } from './expression.ts';
import type { GoFunction } from './function.ts';
import { nodeString, type CommandNode, type IdentifierNode, type Operand } from './node.ts';
import type { Node } from './node.ts';
import type { Eval, EvalFinal, State } from './state.ts';
import { ANY, isTrue, STRING, typeName, type GoMethod, type GoType, type Signature } from './value.ts';

/** A function as the closures call it. */
type Callable = (...args: unknown[]) => unknown;

interface CallSite {
  readonly node: IdentifierNode;
  /** The node errors of the function are about. */
  readonly at: CommandNode | IdentifierNode;
  readonly args: readonly Operand[];
  /** The value of the pipeline stage before comes as the last argument. */
  readonly final: boolean;
}

/** What is wrong with the number of arguments; undefined when nothing is. */
function countProblem(name: string, signature: Signature, given: number, final: boolean): string | undefined {
  const wanted = signature.params.length;
  const total = given + (final ? 1 : 0);
  if (signature.variadic === true) {
    return total < wanted - 1
      ? `wrong number of args for ${name}: want at least ${wanted - 1} got ${given}`
      : undefined;
  }
  return total === wanted ? undefined : `wrong number of args for ${name}: want ${wanted} got ${total}`;
}

function parameter(signature: Signature, at: number): GoType {
  return signature.params[Math.min(at, signature.params.length - 1)] ?? ANY;
}

/** Compiles the call of a function by name. */
export function call(compiler: ExpressionCompiler, site: CallSite): EvalFinal {
  const { node, at, args, final } = site;
  const name = node.ident;
  const found = compiler.findFunction(name);
  if (found === undefined) return failingAt(node, `"${name}" is not a defined function`);
  const { fn, builtin } = found;
  const problem = countProblem(name, fn, args.length, final);
  if (problem !== undefined) return failingAt(node, problem);
  const values = args.map((arg, index) => compiler.argument(arg, parameter(fn, index)));
  if (builtin && (name === 'and' || name === 'or')) return shortCircuit(node, values, { until: name === 'or', final });
  const target = builtin && name === 'call' ? callBuiltin(fn, args) : fn;
  const convert = final ? converter(parameter(fn, args.length)) : undefined;
  return invocation({ target, name, node, at, values, convert });
}

function failingAt(node: Node, message: string): EvalFinal {
  return (s) => {
    s.node = node;
    throw s.error(message);
  };
}

/** reflect.Value.String(). */
function describe(value: unknown): string {
  return typeof value === 'string' ? value : `<${typeName(value)} Value>`;
}

/** `call` is given the source form of what it calls, or that value's own description, for its error texts. */
function callBuiltin(fn: GoFunction, args: readonly Operand[]): GoFunction {
  const [callee] = args;
  const inner = fn.fn as Callable;
  const named = (...values: unknown[]): unknown => {
    return inner(callee === undefined ? describe(values[0]) : nodeString(callee), ...values);
  };
  return { ...fn, fn: named };
}

/** and, or: the operand that decides, and no more of them evaluated than needed. */
function shortCircuit(node: Node, values: readonly Eval[], how: { until: boolean; final: boolean }): EvalFinal {
  const { until, final } = how;
  return (s, dot, last) => {
    s.node = node;
    let value: unknown = undefined;
    for (const operand of values) {
      value = operand(s, dot);
      if (isTrue(value) === until) return value;
    }
    return final ? last : value;
  };
}

interface Invocation {
  readonly target: GoFunction;
  readonly name: string;
  readonly node: IdentifierNode;
  readonly at: Node;
  readonly values: readonly Eval[];
  /** For the value that comes from the stage before. */
  readonly convert: Convert | undefined;
}

/** What becomes of a result of a function. */
type Finish = (value: unknown, s: State) => unknown;

const keep: Finish = (value) => value;

/** Shorter texts come and go; those as long as this are counted, since sixty doublings make more than there is memory. */
const LONG_TEXT = 1 << 20;

const counted: Finish = (value, s) => {
  if (typeof value === 'string' && value.length > LONG_TEXT) s.run.budget.charge(value.length);
  return value;
};

function finisher(result: GoType | undefined): Finish {
  return result === STRING ? counted : (wrapper(result) ?? keep);
}

function invocation(parts: Invocation): EvalFinal {
  const { target, name, node, at, values, convert } = parts;
  const fn = target.fn as Callable;
  const finish = finisher(target.result);
  const [first, second] = values;
  if (target.contextual !== true && values.length <= 2) {
    if (convert === undefined) return direct(parts, fn, finish);
    if (first === undefined) {
      return (s, dot, final) => {
        s.node = node;
        const last = convert(s, final);
        try {
          return finish(fn(last), s);
        } catch (error) {
          throw s.callError(error, at, name);
        }
      };
    }
    if (second === undefined) {
      return (s, dot, final) => {
        s.node = node;
        const a = first(s, dot);
        const last = convert(s, final);
        try {
          return finish(fn(a, last), s);
        } catch (error) {
          throw s.callError(error, at, name);
        }
      };
    }
  }
  const contextual = target.contextual === true;
  return (s, dot, final) => {
    s.node = node;
    const args: unknown[] = contextual ? [s.run] : [];
    for (const value of values) args.push(value(s, dot));
    if (convert !== undefined) args.push(convert(s, final));
    try {
      return finish(fn(...args), s);
    } catch (error) {
      throw s.callError(error, at, name);
    }
  };
}

/** Up to two arguments and nothing from before: no array is made. */
function direct(parts: Invocation, fn: Callable, finish: Finish): Eval {
  const { name, node, at, values } = parts;
  const [first, second] = values;
  if (first === undefined) {
    return (s) => {
      s.node = node;
      try {
        return finish(fn(), s);
      } catch (error) {
        throw s.callError(error, at, name);
      }
    };
  }
  if (second === undefined) {
    return (s, dot) => {
      s.node = node;
      const a = first(s, dot);
      try {
        return finish(fn(a), s);
      } catch (error) {
        throw s.callError(error, at, name);
      }
    };
  }
  return (s, dot) => {
    s.node = node;
    const a = first(s, dot);
    const b = second(s, dot);
    try {
      return finish(fn(a, b), s);
    } catch (error) {
      throw s.callError(error, at, name);
    }
  };
}

interface MethodCall {
  readonly method: GoMethod;
  readonly receiver: unknown;
  readonly name: string;
  readonly node: Node;
}

interface MethodContext {
  readonly dot: unknown;
  readonly final: boolean;
  readonly value: unknown;
}

/** Calls a method on the receiver, with what its arguments evaluate to. */
export function callMethod(s: State, what: MethodCall, args: readonly Eval[], context?: MethodContext): unknown {
  const { method, receiver, name, node } = what;
  const final = context?.final === true;
  const problem = countProblem(name, method, args.length, final);
  if (problem !== undefined) throw s.error(problem);
  if (method.unusable !== undefined) throw s.error(method.unusable);
  const values = args.map((arg) => arg(s, context?.dot));
  if (final) values.push(converter(parameter(method, args.length))(s, context?.value));
  try {
    const result = (method.fn as Callable)(receiver, ...values);
    return finisher(method.result)(result, s);
  } catch (error) {
    throw s.callError(error, node, name);
  }
}
