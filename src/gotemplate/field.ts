// Fields: methods, struct fields and map keys of whatever stands before the dot.
import { quote } from '#lib/go-quote';
import { zeroOf } from './argument.ts';
import type { MissingKey } from './set.ts';
import type { State } from './state.ts';
import { ANY, GoInt, GoMap, GoObject, GoSlice, typeOf, type Dict, type GoMethod } from './value.ts';

/** Where a receiver came from: decides the type that errors name, which is the static one. */
export type Origin = (s: State, value: unknown) => string;

/** The static type of a value that came out of a pipeline: its own. */
export const concrete: Origin = (_, value) => typeOf(value)?.name ?? ANY.name;

/** The static type of an element of a container. */
export function elementType(container: unknown, value: unknown): string {
  if (container instanceof GoMap || container instanceof GoSlice) return container.type.elem?.name ?? ANY.name;
  if (container instanceof Uint8Array) return 'uint8';
  if (typeof container === 'object' && !(container instanceof GoObject) && !(container instanceof GoInt))
    return ANY.name;
  return typeOf(value)?.name ?? ANY.name;
}

/** The method of this name, if the value has it. */
export function methodOf(receiver: unknown, name: string): GoMethod | undefined {
  if (typeof receiver !== 'object' || receiver === null) return undefined;
  if (
    receiver instanceof GoMap ||
    receiver instanceof GoObject ||
    receiver instanceof GoSlice ||
    receiver instanceof GoInt
  ) {
    return receiver.type.methods?.get(name);
  }
  return undefined;
}

/** Reads fields that are not methods. One per template set option. */
export class FieldReader {
  readonly #missingKey: MissingKey;

  constructor(missingKey: MissingKey) {
    this.#missingKey = missingKey;
  }

  /** A key of a plain map: the way nearly every field is read. */
  ofDict(s: State, dict: Dict, name: string): unknown {
    if (Object.hasOwn(dict, name)) return dict[name];
    return this.#missing(s, name, null);
  }

  #missing(s: State, name: string, zero: unknown): unknown {
    if (this.#missingKey === 'zero') return zero;
    if (this.#missingKey === 'error') throw s.error(`map has no entry for key ${quote(name)}`);
    return undefined;
  }

  /** Any receiver, without its methods. `type` names the static type of the receiver. */
  read(s: State, receiver: unknown, name: string, type: () => string): unknown {
    if (receiver === undefined) {
      if (this.#missingKey === 'error') throw s.error(`nil data; no entry for key ${quote(name)}`);
      return undefined;
    }
    if (receiver === null) throw s.error(`nil pointer evaluating interface {}.${name}`);
    if (receiver instanceof GoMap) {
      if (Object.hasOwn(receiver.entries, name)) return receiver.entries[name];
      return this.#missing(s, name, zeroOf(receiver.type.elem ?? ANY));
    }
    if (receiver instanceof GoObject) return readObject(s, receiver, name, type);
    if (typeOf(receiver)?.kind === 'map') return this.ofDict(s, receiver as Dict, name);
    throw cannotEvaluate(s, name, type());
  }

  /** What is wrong with arguments after a field that is no method. */
  arguments(s: State, receiver: unknown, name: string, type: () => string): Error {
    if (receiver === null) return s.error(`nil pointer evaluating interface {}.${name}`);
    if (typeOf(receiver)?.kind === 'map') return s.error(`${name} is not a method but has arguments`);
    if (receiver instanceof GoObject && receiver.field(name) !== undefined) {
      return s.error(`${name} has arguments but cannot be invoked as function`);
    }
    return cannotEvaluate(s, name, type());
  }
}

function readObject(s: State, receiver: GoObject, name: string, type: () => string): unknown {
  if (receiver.isNil) {
    // A nil pointer says so only for fields its type has.
    const known = receiver.type.elem === undefined || receiver.fields().some(([field]) => field === name);
    throw known ? s.error(`nil pointer evaluating ${type()}.${name}`) : cannotEvaluate(s, name, type());
  }
  const value = receiver.field(name);
  if (value === undefined) throw cannotEvaluate(s, name, type());
  return value;
}

function cannotEvaluate(s: State, name: string, type: string): Error {
  return s.error(`can't evaluate field ${name} in type ${type}`);
}
