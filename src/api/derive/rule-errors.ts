// Runs the compiled rules of a kind over an object.
import type { FieldError } from './field-error.ts';
import { ruleError } from './field-error.ts';
import { isJsonObject } from './json-object.ts';
import { NoSuchKey } from './rule-evaluation.ts';
import type { Declared } from './schema-check.ts';

/** A rule as generated: where it stands (`*` for every item), and a function that tells whether it holds. */
export interface CompiledRule {
  readonly path: readonly string[];
  /** Which of the rules at that place. */
  readonly index: number;
  readonly message: string;
  readonly holds: (self: unknown) => boolean;
}

interface Place {
  readonly path: string;
  readonly value: unknown;
}

function below(place: Place, segment: string): readonly Place[] {
  const { path, value } = place;
  if (Array.isArray(value)) {
    return value.map((item: unknown, index) => ({ path: `${path}[${index}]`, value: item }));
  }
  if (!isJsonObject(value)) {
    return [];
  }
  const keys = segment === '*' ? Object.keys(value) : [segment].filter((key) => Object.hasOwn(value, key));
  return keys.map((key) => ({ path: path === '' ? key : `${path}.${key}`, value: value[key] }));
}

function hintOf(declared: Declared, rule: CompiledRule): string | undefined {
  let node: Declared | undefined = declared;
  for (const segment of rule.path) {
    node = segment === '*' ? (node?.item ?? node?.value) : node?.fields?.[segment];
  }
  return node?.rules?.[rule.index]?.hint;
}

function outcome(rule: CompiledRule, { path, value }: Place): FieldError | undefined {
  try {
    return rule.holds(value) ? undefined : ruleError(path, rule.message);
  } catch (error) {
    if (!(error instanceof NoSuchKey)) {
      throw error;
    }
    return ruleError(path, `failed to evaluate: ${error.message}`);
  }
}

/** One error for each rule that does not hold. */
export function ruleErrors(root: unknown, declared: Declared, rules: readonly CompiledRule[]): readonly FieldError[] {
  return rules.flatMap((rule) => {
    const places = rule.path.reduce<readonly Place[]>(
      (found, segment) => found.flatMap((place) => below(place, segment)),
      [{ path: '', value: root }],
    );
    const hint = hintOf(declared, rule);
    return places.flatMap((place) => {
      const error = outcome(rule, place);
      return error === undefined ? [] : [{ ...error, ...(hint !== undefined && { hint }) }];
    });
  });
}
