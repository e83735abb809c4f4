// Turns a CEL rule of a kind into JavaScript, so that no CEL engine is loaded to judge an object. Knows the part of CEL
// that the kinds use and refuses the rest, which a declaration then meets at generation time, not in a cluster.
import { parse } from '@bufbuild/cel';
import { toJavaScriptPattern } from '#api/derive/pattern';

type Expr = NonNullable<ReturnType<typeof parse>['expr']>;
type Call = Extract<Expr['exprKind'], { case: 'callExpr' }>['value'];

class UnsupportedRule extends Error {}

function unsupported(what: string): never {
  throw new UnsupportedRule(
    `rules cannot use ${what}: extend src/cli/generate/rule-compiler.ts and rule-evaluation.ts`,
  );
}

function constant(expr: Extract<Expr['exprKind'], { case: 'constExpr' }>['value']): string {
  const { case: kind, value } = expr.constantKind;
  if (kind === 'stringValue' || kind === 'boolValue') {
    return JSON.stringify(value);
  }
  return kind === 'int64Value' ? String(value) : unsupported(`a literal of kind ${String(kind)}`);
}

function pattern(expr: Expr | undefined): string {
  if (expr?.exprKind.case !== 'constExpr' || expr.exprKind.value.constantKind.case !== 'stringValue') {
    return unsupported('a regular expression that is not a literal');
  }
  return `/${toJavaScriptPattern(expr.exprKind.value.constantKind.value).replaceAll('/', '\\/')}/u`;
}

function call({ function: name, target, args }: Call): string {
  const [first, second] = args;
  const operand = (expr: Expr | undefined): string => (expr === undefined ? unsupported(name) : compile(expr));
  switch (name) {
    case '_||_':
      return `either(() => ${operand(first)}, () => ${operand(second)})`;
    case '_&&_':
      return `both(() => ${operand(first)}, () => ${operand(second)})`;
    case '!_':
      return `!${operand(first)}`;
    case '_==_':
      return `(${operand(first)} === ${operand(second)})`;
    case '_!=_':
      return `(${operand(first)} !== ${operand(second)})`;
    case '_>_':
      return `(${operand(first)} > ${operand(second)})`;
    case 'size':
      return `size(${operand(first)})`;
    case 'matches':
      return target === undefined ? unsupported(name) : `${pattern(first)}.test(${compile(target)})`;
    default:
      return unsupported(name);
  }
}

/** The only comprehension that rules use is `list.all(x, predicate)`. */
function all(comprehension: Extract<Expr['exprKind'], { case: 'comprehensionExpr' }>['value']): string {
  const { accuInit, iterRange, iterVar, loopStep } = comprehension;
  const startsTrue = accuInit?.exprKind.case === 'constExpr' && accuInit.exprKind.value.constantKind.value === true;
  if (!startsTrue || loopStep?.exprKind.case !== 'callExpr' || loopStep.exprKind.value.function !== '_&&_') {
    return unsupported('a macro other than all()');
  }
  const predicate = loopStep.exprKind.value.args[1];
  if (iterRange === undefined || predicate === undefined) {
    return unsupported('this form of all()');
  }
  return `every(${compile(iterRange)}, (${iterVar}) => ${compile(predicate)})`;
}

function compile(expr: Expr): string {
  const { exprKind } = expr;
  switch (exprKind.case) {
    case 'constExpr':
      return constant(exprKind.value);
    case 'identExpr':
      return exprKind.value.name;
    case 'selectExpr': {
      const { operand, field, testOnly } = exprKind.value;
      const of = operand === undefined ? unsupported('a field of nothing') : compile(operand);
      return `${testOnly ? 'has' : 'get'}(${of}, ${JSON.stringify(field)})`;
    }
    case 'callExpr':
      return call(exprKind.value);
    case 'comprehensionExpr':
      return all(exprKind.value);
    default:
      return unsupported(String(exprKind.case));
  }
}

/** The source of a function from the value the rule stands on to whether the rule holds. */
export function compileRule(rule: string): string {
  const { expr } = parse(rule);
  return expr === undefined ? unsupported('an empty rule') : `(self) => ${compile(expr)}`;
}
