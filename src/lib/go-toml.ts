// TOML as the BurntSushi library writes it (Helm's toToml).
import { keepsOrder } from './field-order.ts';
import { formatFloat } from './go-float.ts';
import { sortStrings } from './go-string.ts';
import { isTable, TomlError, type TomlTable, TomlTime, type TomlValue } from './toml-value.ts';

const MAX_DEPTH = 1000;

/** toml.Encoder with its usual indent of two blanks. Throws TomlError. */
export function encodeToml(value: TomlValue): string {
  return new Encoder().encode(value);
}

/** A list of nothing but tables is written as [[tables]]. */
function isTableList(value: TomlValue): value is TomlTable[] {
  return Array.isArray(value) && value.length > 0 && value.every(isTable);
}

/** Only lists of tables may not hold nil at all, but Go finds it wherever it looks at a list's kind. */
function refuseNil(value: TomlValue, depth = 0): void {
  if (!Array.isArray(value)) return;
  if (depth > MAX_DEPTH) throw new TomlError('toml: the value nests too deeply');
  for (const item of value) {
    if (item === null) throw new TomlError('toml: cannot encode array with nil element');
    refuseNil(item, depth + 1);
  }
}

class Encoder {
  #out = '';

  encode(value: TomlValue): string {
    refuseNil(value);
    if (isTableList(value)) throw new TomlError('toml: top-level values must be Go maps or structs');
    if (isTable(value)) this.#table([], value);
    else if (value !== null) this.#element(value);
    return this.#out;
  }

  /** An empty line between what is there and what comes. */
  #newline(): void {
    if (this.#out !== '') this.#out += '\n';
  }

  #entry(path: readonly string[], value: TomlValue): void {
    if (isTableList(value)) {
      for (const table of value) {
        this.#newline();
        this.#header(path, '[[', ']]');
        this.#table(path, table);
      }
    } else if (isTable(value)) {
      if (path.length === 1) this.#newline();
      this.#header(path, '[', ']');
      this.#table(path, value);
    } else if (value !== null) {
      this.#out += `${indent(path)}${keyText(path.at(-1) ?? '')} = `;
      this.#element(value);
      this.#newline();
    }
  }

  #header(path: readonly string[], open: string, close: string): void {
    this.#out += indent(path) + open + path.map(keyText).join('.') + close;
    this.#newline();
  }

  #table(path: readonly string[], table: TomlTable): void {
    if (path.length > MAX_DEPTH) throw new TomlError('toml: the value nests too deeply');
    for (const key of orderedKeys(table)) this.#entry([...path, key], table[key] ?? null);
  }

  #element(value: TomlValue, depth = 0): void {
    if (depth > MAX_DEPTH) throw new TomlError('toml: the value nests too deeply');
    if (Array.isArray(value)) {
      this.#out += '[';
      for (const [at, item] of value.entries()) {
        if (at > 0) this.#out += ', ';
        this.#element(item, depth + 1);
      }
      this.#out += ']';
    } else if (isTable(value)) this.#inlineTable(value, depth);
    else this.#out += scalarText(value);
  }

  #inlineTable(table: TomlTable, depth: number): void {
    this.#out += '{';
    const [direct, nested] = splitKeys(table);
    this.#inlineEntries(table, direct, nested.length > 0, depth);
    this.#inlineEntries(table, nested, false, depth);
    this.#out += '}';
  }

  #inlineEntries(table: TomlTable, keys: readonly string[], more: boolean, depth: number): void {
    for (const [at, key] of keys.entries()) {
      const value = table[key] ?? null;
      // What is nil goes without its key, and without its comma.
      if (value === null) continue;
      this.#out += `${keyText(key)} = `;
      this.#element(value, depth + 1);
      if (more || at !== keys.length - 1) this.#out += ', ';
    }
  }
}

/** Plain values first, tables and lists of tables after them; each sorted, if it is a map. */
function splitKeys(table: TomlTable): [direct: string[], nested: string[]] {
  const direct: string[] = [];
  const nested: string[] = [];
  for (const key of keepsOrder(table) ? Object.keys(table) : sortStrings(Object.keys(table))) {
    const value = table[key] ?? null;
    refuseNil(value);
    (isTable(value) || isTableList(value) ? nested : direct).push(key);
  }
  return [direct, nested];
}

function orderedKeys(table: TomlTable): string[] {
  return splitKeys(table).flat();
}

function indent(path: readonly string[]): string {
  return '  '.repeat(path.length - 1);
}

function keyText(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : quoted(key);
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\b', '\\b'],
  ['\t', '\\t'],
  ['\n', '\\n'],
  ['\f', '\\f'],
  ['\r', '\\r'],
]);

function quoted(text: string): string {
  // oxlint-disable-next-line no-control-regex
  const escaped = text.replace(/["\\\x00-\x1f\x7f]/g, (char) => {
    return ESCAPES.get(char) ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  return `"${escaped}"`;
}

function scalarText(value: null | boolean | number | bigint | string | TomlTime): string {
  if (typeof value === 'string') return quoted(value);
  if (value instanceof TomlTime) return value.text;
  if (typeof value !== 'number') return String(value);
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  const text = formatFloat(value, 'f');
  return text.includes('.') ? text : `${text}.0`;
}
