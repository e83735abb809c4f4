// What SOPS encrypts: a document as a tree whose keys have an order, and whose comments are part of it.

export class Comment {
  /** Without the sign that begins it. */
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A moment, which YAML and SOPS have a type of their own for. */
export class Time {
  /** RFC 3339. */
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Integers are bigint, floats number; bytes that are no UTF-8 stand in strings as `#lib/go-string` has them. */
export type Scalar = null | boolean | bigint | number | string | Time;

export type TreeValue = Scalar | Comment | readonly TreeValue[] | Branch;

/** One line of a branch: a comment, or a key with its value. */
export type Item = Comment | Entry;

export interface Entry {
  readonly key: string;
  readonly value: TreeValue;
}

export class Branch {
  readonly items: readonly Item[];

  constructor(items: readonly Item[]) {
    this.items = items;
  }

  /** The items that are no comments. */
  get entries(): readonly Entry[] {
    return this.items.filter((item): item is Entry => !(item instanceof Comment));
  }

  /** Without the entries of that key. */
  without(key: string): Branch {
    return new Branch(this.items.filter((item) => item instanceof Comment || item.key !== key));
  }
}

export function isList(value: TreeValue): value is readonly TreeValue[] {
  return Array.isArray(value);
}

/** What Go calls the type of a value that is no string. */
export function goTypeOf(value: Exclude<Scalar, string | null>): string {
  if (value instanceof Time) return 'time.Time';
  return { boolean: 'bool', bigint: 'int', number: 'float64' }[typeof value as 'boolean' | 'bigint' | 'number'];
}
