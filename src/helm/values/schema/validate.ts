// Validates one value by one compiled schema. The order of checks is that of the library Helm uses, as it decides which
// error a user sees: type, const, enum and format end the matter, everything else is collected.
import { type Schema } from './compiled.ts';
import { equals } from './equality.ts';
import { display, type Failure, type FailureKind, isScalar, quote } from './failures.ts';
import { isArray, isObject, type Json, JsonNumber, SchemaError } from './json.ts';
import { isInteger, toDecimal } from './rational.ts';
import { Scope } from './scope.ts';
import { checkArray, checkNumber, checkObject, checkString } from './checks.ts';
import { Unevaluated } from './unevaluated.ts';

/** Schemas applied to values in one validation: a schema of nested alternatives multiplies them. */
const maxSteps = 500_000;

/** Shared by one validation. */
export interface Run {
  steps: number;
}

/** The failures of `value`, none when it is valid. */
export function validate(schema: Schema, value: Json, run: Run = { steps: 0 }): readonly Failure[] {
  const scope = new Scope(schema, 0);
  const failure = new Validation({ schema, value, at: [], scope, run }, Unevaluated.of(value, schema, false)).run();
  if (failure === undefined) return [];
  return failure.kind === 'group' ? failure.causes : [failure];
}

interface Subject {
  readonly schema: Schema;
  readonly value: Json;
  readonly at: readonly string[];
  readonly scope: Scope;
  readonly run: Run;
}

export class Validation {
  readonly schema: Schema;
  readonly value: Json;
  readonly unevaluated: Unevaluated;
  readonly #subject: Subject;
  readonly #failures: Failure[] = [];

  constructor(subject: Subject, unevaluated: Unevaluated) {
    this.schema = subject.schema;
    this.value = subject.value;
    this.#subject = subject;
    this.unevaluated = unevaluated;
  }

  run(): Failure | undefined {
    const { run } = this.#subject;
    if (++run.steps > maxSteps) throw new SchemaError(`the schema takes more than ${maxSteps} steps to check`);
    const early = this.#first();
    if (early !== undefined) return early;
    const { schema } = this;
    if (schema.ref !== undefined) {
      const failure = this.#reference(schema.ref, '$ref');
      if (schema.draft < 2019) return failure;
      this.add(failure);
    }
    this.#byType();
    if (schema.draft >= 2019) this.#dynamicReferences();
    this.#combinations();
    if (schema.draft >= 2019) this.#leftovers();
    const [only, ...more] = this.#failures;
    return more.length === 0 ? only : this.failure('validation failed', this.#failures, 'group');
  }

  /** The checks whose failure makes the others pointless. */
  #first(): Failure | undefined {
    const { schema, value } = this;
    if (schema.always !== undefined) return schema.always ? undefined : this.failure('false schema');
    const cycle = this.#subject.scope.cycle();
    if (cycle !== undefined) {
      const places = `both ${this.#subject.scope.keywordLocation()} and ${cycle.keywordLocation()}`;
      return this.failure(`${places} resolve to ${JSON.stringify(schema.location)} causing reference cycle`);
    }
    const type = typeOf(value);
    if (schema.types !== undefined && !hasType(schema.types, value, type)) {
      return this.failure(`got ${type}, want ${schema.types.join(' or ')}`);
    }
    if (schema.const !== undefined && !equals(value, schema.const.value)) {
      const wanted = schema.const.value;
      return this.failure(isScalar(wanted) ? `value must be ${display(wanted)}` : "'const' failed");
    }
    if (schema.enum !== undefined && !schema.enum.some((item) => equals(value, item))) {
      return this.failure(enumText(schema.enum));
    }
    if (schema.format !== undefined && typeof value === 'string') {
      const fault = schema.format.check(value);
      if (fault !== undefined) return this.failure(`${quote(value)} is not valid ${schema.format.name}: ${fault}`);
    }
    return undefined;
  }

