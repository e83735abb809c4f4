// A working copy of a cached object: what a reconcile may change before it is written back.

/** `T` with everything in it writable. */
export type Draft<T> = T extends string | number | boolean | bigint | null | undefined
  ? T
  : T extends readonly (infer Item)[]
    ? Draft<Item>[]
    : T extends object
      ? { -readonly [Key in keyof T]: Draft<T[Key]> }
      : T;

/** Copies an object out of a cache. */
export function draftOf<T>(object: T): Draft<T> {
  return structuredClone(object) as Draft<T>;
}
