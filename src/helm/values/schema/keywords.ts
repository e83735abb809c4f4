// The keywords of one schema object, draft by draft.
import type { Compiler } from './compile.ts';
import { type Schema, typeNames } from './compiled.ts';
import { formatOf } from './formats.ts';
import { isArray, isObject, type Json, JsonNumber, type JsonObject } from './json.ts';
import { appendToken, splitFragment } from './locations.ts';
import { type Decimal, isInteger, toDecimal, toFloat } from './rational.ts';
import { hasVocabulary, type Resource } from './resources.ts';

interface Source {
  readonly value: JsonObject;
  readonly resource: Resource;
  readonly compiler: Compiler;
}

/** Fills `schema` with what its object says. */
export function compileKeywords(schema: Schema, source: Source): void {
  const { resource, value } = source;
  const { draft } = schema;
  const reader = new Reader(schema, source);
  const ref = reader.reference('$ref');
  if (ref !== undefined) schema.ref = ref;
  // Before 2019-09 nothing beside a $ref counts.
  if (draft < 2019 && ref !== undefined) return;
  const has = (vocabulary: string): boolean => hasVocabulary(resource.dialect, vocabulary);
  if (draft >= 2019) reader.dynamicReferences();
  if (has('applicator')) {
    reader.applicators();
    reader.items();
    if (draft >= 6)
      reader.assign({ contains: reader.schema('contains'), propertyNames: reader.schema('propertyNames') });
    if (draft >= 7) reader.conditions();
    if (draft >= 2019) reader.assign({ dependentSchemas: reader.schemas('dependentSchemas') });
  }
  if (has('validation')) {
    reader.validations();
    if (draft >= 6 && value.has('const')) schema.const = { value: value.get('const') ?? null };
    if (draft >= 2019) reader.validations2019();
  }
  if (draft >= 2019 && has(draft === 2019 ? 'applicator' : 'unevaluated')) {
    reader.assign({
      unevaluatedItems: reader.schema('unevaluatedItems'),
      unevaluatedProperties: reader.schema('unevaluatedProperties'),
    });
  }
  const asserts = draft < 2019 || has(draft === 2019 ? 'format' : 'format-assertion');
  // The meta-schemas assert their formats always.
  if (asserts || /^https?:\/\/json-schema\.org\//.test(schema.url)) {
    const format = value.get('format');
    if (typeof format === 'string') reader.assign({ format: formatOf(format) });
  }
}

class Reader {
  readonly #schema: Schema;
  readonly #source: Source;

  constructor(schema: Schema, source: Source) {
    this.#schema = schema;
    this.#source = source;
  }

