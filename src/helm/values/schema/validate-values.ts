// values.schema.json of a chart and of the charts in it, against the coalesced values.
import { CodedError, errorMessage } from '#lib/errors';
import { fromBytes } from '#lib/go-string';
import type { HelmMajor } from '../../chart/files-to-chart.ts';
import type { ChartNode } from '../../chart/node.ts';
import { goTypeName } from '../go-type-name.ts';
import { getKey, isTable, type ValuesMap } from '../values-map.ts';
import { describe } from './failures.ts';
import { fromValues, SchemaError } from './json.ts';
import type { SchemaLibrary } from './library.ts';
import { validate } from './validate.ts';

/** The values are not what the chart's schema asks for. */
export class SchemaViolation extends CodedError {
  constructor(message: string) {
    super('HELM_VALUES_SCHEMA', message);
  }
}

export interface SchemaOptions {
  readonly helm: HelmMajor;
  readonly library: SchemaLibrary;
}

/** Throws SchemaViolation with Helm's text when a schema is not met, or is none. */
export function validateValues(root: ChartNode, values: ValuesMap, options: SchemaOptions): void {
  const text = violations(root, values, options);
  if (text === '') return;
  throw new SchemaViolation(
    `values don't meet the specifications of the schema(s) in the following chart(s):\n${text}`,
  );
}

function violations(node: ChartNode, values: ValuesMap, options: SchemaOptions): string {
  let text = '';
  if (node.schema !== null) {
    const own = violationsOf(node.schema, values, options.library);
    if (own !== '') text += `${node.name}:\n${own}`;
  }
  for (const subchart of node.dependencies) {
    const below = getKey(values, subchart.name);
    if (isTable(below)) text += violations(subchart, below, options);
    else if (options.helm === 4 && below !== null && below !== undefined) {
      text += `${subchart.name}:\ninvalid type for values: expected object (map), got ${goTypeName(below)}\n`;
    }
  }
  return text;
}

function violationsOf(schema: Buffer, values: ValuesMap, library: SchemaLibrary): string {
  try {
    const failures = validate(library.schemaOf(schema, fromBytes), fromValues(values));
    return failures.length === 0 ? '' : `${describe(failures).slice(1)}\n`;
  } catch (error) {
    if (error instanceof SchemaError) return errorMessage(error);
    if (error instanceof RangeError) return 'unable to validate schema: it nests too deep';
    throw error;
  }
}
