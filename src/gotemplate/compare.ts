// eq, ne, lt, le, gt, ge: which values compare, and what is said of those that do not.
import { compareStrings } from '#lib/go-string';
import { GoError } from './errors.ts';
import { printValue } from './print.ts';
import { sprintf } from './printf.ts';
import { GoComplex, GoInt, GoMap, GoObject, GoSlice, typeName, typeOf, type Kind } from './value.ts';

type BasicKind = 'bool' | 'complex' | 'int' | 'float' | 'string' | 'uint';

const BASIC: ReadonlyMap<Kind, BasicKind> = new Map<Kind, BasicKind>([
  ['bool', 'bool'],
  ['int', 'int'],
  ['int8', 'int'],
  ['int16', 'int'],
  ['int32', 'int'],
  ['int64', 'int'],
  ['uint', 'uint'],
  ['uint8', 'uint'],
  ['uint16', 'uint'],
  ['uint32', 'uint'],
  ['uint64', 'uint'],
  ['uintptr', 'uint'],
  ['float32', 'float'],
  ['float64', 'float'],
  ['complex128', 'complex'],
  ['string', 'string'],
]);

function basicKind(value: unknown): BasicKind | undefined {
  switch (typeof value) {
    case 'string':
      return 'string';
    case 'number':
      return 'float';
    case 'bigint':
      return 'int';
    case 'boolean':
      return 'bool';
    case 'undefined':
      return undefined;
    default:
  }
  const type = value === null ? undefined : typeOf(value);
  return type === undefined ? undefined : BASIC.get(type.kind);
}

/** The primitive behind a value of a basic kind. */
function basicValue(value: unknown): unknown {
  if (value instanceof GoInt) return value.value;
  if (value instanceof GoObject) return basicValue(value.scalar);
  return value;
}

function isNil(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  return (value instanceof GoSlice || value instanceof GoMap || value instanceof GoObject) && value.isNil;
}

function isMixedInteger(a: BasicKind | undefined, b: BasicKind | undefined): boolean {
  return (a === 'int' && b === 'uint') || (a === 'uint' && b === 'int');
}

/** a == b || a == c || … */
export function eq(first: unknown, ...others: unknown[]): boolean {
  if (others.length === 0) throw new GoError('missing argument for comparison');
  const kind = basicKind(first);
  return others.some((other) => equalPair(first, kind, other));
}

function equalPair(first: unknown, kind: BasicKind | undefined, other: unknown): boolean {
  const otherKind = basicKind(other);
  if (kind !== otherKind) {
    if (isMixedInteger(kind, otherKind)) return basicValue(first) === basicValue(other);
    if (isValid(first) && isValid(other)) throw incompatible(first, other);
    return false;
  }
  if (kind === 'complex') return equalComplex(first, other);
  if (kind !== undefined) return basicValue(first) === basicValue(other);
  return equalOther(first, other);
}

function isValid(value: unknown): boolean {
  return value !== null && value !== undefined;
}

function incompatible(a: unknown, b: unknown): GoError {
  return new GoError(`incompatible types for comparison: ${typeName(a)} and ${typeName(b)}`);
}

function equalComplex(a: unknown, b: unknown): boolean {
  return a instanceof GoComplex && b instanceof GoComplex && a.real === b.real && a.imag === b.imag;
}

/** Neither is of a basic kind: nil compares with everything, the rest by Go's ==. */
function equalOther(first: unknown, other: unknown): boolean {
  const firstKind = typeOf(first)?.kind;
  const otherKind = typeOf(other)?.kind;
  if (firstKind !== otherKind && firstKind !== undefined && otherKind !== undefined) {
    throw new GoError(
      `non-comparable types ${shown(first)}: ${typeName(first)}, ${typeName(other)}: ${printValue(other)}`,
    );
  }
  if (isNil(first) || isNil(other)) return isNil(first) === isNil(other);
  if (!(first instanceof GoObject) || !(other instanceof GoObject) || !isComparable(other)) {
    throw new GoError(`non-comparable type ${shown(other)}: ${typeName(other)}`);
  }
  return first.type.name === other.type.name && first.equals(other);
}

/** Structs compare when all their fields do: lists and maps do not. */
function isComparable(object: GoObject): boolean {
  if (object.type.kind !== 'struct') return true;
  return object.fields().every(([, value]) => {
    const kind = typeOf(value)?.kind;
    return kind !== 'slice' && kind !== 'map' && (!(value instanceof GoObject) || isComparable(value));
  });
}

function shown(value: unknown): string {
  return sprintf('%s', [value]);
}

export function ne(a: unknown, b: unknown): boolean {
  return !eq(a, b);
}

export function lt(a: unknown, b: unknown): boolean {
  const kind = basicKind(a);
  const otherKind = basicKind(b);
  if (kind === undefined || otherKind === undefined) throw new GoError('invalid type for comparison');
  if (kind !== otherKind && !isMixedInteger(kind, otherKind)) throw incompatible(a, b);
  const x = basicValue(a);
  const y = basicValue(b);
  if (typeof x === 'string' && typeof y === 'string') return compareStrings(x, y) < 0;
  if (typeof x === 'number' && typeof y === 'number') return x < y;
  if (typeof x === 'bigint' && typeof y === 'bigint') return x < y;
  throw new GoError('invalid type for comparison');
}

export function le(a: unknown, b: unknown): boolean {
  return lt(a, b) || eq(a, b);
}

export function gt(a: unknown, b: unknown): boolean {
  return !le(a, b);
}

export function ge(a: unknown, b: unknown): boolean {
  return !lt(a, b);
}
