// fmt's Sprint, Sprintln and Sprintf over values of the model.
import { formatShortest } from '#lib/go-float';
import {
  formatBoolean,
  formatBytes,
  formatComplexVerb,
  formatFloatVerb,
  formatInteger,
  formatString,
  pad,
  plainSpec,
  type FormatSpec,
} from '#lib/go-format';
import { sortStrings } from '#lib/go-string';
import { LimitError } from './errors.ts';
import { GoComplex, GoInt, GoMap, GoObject, GoSlice, mapEntries, typeOf, type GoType, type Kind } from './value.ts';

/** What `{{value}}` writes: `%v` of the value; undefined and nil are `<no value>` at that place, and the caller's business. */
export function printValue(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
      return formatShortest(value);
    case 'bigint':
      return value.toString();
    case 'boolean':
      return value ? 'true' : 'false';
    default:
      return new Printer(plainSpec()).argument(value, 'v');
  }
}

/** What the action prints: pointers are followed first, and nothing is `<no value>`. */
export function printResult(value: unknown): string {
  if (value === undefined || value === null) return '<no value>';
  if (value instanceof GoObject) return printPointee(value);
  return printValue(value);
}

/** `%v` of what a pointer leads to, as a value of its own: methods of the pointer alone count only where no fields are known. */
export function printIndirect(value: unknown): string {
  const isPointer = value instanceof GoObject && value.type.kind === 'ptr' && !value.isNil;
  if (!isPointer || value.fields().length === 0 || value.type.elem?.methods?.has('String')) return printValue(value);
  return new Printer(plainSpec()).fieldsOf(value, 'v', 0);
}

/** As print and an action do: what a pointer leads to is printed without its `&`, unless it can say itself what it is. */
function printPointee(value: GoObject): string {
  if (value.type.kind !== 'ptr' || value.isNil) return printValue(value);
  return value.errorText() ?? value.stringer() ?? new Printer(plainSpec()).fieldsOf(value, 'v', 0);
}

/** fmt.Sprint: a space between two operands when neither is a string. */
export function sprint(values: readonly unknown[]): string {
  if (values.length === 1) return printValue(values[0]);
  return join(values, printValue);
}

function join(values: readonly unknown[], print: (value: unknown) => string): string {
  let out = '';
  let previousString = false;
  for (const [at, value] of values.entries()) {
    const isString = isStringKind(value);
    if (at > 0 && !isString && !previousString) out += ' ';
    out += print(value);
    previousString = isString;
  }
  return out;
}

function isStringKind(value: unknown): boolean {
  return typeof value === 'string' || typeOf(value)?.kind === 'string';
}

/** fmt.Sprintln. */
export function sprintln(values: readonly unknown[]): string {
  return `${values.map(printValue).join(' ')}\n`;
}

/** What Sprint would print for each argument after the engine's own indirection, for `html`, `js`, `urlquery`. */
export function evalArgs(values: readonly unknown[]): string {
  const [only] = values;
  if (values.length === 1 && typeof only === 'string') return only;
  // Nothing is a string then, beside which no space is written.
  return join(
    values.map((value) => value ?? '<no value>'),
    printResult,
  );
}

const UNSIGNED: ReadonlySet<Kind> = new Set<Kind>(['uint', 'uint8', 'uint16', 'uint32', 'uint64', 'uintptr']);

/** Elements of lists and maps in one value that is printed. */
const MAX_ELEMENTS = 1_000_000;

/** One directive applied to one argument. */
export class Printer {
  readonly #spec: FormatSpec;
  /** While the text of an error such as `%!d(string=x)` is written, methods are not called. */
  #erroring = false;
  #elements = 0;

  constructor(spec: FormatSpec) {
    this.#spec = spec;
  }

