// The keywords for objects, arrays, strings and numbers.
import { byteLength, sortStrings } from '#lib/go-string';
import type { Schema } from './compiled.ts';
import { findDuplicates } from './equality.ts';
import { displayCount, displayNumber, type Failure, quote, quoteList } from './failures.ts';
import type { Json, JsonObject } from './json.ts';
import { compareDecimals, type Decimal, isMultiple } from './rational.ts';
import type { Validation } from './validate.ts';

function checkCount(run: Validation, keyword: 'Properties' | 'Items' | 'Length', got: number): void {
  const min = run.schema[`min${keyword}`];
  const max = run.schema[`max${keyword}`];
  const text = (limit: string, want: number): string =>
    `${limit}${keyword}: got ${displayCount(got)}, want ${displayCount(want)}`;
  if (min !== undefined && got < min) run.fail(text('min', min));
  if (max !== undefined && got > max) run.fail(text('max', max));
}

function missing(object: JsonObject, names: readonly string[]): string[] {
  return names.filter((name) => !object.has(name));
}

export function checkObject(run: Validation, object: JsonObject): void {
  const { schema } = run;
  checkCount(run, 'Properties', object.size);
  const absent = missing(object, schema.required ?? []);
  if (absent.length === 1) run.fail(`missing property ${quote(absent[0] ?? '')}`);
  else if (absent.length > 1) run.fail(`missing properties ${quoteList(absent)}`);
  checkDependencies(run, object);
  checkProperties(run, object);
  if (schema.draft === 4) return;
  checkPropertyNames(run, object);
  if (schema.draft === 6) return;
  for (const [name, dependent] of schema.dependentSchemas ?? []) {
    if (object.has(name)) run.add(run.same(dependent));
  }
  for (const [name, required] of schema.dependentRequired ?? []) requireWith(run, object, [name, required]);
}

function checkDependencies(run: Validation, object: JsonObject): void {
  for (const [name, dependency] of run.schema.dependencies ?? []) {
    if (!object.has(name)) continue;
    if (isNames(dependency)) requireWith(run, object, [name, dependency]);
    else run.add(run.same(dependency));
  }
}

function isNames(dependency: readonly string[] | Schema): dependency is readonly string[] {
  return Array.isArray(dependency);
}

function requireWith(
  run: Validation,
  object: JsonObject,
  [name, required]: readonly [string, readonly string[]],
): void {
  const absent = object.has(name) ? missing(object, required) : [];
  if (absent.length > 0) run.fail(`properties ${quoteList(absent)} required, if ${quote(name)} exists`);
}

function checkProperties(run: Validation, object: JsonObject): void {
  const { schema, unevaluated } = run;
  const additional: string[] = [];
  // Upstream takes the properties in random order; by name is one of those.
  for (const name of sortStrings([...object.keys()])) {
    const value = object.get(name) ?? null;
    let evaluated = false;
    const own = schema.properties?.get(name);
    if (own !== undefined) {
      evaluated = true;
      run.add(run.child(own, value, name));
    }
    for (const [pattern, matching] of schema.patternProperties ?? []) {
      if (!pattern.match(name)) continue;
      evaluated = true;
      run.add(run.child(matching, value, name));
    }
    const { additionalProperties } = schema;
    if (!evaluated && additionalProperties !== undefined) {
      evaluated = true;
      if (additionalProperties === false) additional.push(name);
      else if (additionalProperties !== true) run.add(run.child(additionalProperties, value, name));
    }
    if (evaluated) unevaluated.properties.delete(name);
  }
  if (additional.length > 0) run.fail(`additional properties ${quoteList(additional)} not allowed`);
}

function checkPropertyNames(run: Validation, object: JsonObject): void {
  const { propertyNames } = run.schema;
  if (propertyNames === undefined) return;
  for (const name of sortStrings([...object.keys()])) {
    const failures = run.propertyName(propertyNames, name);
    if (failures.length === 0) continue;
    run.add({ kind: 'plain', at: [], text: `invalid propertyName ${quote(name)}`, causes: failures });
  }
}

export function checkArray(run: Validation, array: readonly Json[]): void {
  const { schema } = run;
  checkCount(run, 'Items', array.length);
  if (schema.uniqueItems === true && array.length > 1) {
    const twins = findDuplicates(array);
    if (twins !== undefined) run.fail(`items at ${displayCount(twins[0])} and ${displayCount(twins[1])} are equal`);
  }
  if (schema.draft < 2020) checkItems(run, array);
  else checkItems2020(run, array);
  checkContains(run, array);
}

