// The value model of templates: how each Go value a chart can see is represented in JavaScript, and the type names Go prints.
//
//   Go                              JavaScript
//   nil interface                   null
//   "no value" (invalid Value)      undefined: what a nil result of a pipeline, or a missing variable, becomes; functions never see it
//   bool                            boolean
//   string (and its invalid bytes)  string, where a byte b that is not UTF-8 is the lone surrogate U+DC00+b (see #lib/go-string)
//   float64                         number
//   int64                           bigint
//   int and every other integer     GoInt: {type, value: bigint}; `goInt(3)` makes an int
//   []interface {}                  a plain array
//   []string, []int, named slices   GoSlice, which is an Array too: code that only wants the elements uses Array.isArray
//   []byte                          Uint8Array
//   map[string]interface {}         Dict: a plain object; make with `newDict()`, read with `dictGet`, write with `dictSet`
//   map[string]string, named maps   GoMap: {type, entries: Dict}; the same entries may be seen through several GoMaps
//   structs, pointers, time, error  a subclass of GoObject
//
// Maps and lists have reference semantics, as in Go: functions that mutate (`set`, `merge`) write into the Dict they were given.

/** reflect.Kind, by the name its String() prints. */
export type Kind =
  | 'invalid'
  | 'bool'
  | IntKind
  | 'float32'
  | 'float64'
  | 'complex128'
  | 'string'
  | 'slice'
  | 'array'
  | 'map'
  | 'struct'
  | 'ptr'
  | 'func'
  | 'interface'
  | 'chan';

/** The integer kinds. */
export type IntKind = 'int' | 'int8' | 'int16' | 'int32' | 'int64' | UintKind;
/** The unsigned integer kinds. */
export type UintKind = 'uint' | 'uint8' | 'uint16' | 'uint32' | 'uint64' | 'uintptr';

/** A Go type: what `typeOf` and error texts print, and how values of it behave. */
export interface GoType {
  /** As reflect.Type.String() prints it: `[]interface {}`, `chartutil.Values`, `*semver.Version`. */
  readonly name: string;
  readonly kind: Kind;
  /** Element type of a slice, map or pointer. */
  readonly elem?: GoType;
  /** Exported methods, when it has any. A method's name wins over a field or a map key of the same name. */
  readonly methods?: ReadonlyMap<string, GoMethod>;
}

/** What a function or a method takes and gives. See GoFunction for how arguments arrive. */
export interface Signature {
  readonly params: readonly GoType[];
  /** The last of `params` is the element type of a variadic parameter. */
  readonly variadic?: boolean;
  /** Static result type; ANY when left out. */
  readonly result?: GoType;
}

/** A method: like a function, with the receiver first. */
export interface GoMethod extends Signature {
  readonly fn: (receiver: never, ...args: never[]) => unknown;
  /** Why a template cannot call it: Go's text about results that are more than a value and an error. */
  readonly unusable?: string;
}

const basic = (kind: Kind): GoType => ({ name: kind, kind });

/** reflect.Value: for builtins only, which tell "no value" (undefined) from nil (null). */
export const REFLECT: GoType = { name: 'reflect.Value', kind: 'struct' };
/** interface {}: takes anything. */
export const ANY: GoType = { name: 'interface {}', kind: 'interface' };
/** The error interface. */
export const ERROR: GoType = { name: 'error', kind: 'interface' };
export const BOOL = basic('bool');
export const STRING = basic('string');
export const FLOAT64 = basic('float64');
export const COMPLEX128 = basic('complex128');
export const INT = basic('int');
export const INT64 = basic('int64');
export const UINT8 = basic('uint8');
export const UINT32 = basic('uint32');
export const UINT64 = basic('uint64');

/** The unnamed slice type over `elem`. */
export function sliceOf(elem: GoType): GoType {
  return { name: `[]${elem.name}`, kind: 'slice', elem };
}

