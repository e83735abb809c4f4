// Lists as Sprig's reflection sees them: any slice or array, whatever its element type.
import { GoError, GoInt, UINT8, kindOf } from '#gotemplate/index';

/** The elements of a list of any type; undefined for every other kind. Not to be written to. */
export function elementsOf(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value;
  if (value instanceof Uint8Array) return Array.from(value, (byte) => new GoInt(UINT8, BigInt(byte)));
  return undefined;
}

/** The elements, or the panic of reflection on nil, or the function's own refusal of other kinds. */
export function requireElements(value: unknown, refusal: string): readonly unknown[] {
  const elements = elementsOf(value);
  if (elements !== undefined) return elements;
  if (value === null || value === undefined) throw nilDereference();
  throw new GoError(`${refusal} ${kindOf(value)}`);
}

/** What Go's runtime says when nil is asked for its type. */
export function nilDereference(): GoError {
  return new GoError('runtime error: invalid memory address or nil pointer dereference');
}
