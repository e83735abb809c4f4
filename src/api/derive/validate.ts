// Judges a whole object as the API server would: prune, default, schema, lists, rules.
import { objectDeclaration } from '../kind.ts';
import type { KindDefinition, KindVersion } from '../kind.ts';
import { rules } from '../generated/rules.ts';
import { applyDefaults } from './defaults.ts';
import { rulesNotChecked } from './field-error.ts';
import type { FieldError } from './field-error.ts';
import type { JsonObject } from './json-object.ts';
import { duplicateItems, hasSetsOrMaps } from './list-types.ts';
import { prune } from './prune.ts';
import { ruleErrors } from './rule-errors.ts';
import type { CompiledRule } from './rule-errors.ts';
import { schemaCheck, type Check, type Declared } from './schema-check.ts';

export interface Judgement {
  /** The object as it would be stored: pruned and with defaults. */
  readonly object: JsonObject;
  /** Fields that were pruned, which a strict request is refused for. */
  readonly unknownFields: readonly string[];
  readonly errors: readonly FieldError[];
}

// Wrong in such a way that rules cannot be judged at all.
const BLOCKING = [
  'FieldValueRequired',
  'FieldValueNotSupported',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
];

/** Judges objects of one version of a kind. */
export class ObjectValidator {
  readonly #declared: Declared;
  readonly #check: Check;
  readonly #rules: readonly CompiledRule[];
  readonly #hasSetsOrMaps: boolean;

  constructor(definition: KindDefinition, version: KindVersion) {
    this.#declared = objectDeclaration(definition, version);
    this.#check = schemaCheck(this.#declared);
    this.#rules = rules[definition.kind]?.[version.name] ?? [];
    this.#hasSetsOrMaps = hasSetsOrMaps(this.#declared.json);
  }

  /** Prunes, defaults and validates what a user sent. */
  judge(object: JsonObject): Judgement {
    const { json } = this.#declared;
    const pruned = prune(object, json);
    const defaulted = applyDefaults(pruned.value, json);
    return { object: defaulted, unknownFields: pruned.unknownFields, errors: this.validate(defaulted) };
  }

  /** Validates an object that has been pruned and defaulted. */
  validate(object: JsonObject): readonly FieldError[] {
    const errors: FieldError[] = [];
    this.#check(object, '', errors);
    if (this.#hasSetsOrMaps) errors.push(...duplicateItems(object, this.#declared.json));
    if (this.#rules.length === 0) {
      return errors;
    }
    return errors.some(({ type }) => BLOCKING.includes(type))
      ? [...errors, rulesNotChecked]
      : [...errors, ...ruleErrors(object, this.#declared, this.#rules)];
  }
}
