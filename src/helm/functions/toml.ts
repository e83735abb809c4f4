// TOML in templates.
import {
  ANY,
  DICT,
  exportedFields,
  GoError,
  GoInt,
  GoMap,
  GoObject,
  GoSlice,
  STRING,
  dictSet,
  newDict,
} from '#gotemplate/index';
import type { Dict } from '#gotemplate/index';
import { newFields } from '#lib/field-order';
import { GoTime } from '#lib/go-time';
import { parseTime } from '#lib/go-time-parse';
import { encodeToml } from '#lib/go-toml';
import { UTC, fixedZone } from '#lib/go-zone';
import { readToml } from '#lib/toml-reader';
import { TomlError, type TomlTable, TomlTableList, TomlTime, type TomlValue } from '#lib/toml-value';
import type { FunctionTable } from './conversion.ts';
import { Effort } from './effort.ts';
import { errorDict } from './formats.ts';
import { TimeValue } from './time-values.ts';

const MAX_DEPTH = 1000;

const RFC3339_NANO = '2006-01-02T15:04:05.999999999Z07:00';
/** How local dates and times are written and read back. */
const LOCAL_LAYOUTS: Readonly<Record<Exclude<TomlTime['kind'], 'instant'>, string>> = {
  'datetime-local': '2006-01-02T15:04:05.999999999',
  'date-local': '2006-01-02',
  'time-local': '15:04:05.999999999',
};

/** The value in TOML's terms. Maps and lists that are nil are left out, as nil is. */
function toTomlValue(value: unknown, effort: Effort, depth = 0): TomlValue {
  effort.spend(typeof value === 'string' ? 1 + (value.length >> 6) : 1);
  if (depth > MAX_DEPTH) throw new TomlError('toml: the value nests too deeply');
  if (typeof value !== 'object' || value === null) return (value ?? null) as TomlValue;
  if (Array.isArray(value)) {
    return value instanceof GoSlice && value.isNil ? null : value.map((item) => toTomlValue(item, effort, depth + 1));
  }
  if (value instanceof GoInt) return value.value;
  if (value instanceof Uint8Array) return Array.from(value, BigInt);
  if (value instanceof TimeValue) return timeText(value.time);
  if (value instanceof GoMap) return value.isNil ? null : toTable(value.entries, effort, depth);
  if (value instanceof GoObject) return value.isNil ? null : objectValue(value, effort, depth);
  return toTable(value as Dict, effort, depth);
}

/** Structs are written under the names of their fields; what has a text form of its own, in that form. */
function objectValue(value: GoObject, effort: Effort, depth: number): TomlValue {
  const json = value.json();
  if (typeof json !== 'object')
    return toTomlValue(value.scalar === undefined ? json : (value.stringer() ?? json), effort, depth);
  const table = newFields<TomlValue>();
  for (const [name, field] of exportedFields(value)) {
    const plain = toTomlValue(field, effort, depth + 1);
    // Fields of an embedded struct stand among the others.
    if (field instanceof GoObject && value.isEmbedded(name)) Object.assign(table, plain);
    else table[name] = plain;
  }
  return table;
}

function toTable(entries: Dict, effort: Effort, depth: number): TomlTable {
  const table = newDict();
  for (const key of Object.keys(entries)) dictSet(table, key, toTomlValue(entries[key], effort, depth + 1));
  return table as TomlTable;
}

function timeText(time: GoTime): TomlTime {
  const kind = time.zone.name as TomlTime['kind'];
  const layout = Object.hasOwn(LOCAL_LAYOUTS, kind) ? LOCAL_LAYOUTS[kind as keyof typeof LOCAL_LAYOUTS] : RFC3339_NANO;
  return new TomlTime(time.format(layout), 'instant');
}

function write(value: unknown): string {
  if (value === null || value === undefined) throw new GoError('reflect: call of reflect.Value.Type on zero Value');
  if (value instanceof GoSlice && value.isNil) return '[]';
  return encodeToml(toTomlValue(value, new Effort()));
}

function toToml(value: unknown): string {
  try {
    return write(value);
  } catch (error) {
    if (error instanceof TomlError) return error.message;
    throw error;
  }
}

function mustToToml(value: unknown): string {
  try {
    return write(value);
  } catch (error) {
    if (error instanceof TomlError) throw new GoError(error.message, { cause: error });
    throw error;
  }
}

function fromToml(text: string): Dict {
  try {
    return fromTable(readToml(text));
  } catch (error) {
    if (error instanceof TomlError) return errorDict(error.message);
    throw error;
  }
}

function fromTable(table: TomlTable): Dict {
  const dict = newDict();
  for (const key of Object.keys(table)) dictSet(dict, key, fromTomlValue(table[key] ?? null));
  return dict;
}

function fromTomlValue(value: TomlValue): unknown {
  if (Array.isArray(value)) return fromList(value);
  if (value instanceof TomlTime) return new TimeValue(readTime(value));
  return typeof value === 'object' && value !== null ? fromTable(value) : value;
}

/** Lists of tables get a type of their own, as the library has it. */
function fromList(list: readonly TomlValue[]): unknown {
  const items = Array.from(list, fromTomlValue);
  return list instanceof TomlTableList ? GoSlice.make(TABLES, items) : items;
}

const TABLES = { name: '[]map[string]interface {}', kind: 'slice', elem: DICT } as const;

function readTime({ text, kind }: TomlTime): GoTime {
  if (kind === 'instant') return parseTime(RFC3339_NANO, text, UTC);
  return parseTime(LOCAL_LAYOUTS[kind], text, fixedZone(kind, 0));
}

export const tomlFunctions: FunctionTable = {
  toToml: { params: [ANY], result: STRING, fn: toToml },
  fromToml: { params: [STRING], result: DICT, fn: fromToml },
};

/** What Helm 4 adds. */
export const helm4TomlFunctions: FunctionTable = {
  mustToToml: { params: [ANY], result: STRING, fn: mustToToml },
};