  /** An operand of Printf, with any verb. */
  argument(value: unknown, verb: string): string {
    if (value === null || value === undefined) {
      return verb === 'T' || verb === 'v' ? pad(this.#spec, '<nil>') : this.#badVerb(value, verb);
    }
    if (verb === 'T') return formatString(this.#spec, typeOf(value)?.name ?? '', 's') ?? '';
    if (verb === 'p') return this.#pointer(value, verb);
    // %w is for Errorf alone.
    if (verb === 'w' && !(value instanceof Uint8Array)) return this.#badVerb(value, verb);
    return this.#value(value, verb, 0);
  }

  #badVerb(value: unknown, verb: string): string {
    this.#erroring = true;
    const type = typeOf(value);
    const shown = type === undefined ? '<nil>' : `${type.name}=${this.#value(value, 'v', 0)}`;
    this.#erroring = false;
    return `%!${verb}(${shown})`;
  }

  #value(value: unknown, verb: string, depth: number): string {
    switch (typeof value) {
      case 'string':
        return formatString(this.#spec, value, verb) ?? this.#badVerb(value, verb);
      case 'number':
        return formatFloatVerb(this.#spec, value, verb) ?? this.#badVerb(value, verb);
      case 'bigint':
        return formatInteger(this.#spec, value, verb) ?? this.#badVerb(value, verb);
      case 'boolean':
        return verb === 't' || verb === 'v' ? formatBoolean(this.#spec, value) : this.#badVerb(value, verb);
      default:
    }
    if (value === null || value === undefined) return this.#spec.sharpV ? 'interface {}(nil)' : '<nil>';
    if (value instanceof GoInt) {
      const unsigned = UNSIGNED.has(value.type.kind);
      return formatInteger(this.#spec, value.value, verb, unsigned) ?? this.#badVerb(value, verb);
    }
    if (value instanceof Uint8Array) return this.#bytes(value, verb, depth);
    if (Array.isArray(value)) return this.#list(value, verb, depth);
    if (value instanceof GoObject) return this.#object(value, verb, depth);
    if (value instanceof GoComplex) {
      return formatComplexVerb(this.#spec, value.real, value.imag, verb) ?? this.#badVerb(value, verb);
    }
    return this.#map(value, verb, depth);
  }

  #bytes(bytes: Uint8Array, verb: string, depth: number): string {
    const text = formatBytes(this.#spec, bytes, verb);
    if (text !== undefined) return text;
    const items = Array.from(bytes, (byte) => BigInt(byte));
    if (this.#spec.sharpV) {
      const hex = items.map((item) => formatInteger(this.#spec, item, 'v', true) ?? '');
      return `${depth === 0 ? '[]byte' : '[]uint8'}{${hex.join(', ')}}`;
    }
    const shown = items.map((item) => {
      return (
        formatInteger(this.#spec, item, verb, true) ??
        this.#badVerb(new GoInt({ name: 'uint8', kind: 'uint8' }, item), verb)
      );
    });
    return `[${shown.join(' ')}]`;
  }

  #list(list: readonly unknown[], verb: string, depth: number): string {
    const items = (): string[] => list.map((item) => this.#element(item, verb, depth + 1));
    if (!this.#spec.sharpV) return `[${items().join(' ')}]`;
    const name = typeOf(list)?.name ?? '';
    if (list instanceof GoSlice && list.isNil) return `${name}(nil)`;
    return `${name}{${items().join(', ')}}`;
  }

  /** An element of something: nil is `<nil>` whatever the verb. */
  #element(value: unknown, verb: string, depth: number): string {
    // A list that holds itself twice over, sixty times, is small until it is printed.
    if (++this.#elements > MAX_ELEMENTS) throw new LimitError('the templates print a value that is too large');
    return this.#value(value, verb, depth);
  }

  #map(map: unknown, verb: string, depth: number): string {
    const entries = mapEntries(map) ?? {};
    const type = typeOf(map);
    const goSyntax = this.#spec.sharpV;
    if (goSyntax && map instanceof GoMap && map.isNil) return `${type?.name ?? ''}(nil)`;
    const shown = sortStrings(Object.keys(entries)).map((key) => {
      return `${this.#value(key, verb, depth + 1)}:${this.#element(entries[key], verb, depth + 1)}`;
    });
    return goSyntax ? `${type?.name ?? ''}{${shown.join(', ')}}` : `map[${shown.join(' ')}]`;
  }

  #object(value: GoObject, verb: string, depth: number): string {
    if (!this.#erroring && !this.#spec.sharpV && 'vsxXq'.includes(verb)) {
      const text = value.errorText() ?? value.stringer();
      if (text !== undefined) return formatString(this.#spec, text, verb) ?? this.#badVerb(value, verb);
    }
    if (value.scalar !== undefined) return this.#value(value.scalar, verb, depth);
    if (value.type.kind === 'ptr') {
      if (depth > 0 || value.isNil) return this.#pointer(value, verb);
      return `&${this.fieldsOf(value, verb, depth, value.type.elem)}`;
    }
    return this.fieldsOf(value, verb, depth, value.type);
  }

  /** A struct's fields in braces. */
  fieldsOf(value: GoObject, verb: string, depth: number, type?: GoType): string {
    const named = this.#spec.plusV || this.#spec.sharpV;
    const fields = value.fields().map(([name, field]) => {
      const text = this.#element(field, verb, depth + 1);
      return named ? `${name}:${text}` : text;
    });
    const prefix = this.#spec.sharpV ? (type?.name ?? '') : '';
    return `${prefix}{${fields.join(this.#spec.sharpV ? ', ' : ' ')}}`;
  }

  /** Addresses have no meaning here: every pointer that is not nil shows the same one. */
  #pointer(value: unknown, verb: string): string {
    const type = typeOf(value);
    const kind = type?.kind;
    if (kind !== 'ptr' && kind !== 'map' && kind !== 'slice' && kind !== 'func' && kind !== 'chan') {
      return this.#badVerb(value, verb);
    }
    const isNil = (value instanceof GoObject || value instanceof GoMap || value instanceof GoSlice) && value.isNil;
    if (verb === 'v' && isNil) return pad(this.#spec, '<nil>');
    if (verb !== 'v' && verb !== 'p') {
      if (!'bodxX'.includes(verb)) return this.#badVerb(value, verb);
      return formatInteger(this.#spec, isNil ? 0n : ADDRESS, verb, true) ?? '';
    }
    return formatInteger({ ...this.#spec, sharp: !this.#spec.sharp }, isNil ? 0n : ADDRESS, 'x', true) ?? '';
  }
}

const ADDRESS = 0xc000012345n;