  #byType(): void {
    const { value } = this;
    if (isObject(value)) checkObject(this, value);
    else if (isArray(value)) checkArray(this, value);
    else if (typeof value === 'string') checkString(this, value);
    else if (value instanceof JsonNumber) checkNumber(this, toDecimal(value));
  }

  #reference(target: Schema, keyword: string): Failure | undefined {
    const failure = this.same(target, keyword);
    if (failure === undefined) return undefined;
    const causes = failure.kind === 'group' ? failure.causes : [failure];
    return this.failure('validation failed', causes, 'reference');
  }

  #dynamicReferences(): void {
    const { recursiveRef, dynamicRef } = this.schema;
    const { scope } = this.#subject;
    if (recursiveRef !== undefined) {
      const target = recursiveRef.recursiveAnchor === true ? scope.recursiveTarget(recursiveRef) : recursiveRef;
      this.add(this.#reference(target, '$recursiveRef'));
    }
    if (dynamicRef === undefined) return;
    const { schema, anchor } = dynamicRef;
    const isDynamic = anchor !== '' && schema.dynamicAnchor === anchor;
    this.add(this.#reference(isDynamic ? scope.dynamicTarget(anchor, schema) : schema, '$dynamicRef'));
  }

  #combinations(): void {
    const { not, allOf, anyOf, oneOf } = this.schema;
    if (not !== undefined && this.same(not) === undefined) this.fail("'not' failed");
    if (allOf !== undefined && allOf.length > 0) {
      const failures = allOf.map((schema) => this.same(schema)).filter((failure) => failure !== undefined);
      if (failures.length > 0) this.fail("'allOf' failed", failures);
    }
    if (anyOf !== undefined && anyOf.length > 0) this.#anyOf(anyOf);
    if (oneOf !== undefined && oneOf.length > 0) this.#oneOf(oneOf);
    this.#condition();
  }

  #anyOf(schemas: readonly Schema[]): void {
    const failures: Failure[] = [];
    let matched = false;
    for (const schema of schemas) {
      const failure = this.same(schema);
      if (failure !== undefined) failures.push(failure);
      else {
        matched = true;
        // All that match must be seen where someone asks for what is left.
        if (this.unevaluated.isEmpty) break;
      }
    }
    if (!matched) this.fail("'anyOf' failed", failures);
  }

  #oneOf(schemas: readonly Schema[]): void {
    const failures: Failure[] = [];
    let matched: number | undefined;
    for (const [i, schema] of schemas.entries()) {
      const failure = this.same(schema);
      if (failure !== undefined) failures.push(failure);
      else if (matched === undefined) matched = i;
      else {
        this.fail(`'oneOf' failed, subschemas ${matched}, ${i} matched`);
        break;
      }
    }
    if (matched === undefined) this.fail("'oneOf' failed, none matched", failures);
  }

  #condition(): void {
    const { schema } = this;
    if (schema.if === undefined) return;
    const branch = this.same(schema.if) === undefined ? schema.consequence : schema.else;
    if (branch !== undefined) this.add(this.same(branch));
  }

  /** What nothing has looked at. */
  #leftovers(): void {
    const { schema, value, unevaluated } = this;
    if (isObject(value) && schema.unevaluatedProperties !== undefined) {
      for (const key of [...unevaluated.properties].toSorted()) {
        this.add(this.child(schema.unevaluatedProperties, value.get(key) ?? null, key));
      }
      unevaluated.properties.clear();
    }
    if (isArray(value) && schema.unevaluatedItems !== undefined) {
      for (const i of unevaluated.items) this.add(this.child(schema.unevaluatedItems, value[i] ?? null, String(i)));
      unevaluated.items.clear();
    }
  }

  /** Another schema on the same value. */
  same(schema: Schema, keyword = ''): Failure | undefined {
    const { value, at, scope, run } = this.#subject;
    const unevaluated = Unevaluated.of(value, schema, !this.unevaluated.isEmpty);
    const inner = new Scope(schema, scope.value, scope, keyword);
    const failure = new Validation({ schema, value, at, scope: inner, run }, unevaluated).run();
    if (failure === undefined) this.unevaluated.intersect(unevaluated);
    return failure;
  }

  /** A schema on a part of the value. */
  child(schema: Schema, value: Json, token: string): Failure | undefined {
    const { at, scope, run } = this.#subject;
    const inner = new Scope(schema, scope.value + 1, scope);
    return new Validation(
      { schema, value, at: [...at, token], scope: inner, run },
      Unevaluated.of(value, schema, false),
    ).run();
  }

  /** A schema on the name of a property, which stands nowhere in the values. */
  propertyName(schema: Schema, name: string): readonly Failure[] {
    return validate(schema, name, this.#subject.run);
  }

  add(failure: Failure | undefined): void {
    if (failure !== undefined) this.#failures.push(failure);
  }

  /** Notes a failure of this value. */
  fail(text: string, causes: readonly Failure[] = []): void {
    this.#failures.push(this.failure(text, causes));
  }

  failure(text: string, causes: readonly Failure[] = [], kind: FailureKind = 'plain'): Failure {
    return { kind, at: this.#subject.at, text, causes };
  }
}

function typeOf(value: Json): string {
  if (value === null) return 'null';
  if (value instanceof JsonNumber) return 'number';
  if (isArray(value)) return 'array';
  return isObject(value) ? 'object' : typeof value;
}

function hasType(types: readonly string[], value: Json, type: string): boolean {
  if (types.includes(type)) return true;
  return types.includes('integer') && value instanceof JsonNumber && isInteger(toDecimal(value));
}

function enumText(wanted: readonly Json[]): string {
  if (!wanted.every(isScalar)) return "'enum' failed";
  const shown = wanted.map(display).join(', ');
  return wanted.length === 1 ? `value must be ${shown}` : `value must be one of ${shown}`;
}
