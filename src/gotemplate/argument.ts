// Arguments and results of functions: Go's assignability, and the JavaScript form each parameter type has.
import type { State } from './state.ts';
import {
  ANY,
  DICT,
  GoInt,
  GoMap,
  GoObject,
  GoSlice,
  LIST,
  mapEntries,
  REFLECT,
  STRING,
  typeOf,
  type Dict,
  type GoType,
  type Kind,
} from './value.ts';

/** Checks a value against a parameter type and gives it the form functions expect. */
export type Convert = (s: State, value: unknown) => unknown;
/** Turns what a function returned into a value of the model. */
export type Wrap = (value: unknown) => unknown;

const NILABLE: ReadonlySet<Kind> = new Set<Kind>(['chan', 'func', 'interface', 'map', 'ptr', 'slice']);
const INTEGERS: ReadonlySet<Kind> = new Set<Kind>([
  'int',
  'int8',
  'int16',
  'int32',
  'int64',
  'uint',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
  'uintptr',
]);

/** May nil be given where this type is wanted? */
export function canBeNil(type: GoType): boolean {
  return NILABLE.has(type.kind) || type === REFLECT;
}

/** What nil is for a parameter of the type, which can be nil. */
export function nilOf(type: GoType): unknown {
  return type === REFLECT ? undefined : null;
}

export function converter(type: GoType): Convert {
  if (type === REFLECT) return (_, value) => value;
  if (type === ANY) return (_, value) => (value instanceof GoObject ? value.copied() : (value ?? null));
  if (type === STRING) return (s, value) => (typeof value === 'string' ? value : convert(s, value, type));
  return (s, value) => convert(s, value, type);
}

function convert(s: State, value: unknown, type: GoType): unknown {
  if (value === undefined) {
    if (canBeNil(type)) return null;
    throw s.error(`invalid value; expected ${type.name}`);
  }
  const actual = typeOf(value);
  if (actual === undefined) throw s.error(`wrong type for value; expected ${type.name}; got interface {}`);
  if (assignable(actual, type, value)) return toParameter(value, type);
  // One indirection is tried, as for method receivers.
  if (actual.kind === 'ptr' && actual.elem !== undefined && assignable(actual.elem, type, value)) {
    if (value instanceof GoObject && value.isNil) throw s.error(`dereference of nil pointer of type ${type.name}`);
    return value;
  }
  throw s.error(`wrong type for value; expected ${type.name}; got ${actual.name}`);
}

function isUnnamed(type: GoType): boolean {
  return type.name.startsWith('map[') || type.name.startsWith('[]');
}

function assignable(from: GoType, to: GoType, value: unknown): boolean {
  if (from === to || from.name === to.name) return true;
  if (to.kind === 'interface') {
    if (to.name === ANY.name) return true;
    // Of interfaces with methods only error and fmt.Stringer matter to templates.
    if (!(value instanceof GoObject)) return false;
    return (to.name === 'error' ? value.errorText() : value.stringer()) !== undefined;
  }
  if (from.kind !== to.kind || (from.kind !== 'map' && from.kind !== 'slice')) return false;
  return (isUnnamed(from) || isUnnamed(to)) && from.elem?.name === to.elem?.name;
}

function toParameter(value: unknown, type: GoType): unknown {
  if (type.kind === 'interface') return value;
  if (value instanceof GoInt) return type.kind === 'int64' ? value.value : Number(value.value);
  if (type.kind === 'map') {
    if (value instanceof GoMap && value.isNil) return null;
    // A named map type keeps its type where the parameter has it; every other one is its entries.
    return type.methods !== undefined && value instanceof GoMap ? value : mapEntries(value);
  }
  if (value instanceof GoSlice && value.isNil) return null;
  return value;
}

/** The model's form of an integer constant for a parameter of the type. */
export function integerParameter(value: bigint, type: GoType): unknown {
  return type.kind === 'int64' ? value : Number(value);
}

/** What makes a value of the model out of a result of the type; undefined when nothing is to do. */
export function wrapper(type: GoType | undefined): Wrap | undefined {
  if (type === undefined || type === ANY || type === REFLECT) return undefined;
  if (type.kind === 'int64') return wrapInt64;
  if (INTEGERS.has(type.kind)) {
    return (value) => (typeof value === 'number' || typeof value === 'bigint' ? new GoInt(type, BigInt(value)) : value);
  }
  if (type.kind === 'slice') return (value) => wrapSlice(type, value);
  if (type.kind === 'map') return (value) => wrapMap(type, value);
  return undefined;
}

function wrapInt64(value: unknown): unknown {
  return typeof value === 'number' ? BigInt(value) : value;
}

function wrapSlice(type: GoType, value: unknown): unknown {
  if (value === null || value === undefined) return GoSlice.make(type, null);
  if (type.name === LIST.name || !Array.isArray(value) || value instanceof GoSlice) return value;
  const { elem } = type;
  // Lists of integers may be given as numbers.
  const wrap = elem === undefined ? undefined : wrapper(elem);
  return GoSlice.make(type, wrap === undefined ? value : value.map(wrap));
}

function wrapMap(type: GoType, value: unknown): unknown {
  if (value === null || value === undefined) return new GoMap(type, null);
  return type.name === DICT.name || value instanceof GoMap ? value : new GoMap(type, value as Dict);
}

/** reflect.Zero of the type. */
export function zeroOf(type: GoType): unknown {
  switch (type.kind) {
    case 'string':
      return '';
    case 'bool':
      return false;
    case 'float64':
      return 0;
    case 'int64':
      return 0n;
    case 'slice':
      return GoSlice.make(type, null);
    case 'map':
      return new GoMap(type, null);
    default:
      return INTEGERS.has(type.kind) ? new GoInt(type, 0n) : null;
  }
}