function checkItems(run: Validation, array: readonly Json[]): void {
  const { items, additionalItems } = run.schema;
  let evaluated = 0;
  if (isSchemaList(items)) {
    evaluated = Math.min(items.length, array.length);
    for (const [i, schema] of items.entries()) {
      if (i < evaluated) run.add(run.child(schema, array[i] ?? null, String(i)));
    }
  } else if (items !== undefined) {
    evaluated = array.length;
    for (const [i, item] of array.entries()) run.add(run.child(items, item, String(i)));
  }
  if (additionalItems === false) {
    const rest = array.length - evaluated;
    if (rest > 0) run.fail(`last ${displayCount(rest)} additionalItem(s) not allowed`);
  } else if (additionalItems !== undefined && additionalItems !== true)
    checkRest(run, additionalItems, array.slice(evaluated));
}

function isSchemaList(items: Schema | readonly Schema[] | undefined): items is readonly Schema[] {
  return Array.isArray(items);
}

/** Upstream numbers these from zero again. */
function checkRest(run: Validation, schema: Schema, rest: readonly Json[]): void {
  for (const [i, item] of rest.entries()) run.add(run.child(schema, item, String(i)));
}

function checkItems2020(run: Validation, array: readonly Json[]): void {
  const { prefixItems = [], restItems } = run.schema;
  const evaluated = Math.min(prefixItems.length, array.length);
  for (const [i, schema] of prefixItems.entries()) {
    if (i < evaluated) run.add(run.child(schema, array[i] ?? null, String(i)));
  }
  if (restItems !== undefined) checkRest(run, restItems, array.slice(evaluated));
}

function checkContains(run: Validation, array: readonly Json[]): void {
  const { contains, minContains, maxContains, draft } = run.schema;
  if (contains === undefined) return;
  const failures: Failure[] = [];
  const matched: number[] = [];
  for (const [i, item] of array.entries()) {
    const failure = run.child(contains, item, String(i));
    if (failure !== undefined) failures.push(failure);
    else {
      matched.push(i);
      if (draft >= 2020) run.unevaluated.items.delete(i);
    }
  }
  const found = `but matched ${displayCount(matched.length)} items at ${matched.join(' ')}`;
  if (minContains !== undefined && matched.length < minContains) {
    const tail = matched.length === 0 ? 'but none matched' : found;
    run.fail(`min ${displayCount(minContains)} items required to match contains schema, ${tail}`, failures);
  } else if (minContains === undefined && matched.length === 0) run.fail('no items match contains schema', failures);
  if (maxContains !== undefined && matched.length > maxContains) {
    run.fail(`max ${displayCount(maxContains)} items required to match contains schema, ${found}`);
  }
}

export function checkString(run: Validation, text: string): void {
  const { minLength, maxLength, pattern } = run.schema;
  if (minLength !== undefined || maxLength !== undefined) checkCount(run, 'Length', countRunes(text));
  if (pattern !== undefined && !pattern.match(text)) {
    run.fail(`${quote(text)} does not match pattern ${quote(pattern.source)}`);
  }
}

function countRunes(text: string): number {
  if (byteLength(text) === text.length) return text.length;
  let count = 0;
  for (const rune of text) if (rune !== '') count++;
  return count;
}

export function checkNumber(run: Validation, number: Decimal): void {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = run.schema;
  const text = (keyword: string, want: Decimal): string =>
    `${keyword}: got ${displayNumber(number)}, want ${displayNumber(want)}`;
  if (minimum !== undefined && compareDecimals(number, minimum) < 0) run.fail(text('minimum', minimum));
  if (maximum !== undefined && compareDecimals(number, maximum) > 0) run.fail(text('maximum', maximum));
  if (exclusiveMinimum !== undefined && compareDecimals(number, exclusiveMinimum) <= 0) {
    run.fail(text('exclusiveMinimum', exclusiveMinimum));
  }
  if (exclusiveMaximum !== undefined && compareDecimals(number, exclusiveMaximum) >= 0) {
    run.fail(text('exclusiveMaximum', exclusiveMaximum));
  }
  if (multipleOf !== undefined && !isMultiple(number, multipleOf)) run.fail(text('multipleOf', multipleOf));
}
