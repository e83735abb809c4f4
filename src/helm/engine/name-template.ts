// `--name-template`: a template that makes the name of a release.
import { GoError, newTemplateSet } from '#gotemplate/index';
import { WARNING_END, WARNING_START } from '../functions/hooks.ts';
import { helmFunctions } from '../functions/index.ts';
import { engineHooks, newHost } from './host.ts';

const name = 'name-template';

/** What the template gives. Throws GoError with Go's text. */
export function nameFromTemplate(template: string): string {
  const set = newTemplateSet({ name, functions: helmFunctions(engineHooks) });
  try {
    set.parse(name, template);
    return set.execute(name, null, { host: newHost() });
  } catch (error) {
    if (!(error instanceof GoError)) throw error;
    throw new GoError(error.message.replace(WARNING_START, '').replace(WARNING_END, ''), { cause: error });
  }
}
