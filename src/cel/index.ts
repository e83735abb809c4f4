// CEL as Flux uses it: compiled with cel-go's refusals, evaluated within limits. The library is loaded at first use.
import { createRequire } from 'node:module';
import type * as Engine from './expression.ts';
import type { CompiledExpression, ExpressionContext } from './expression.ts';

export type { CelValue, CompiledExpression, ExpressionContext } from './expression.ts';
export { CelEvaluationError, CelSyntaxError, CelUnsupportedError } from './errors.ts';

/** Throws CelSyntaxError for what cel-go refuses too, CelUnsupportedError for what only this engine cannot do. */
export function compileExpression(text: string, context: ExpressionContext = {}): CompiledExpression {
  return engine().compileExpression(text, context);
}

/** Most clusters hold no expression, and the library takes 16 MB; Node keeps what it has loaded. */
function engine(): typeof Engine {
  const file = import.meta.url.endsWith('.ts') ? './expression.ts' : './expression.js';
  return createRequire(import.meta.url)(file) as typeof Engine;
}
