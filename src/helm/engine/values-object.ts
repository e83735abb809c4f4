// chartutil.Values: the type of `.`, `.Values` and `.Template`, a map with methods of its own.
import { ANY, type Dict, DICT, ERROR, GoError, GoMap, type GoMethod, type GoType, STRING } from '#gotemplate/index';
import { sigsMarshal, YamlError } from '#goyaml/index';
import { quote as goQuote } from '#lib/go-quote';
import type { HelmMajor } from '../chart/files-to-chart.ts';
import { toPlain } from '../functions/plain.ts';
import { pathValue, tableAt } from '../values/paths.ts';

const WRITER: GoType = { name: 'io.Writer', kind: 'interface' };

function toYaml(entries: Dict): string {
  try {
    return sigsMarshal(toPlain(entries));
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    const context = error.message.startsWith('json: ') ? 'error marshaling into JSON: ' : '';
    throw new GoError(`${context}${error.message}`, { cause: error });
  }
}

function valuesType(name: string): GoType {
  const methods = new Map<string, GoMethod>();
  const type: GoType = { name, kind: 'map', elem: ANY, methods };
  methods.set('YAML', { params: [], result: STRING, fn: ({ entries }: GoMap) => toYaml(entries) });
  // Nothing a template can reach is a writer.
  methods.set('Encode', { params: [WRITER], result: ERROR, fn: () => null });
  methods.set('AsMap', { params: [], result: DICT, fn: ({ entries }: GoMap) => entries });
  methods.set('Table', {
    params: [STRING],
    result: type,
    fn: ({ entries }: GoMap, path: string) => {
      const found = tableAt(entries, path);
      if ('missing' in found) throw new GoError(`${goQuote(found.missing)} is not a table`);
      return new GoMap(type, found.table);
    },
  });
  methods.set('PathValue', {
    params: [STRING],
    fn: ({ entries }: GoMap, path: string) => {
      if (path === '') throw new GoError('YAML path cannot be empty');
      const value = pathValue(entries, path);
      if (value !== undefined) return value;
      throw new GoError(`${goQuote(path.slice(path.lastIndexOf('.') + 1))} is not a value`);
    },
  });
  return type;
}

const types: Readonly<Record<HelmMajor, GoType>> = {
  3: valuesType('chartutil.Values'),
  4: valuesType('common.Values'),
};

/** Shows a table as chartutil.Values; the entries stay shared. */
export function asValues(entries: Dict, helm: HelmMajor): GoMap {
  return new GoMap(types[helm], entries);
}