  /** Sets what is there. */
  assign(fields: { [K in keyof Schema]?: Schema[K] | undefined }): void {
    for (const [key, value] of Object.entries(fields)) {
      if (value !== undefined) Object.assign(this.#schema, { [key]: value });
    }
  }

  reference(keyword: string): Schema | undefined {
    const reference = this.#get(keyword);
    if (typeof reference !== 'string') return undefined;
    const { compiler, resource } = this.#source;
    return compiler.referenced(this.#schema, resource, reference);
  }

  dynamicReferences(): void {
    this.assign({
      recursiveRef: this.reference('$recursiveRef'),
      recursiveAnchor: this.#get('$recursiveAnchor') === true,
    });
    if (this.#schema.draft < 2020) return;
    const schema = this.reference('$dynamicRef');
    const reference = this.#get('$dynamicRef');
    if (schema !== undefined && typeof reference === 'string') {
      const { fragment } = splitFragment(reference);
      this.#schema.dynamicRef = { schema, anchor: fragment.startsWith('/') ? '' : fragment };
    }
    const anchor = this.#get('$dynamicAnchor');
    if (typeof anchor === 'string') this.#schema.dynamicAnchor = anchor;
  }

  applicators(): void {
    this.assign({
      allOf: this.#list('allOf'),
      anyOf: this.#list('anyOf'),
      oneOf: this.#list('oneOf'),
      not: this.schema('not'),
      properties: this.schemas('properties'),
      patternProperties: this.#patternProperties(),
      additionalProperties: this.#booleanOrSchema('additionalProperties'),
      dependencies: this.#dependencies(),
    });
  }

  items(): void {
    if (this.#schema.draft >= 2020) {
      this.assign({ prefixItems: this.#list('prefixItems'), restItems: this.schema('items') });
      return;
    }
    if (!isArray(this.#get('items'))) {
      this.assign({ items: this.schema('items') });
      return;
    }
    this.assign({ items: this.#list('items'), additionalItems: this.#booleanOrSchema('additionalItems') });
  }

  conditions(): void {
    const test = this.schema('if');
    if (test === undefined) return;
    const known = this.#get('if');
    this.assign({ if: test, else: known === true ? undefined : this.schema('else') });
    const consequence = known === false ? undefined : this.schema('then');
    if (consequence !== undefined) this.#schema.consequence = consequence;
  }

  validations(): void {
    const exclusiveMaximum = this.#get('exclusiveMaximum') === true;
    const exclusiveMinimum = this.#get('exclusiveMinimum') === true;
    const maximum = this.#number('maximum');
    const minimum = this.#number('minimum');
    this.assign({
      types: this.#types(),
      enum: this.#array('enum'),
      multipleOf: this.#number('multipleOf'),
      maximum: exclusiveMaximum ? undefined : maximum,
      exclusiveMaximum: exclusiveMaximum ? maximum : this.#number('exclusiveMaximum'),
      minimum: exclusiveMinimum ? undefined : minimum,
      exclusiveMinimum: exclusiveMinimum ? minimum : this.#number('exclusiveMinimum'),
      minLength: this.#count('minLength'),
      maxLength: this.#count('maxLength'),
      pattern: this.#pattern(),
      minItems: this.#count('minItems'),
      maxItems: this.#count('maxItems'),
      uniqueItems: this.#get('uniqueItems') === true,
      minProperties: this.#count('minProperties'),
      maxProperties: this.#count('maxProperties'),
      required: strings(this.#array('required')),
    });
  }

  validations2019(): void {
    if (this.#schema.contains !== undefined) {
      this.assign({ minContains: this.#count('minContains'), maxContains: this.#count('maxContains') });
    }
    const required = this.#get('dependentRequired');
    if (!isObject(required)) return;
    const lists = new Map<string, readonly string[]>();
    for (const [name, list] of required) if (isArray(list)) lists.set(name, strings(list) ?? []);
    this.#schema.dependentRequired = lists;
  }

  schema(keyword: string): Schema | undefined {
    return this.#get(keyword) === undefined ? undefined : this.#child(keyword);
  }

  schemas(keyword: string): ReadonlyMap<string, Schema> | undefined {
    const map = this.#get(keyword);
    if (!isObject(map)) return undefined;
    return new Map([...map.keys()].map((name) => [name, this.#child(keyword, name)]));
  }

  #child(...tokens: readonly string[]): Schema {
    const { url, pointer } = this.#schema;
    return this.#source.compiler.schemaAt(url, appendToken(pointer, ...tokens));
  }

  #get(keyword: string): Json | undefined {
    return this.#source.value.get(keyword);
  }

  #array(keyword: string): readonly Json[] | undefined {
    const value = this.#get(keyword);
    return isArray(value) ? value : undefined;
  }

  #list(keyword: string): readonly Schema[] | undefined {
    return this.#array(keyword)?.map((_, i) => this.#child(keyword, String(i)));
  }

  #booleanOrSchema(keyword: string): boolean | Schema | undefined {
    const value = this.#get(keyword);
    return typeof value === 'boolean' ? value : this.schema(keyword);
  }

  #patternProperties(): Schema['patternProperties'] | undefined {
    const map = this.schemas('patternProperties');
    if (map === undefined) return undefined;
    const { compiler } = this.#source;
    return [...map].map(([pattern, schema]) => {
      return [compiler.regexp(this.#schema, pattern, 'patternProperties'), schema] as const;
    });
  }

  #dependencies(): Schema['dependencies'] | undefined {
    const map = this.#get('dependencies');
    if (!isObject(map)) return undefined;
    const out = new Map<string, readonly string[] | Schema>();
    for (const [name, value] of map) {
      out.set(name, isArray(value) ? (strings(value) ?? []) : this.#child('dependencies', name));
    }
    return out;
  }

  #types(): Schema['types'] | undefined {
    const value = this.#get('type');
    const named = typeof value === 'string' ? [value] : isArray(value) ? value : [];
    // In the engine's order, which error texts show.
    const types = typeNames.filter((name) => named.includes(name));
    return types.length === 0 ? undefined : types;
  }

  #number(keyword: string): Decimal | undefined {
    const value = this.#get(keyword);
    return value instanceof JsonNumber ? toDecimal(value) : undefined;
  }

  #count(keyword: string): number | undefined {
    const value = this.#number(keyword);
    return value !== undefined && isInteger(value) ? toFloat(value) : undefined;
  }

  #pattern(): Schema['pattern'] | undefined {
    const pattern = this.#get('pattern');
    if (typeof pattern !== 'string') return undefined;
    return this.#source.compiler.regexp(this.#schema, pattern, 'pattern');
  }
}

function strings(list: readonly Json[] | undefined): readonly string[] | undefined {
  return list?.filter((item) => typeof item === 'string');
}
