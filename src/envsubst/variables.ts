// The table of variables of one Kustomization: checked names, values on one line.
import { SubstitutionError } from './errors.ts';
import type { Variables } from './substitute.ts';

const NAME = /^[_A-Za-z][_A-Za-z0-9]*$/;
const NAME_RULE = '^[_[:alpha:]][_[:alpha:][:digit:]]*$';

/**
 * Merges sources, later ones over earlier ones, and joins the lines of each value.
 * Throws SubstitutionError for a name no expansion could mention.
 */
export function mergeVariables(sources: readonly Variables[]): Variables {
  const merged = new Map<string, string>();
  for (const source of sources) {
    for (const [name, value] of Object.entries(source)) {
      merged.set(name, value.replaceAll('\n', ''));
    }
  }
  for (const name of [...merged.keys()].toSorted()) {
    if (!NAME.test(name)) {
      throw new SubstitutionError(`'${name}' var name is invalid, must match '${NAME_RULE}'`);
    }
  }
  return Object.fromEntries(merged);
}
