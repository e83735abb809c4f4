// What compiled CEL rules are made of. As in CEL, `||` and `&&` pass over an error on one side when the other decides.

/** A rule looked at a field that is not there. */
export class NoSuchKey extends Error {
  constructor(key: string) {
    super(`no such key: ${key}`);
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function has(value: unknown, key: string): boolean {
  return isObject(value) && Object.hasOwn(value, key);
}

export function get(value: unknown, key: string): unknown {
  if (!isObject(value) || !Object.hasOwn(value, key)) {
    throw new NoSuchKey(key);
  }
  return value[key];
}

export function size(value: unknown): number {
  if (typeof value === 'string') {
    return Array.from(value).length;
  }
  if (Array.isArray(value)) {
    return value.length;
  }
  return isObject(value) ? Object.keys(value).length : 0;
}

function decide(sides: readonly [() => boolean, () => boolean], decisive: boolean): boolean {
  let failure: NoSuchKey | undefined;
  for (const side of sides) {
    try {
      if (side() === decisive) {
        return decisive;
      }
    } catch (error) {
      if (!(error instanceof NoSuchKey)) {
        throw error;
      }
      failure ??= error;
    }
  }
  if (failure !== undefined) {
    throw failure;
  }
  return !decisive;
}

export function either(left: () => boolean, right: () => boolean): boolean {
  return decide([left, right], true);
}

export function both(left: () => boolean, right: () => boolean): boolean {
  return decide([left, right], false);
}

export function every(list: unknown, predicate: (item: unknown) => boolean): boolean {
  return Array.isArray(list) && list.every(predicate);
}
