// A compiled schema: what the keywords of one schema object (or boolean) say, with references already followed.
import type { GoRegexp } from '#lib/go-regexp';
import type { Format } from './formats.ts';
import type { Json } from './json.ts';
import type { Decimal } from './rational.ts';

export const typeNames = ['null', 'boolean', 'number', 'integer', 'string', 'array', 'object'] as const;
export type TypeName = (typeof typeNames)[number];

/** The JSON Schema drafts, by the number their rules are told apart with. */
export type DraftVersion = 4 | 6 | 7 | 2019 | 2020;

/** One schema. Filled in by the compiler after it was made, since schemas refer to each other in circles. */
export interface Schema {
  /** Absolute, with a JSON pointer as fragment. */
  readonly location: string;
  readonly pointer: string;
  readonly url: string;
  draft: DraftVersion;
  /** The schema of the resource this one belongs to. */
  resource: Schema | undefined;
  dynamicAnchors?: Map<string, Schema>;

  always?: boolean;
  ref?: Schema;
  recursiveRef?: Schema;
  recursiveAnchor?: boolean;
  dynamicRef?: { readonly schema: Schema; readonly anchor: string };
  dynamicAnchor?: string;
  types?: readonly TypeName[];
  enum?: readonly Json[];
  const?: { readonly value: Json };
  not?: Schema;
  allOf?: readonly Schema[];
  anyOf?: readonly Schema[];
  oneOf?: readonly Schema[];
  if?: Schema;
  /** `then`, under a name that makes no thenable. */
  consequence?: Schema;
  else?: Schema;
  format?: Format;

  maxProperties?: number;
  minProperties?: number;
  required?: readonly string[];
  propertyNames?: Schema;
  properties?: ReadonlyMap<string, Schema>;
  patternProperties?: readonly (readonly [GoRegexp, Schema])[];
  additionalProperties?: boolean | Schema;
  dependencies?: ReadonlyMap<string, readonly string[] | Schema>;
  dependentRequired?: ReadonlyMap<string, readonly string[]>;
  dependentSchemas?: ReadonlyMap<string, Schema>;
  unevaluatedProperties?: Schema;

  minItems?: number;
  maxItems?: number;
  uniqueItems?: boolean;
  contains?: Schema;
  minContains?: number;
  maxContains?: number;
  /** `items` before 2020-12. */
  items?: Schema | readonly Schema[];
  additionalItems?: boolean | Schema;
  prefixItems?: readonly Schema[];
  /** `items` since 2020-12. */
  restItems?: Schema;
  unevaluatedItems?: Schema;

  minLength?: number;
  maxLength?: number;
  pattern?: GoRegexp;

  maximum?: Decimal;
  minimum?: Decimal;
  exclusiveMaximum?: Decimal;
  exclusiveMinimum?: Decimal;
  multipleOf?: Decimal;
}