/** The unnamed map type from string to `elem`. */
export function mapOf(elem: GoType): GoType {
  return { name: `map[string]${elem.name}`, kind: 'map', elem };
}

export const BYTES = sliceOf(UINT8);
/** []interface {}: a plain array. */
export const LIST = sliceOf(ANY);
export const STRINGS = sliceOf(STRING);
export const INTS = sliceOf(INT);
/** map[string]interface {}: a Dict. */
export const DICT = mapOf(ANY);
export const STRING_MAP = mapOf(STRING);

/** An integer of any type but int64 (which is a bigint). */
export class GoInt {
  readonly type: GoType;
  readonly value: bigint;

  constructor(type: GoType, value: bigint) {
    this.type = type;
    this.value = value;
  }

  /** So that String(x) and template strings of ours show the number. */
  toString(): string {
    return this.value.toString();
  }
}

/** A Go `int`. */
export function goInt(value: number | bigint): GoInt {
  return new GoInt(INT, typeof value === 'bigint' ? value : BigInt(value));
}

/** A complex128: only constants such as `2i` make one. */
export class GoComplex {
  readonly real: number;
  readonly imag: number;

  constructor(real: number, imag: number) {
    this.real = real;
    this.imag = imag;
  }
}

/**
 * A slice whose type is not []interface {}, or a nil slice. It is an Array, so whatever takes lists by Array.isArray takes
 * it; elements are in the model (a []int holds GoInt). `isNil` distinguishes a nil slice (toJson: null) from an empty one.
 */
export class GoSlice extends Array<unknown> {
  // What map() and its like return are new values: plain lists.
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }

  readonly type: GoType;
  readonly isNil: boolean;

  private constructor(type: GoType, isNil: boolean) {
    super();
    this.type = type;
    this.isNil = isNil;
  }

  /** A slice of the given type with these elements; `null` makes a nil slice. */
  static make(type: GoType, items: Iterable<unknown> | null): GoSlice {
    const made = new GoSlice(type, items === null);
    if (items !== null) for (const item of items) made.push(item);
    return made;
  }
}

/** map[string]interface {}. Values are never undefined. Keys such as `__proto__` are ordinary: use dictGet and dictSet. */
export type Dict = { [key: string]: unknown };

/** An empty map[string]interface {}. */
export function newDict(): Dict {
  return Object.create(null) as Dict;
}

/** Reads a key; undefined when absent (a key whose value is nil gives null). */
export function dictGet(dict: Dict, key: string): unknown {
  return Object.hasOwn(dict, key) ? dict[key] : undefined;
}

/** Writes a key, whatever its name. */
export function dictSet(dict: Dict, key: string, value: unknown): void {
  if (key === '__proto__') {
    // Objects that came from elsewhere may have a prototype, where assignment would change it.
    Object.defineProperty(dict, key, { value, writable: true, enumerable: true, configurable: true });
  } else {
    dict[key] = value;
  }
}

/** A map whose type is not map[string]interface {}: typed (map[string]string) or named (chartutil.Values); or a nil map. */
export class GoMap {
  readonly type: GoType;
  /** The entries, perhaps shared with other views; for a nil map an empty object nobody may write to. */
  readonly entries: Dict;
  readonly isNil: boolean;

  constructor(type: GoType, entries: Dict | null) {
    this.type = type;
    this.entries = entries ?? newDict();
    this.isNil = entries === null;
  }
}

/**
 * A struct, pointer, or any other value with behaviour. Subclasses say the type and answer fields; methods live in
 * `type.methods`. A pointer to a struct is one object with kind `ptr` and the struct's fields.
 */
export abstract class GoObject {
  abstract readonly type: GoType;

  /** The exported field of this name (null for nil); undefined when there is no such field. */
  field(_name: string): unknown {
    return undefined;
  }

  /** All fields in order, as `%v` and `%+v` print them; those with a small first letter are not exported, and only printed. */
  fields(): readonly (readonly [name: string, value: unknown])[] {
    return [];
  }

