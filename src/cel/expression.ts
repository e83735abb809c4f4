// A compiled expression: read once, evaluated with many values, each time within a budget.
import { celEnv, isCelError, isCelList, isCelMap, plan, type CelResult } from '@bufbuild/cel';
import { errorMessage } from '#lib/errors';
import { GoRegexp } from '#lib/go-regexp';
import { checkNames, checkOutput, type OutputType } from './checks.ts';
import { CelEvaluationError } from './errors.ts';
import { environmentFunctions, spendFunction } from './functions.ts';
import { parseExpression, walk, type Expr, type ParsedExpression } from './syntax.ts';

export interface ExpressionContext {
  /** Names that may be used. Left out, the expression is only parsed, as Flux does with health checks. */
  readonly variables?: readonly string[];
  /** What must come out. */
  readonly output?: OutputType;
  /**
   * How whole numbers of JSON enter: as `double` into a google.protobuf.Struct (readyExpr, resourceFilter), as `int`
   * where the object is passed as it is (health checks).
   * @default 'double'
   */
  readonly wholeNumbers?: 'int' | 'double';
}

/** What an expression gives, as plain values. */
export type CelValue = unknown;

export interface CompiledExpression {
  readonly text: string;
  /** Throws CelEvaluationError; the same for a result of another type than the wanted one. */
  evaluate(variables: Readonly<Record<string, unknown>>): CelValue;
}

/** Turns of all loops together. */
const maxSteps = 100_000;
const maxDepth = 100;

/** Throws CelSyntaxError for what cel-go refuses too, CelUnsupportedError for what only this engine cannot do. */
export function compileExpression(text: string, context: ExpressionContext = {}): CompiledExpression {
  const parsed = parseExpression(text);
  if (context.variables !== undefined) checkNames(parsed.expr, new Set(context.variables));
  if (context.output !== undefined) checkOutput(parsed.expr, context.output);
  return new Expression(text, parsed, context);
}

class Expression implements CompiledExpression {
  readonly text: string;
  readonly #context: ExpressionContext;
  readonly #parsed: ParsedExpression;
  /** Planned when first evaluated: admission only compiles. */
  #run: ((bindings: Record<string, never>) => CelResult) | undefined;
  #left = 0;

  constructor(text: string, parsed: ParsedExpression, context: ExpressionContext) {
    this.text = text;
    this.#parsed = parsed;
    this.#context = context;
  }

  evaluate(variables: Readonly<Record<string, unknown>>): CelValue {
    const { output, wholeNumbers = 'double' } = this.#context;
    this.#left = maxSteps;
    const bindings: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
    for (const [name, value] of Object.entries(variables)) bindings[name] = celInput(value, wholeNumbers);
    let result: CelResult;
    try {
      result = this.#program()(bindings as Record<string, never>);
    } catch (error) {
      throw new CelEvaluationError(errorMessage(error));
    }
    if (isCelError(result)) throw new CelEvaluationError(result.message);
    if (output !== undefined && typeof result !== (output === 'bool' ? 'boolean' : 'string')) {
      throw new CelEvaluationError(`CEL expression result is not of type ${output}`);
    }
    return plainValue(result);
  }

  #program(): (bindings: Record<string, never>) => CelResult {
    if (this.#run === undefined) {
      for (const expr of walk(this.#parsed.expr)) countTurns(expr);
      const env = celEnv({
        funcs: environmentFunctions(() => {
          if (--this.#left < 0) throw new Error(`more than ${maxSteps} steps`);
        }),
        re2: {
          compile: (pattern) => {
            const expression = new GoRegexp(pattern);
            return { test: (text) => expression.match(text) };
          },
        },
      });
      this.#run = plan(env, this.#parsed);
    }
    return this.#run;
  }
}

/** Puts the budget into the condition of a loop, which every turn asks first. */
function countTurns({ exprKind }: Expr): void {
  if (exprKind.case !== 'comprehensionExpr') return;
  const { loopCondition } = exprKind.value;
  if (loopCondition === undefined) return;
  const counted = {
    ...loopCondition,
    exprKind: {
      case: 'callExpr',
      value: { $typeName: 'cel.expr.Expr.Call', function: spendFunction, args: [loopCondition] },
    },
  };
  exprKind.value.loopCondition = counted as Expr;
}

function celInput(value: unknown, wholeNumbers: 'int' | 'double', depth = 0): unknown {
  if (depth > maxDepth) throw new CelEvaluationError(`a value is nested deeper than ${maxDepth} levels`);
  if (typeof value === 'number') return wholeNumbers === 'int' && Number.isSafeInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map((item) => celInput(item, wholeNumbers, depth + 1));
  if (value === null || typeof value !== 'object') return value ?? null;
  // A Map: keys such as __proto__ are ordinary there.
  return new Map(Object.entries(value).map(([key, inner]) => [key, celInput(inner, wholeNumbers, depth + 1)] as const));
}

function plainValue(value: unknown): CelValue {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (isCelList(value)) return Array.from(value, plainValue);
  if (isCelMap(value))
    return Object.fromEntries(
      Array.from(value, ([key, item]) => [String(key as string | bigint | boolean), plainValue(item)]),
    );
  return value;
}
