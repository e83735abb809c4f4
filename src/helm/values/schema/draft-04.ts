// The meta-schema of JSON Schema draft 4, which ajv does not bring along.

const schemas = { type: 'array', minItems: 1, items: { $ref: '#' } } as const;
const nonNegative = { $ref: '#/definitions/positiveInteger' } as const;
const nonNegativeOrZero = { $ref: '#/definitions/positiveIntegerDefault0' } as const;
const schemaMap = { type: 'object', additionalProperties: { $ref: '#' }, default: {} } as const;
const booleanOrSchema = { anyOf: [{ type: 'boolean' }, { $ref: '#' }], default: {} } as const;
const list = { $ref: '#/definitions/schemaArray' } as const;
const flag = { type: 'boolean', default: false } as const;

export const draft04: unknown = {
  id: 'http://json-schema.org/draft-04/schema#',
  $schema: 'http://json-schema.org/draft-04/schema#',
  description: 'Core schema meta-schema',
  definitions: {
    schemaArray: schemas,
    positiveInteger: { type: 'integer', minimum: 0 },
    positiveIntegerDefault0: { allOf: [nonNegative, { default: 0 }] },
    simpleTypes: { enum: ['array', 'boolean', 'integer', 'null', 'number', 'object', 'string'] },
    stringArray: { type: 'array', items: { type: 'string' }, minItems: 1, uniqueItems: true },
  },
  type: 'object',
  properties: {
    id: { type: 'string' },
    $schema: { type: 'string', format: 'uri' },
    $ref: { type: 'string' },
    format: { type: 'string' },
    title: { type: 'string' },
    description: { type: 'string' },
    default: {},
    multipleOf: { type: 'number', minimum: 0, exclusiveMinimum: true },
    maximum: { type: 'number' },
    exclusiveMaximum: flag,
    minimum: { type: 'number' },
    exclusiveMinimum: flag,
    maxLength: nonNegative,
    minLength: nonNegativeOrZero,
    pattern: { type: 'string', format: 'regex' },
    additionalItems: booleanOrSchema,
    items: { anyOf: [{ $ref: '#' }, list], default: {} },
    maxItems: nonNegative,
    minItems: nonNegativeOrZero,
    uniqueItems: flag,
    maxProperties: nonNegative,
    minProperties: nonNegativeOrZero,
    required: { $ref: '#/definitions/stringArray' },
    additionalProperties: booleanOrSchema,
    definitions: schemaMap,
    properties: schemaMap,
    patternProperties: schemaMap,
    dependencies: {
      type: 'object',
      additionalProperties: { anyOf: [{ $ref: '#' }, { $ref: '#/definitions/stringArray' }] },
    },
    enum: { type: 'array', minItems: 1, uniqueItems: true },
    type: {
      anyOf: [
        { $ref: '#/definitions/simpleTypes' },
        { type: 'array', items: { $ref: '#/definitions/simpleTypes' }, minItems: 1, uniqueItems: true },
      ],
    },
    allOf: list,
    anyOf: list,
    oneOf: list,
    not: { $ref: '#' },
  },
  dependencies: { exclusiveMaximum: ['maximum'], exclusiveMinimum: ['minimum'] },
  default: {},
};
