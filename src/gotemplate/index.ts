// The public face of the template engine: Go's text/template, compiled to closures.
//
//   const set = newTemplateSet({ name: 'gotpl', missingKey: 'zero', functions });
//   set.parse('chart/templates/x.yaml', text);
//   const out = set.execute('chart/templates/x.yaml', data, { host, budget: { maxOutput: 64 << 20 } });
export * from './value.ts';
export * from './function.ts';
export { GoError, ParseError, ExecError, LimitError, type ExecFrame } from './errors.ts';
export { Budget, type BudgetLimits } from './budget.ts';
export {
  newTemplateSet,
  type ExecuteOptions,
  type MissingKey,
  type TemplateSet,
  type TemplateSetOptions,
} from './set.ts';
export { printValue, sprint, sprintln } from './print.ts';
export { sprintf } from './printf.ts';
