// What the user gave: files and the --set family, in Helm's order of precedence.
import { CodedError, errorMessage } from '#lib/errors';
import { type HelmMajor, readValues } from '../chart/files-to-chart.ts';
import { mergeMaps } from './documents.ts';
import { parseSet, parseSetFile, parseSetJson, parseSetLiteral, parseSetString } from './strvals.ts';
import { isTable, type ValuesMap } from './values-map.ts';

export interface UserValues {
  /** -f: names of files, later ones over earlier ones. */
  readonly files?: readonly string[];
  readonly json?: readonly string[];
  readonly set?: readonly string[];
  readonly strings?: readonly string[];
  readonly fromFiles?: readonly string[];
  readonly literals?: readonly string[];
}

export class UserValuesError extends CodedError {
  constructor(message: string, options?: ErrorOptions) {
    super('HELM_USER_VALUES', message, options);
  }
}

export interface UserValuesOptions {
  readonly helm: HelmMajor;
  /** The text of a file; throws with a message for the user. */
  readonly readFile: (name: string) => string;
}

/** Merges everything the user gave: files, then --set-json, --set, --set-string, --set-file, --set-literal. */
export function mergeUserValues(given: UserValues, options: UserValuesOptions): ValuesMap {
  const { readFile } = options;
  let values: ValuesMap = {};
  for (const name of given.files ?? []) {
    const text = readFile(name);
    const document = wrap(`failed to parse ${name}`, () => readValues(text, options.helm));
    values = mergeMaps(values, document ?? {});
  }
  for (const line of given.json ?? []) values = addJson(line, values, options.helm);
  for (const line of given.set ?? []) wrap('failed parsing --set data', () => parseSet(line, values));
  for (const line of given.strings ?? []) wrap('failed parsing --set-string data', () => parseSetString(line, values));
  for (const line of given.fromFiles ?? []) {
    wrap('failed parsing --set-file data', () => parseSetFile(line, values, readFile));
  }
  for (const line of given.literals ?? [])
    wrap('failed parsing --set-literal data', () => parseSetLiteral(line, values));
  return values;
}

function wrap<T>(what: string, run: () => T): T {
  try {
    return run();
  } catch (cause) {
    throw new UserValuesError(`${what}: ${errorMessage(cause)}`, { cause });
  }
}

function addJson(line: string, values: ValuesMap, helm: HelmMajor): ValuesMap {
  // Helm 4 takes a whole JSON object, too.
  const whole = helm === 4 && line.trim().startsWith('{');
  try {
    if (whole) {
      const object: unknown = JSON.parse(line);
      return isTable(object) ? mergeMaps(values, object) : values;
    }
    parseSetJson(line, values);
    return values;
  } catch (cause) {
    throw new UserValuesError(`failed parsing --set-json data ${whole ? 'JSON: ' : ''}${line}`, { cause });
  }
}
