// Reads an expression: refuses what cel-go refuses, and tells what this engine cannot read.
import { parse } from '@bufbuild/cel';
import { errorMessage } from '#lib/errors';
import { CelSyntaxError, CelUnsupportedError } from './errors.ts';

export type ParsedExpression = ReturnType<typeof parse>;
export type Expr = ParsedExpression['expr'];

/** As cel-go's. */
const maxCodePoints = 100_000;
/** Beyond it, reading takes too long to do beside other work. */
const maxReadable = 16 * 1024;
const maxDepth = 200;

/** Throws CelSyntaxError or CelUnsupportedError. */
export function parseExpression(text: string): ParsedExpression {
  const size = text.length;
  if (size > maxCodePoints) {
    throw new CelSyntaxError(`expression code point size exceeds limit: size: ${size}, limit ${maxCodePoints}`);
  }
  if (size > maxReadable) throw new CelUnsupportedError(`is longer than ${maxReadable} characters`);
  const bare = withoutLiterals(text);
  if (nesting(bare) > maxDepth) throw new CelUnsupportedError(`is nested deeper than ${maxDepth} levels`);
  let parsed: ParsedExpression;
  try {
    parsed = parse(text);
  } catch (error) {
    if (/[.[{,]\s*\?|`/.test(bare)) throw new CelUnsupportedError('uses optional syntax or quoted fields');
    throw new CelSyntaxError(readable(errorMessage(error)));
  }
  for (const expr of walk(parsed.expr)) checkMacro(expr);
  return parsed;
}

/** Every part of an expression, the whole first. */
export function* walk(root: Expr): Generator<Expr> {
  const waiting: (Expr | undefined)[] = [root];
  for (let expr = waiting.pop(); expr !== undefined || waiting.length > 0; expr = waiting.pop()) {
    if (expr === undefined) continue;
    yield expr;
    waiting.push(...childrenOf(expr));
  }
}

function childrenOf({ exprKind: { case: kind, value } }: Expr): (Expr | undefined)[] {
  switch (kind) {
    case 'selectExpr':
      return [value.operand];
    case 'callExpr':
      return [value.target, ...value.args];
    case 'listExpr':
      return value.elements;
    case 'structExpr':
      return value.entries.flatMap((entry) => [
        entry.value,
        entry.keyKind.case === 'mapKey' ? entry.keyKind.value : undefined,
      ]);
    case 'comprehensionExpr':
      return [value.iterRange, value.accuInit, value.loopCondition, value.loopStep, value.result];
    default:
      return [];
  }
}

/** `has` takes a field, and nothing else. The parser leaves a call where it was given something else. */
function checkMacro({ exprKind }: Expr): void {
  if (exprKind.case !== 'callExpr' || exprKind.value.target !== undefined) return;
  const { function: name, args } = exprKind.value;
  if (name === 'has' && args.length === 1)
    throw new CelSyntaxError('invalid argument to has() macro: it takes a field, as in has(self.spec.x)');
}

function withoutLiterals(text: string): string {
  return text.replaceAll(/"""[^]*?"""|'''[^]*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|\/\/.*/g, '""');
}

function nesting(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const char of text) {
    if (char === '(' || char === '[' || char === '{') deepest = Math.max(deepest, ++depth);
    else if (char === ')' || char === ']' || char === '}') depth--;
  }
  // Signs nest without brackets.
  const signs = Math.max(0, ...(text.match(/[!-]{2,}/g) ?? []).map(({ length }) => length));
  return deepest + signs;
}

/** The parser lists everything that could stand there: where it went wrong is enough. */
function readable(message: string): string {
  const [, position, found] = /^<input>:(\d+:\d+): (?:found (.+?) but expecting .*)?/s.exec(message) ?? [];
  if (position === undefined) return message;
  const what = found === undefined ? message.slice(message.indexOf(' ') + 1) : `unexpected ${JSON.stringify(found)}`;
  return `Syntax error at ${position}: ${what}`;
}
