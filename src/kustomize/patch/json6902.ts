// JSON patches (RFC 6902) on plain values, with the leniencies and the error texts of the library kustomize uses.
import { type GoObject, type GoValue, marshalJSON, setKey, isObject } from '#goyaml/index';
import { KustomizeError } from '../errors.ts';

export type Operation = GoObject;

const MISSING = 'missing value';
const INVALID_INDEX = 'invalid index referenced';

/** A patch is a list of objects. */
export function decodeJsonPatch(value: GoValue): readonly Operation[] {
  if (value === null) return [];
  if (!Array.isArray(value)) throw notAPatch(value, 'jsonpatch.Patch');
  return value.map((operation) => {
    if (!isObject(operation)) throw notAPatch(operation, 'jsonpatch.Operation');
    return operation;
  });
}

function notAPatch(value: GoValue, type: string): KustomizeError {
  const kinds: Readonly<Record<string, string>> = {
    string: 'string',
    number: 'number',
    bigint: 'number',
    boolean: 'bool',
  };
  const kind = kinds[typeof value] ?? (Array.isArray(value) ? 'array' : 'object');
  return new KustomizeError(`json: cannot unmarshal ${kind} into Go value of type ${type}`);
}

/** Applies the operations in place; the result may be another value when the root was replaced. */
export function applyJsonPatch(document: GoValue, operations: readonly Operation[]): GoValue {
  const holder = { root: document };
  for (const operation of operations) {
    const run = OPERATIONS[textOf(operation, 'op') ?? 'unknown'];
    if (run === undefined) {
      throw new KustomizeError(`Unexpected kind: ${textOf(operation, 'op') ?? 'unknown'}`);
    }
    run(holder, operation);
  }
  return holder.root;
}

interface Holder {
  root: GoValue;
}

const OPERATIONS: Readonly<Record<string, (holder: Holder, operation: Operation) => void>> = Object.assign(
  Object.create(null) as Record<string, never>,
  { add, remove, replace, move, test, copy },
);

function add(holder: Holder, operation: Operation): void {
  const path = pathOf(operation, 'add operation failed to decode path');
  const found = find(holder.root, path);
  if (found === undefined) {
    throw new KustomizeError(`add operation does not apply: doc is missing path: "${path}": ${MISSING}`);
  }
  addTo(found, operation['value'] ?? null, `error in add for path: '${path}'`);
}

function remove(holder: Holder, operation: Operation): void {
  const path = pathOf(operation, 'remove operation failed to decode path');
  const found = find(holder.root, path);
  if (found === undefined) {
    throw new KustomizeError(`remove operation does not apply: doc is missing path: "${path}": ${MISSING}`);
  }
  removeFrom(found, `error in remove for path: '${path}'`);
}

function replace(holder: Holder, operation: Operation): void {
  const path = pathOf(operation, 'replace operation failed to decode path');
  const value = operation['value'] ?? null;
  if (path === '') {
    if (typeof value !== 'object' || value === null) {
      throw new KustomizeError('replace operation value must be object or array');
    }
    holder.root = value;
    return;
  }
  const found = find(holder.root, path);
  if (found === undefined) {
    throw new KustomizeError(`replace operation does not apply: doc is missing path: ${path}: ${MISSING}`);
  }
  const { container, key } = found;
  // A key that a map lacks may be replaced all the same; an index must exist.
  if (!Array.isArray(container)) {
    setKey(container, key, value);
    return;
  }
  const index = indexIn(container, key);
  if (typeof index !== 'number') {
    throw new KustomizeError(`replace operation does not apply: doc is missing key: ${path}: ${MISSING}`);
  }
  container[index] = value;
}

function move(holder: Holder, operation: Operation): void {
  const from = pathOf(operation, 'move operation failed to decode from', 'from');
  const source = find(holder.root, from);
  if (source === undefined) {
    throw new KustomizeError(`move operation does not apply: doc is missing from path: ${from}: ${MISSING}`);
  }
  const prefix = `error in move for path: '${source.key}'`;
  const value = getFrom(source, prefix);
  removeFrom(source, prefix);
  const path = pathOf(operation, 'move operation failed to decode path');
  const target = find(holder.root, path);
  if (target === undefined) {
    throw new KustomizeError(`move operation does not apply: doc is missing destination path: ${path}: ${MISSING}`);
  }
  addTo(target, value ?? null, `error in move for path: '${path}'`);
}

function copy(holder: Holder, operation: Operation): void {
  const from = pathOf(operation, 'copy operation failed to decode from', 'from');
  const source = find(holder.root, from);
  if (source === undefined) {
    throw new KustomizeError(`copy operation does not apply: doc is missing from path: ${from}: ${MISSING}`);
  }
  const value = getFrom(source, `error in copy for from: '${from}'`);
  const path = pathOf(operation, 'copy operation failed to decode path');
  const target = find(holder.root, path);
  if (target === undefined) {
    throw new KustomizeError(`copy operation does not apply: doc is missing destination path: ${path}: ${MISSING}`);
  }
  addTo(target, cloneValue(value ?? null), 'error while adding value during copy');
}

