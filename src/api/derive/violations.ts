// How generated validators collect what is wrong: up to a limit, so that an object of very many mistakes costs no more
// than it takes to walk it.
import type { SchemaViolation } from './schema-errors.ts';

export const MAX_VIOLATIONS = 1000;

export function add(found: SchemaViolation[] | null, violation: SchemaViolation): SchemaViolation[] {
  if (found === null) {
    return [violation];
  }
  if (found.length < MAX_VIOLATIONS) {
    found.push(violation);
  }
  return found;
}

export function join(
  found: SchemaViolation[] | null,
  more: readonly SchemaViolation[] | null,
): SchemaViolation[] | null {
  for (const violation of more ?? []) {
    found = add(found, violation);
  }
  return found;
}
