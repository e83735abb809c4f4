// What TOML is made of.

/** What cannot be written or read. */
export class TomlError extends Error {
  override readonly name = 'TomlError';
}

/** A date, a time of day or both, as written: what is local has no offset. */
export class TomlTime {
  readonly text: string;
  readonly kind: 'instant' | 'datetime-local' | 'date-local' | 'time-local';

  constructor(text: string, kind: TomlTime['kind']) {
    this.text = text;
    this.kind = kind;
  }
}

/** The tables of `[[name]]`, which Go gives a type of their own; tables in a list of values are any values. */
export class TomlTableList extends Array<TomlTable> {}

/** `number` is float64, `bigint` int64; null stands for Go's nil, which is left out of tables. */
export type TomlValue = null | boolean | number | bigint | string | TomlTime | TomlValue[] | TomlTable;

export interface TomlTable {
  [key: string]: TomlValue;
}

export function newTable(): TomlTable {
  return Object.create(null) as TomlTable;
}

export function isTable(value: TomlValue | undefined): value is TomlTable {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof TomlTime);
}
