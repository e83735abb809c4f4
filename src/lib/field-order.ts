// Objects whose keys stay in their order when they are written, as the fields of Go's structs do; keys of Go's maps are sorted.

/** What such objects have for a prototype, which is how they are told from others. */
const inOrder: object = Object.freeze(Object.create(null));

/** An object that keeps its keys in the order they are set in. */
export function newFields<T>(): Record<string, T> {
  return Object.create(inOrder) as Record<string, T>;
}

export function keepsOrder(object: object): boolean {
  return Object.getPrototypeOf(object) === inOrder;
}
