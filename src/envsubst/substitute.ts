// Expands `${...}` in a text by a table of variables.
import { fromBytes, toBytes } from '#lib/go-string';
import { quote } from '#lib/go-quote';
import { SubstitutionError } from './errors.ts';
import { applyOperator, isDefaulting } from './operators.ts';
import { parseTemplate, type Part } from './parse.ts';

/** Values by name; own keys only. */
export type Variables = Readonly<Record<string, string>>;

export interface SubstituteOptions {
  /**
   * What fails when its variable is not set: nothing (`off`), the bare `${name}` (`bare`, Flux 2.7 and 2.8),
   * or every form but the defaults (`all`, Flux 2.9). @default 'off'
   */
  readonly strict?: 'off' | 'bare' | 'all';
  /** Longest result, in UTF-16 units. @default 64 Mi */
  readonly maxLength?: number;
}

const DEFAULT_MAX_LENGTH = 64 * 1024 * 1024;

class Evaluator {
  private readonly variables: Variables;
  private readonly strict: 'off' | 'bare' | 'all';
  private readonly maxLength: number;

  constructor(variables: Variables, { strict = 'off', maxLength = DEFAULT_MAX_LENGTH }: SubstituteOptions) {
    this.variables = variables;
    this.strict = strict;
    this.maxLength = maxLength;
  }

  evaluate(parts: readonly Part[]): string {
    let out = '';
    for (const part of parts) {
      out += this.part(part);
      if (out.length > this.maxLength) {
        throw new SubstitutionError(`bad substitution: the result is longer than ${this.maxLength} characters`);
      }
    }
    return out;
  }

  private part(part: Part): string {
    if (typeof part === 'string') {
      return part;
    }
    const { name, operator } = part;
    const args = part.args.map((arg) => this.evaluate([arg]));
    const isSet = Object.hasOwn(this.variables, name);
    if (!isSet && this.needs(operator)) {
      throw new SubstitutionError(`variable not set (strict mode): ${quote(name)}`);
    }
    return applyOperator(operator, isSet ? (this.variables[name] as string) : '', args);
  }

  private needs(operator: string): boolean {
    if (this.strict === 'off') {
      return false;
    }
    return operator === '' || (this.strict === 'all' && !isDefaulting(operator));
  }
}

/** Expands every `${...}`; `$$` becomes `$`. Throws SubstitutionError. */
export function substitute(text: string, variables: Variables, options: SubstituteOptions = {}): string {
  if (!text.includes('$')) {
    return text;
  }
  const result = new Evaluator(variables, options).evaluate(parseTemplate(text));
  // Halves of a character cut apart and put together again are one character.
  return result.isWellFormed() ? result : fromBytes(toBytes(result));
}
