// Executes one template with all of Helm's functions, as the engine does, and tells what came of it.
import { newTemplateSet, dictSet, newDict } from '#gotemplate/index';
import type { BudgetLimits } from '#gotemplate/index';
import { engineHooks, newHost, withoutNoValue } from '../../../src/helm/engine/host.ts';
import { asValues } from '../../../src/helm/engine/values-object.ts';
import { helmFunctions } from '../../../src/helm/functions/index.ts';

const functions = helmFunctions(engineHooks);

/** The output of a template that sees these values. Throws what the execution throws. */
export function render(template: string, values: object = {}, budget?: BudgetLimits): string {
  const set = newTemplateSet({ name: 'gotpl', missingKey: 'zero', functions });
  set.parse('t/templates/a', template);
  const data = newDict();
  // A copy of its own, since templates may change it.
  dictSet(data, 'Values', asValues(structuredClone(values) as never, 3));
  const options = budget === undefined ? { host: newHost() } : { host: newHost(), budget };
  return withoutNoValue(set.execute('t/templates/a', asValues(data, 3), options));
}