  /** Is the field an embedded struct, whose own fields count among those of this one? */
  isEmbedded(_name: string): boolean {
    return false;
  }

  /** A nil pointer (fields cannot be read; false in conditions). */
  get isNil(): boolean {
    return false;
  }

  /** The value of a named scalar type (time.Duration: its bigint), which arithmetic, `%d` and comparisons see. */
  get scalar(): unknown {
    return undefined;
  }

  /** What String() returns, where the type has the method. */
  stringer(): string | undefined {
    return undefined;
  }

  /**
   * The value as an interface holds it, such as an argument of a function. A struct that is part of another one can be
   * addressed, so that methods with pointer receivers are found; a copy of it in an interface cannot.
   */
  copied(): GoObject {
    return this;
  }

  /** What Error() returns, where the type is an error. */
  errorText(): string | undefined {
    return undefined;
  }

  /** What encoding/json would marshal: a value of the model without GoObjects. */
  json(): unknown {
    const made = newDict();
    for (const [name, value] of this.fields()) dictSet(made, name, value);
    return made;
  }

  /** Go's == for comparable types. */
  equals(other: GoObject): boolean {
    return this === other;
  }
}

/** The fields that encoders see. */
export function exportedFields(object: GoObject): (readonly [name: string, value: unknown])[] {
  return object.fields().filter(([name]) => /^[A-Z]/.test(name));
}

/** Is it a map[string]interface {} (and not another object of the model)? */
export function isDict(value: unknown): value is Dict {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/** The entries of a value of kind map, through any map type; undefined for every other kind. */
export function mapEntries(value: unknown): Dict | undefined {
  if (value instanceof GoMap) return value.entries;
  return isDict(value) ? value : undefined;
}

/** The dynamic type of a value; undefined for nil. */
export function typeOf(value: unknown): GoType | undefined {
  switch (typeof value) {
    case 'string':
      return STRING;
    case 'number':
      return FLOAT64;
    case 'bigint':
      return INT64;
    case 'boolean':
      return BOOL;
    case 'undefined':
      return undefined;
    default:
  }
  if (value === null) return undefined;
  if (Array.isArray(value)) return value instanceof GoSlice ? value.type : LIST;
  if (value instanceof GoInt || value instanceof GoMap || value instanceof GoObject) return value.type;
  if (value instanceof Uint8Array) return BYTES;
  if (value instanceof GoComplex) return COMPLEX128;
  return DICT;
}

/** What `%T` prints: `<nil>` for nil. */
export function typeName(value: unknown): string {
  return typeOf(value)?.name ?? '<nil>';
}

/** reflect.ValueOf(value).Kind().String(): `invalid` for nil. */
export function kindOf(value: unknown): Kind {
  return typeOf(value)?.kind ?? 'invalid';
}

/** The value of any integer kind, named types included; undefined for everything else. */
export function intValue(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value;
  if (value instanceof GoInt) return value.value;
  if (value instanceof GoObject) return intValue(value.scalar);
  return undefined;
}

/** Truth as `if` sees it. */
export function isTrue(value: unknown): boolean {
  switch (typeof value) {
    case 'boolean':
      return value;
    case 'string':
      return value !== '';
    case 'number':
      // NaN is true: it is not equal to zero.
      return value !== 0;
    case 'bigint':
      return value !== 0n;
    case 'undefined':
      return false;
    default:
  }
  if (value === null) return false;
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length > 0;
  if (value instanceof GoInt) return value.value !== 0n;
  if (value instanceof GoMap) return !isEmptyDict(value.entries);
  if (value instanceof GoComplex) return value.real !== 0 || value.imag !== 0;
  if (value instanceof GoObject) {
    const { scalar } = value;
    return scalar === undefined ? !value.isNil : isTrue(scalar);
  }
  return !isEmptyDict(value as Dict);
}

function isEmptyDict(dict: Dict): boolean {
  for (const key in dict) if (Object.hasOwn(dict, key)) return false;
  return true;
}
