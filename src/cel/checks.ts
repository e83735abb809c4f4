// What cel-go's type checker would refuse, as far as it is plain without types: unknown names, and results of no use.
import { CelSyntaxError } from './errors.ts';
import { namespaces } from './functions.ts';
import type { Expr } from './syntax.ts';

export type OutputType = 'bool' | 'string';

const typeNames = new Set(['bool', 'bytes', 'double', 'duration', 'dyn', 'int', 'list', 'map', 'null_type', 'string']);
for (const name of ['timestamp', 'type', 'uint']) typeNames.add(name);

/** Throws for a name that is neither declared nor bound by a loop. */
export function checkNames(expr: Expr, declared: ReadonlySet<string>): void {
  visit(expr, declared);
}

/** Throws when the result is certainly not of the wanted type; `dyn` is not, to cel-go. */
export function checkOutput(expr: Expr, wanted: OutputType): void {
  const found = outputOf(expr);
  if (found !== undefined && found !== wanted) {
    throw new CelSyntaxError(`CEL expression output type mismatch: expected ${wanted}, got ${found}`);
  }
}

function visit(expr: Expr | undefined, scope: ReadonlySet<string>): void {
  if (expr === undefined) return;
  const { exprKind } = expr;
  switch (exprKind.case) {
    case 'identExpr': {
      const { name } = exprKind.value;
      const isKnown = scope.has(name) || typeNames.has(name) || name.startsWith('@');
      if (!isKnown) throw new CelSyntaxError(`undeclared reference to '${name}' (in container '')`);
      return;
    }
    case 'selectExpr':
      // A qualified type such as google.protobuf.Timestamp.
      if (!isNamespace(rootOf(exprKind.value.operand))) visit(exprKind.value.operand, scope);
      return;
    case 'callExpr':
      if (!isNamespace(exprKind.value.target)) visit(exprKind.value.target, scope);
      for (const arg of exprKind.value.args) visit(arg, scope);
      return;
    case 'listExpr':
      for (const element of exprKind.value.elements) visit(element, scope);
      return;
    case 'structExpr':
      for (const { keyKind, value } of exprKind.value.entries) {
        if (keyKind.case === 'mapKey') visit(keyKind.value, scope);
        visit(value, scope);
      }
      return;
    case 'comprehensionExpr': {
      const { iterRange, accuInit, loopCondition, loopStep, result, iterVar, accuVar } = exprKind.value;
      visit(iterRange, scope);
      visit(accuInit, scope);
      const inside = new Set([...scope, iterVar, accuVar]);
      for (const part of [loopCondition, loopStep, result]) visit(part, inside);
      return;
    }
    default:
  }
}

function isNamespace(expr: Expr | undefined): boolean {
  return expr?.exprKind.case === 'identExpr' && namespaces.has(expr.exprKind.value.name);
}

function rootOf(expr: Expr | undefined): Expr | undefined {
  return expr?.exprKind.case === 'selectExpr' ? rootOf(expr.exprKind.value.operand) : expr;
}

const boolCalls = new Set(['_==_', '_!=_', '_<_', '_<=_', '_>_', '_>=_', '_&&_', '_||_', '!_', '_in_', '@in', 'bool']);
for (const name of ['matches', 'startsWith', 'endsWith']) boolCalls.add(name);

/** Undefined where it takes a type checker to know. */
function outputOf({ exprKind }: Expr): string | undefined {
  switch (exprKind.case) {
    case 'constExpr':
      return constantTypes[exprKind.value.constantKind.case ?? ''];
    case 'identExpr':
      return exprKind.value.name.startsWith('@') || typeNames.has(exprKind.value.name) ? undefined : 'dyn';
    case 'selectExpr':
      return exprKind.value.testOnly ? 'bool' : 'dyn';
    case 'callExpr':
      if (boolCalls.has(exprKind.value.function)) return 'bool';
      return exprKind.value.function === 'string' ? 'string' : undefined;
    case 'listExpr':
      return 'list';
    case 'structExpr':
      return exprKind.value.messageName === '' ? 'map' : undefined;
    case 'comprehensionExpr':
    default:
      return undefined;
  }
}

const constantTypes: Readonly<Record<string, string>> = {
  boolValue: 'bool',
  stringValue: 'string',
  int64Value: 'int',
  uint64Value: 'uint',
  doubleValue: 'double',
  bytesValue: 'bytes',
  nullValue: 'null',
};
