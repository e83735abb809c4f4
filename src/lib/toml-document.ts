// The tables of a TOML document while it is read: which exist, and which only because something within them does.
import { quote as goQuote } from './go-quote.ts';
import { isTable, newTable, type TomlError, TomlTableList, type TomlTable, type TomlValue } from './toml-value.ts';

/** A key as errors show it. */
export function keyText(key: readonly string[]): string {
  return key.map((part) => (/^[A-Za-z0-9_-]+$/.test(part) ? part : goQuote(part))).join('.');
}

export class TomlDocument {
  readonly root: TomlTable = newTable();
  /** The table that was opened last. */
  context: readonly string[];
  readonly #implicit = new Set<TomlTable>();
  readonly #fail: (message: string) => TomlError;
  #current = this.root;

  /** `context` is where the document is, when it is an inline table. */
  constructor(fail: (message: string) => TomlError, context: readonly string[] = []) {
    this.#fail = fail;
    this.context = context;
  }

  /** `[a.b]`, or `[[a.b]]`. */
  open(key: readonly string[], array: boolean): void {
    this.context = [];
    const parent = this.#descend(key.slice(0, -1), true);
    this.context = key.slice(0, -1);
    const name = key.at(-1) ?? '';
    const found = parent[name];
    this.#current = array ? this.#append(parent, key) : this.#define(parent, name, key);
    if (!array && found !== undefined) this.#implicit.delete(this.#current);
    this.context = key;
  }

  #append(parent: TomlTable, key: readonly string[]): TomlTable {
    const name = key.at(-1) ?? '';
    const list = (parent[name] ??= new TomlTableList());
    if (!(list instanceof TomlTableList)) {
      throw this.#fail(`Key '${keyText(key)}' was already created and cannot be used as an array.`);
    }
    const table = newTable();
    list.push(table);
    return table;
  }

  #define(parent: TomlTable, name: string, key: readonly string[]): TomlTable {
    const found = parent[name];
    if (found === undefined) return (parent[name] = newTable());
    if (isTable(found) && this.#implicit.has(found)) return found;
    throw this.#fail(`Key '${keyText(key)}' has already been defined.`);
  }

  /** The table at the end of a path, from the top when a table is opened; tables that are missing are made. */
  #descend(path: readonly string[], opening: boolean): TomlTable {
    let table = opening ? this.root : this.#current;
    const above = opening ? [] : this.context;
    for (const [at, name] of path.entries()) {
      let next = table[name];
      if (next === undefined) {
        next = newTable();
        this.#implicit.add(next);
        table[name] = next;
      }
      if (next instanceof TomlTableList) next = next.at(-1);
      if (!isTable(next)) {
        const key = keyText([...above, ...path.slice(0, at + 1)]);
        const own = !opening && at === path.length - 1;
        throw this.#fail(`Key '${key}' ${own ? 'has already been defined' : 'was already created as a hash'}.`);
      }
      table = next;
    }
    return table;
  }

  /** `key = value` in the table opened last. */
  set(key: readonly string[], value: TomlValue): void {
    const table = this.#descend(key.slice(0, -1), false);
    const name = key.at(-1) ?? '';
    if (table[name] !== undefined) {
      throw this.#fail(`Key '${keyText([...this.context, ...key])}' has already been defined.`);
    }
    table[name] = value;
  }
}
