// Judges a whole object as the API server would: prune, default, schema, lists, rules. The generated validators are
// loaded kind by kind, when first needed.
import { objectDeclaration } from '../kind.ts';
import type { KindDefinition, KindVersion } from '../kind.ts';
import { loaders } from '../generated/loaders.ts';
import { applyDefaults } from './defaults.ts';
import { rulesNotChecked } from './field-error.ts';
import type { FieldError } from './field-error.ts';
import type { JsonObject } from './json-object.ts';
import { duplicateItems, hasSetsOrMaps } from './list-types.ts';
import { prune } from './prune.ts';
import { ruleErrors } from './rule-errors.ts';
import type { CompiledRule } from './rule-errors.ts';
import { schemaErrors } from './schema-errors.ts';
import type { Declared, SchemaViolation } from './schema-errors.ts';

/** One version's generated validator. */
export interface CompiledVersion {
  readonly validate: {
    (value: unknown): boolean;
    readonly errors?: readonly SchemaViolation[] | null;
  };
  readonly rules: readonly CompiledRule[];
}

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

export class ObjectValidator {
  readonly #declared: Declared;
  readonly #compiled: CompiledVersion;
  readonly #hasSetsOrMaps: boolean;

  constructor(declared: Declared, compiled: CompiledVersion) {
    this.#declared = declared;
    this.#compiled = compiled;
    this.#hasSetsOrMaps = hasSetsOrMaps(declared.json);
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
    const { validate, rules } = this.#compiled;
    const violations = validate(object) ? [] : (validate.errors ?? []);
    const errors = [
      ...schemaErrors(object, this.#declared, violations),
      ...(this.#hasSetsOrMaps ? duplicateItems(object, this.#declared.json) : []),
    ];
    if (rules.length === 0) {
      return errors;
    }
    return errors.some(({ type }) => BLOCKING.includes(type))
      ? [...errors, rulesNotChecked]
      : [...errors, ...ruleErrors(object, this.#declared, rules)];
  }
}

/** The validator of one version of a kind; loads what was generated for the kind. */
export async function loadValidator(definition: KindDefinition, version: KindVersion): Promise<ObjectValidator> {
  const compiled = (await loaders[definition.kind]?.())?.[version.name];
  if (compiled === undefined) {
    throw new Error(`${definition.kind} ${version.name} has no generated validator: run \`npm run generate\``);
  }
  return new ObjectValidator(objectDeclaration(definition, version), compiled);
}
