// YAML and JSON in templates: Helm's forgiving functions and Sprig's strict ones.
import { ANY, DICT, GoError, LIST, STRING, dictSet, newDict } from '#gotemplate/index';
import type { Dict } from '#gotemplate/index';
import { YamlError, encodeV3, marshalJSON, sigsMarshal, sigsUnmarshal, unmarshalJSON } from '#goyaml/index';
import type { GoValue, MarshalJSONOptions } from '#goyaml/index';
import type { FunctionTable } from './conversion.ts';
import { toPlain } from './plain.ts';

/** The text, without one line break at its end. */
function withoutBreak(text: string): string {
  return text.endsWith('\n') ? text.slice(0, -1) : text;
}

/** Runs an encoder or decoder; a YamlError becomes what `recover` makes of it. */
function guarded<T>(run: () => T, recover: (error: YamlError) => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof YamlError) return recover(error);
    throw error;
  }
}

const orEmpty = (run: () => string): string => guarded(run, () => '');
const orFail = <T>(run: () => T): T =>
  guarded(run, (error) => {
    throw new GoError(error.message, { cause: error });
  });

const toYaml = (value: unknown): string => withoutBreak(sigsMarshal(toPlain(value)));
const toYamlPretty = (value: unknown): string =>
  withoutBreak(encodeV3(toPlain(value, 'yaml'), { indent: 2, sequences: 'wide' }));
const toJson = (value: unknown, options?: MarshalJSONOptions): string => marshalJSON(toPlain(value), options);

/** What encoding/json says when a value of another kind is to go into a Go map or slice. */
function kindName(value: GoValue): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'object') return 'object';
  if (typeof value === 'string') return 'string';
  return typeof value === 'boolean' ? 'bool' : 'number';
}

/** JSON's null leaves a nil map; YAML's leaves the empty one that was there. */
function asDict(value: GoValue, context: string): Dict | null {
  if (value === null) return null;
  if (typeof value === 'object' && !Array.isArray(value)) return value;
  return errorDict(`${context}json: cannot unmarshal ${kindName(value)} into Go value of type map[string]interface {}`);
}

/** What Helm's forgiving decoders give for a text they cannot read. */
export function errorDict(message: string): Dict {
  const dict = newDict();
  dictSet(dict, 'Error', message);
  return dict;
}

function asList(value: GoValue, context: string): unknown[] | null {
  if (value === null || Array.isArray(value)) return value;
  return [`${context}json: cannot unmarshal ${kindName(value)} into Go value of type []interface {}`];
}

const YAML_CONTEXT = 'error unmarshaling JSON: while decoding JSON: ';
const decodeJson = (text: string): GoValue => unmarshalJSON(text, { integers: 'number' });

const writer = (write: (value: unknown) => string): FunctionTable[string] => ({
  params: [ANY],
  result: STRING,
  fn: write,
});

const PRETTY: MarshalJSONOptions = { indent: '  ' };
const RAW: MarshalJSONOptions = { escapeHTML: false };

export const formatFunctions: FunctionTable = {
  toYaml: writer((value) => orEmpty(() => toYaml(value))),
  toYamlPretty: writer((value) => orEmpty(() => toYamlPretty(value))),
  fromYaml: {
    params: [STRING],
    result: DICT,
    fn: (text: string) =>
      guarded<Dict | null>(
        () => asDict(sigsUnmarshal(text) ?? {}, YAML_CONTEXT),
        (error) => errorDict(error.message),
      ),
  },
  fromYamlArray: {
    params: [STRING],
    result: LIST,
    fn: (text: string) =>
      guarded<unknown[] | null>(
        () => asList(sigsUnmarshal(text) ?? [], YAML_CONTEXT),
        (error) => [error.message],
      ),
  },
  toJson: writer((value) => orEmpty(() => toJson(value))),
  fromJson: {
    params: [STRING],
    result: DICT,
    fn: (text: string) =>
      guarded<Dict | null>(
        () => asDict(decodeJson(text), ''),
        (error) => errorDict(error.message),
      ),
  },
  fromJsonArray: {
    params: [STRING],
    result: LIST,
    fn: (text: string) =>
      guarded<unknown[] | null>(
        () => asList(decodeJson(text), ''),
        (error) => [error.message],
      ),
  },
  toPrettyJson: writer((value) => orEmpty(() => toJson(value, PRETTY))),
  toRawJson: writer((value) => orFail(() => toJson(value, RAW))),
  mustToJson: writer((value) => orFail(() => toJson(value))),
  mustToPrettyJson: writer((value) => orFail(() => toJson(value, PRETTY))),
  mustToRawJson: writer((value) => orFail(() => toJson(value, RAW))),
  mustFromJson: { params: [STRING], fn: (text: string) => orFail(() => decodeJson(text)) },
};

/** What Helm 4 adds. */
export const helm4FormatFunctions: FunctionTable = {
  mustToYaml: writer((value) => orFail(() => toYaml(value))),
};
