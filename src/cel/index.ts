// CEL as Flux uses it: compiled with cel-go's refusals, evaluated within limits.
export { compileExpression, type CelValue, type CompiledExpression, type ExpressionContext } from './expression.ts';
export { CelEvaluationError, CelSyntaxError, CelUnsupportedError } from './errors.ts';