function test(holder: Holder, operation: Operation): void {
  const path = pathOf(operation, 'test operation failed to decode path');
  const expected = operation['value'];
  const failed = (): KustomizeError => new KustomizeError(`testing value ${path} failed: test failed`);
  if (path === '') {
    if (!equal(holder.root, expected ?? null)) throw failed();
    return;
  }
  const found = find(holder.root, path);
  if (found === undefined) {
    throw new KustomizeError(`test operation does not apply: is missing path: ${path}: ${MISSING}`);
  }
  const value = getFrom(found, `error in test for path: '${path}'`);
  if (!equal(value ?? null, expected ?? null)) throw failed();
}

interface Found {
  readonly container: GoObject | GoValue[];
  readonly key: string;
}

/** The collection that holds the last part of a path. */
function find(root: GoValue, path: string): Found | undefined {
  const parts = path.split('/');
  if (parts.length < 2) return undefined;
  let at: GoValue | undefined = root;
  for (const part of parts.slice(1, -1)) {
    at = child(at, decodePart(part));
    if (at === undefined || at === null) return undefined;
  }
  if (typeof at !== 'object' || at === null) return undefined;
  return { container: at, key: decodePart(parts.at(-1) ?? '') };
}

function child(value: GoValue | undefined, key: string): GoValue | undefined {
  if (Array.isArray(value)) {
    const index = indexIn(value, key);
    return typeof index === 'number' ? value[index] : undefined;
  }
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

function decodePart(part: string): string {
  return part.replaceAll(/~[01]/g, (escape) => (escape === '~1' ? '/' : '~'));
}

function syntaxError(key: string): string {
  return `strconv.Atoi: parsing ${JSON.stringify(key)}: invalid syntax`;
}

/** An index that exists (negative ones count from the end), or why it does not. */
function indexIn(list: readonly GoValue[], key: string): number | string {
  if (!/^[+-]?\d+$/.test(key)) return syntaxError(key);
  const index = Number(key);
  if (index < -list.length || index >= list.length) {
    return `Unable to access invalid index: ${index}: ${INVALID_INDEX}`;
  }
  return index < 0 ? index + list.length : index;
}

function getFrom({ container, key }: Found, prefix: string): GoValue | undefined {
  if (!Array.isArray(container)) return Object.hasOwn(container, key) ? container[key] : undefined;
  const index = indexIn(container, key);
  if (typeof index === 'string') throw new KustomizeError(`${prefix}: ${index}`);
  return container[index];
}

function addTo({ container, key }: Found, value: GoValue, prefix: string): void {
  if (!Array.isArray(container)) {
    setKey(container, key, value);
    return;
  }
  if (key === '-') {
    container.push(value);
    return;
  }
  if (!/^[+-]?\d+$/.test(key)) {
    throw new KustomizeError(`${prefix}: value was not a proper array index: '${key}': ${syntaxError(key)}`);
  }
  const index = Number(key);
  const size = container.length + 1;
  if (index >= size || index < -size) {
    throw new KustomizeError(`${prefix}: Unable to access invalid index: ${index}: ${INVALID_INDEX}`);
  }
  container.splice(index < 0 ? index + size : index, 0, value);
}

function removeFrom({ container, key }: Found, prefix: string): void {
  if (!Array.isArray(container)) {
    if (!Object.hasOwn(container, key)) {
      throw new KustomizeError(`${prefix}: Unable to remove nonexistent key: ${key}: ${MISSING}`);
    }
    delete container[key];
    return;
  }
  const index = indexIn(container, key);
  if (typeof index === 'string') throw new KustomizeError(`${prefix}: ${index}`);
  container.splice(index, 1);
}

/** Values are equal when their JSON is. */
function equal(a: GoValue, b: GoValue): boolean {
  return marshalJSON(a) === marshalJSON(b);
}

export function cloneValue(value: GoValue): GoValue {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(cloneValue);
  const copy: GoObject = {};
  for (const [key, item] of Object.entries(value)) setKey(copy, key, cloneValue(item));
  return copy;
}

function pathOf(operation: Operation, prefix: string, name = 'path'): string {
  const path = textOf(operation, name);
  if (path === undefined) throw new KustomizeError(`${prefix}: ${MISSING}`);
  return path;
}

function textOf(operation: Operation, name: string): string | undefined {
  const value = Object.hasOwn(operation, name) ? operation[name] : undefined;
  return typeof value === 'string' ? value : undefined;
}
